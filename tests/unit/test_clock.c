#include "tests/unit/unit.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#define OPENING INT64_C(1796108400) /* 1 December 2026, 08:00 in Paris */
#define CLOSING INT64_C(1812466800) /* 8 June 2027, 17:00 in Paris */

#define N(rows) (sizeof(rows) / sizeof(*(rows)))

/* The eleven overseas territories; Polynesia has three zones. Figures from an implementation other than the C library's. */
static void
one_moment_is_another_hour_overseas_in_winter_and_in_summer(void **state)
{
	static const struct {
		const char *zone, *name, *winter, *winter_iso, *summer, *summer_iso;
	} rows[] = {
	    {"Europe/Paris", "Paris",
	     "mardi 1er\u00a0décembre 2026 à 8\u00a0h\u00a000", "2026-12-01T08:00:00+01:00",
	     "mardi 8\u00a0juin 2027 à 17\u00a0h\u00a000", "2027-06-08T17:00:00+02:00"},
	    {"America/Guadeloupe", "Guadeloupe",
	     "mardi 1er\u00a0décembre 2026 à 3\u00a0h\u00a000", "2026-12-01T03:00:00-04:00",
	     "mardi 8\u00a0juin 2027 à 11\u00a0h\u00a000", "2027-06-08T11:00:00-04:00"},
	    {"America/Martinique", "Martinique",
	     "mardi 1er\u00a0décembre 2026 à 3\u00a0h\u00a000", "2026-12-01T03:00:00-04:00",
	     "mardi 8\u00a0juin 2027 à 11\u00a0h\u00a000", "2027-06-08T11:00:00-04:00"},
	    {"America/Cayenne", "Guyane",
	     "mardi 1er\u00a0décembre 2026 à 4\u00a0h\u00a000", "2026-12-01T04:00:00-03:00",
	     "mardi 8\u00a0juin 2027 à 12\u00a0h\u00a000", "2027-06-08T12:00:00-03:00"},
	    {"Indian/Reunion", "La Réunion",
	     "mardi 1er\u00a0décembre 2026 à 11\u00a0h\u00a000", "2026-12-01T11:00:00+04:00",
	     "mardi 8\u00a0juin 2027 à 19\u00a0h\u00a000", "2027-06-08T19:00:00+04:00"},
	    {"Indian/Mayotte", "Mayotte",
	     "mardi 1er\u00a0décembre 2026 à 10\u00a0h\u00a000", "2026-12-01T10:00:00+03:00",
	     "mardi 8\u00a0juin 2027 à 18\u00a0h\u00a000", "2027-06-08T18:00:00+03:00"},
	    {"America/Miquelon", "Saint-Pierre-et-Miquelon",
	     "mardi 1er\u00a0décembre 2026 à 4\u00a0h\u00a000", "2026-12-01T04:00:00-03:00",
	     "mardi 8\u00a0juin 2027 à 13\u00a0h\u00a000", "2027-06-08T13:00:00-02:00"},
	    {"America/St_Barthelemy", "Saint-Barthélemy",
	     "mardi 1er\u00a0décembre 2026 à 3\u00a0h\u00a000", "2026-12-01T03:00:00-04:00",
	     "mardi 8\u00a0juin 2027 à 11\u00a0h\u00a000", "2027-06-08T11:00:00-04:00"},
	    {"America/Marigot", "Saint-Martin",
	     "mardi 1er\u00a0décembre 2026 à 3\u00a0h\u00a000", "2026-12-01T03:00:00-04:00",
	     "mardi 8\u00a0juin 2027 à 11\u00a0h\u00a000", "2027-06-08T11:00:00-04:00"},
	    {"Pacific/Tahiti", "Tahiti et îles de la Société",
	     "lundi 30\u00a0novembre 2026 à 21\u00a0h\u00a000", "2026-11-30T21:00:00-10:00",
	     "mardi 8\u00a0juin 2027 à 5\u00a0h\u00a000", "2027-06-08T05:00:00-10:00"},
	    {"Pacific/Marquesas", "îles Marquises",
	     "lundi 30\u00a0novembre 2026 à 21\u00a0h\u00a030", "2026-11-30T21:30:00-09:30",
	     "mardi 8\u00a0juin 2027 à 5\u00a0h\u00a030", "2027-06-08T05:30:00-09:30"},
	    {"Pacific/Gambier", "îles Gambier",
	     "lundi 30\u00a0novembre 2026 à 22\u00a0h\u00a000", "2026-11-30T22:00:00-09:00",
	     "mardi 8\u00a0juin 2027 à 6\u00a0h\u00a000", "2027-06-08T06:00:00-09:00"},
	    {"Pacific/Wallis", "Wallis-et-Futuna",
	     "mardi 1er\u00a0décembre 2026 à 19\u00a0h\u00a000", "2026-12-01T19:00:00+12:00",
	     "mercredi 9\u00a0juin 2027 à 3\u00a0h\u00a000", "2027-06-09T03:00:00+12:00"},
	    {"Pacific/Noumea", "Nouvelle-Calédonie",
	     "mardi 1er\u00a0décembre 2026 à 18\u00a0h\u00a000", "2026-12-01T18:00:00+11:00",
	     "mercredi 9\u00a0juin 2027 à 2\u00a0h\u00a000", "2027-06-09T02:00:00+11:00"},
	    {"Indian/Kerguelen", "Terres australes",
	     "mardi 1er\u00a0décembre 2026 à 12\u00a0h\u00a000", "2026-12-01T12:00:00+05:00",
	     "mardi 8\u00a0juin 2027 à 20\u00a0h\u00a000", "2027-06-08T20:00:00+05:00"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		assert_string_equal(clock_zone_french(rows[i].zone), rows[i].name);
		assert_string_equal(clock_french(story, OPENING, rows[i].zone), rows[i].winter);
		assert_true(text_ends(rows[i].winter, clock_french_hour(story, OPENING, rows[i].zone)));
		assert_string_equal(clock_iso(story, OPENING, rows[i].zone), rows[i].winter_iso);
		assert_string_equal(clock_french(story, CLOSING, rows[i].zone), rows[i].summer);
		assert_string_equal(clock_iso(story, CLOSING, rows[i].zone), rows[i].summer_iso);
		assert_int_equal(clock_differs(OPENING, rows[i].zone, "Europe/Paris"), i > 0);
	}
}

/* Each the last second before a change and the first after it, told by both clocks: Miquelon's change is on American dates. */
static void
clocks_are_right_to_the_second_across_the_changes_of_paris_and_of_miquelon(void **state)
{
	static const struct {
		int64_t at_s;
		const char *paris, *miquelon;
	} rows[] = {
	    {INT64_C(1792889999), "2026-10-25T02:59:59+02:00", "2026-10-24T22:59:59-02:00"},
	    {INT64_C(1792890000), "2026-10-25T02:00:00+01:00", "2026-10-24T23:00:00-02:00"},
	    {INT64_C(1793505599), "2026-11-01T04:59:59+01:00", "2026-11-01T01:59:59-02:00"},
	    {INT64_C(1793505600), "2026-11-01T05:00:00+01:00", "2026-11-01T01:00:00-03:00"},
	    {INT64_C(1805000399), "2027-03-14T05:59:59+01:00", "2027-03-14T01:59:59-03:00"},
	    {INT64_C(1805000400), "2027-03-14T06:00:00+01:00", "2027-03-14T03:00:00-02:00"},
	    {INT64_C(1806195599), "2027-03-28T01:59:59+01:00", "2027-03-27T22:59:59-02:00"},
	    {INT64_C(1806195600), "2027-03-28T03:00:00+02:00", "2027-03-27T23:00:00-02:00"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		assert_string_equal(clock_iso(story, rows[i].at_s, "Europe/Paris"), rows[i].paris);
		assert_string_equal(clock_iso(story, rows[i].at_s, "America/Miquelon"), rows[i].miquelon);
	}
}

static void
a_day_of_change_has_25_or_23_hours(void **state)
{
	static const struct {
		int month, day, hours;
		const char *zone;
	} rows[] = {
	    {10, 25, 25, "Europe/Paris"},   {3, 29, 23, "Europe/Paris"},   {11, 1, 25, "America/Miquelon"},
	    {3, 8, 23, "America/Miquelon"}, {10, 25, 24, "Pacific/Tahiti"}, {3, 29, 24, "Indian/Reunion"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct clock_local noon = {.year = 2026, .month = rows[i].month, .day = rows[i].day, .hour = 12};
		struct clock_local before;
		int64_t at_s, earlier_s;

		assert_true(clock_from_local(&noon, rows[i].zone, &at_s));
		assert_true(clock_local(at_s - 24 * 3600, rows[i].zone, &before));
		before.hour = 12;
		assert_int_equal(before.day, rows[i].day == 1 ? 31 : rows[i].day - 1);
		assert_true(clock_from_local(&before, rows[i].zone, &earlier_s));
		assert_int_equal(at_s - earlier_s, rows[i].hours * 3600);
	}
}

static void
a_time_that_never_comes_or_comes_twice_is_refused_whatever_was_asked_before(void **state)
{
	static const struct clock_local wrong[] = {
	    {.year = 2027, .month = 3, .day = 28, .hour = 2, .minute = 30}, /* skipped */
	    {.year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 0}, /* twice */
	    {.year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 59},
	    {.year = 2027, .month = 2, .day = 30, .hour = 8},
	};
	static const struct clock_local right[] = {
	    {.year = 2026, .month = 12, .day = 1, .hour = 8},
	    {.year = 2026, .month = 10, .day = 25, .hour = 1, .minute = 59},
	    {.year = 2026, .month = 10, .day = 25, .hour = 3},
	    {.year = 2027, .month = 3, .day = 28, .hour = 3},
	    {.year = 2027, .month = 6, .day = 8, .hour = 17},
	};
	int64_t at_s;

	(void)state;
	for (size_t i = 0; i < N(right); i++) {
		assert_true(clock_from_local(&right[i], "Europe/Paris", &at_s));
		for (size_t j = 0; j < N(wrong); j++)
			assert_false(clock_from_local(&wrong[j], "Europe/Paris", &at_s));
	}
}

static void
two_clocks_may_agree_in_winter_and_differ_in_summer(void **state)
{
	(void)state;
	assert_false(clock_differs(OPENING, "Africa/Lagos", "Europe/Paris"));
	assert_true(clock_differs(CLOSING, "Africa/Lagos", "Europe/Paris"));
	assert_false(clock_differs(CLOSING, "Europe/Lutece", "Europe/Paris"));
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
	assert_false(clock_local(OPENING, "America", &l));
	assert_false(clock_local(OPENING, "zone.tab", &l));
	assert_null(clock_french(story, OPENING, "Nowhere"));
	assert_null(clock_french_hour(story, OPENING, "Nowhere"));
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
	    cmocka_unit_test(one_moment_is_another_hour_overseas_in_winter_and_in_summer),
	    cmocka_unit_test(clocks_are_right_to_the_second_across_the_changes_of_paris_and_of_miquelon),
	    cmocka_unit_test(a_day_of_change_has_25_or_23_hours),
	    cmocka_unit_test(a_time_that_never_comes_or_comes_twice_is_refused_whatever_was_asked_before),
	    cmocka_unit_test(two_clocks_may_agree_in_winter_and_differ_in_summer),
	    cmocka_unit_test(an_unknown_zone_is_refused),
	    cmocka_unit_test(tests_can_stand_still),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
