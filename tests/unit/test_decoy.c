#include "tests/unit/unit.h"

#include <stdio.h>

#include "portal/model/decoy.h"

static const struct keys ours = {.key = {[KEY_PEPPER] = {1}}};

static void
an_identifier_always_draws_the_same_place_of_the_roll(void **state)
{
	int64_t place = decoy_place(&ours, "a.b@ac-nantes.fr", 1000, 1999);

	(void)state;
	assert_in_range(place, 1000, 1999);
	assert_int_equal(decoy_place(&ours, "a.b@ac-nantes.fr", 1000, 1999), place);
	assert_int_equal(decoy_place(&ours, "a.b@ac-nantes.fr", 7, 7), 7);
	assert_int_equal(decoy_place(&ours, "a.b@ac-nantes.fr", 0, 0), 0);
}

static void
another_pepper_draws_another_place(void **state)
{
	static const struct keys other = {.key = {[KEY_PEPPER] = {2}}};

	(void)state;
	assert_int_not_equal(decoy_place(&ours, "a.b@ac-nantes.fr", 1, INT64_MAX - 1), decoy_place(&other, "a.b@ac-nantes.fr", 1, INT64_MAX - 1));
}

/* So that of the identifiers without an account as many cost the old hash as of those with one. */
static void
all_of_the_roll_is_drawn_from_alike(void **state)
{
	int tenths[10] = {0};
	char who[40];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(who, sizeof(who), "nobody.%d@ac-nantes.fr", i);
		tenths[decoy_place(&ours, who, 0, 999) / 100]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 850, 1150); /* five standard deviations */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identifier_always_draws_the_same_place_of_the_roll),
	    cmocka_unit_test(another_pepper_draws_another_place),
	    cmocka_unit_test(all_of_the_roll_is_drawn_from_alike),
	};

	return cmocka_run_group_tests_name("decoy", tests, NULL, NULL);
}
