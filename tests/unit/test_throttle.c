#include "tests/unit/unit.h"

#include <string.h>

#include "common/hash.h"
#include "common/throttle.h"

static struct conf *
settings(int64_t scale)
{
	char *why;
	struct conf *c = conf_load(story, NULL, &why);

	c->throttle_scale = scale;
	return c;
}

static struct throttle_charge
charge(int64_t scale, enum limit limit, const char *about, bool listed)
{
	static const struct keys keys = {{{1}}};

	return throttle_charge(story, &keys, settings(scale), limit, about, listed);
}

/* PRODUCT: schools sit behind one address. */
static void
nobody_is_refused_on_the_address_alone(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT__MAX; i++)
		if (limit_rows[i].of == OF_ADDRESS || limit_rows[i].of == OF_NETWORK)
			assert_int_equal(limit_rows[i].follows, FOLLOWS_CAPTCHA);
}

static void
every_row_is_a_limit_and_says_what_it_counts(void **state)
{
	(void)state;
	for (int i = 0; i < LIMIT__MAX; i++) {
		assert_in_range(limit_rows[i].budget, 1, 1000000);
		assert_in_range(limit_rows[i].window_ms, 1000, 24 * 3600 * 1000);
		assert_true(limit_rows[i].window_ms * 1000 / limit_rows[i].budget >= 1);
		assert_true(strlen(limit_rows[i].sentence) > 20);
		assert_true(limit_rows[i].of != OF_ALL || limit_rows[i].follows == FOLLOWS_BUSY);
	}
}

static void
redis_sees_no_address_and_no_identifier(void **state)
{
	struct throttle_charge c = charge(100, LIMIT_PASSWORD_IDENTIFIER, "1 jean.dupont@ac-nantes.fr", false);

	(void)state;
	assert_null(strstr(c.key, "dupont"));
	assert_string_equal(c.key, charge(100, LIMIT_PASSWORD_IDENTIFIER, "1 jean.dupont@ac-nantes.fr", false).key);
	assert_string_not_equal(c.key, charge(100, LIMIT_PASSWORD_IDENTIFIER, "2 jean.dupont@ac-nantes.fr", false).key);
	assert_string_not_equal(c.key, charge(100, LIMIT_PASSWORD_DEVICE, "1 jean.dupont@ac-nantes.fr", false).key);
}

static void
a_listed_network_has_a_wider_budget_and_its_electors_have_not(void **state)
{
	int64_t address = limit_rows[LIMIT_PASSWORD_ADDRESS].budget, identifier = limit_rows[LIMIT_PASSWORD_IDENTIFIER].budget;

	(void)state;
	assert_int_equal(charge(100, LIMIT_PASSWORD_ADDRESS, "x", false).budget, address);
	assert_int_equal(charge(100, LIMIT_PASSWORD_ADDRESS, "x", true).budget, 50 * address);
	assert_int_equal(charge(100, LIMIT_PASSWORD_IDENTIFIER, "x", true).budget, identifier);
}

static void
the_scale_applies_to_all_and_leaves_at_least_one(void **state)
{
	(void)state;
	assert_int_equal(charge(300, LIMIT_PASSWORD_IDENTIFIER, "x", false).budget,
	                 3 * limit_rows[LIMIT_PASSWORD_IDENTIFIER].budget);
	assert_int_equal(charge(1, LIMIT_PASSWORD_IDENTIFIER, "x", false).budget, 1);
}

static void
what_one_address_counts_under(void **state)
{
	struct network a;

	(void)state;
	assert_true(network_read("2001:db8:1:2:3::4", &a));
	assert_string_equal(throttle_about_network(story, &a, OF_ADDRESS), "2001:db8:1:2::/64");
	assert_string_equal(throttle_about_network(story, &a, OF_NETWORK), "2001:db8:1::/48");
	assert_true(network_read("::ffff:192.0.2.7", &a));
	assert_string_equal(throttle_about_network(story, &a, OF_ADDRESS), "192.0.2.7");
	assert_string_equal(throttle_about_network(story, &a, OF_NETWORK), "192.0.2.0/24");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_is_refused_on_the_address_alone),
	    cmocka_unit_test(every_row_is_a_limit_and_says_what_it_counts),
	    cmocka_unit_test(redis_sees_no_address_and_no_identifier),
	    cmocka_unit_test(a_listed_network_has_a_wider_budget_and_its_electors_have_not),
	    cmocka_unit_test(the_scale_applies_to_all_and_leaves_at_least_one),
	    cmocka_unit_test(what_one_address_counts_under),
	};

	hash_init();
	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
