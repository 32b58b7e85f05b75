#include "tests/unit/unit.h"

#include <string.h>

#include "common/queue/policy.h"
#include "common/queue/ramp.h"

static void
windows_are_numbers_and_times(void **state)
{
	static const char *const wrong[] = {"5", "5/", "/1m", "0/1m", "-1/1m", "5/1m,", "5/0s", "5/2d", "5/1x", "1/1s,1/1s,1/1s,1/1s,1/1s,1/1s", "5 /1m", "5/1m 6/1h"};

	(void)state;
	assert_string_equal(policy_windows(story, ""), "");
	assert_string_equal(policy_windows(story, "500/1m"), "500/60000");
	assert_string_equal(policy_windows(story, "500/1min,6000/10h,1/30s"), "500/60000,6000/36000000,1/30000");
	assert_string_equal(policy_windows(story, "1/24h"), "1/86400000");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_null(policy_windows(story, wrong[i]));
}

static void
a_rate_is_a_window_beside_the_others(void **state)
{
	static const char *const wrong[] = {"20", "20/", "/s", "20/d", "20/2s", "0/s", "-1/s", "20/s,", "20 /s"};

	(void)state;
	assert_string_equal(policy_rate(story, "", "20/s"), "20/1s");
	assert_string_equal(policy_rate(story, "500/1m,800/10m", "20/s"), "20/1s,500/1m,800/10m");
	assert_string_equal(policy_rate(story, "500/1min,800/10m", "400/m"), "400/1m,800/10m");
	assert_string_equal(policy_rate(story, "30/1s,500/1m", "20/s"), "20/1s,500/1m");
	assert_null(policy_rate(story, "1/2s,1/3s,1/4s,1/5s,1/6s", "20/s"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_null(policy_rate(story, "", wrong[i]));
}

static void
the_longest_pattern_that_fits_holds(void **state)
{
	static struct db_value patterns[] = {{"*", 1}, {"*.fr", 4}, {"ac-*.fr", 7}, {"ac-lyon.fr", 10}, {"@relay", 6}};
	static const struct db_rows rows = {.n = 5, .columns = 1, .values = patterns};
	static const struct db_rows none = {.n = 0, .columns = 1};

	(void)state;
	assert_int_equal(policy_find(&rows, "ac-lyon.fr"), 3);
	assert_int_equal(policy_find(&rows, "ac-nantes.fr"), 2);
	assert_int_equal(policy_find(&rows, "education.gouv.fr"), 1);
	assert_int_equal(policy_find(&rows, "other"), 0);
	assert_int_equal(policy_find(&rows, "@relay"), 4);
	assert_int_equal(policy_find(&none, "ac-lyon.fr"), POLICY_NONE);
}

static void
nights_and_weekends_are_the_relays(void **state)
{
	static const struct {
		const char *zone;
		int64_t at_s;
		int slot;
	} rows[] = {
	    {"Europe/Paris", 1795683600, 0},      /* Thursday 26 November 2026, 10 h */
	    {"Europe/Paris", 1795683600 + 11 * 3600, 0}, /* 21 h */
	    {"Europe/Paris", 1795683600 + 12 * 3600, 1}, /* 22 h */
	    {"Europe/Paris", 1795683600 + 19 * 3600, 1}, /* 5 h */
	    {"Europe/Paris", 1795683600 + 20 * 3600, 0}, /* 6 h */
	    {"Europe/Paris", 1795683600 + 2 * 86400, 2}, /* Saturday, 10 h */
	    {"Europe/Paris", 1795683600 + 3 * 86400 + 13 * 3600, 1}, /* Sunday, 23 h: the night counts */
	    {"Pacific/Tahiti", 1795683600, 1},    /* 23 h there */
	    {"Nowhere/Atall", 1795683600, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(policy_slot(rows[i].zone, rows[i].at_s), rows[i].slot);
}

static void
a_campaign_goes_twice_as_fast_after_each_step(void **state)
{
	const int64_t min = 60000;

	(void)state;
	assert_int_equal(ramp_total(60, 10 * min, 0), 0);
	assert_int_equal(ramp_total(60, 10 * min, 1000), 1);
	assert_int_equal(ramp_total(60, 10 * min, 10 * min), 600);
	assert_int_equal(ramp_total(60, 10 * min, 11 * min), 600 + 120);
	assert_int_equal(ramp_total(60, 10 * min, 30 * min), 600 * (1 + 2 + 4));
	assert_int_equal(ramp_total(1000000, 86400000, INT64_C(20) * 86400000), RAMP_ALL);
	assert_int_equal(ramp_total(60, 1000, 86400000), RAMP_ALL);
	assert_int_equal(ramp_total(0, 10 * min, 0), RAMP_ALL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(windows_are_numbers_and_times),
	    cmocka_unit_test(a_rate_is_a_window_beside_the_others),
	    cmocka_unit_test(the_longest_pattern_that_fits_holds),
	    cmocka_unit_test(nights_and_weekends_are_the_relays),
	    cmocka_unit_test(a_campaign_goes_twice_as_fast_after_each_step),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
