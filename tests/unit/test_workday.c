#include "tests/unit/unit.h"

#include "common/base/clock.h"
#include "common/workday.h"

static void
the_movable_holidays_of_2026_to_2030_are_free(void **state)
{
	/* Easter Monday, Ascension, Whit Monday, as the calendars of those years have them. */
	static const int rows[][6] = {{4, 6, 5, 14, 5, 25}, {3, 29, 5, 6, 5, 17}, {4, 17, 5, 25, 6, 5}, {4, 2, 5, 10, 5, 21}, {4, 22, 5, 30, 6, 10}};

	(void)state;
	for (int y = 0; y < 5; y++)
		for (int i = 0; i < 6; i += 2)
			assert_false(workday_is(2026 + y, rows[y][i], rows[y][i + 1]));
}

static void
weekends_and_fixed_holidays_are_free_and_nothing_else(void **state)
{
	(void)state;
	assert_false(workday_is(2026, 11, 11)); /* a Wednesday */
	assert_false(workday_is(2026, 11, 28));
	assert_false(workday_is(2026, 11, 29));
	assert_false(workday_is(2026, 12, 25));
	assert_false(workday_is(2027, 1, 1));
	assert_true(workday_is(2026, 11, 27));
	assert_true(workday_is(2026, 12, 24));
	assert_true(workday_is(2028, 2, 29));
}

static const char *
due(const char *what, int month, int day, int hour)
{
	struct clock_local l = {.year = 2026, .month = month, .day = day, .hour = hour};
	int64_t at_s;

	(void)what;
	assert_true(clock_from_local(&l, "Europe/Paris", &at_s));
	return clock_iso(story, workday_due_s(at_s, 3), "Europe/Paris");
}

static void
three_working_days_pass_over_weekends_holidays_and_the_change_of_the_hour(void **state)
{
	(void)state;
	assert_string_equal(due("a Monday", 11, 2, 9), "2026-11-05T18:00:00+01:00");
	assert_string_equal(due("a Friday", 11, 6, 23), "2026-11-12T18:00:00+01:00"); /* 11 November */
	assert_string_equal(due("a Saturday", 10, 24, 12), "2026-10-28T18:00:00+01:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_movable_holidays_of_2026_to_2030_are_free),
	    cmocka_unit_test(weekends_and_fixed_holidays_are_free_and_nothing_else),
	    cmocka_unit_test(three_working_days_pass_over_weekends_holidays_and_the_change_of_the_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
