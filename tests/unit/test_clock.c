#include "tests/unit/unit.h"

#include "common/base/clock.h"

#define OPENING INT64_C(1796108400) /* 1 December 2026, 08:00 in Paris */

static void
one_moment_is_another_hour_overseas(void **state)
{
	static const struct {
		const char *zone, *french;
	} rows[] = {
	    {"Europe/Paris", "mardi 1er\u00a0décembre 2026 à 8\u00a0h\u00a000"},
	    {"Pacific/Tahiti", "lundi 30\u00a0novembre 2026 à 21\u00a0h\u00a000"},
	    {"Pacific/Marquesas", "lundi 30\u00a0novembre 2026 à 21\u00a0h\u00a030"},
	    {"Pacific/Noumea", "mardi 1er\u00a0décembre 2026 à 18\u00a0h\u00a000"},
	    {"Pacific/Wallis", "mardi 1er\u00a0décembre 2026 à 19\u00a0h\u00a000"},
	    {"Indian/Reunion", "mardi 1er\u00a0décembre 2026 à 11\u00a0h\u00a000"},
	    {"Indian/Mayotte", "mardi 1er\u00a0décembre 2026 à 10\u00a0h\u00a000"},
	    {"America/Martinique", "mardi 1er\u00a0décembre 2026 à 3\u00a0h\u00a000"},
	    {"America/Cayenne", "mardi 1er\u00a0décembre 2026 à 4\u00a0h\u00a000"},
	    {"America/Miquelon", "mardi 1er\u00a0décembre 2026 à 4\u00a0h\u00a000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(clock_french(story, OPENING, rows[i].zone), rows[i].french);
	assert_string_equal(clock_iso(story, OPENING, "Europe/Paris"), "2026-12-01T08:00:00+01:00");
	assert_string_equal(clock_iso(story, OPENING, "Pacific/Marquesas"), "2026-11-30T21:30:00-09:30");
}

static void
paris_time_is_right_across_the_clock_changes(void **state)
{
	struct clock_local before = {.year = 2026, .month = 10, .day = 24, .hour = 12},
	                   after = {.year = 2026, .month = 10, .day = 25, .hour = 12};
	int64_t a, b;

	(void)state;
	assert_true(clock_from_local(&before, "Europe/Paris", &a));
	assert_true(clock_from_local(&after, "Europe/Paris", &b));
	assert_int_equal(b - a, 25 * 3600);
}

static void
an_unknown_zone_is_refused(void **state)
{
	struct clock_local l;

	(void)state;
	assert_false(clock_local(OPENING, "Europe/Lutece", &l));
	assert_false(clock_local(OPENING, "../../etc/passwd", &l));
	assert_false(clock_local(OPENING, "/etc/localtime", &l));
	assert_false(clock_local(OPENING, "", &l));
	assert_null(clock_french(story, OPENING, "Nowhere"));
}

static void
tests_can_stand_still(void **state)
{
	(void)state;
	clock_set_for_test(OPENING * 1000 + 250);
	assert_int_equal(clock_now_ms(), OPENING * 1000 + 250);
	assert_int_equal(clock_now_s(), OPENING);
	clock_set_for_test(0);
	assert_int_not_equal(clock_now_s(), OPENING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_moment_is_another_hour_overseas),
	    cmocka_unit_test(paris_time_is_right_across_the_clock_changes),
	    cmocka_unit_test(an_unknown_zone_is_refused),
	    cmocka_unit_test(tests_can_stand_still),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
