#include "tests/unit/unit.h"

#include "portal/limit.h"

/* Sunday 15 November 2026, 14 h 30 in Paris. */
#define START_S INT64_C(1794749400)

static void
says(int64_t now_s, int64_t wait_ms, const char *sentence)
{
	assert_string_equal(limit_when(story, now_s, wait_ms), sentence);
}

/* Whoever comes at the minute that was told is never too early. */
static void
when_to_come_back_is_told_in_whole_minutes_and_never_too_early(void **state)
{
	(void)state;
	says(START_S, 1, "Recommencez à partir de 14\u00a0h\u00a031, heure de Paris (dans 1 minute).");
	says(START_S, 60000, "Recommencez à partir de 14\u00a0h\u00a031, heure de Paris (dans 1 minute).");
	says(START_S, 60001, "Recommencez à partir de 14\u00a0h\u00a032, heure de Paris (dans 2 minutes).");
	says(START_S + 50, 30000, "Recommencez à partir de 14\u00a0h\u00a032, heure de Paris (dans 2 minutes).");
	says(START_S + 29 * 60, 90000, "Recommencez à partir de 15\u00a0h\u00a001, heure de Paris (dans 2 minutes).");
	says(START_S + 9 * 3600 + 29 * 60 + 30, 1000,
	     "Recommencez à partir de 0\u00a0h\u00a000, heure de Paris (dans 1 minute).");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(when_to_come_back_is_told_in_whole_minutes_and_never_too_early),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
