#include "tests/unit/unit.h"

#include <stdio.h>

#include "portal/model/decoy.h"

static const struct keys ours = {.key = {[KEY_PEPPER] = {1}}};

static void
an_identifier_always_draws_the_same_place(void **state)
{
	(void)state;
	assert_int_equal(decoy_place(&ours, "a.b@ac-nantes.fr"), decoy_place(&ours, "a.b@ac-nantes.fr"));
	assert_int_not_equal(decoy_place(&ours, "a.b@ac-nantes.fr"), decoy_place(&ours, "a.c@ac-nantes.fr"));
}

static void
another_pepper_draws_another_place(void **state)
{
	static const struct keys other = {.key = {[KEY_PEPPER] = {2}}};

	(void)state;
	assert_int_not_equal(decoy_place(&ours, "a.b@ac-nantes.fr"), decoy_place(&other, "a.b@ac-nantes.fr"));
}

/* So that of the identifiers without an account as many cost the old hash as of those with one. */
static void
all_places_are_drawn_alike(void **state)
{
	int parts[16] = {0};
	char who[40];

	(void)state;
	for (int i = 0; i < 16000; i++) {
		snprintf(who, sizeof(who), "nobody.%d@ac-nantes.fr", i);
		parts[decoy_place(&ours, who) >> 28]++;
	}
	for (int i = 0; i < 16; i++)
		assert_in_range(parts[i], 850, 1150); /* five standard deviations */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identifier_always_draws_the_same_place),
	    cmocka_unit_test(another_pepper_draws_another_place),
	    cmocka_unit_test(all_places_are_drawn_alike),
	};

	return cmocka_run_group_tests_name("decoy", tests, NULL, NULL);
}
