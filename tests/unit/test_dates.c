/* What the dates of an election may be, and what they may become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/dates.h"

#define DAY 86400
#define NOW (INT64_C(1796083200) + 20) /* 2026-12-01 00:00:20 UTC, 01:00:20 in Paris */

static const int64_t good[DATE__MAX] = {
    [DATE_OPENS] = NOW + 10 * DAY,       [DATE_CLOSES] = NOW + 17 * DAY,      [DATE_ROLLS_FROM] = NOW + DAY,
    [DATE_ROLLS_UNTIL] = NOW + 17 * DAY, [DATE_CLAIMS_UNTIL] = NOW + 5 * DAY, [DATE_LISTS_AT] = NOW + 3 * DAY,
};

static void
copy(int64_t to[DATE__MAX])
{
	memcpy(to, good, sizeof(good));
}

static void
dates_in_order_are_right(void **state)
{
	const int64_t none[DATE__MAX] = {0};
	int64_t alone[DATE__MAX] = {0};

	(void)state;
	assert_null(dates_contradiction(NULL, good));
	assert_null(dates_refusal(NULL, none, good, false, NOW));
	alone[DATE_OPENS] = NOW + 1;
	alone[DATE_CLOSES] = NOW + 2;
	assert_null(dates_contradiction(NULL, alone));
}

/* One date moved so that it contradicts another: the sentence names both with their times. */
static void
each_contradiction_names_both_dates(void **state)
{
	static const struct {
		enum date moved;
		int64_t to;
		const char *first, *second;
	} rows[] = {
	    {DATE_CLOSES, NOW + 10 * DAY, "opens", "closes"},
	    {DATE_ROLLS_UNTIL, NOW + DAY, "rolls_from", "rolls_until"},
	    {DATE_ROLLS_FROM, NOW + 10 * DAY, "rolls_from", "opens"},
	    {DATE_ROLLS_FROM, NOW + 6 * DAY, "rolls_from", "claims_until"},
	    {DATE_ROLLS_UNTIL, NOW + 4 * DAY, "claims_until", "rolls_until"},
	    {DATE_CLAIMS_UNTIL, NOW + 11 * DAY, "claims_until", "opens"},
	    {DATE_LISTS_AT, NOW + 10 * DAY, "lists_at", "opens"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		TALLOC_CTX *ctx = talloc_new(NULL);
		int64_t after[DATE__MAX];
		char *why;

		copy(after);
		after[rows[i].moved] = rows[i].to;
		why = dates_refusal(ctx, good, after, false, NOW);
		assert_non_null(why);
		assert_int_equal(strncmp(why, rows[i].first, strlen(rows[i].first)), 0);
		assert_non_null(strstr(why, rows[i].second));
		assert_non_null(strstr(why, date_text(ctx, rows[i].to)));
		talloc_free(ctx);
	}
}

static void
claims_may_end_with_the_rolls_and_at_the_opening(void **state)
{
	int64_t after[DATE__MAX];

	(void)state;
	copy(after);
	after[DATE_CLAIMS_UNTIL] = after[DATE_ROLLS_UNTIL] = after[DATE_OPENS];
	assert_null(dates_refusal(NULL, good, after, false, NOW));
}

static void
what_must_be_told_cannot_go(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	int64_t after[DATE__MAX];

	(void)state;
	copy(after);
	after[DATE_CLOSES] = 0;
	assert_string_equal(dates_refusal(ctx, good, after, false, NOW), "closes must be told: when the vote closes");
	copy(after);
	after[DATE_LISTS_AT] = 0;
	assert_null(dates_refusal(ctx, good, after, false, NOW));
	talloc_free(ctx);
}

/* d has passed at `at`; may it move to a later moment? */
static bool
may_move(enum date d, int64_t now_s, bool suspended)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	int64_t after[DATE__MAX];
	char *why;
	bool refused;

	copy(after);
	after[d] += 3600;
	why = dates_refusal(ctx, good, after, suspended, now_s);
	refused = why != NULL && strstr(why, "has passed and cannot become") != NULL;
	talloc_free(ctx);
	return !refused;
}

static void
what_has_passed_stays_but_for_what_may_be_prolonged(void **state)
{
	static const struct {
		enum date d;
		bool passed, held;
	} rows[] = {
	    {DATE_OPENS, false, false},     {DATE_CLOSES, false, true},      {DATE_ROLLS_FROM, false, false},
	    {DATE_ROLLS_UNTIL, true, true}, {DATE_CLAIMS_UNTIL, true, true}, {DATE_LISTS_AT, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(may_move(rows[i].d, good[rows[i].d] - 1, false));
		assert_int_equal(may_move(rows[i].d, good[rows[i].d], false), rows[i].passed);
		assert_int_equal(may_move(rows[i].d, good[rows[i].d], true), rows[i].held);
	}
}

static void
nothing_moves_into_the_past_but_this_minute_is_not_past(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	int64_t after[DATE__MAX];

	(void)state;
	copy(after);
	after[DATE_LISTS_AT] = NOW - 20; /* 01:00:00 */
	assert_null(dates_refusal(ctx, good, after, false, NOW));
	after[DATE_LISTS_AT] = NOW - 21;
	assert_string_equal(dates_refusal(ctx, good, after, false, NOW), "lists_at cannot become 2026-12-01 00:59: that has passed, it is 2026-12-01 01:00");
	talloc_free(ctx);
}

/* What was so already is nobody's fault: a title can be changed after the opening. */
static void
an_unmoved_date_is_not_judged_again(void **state)
{
	(void)state;
	assert_null(dates_refusal(NULL, good, good, false, NOW + 12 * DAY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_in_order_are_right),
	    cmocka_unit_test(each_contradiction_names_both_dates),
	    cmocka_unit_test(claims_may_end_with_the_rolls_and_at_the_opening),
	    cmocka_unit_test(what_must_be_told_cannot_go),
	    cmocka_unit_test(what_has_passed_stays_but_for_what_may_be_prolonged),
	    cmocka_unit_test(nothing_moves_into_the_past_but_this_minute_is_not_past),
	    cmocka_unit_test(an_unmoved_date_is_not_judged_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
