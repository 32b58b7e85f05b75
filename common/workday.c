#include "common/workday.h"

#include <stddef.h>

#include "common/base/clock.h"
#include "common/base/task.h"

#define PARIS "Europe/Paris"
#define CLOSING_HOUR 18
#define DAY_S 86400

/* Days since 1970 of a date of the Gregorian calendar (civil calendar arithmetic: years that begin in March). */
static int64_t
day_number(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Easter Sunday: the anonymous Gregorian algorithm (Nature, 20 April 1876). */
static int64_t
easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;

	return day_number(year, n / 31, n % 31 + 1);
}

static bool
is_holiday(int year, int month, int day)
{
	static const int fixed[][2] = {{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}};
	static const int after_easter[] = {1, 39, 50}; /* Easter Monday, Ascension, Whit Monday */
	int64_t after = day_number(year, month, day) - easter(year);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (fixed[i][0] == month && fixed[i][1] == day)
			return true;
	for (size_t i = 0; i < sizeof(after_easter) / sizeof(*after_easter); i++)
		if (after_easter[i] == after)
			return true;
	return false;
}

bool
workday_is(int year, int month, int day)
{
	int64_t weekday = (day_number(year, month, day) + 3) % 7; /* 0 is Monday: 1 January 1970 was a Thursday */

	return weekday < 5 && !is_holiday(year, month, day);
}

int64_t
workday_due_s(int64_t from_s, int64_t days)
{
	struct clock_local l;
	int64_t due_s;

	must(clock_local(from_s, PARIS, &l));
	l.hour = 12;
	l.minute = l.second = 0;
	must(clock_from_local(&l, PARIS, &due_s));
	while (days > 0) {
		due_s += DAY_S; /* noon moves by an hour at most: the date is the next one */
		must(clock_local(due_s, PARIS, &l));
		days -= workday_is(l.year, l.month, l.day);
	}
	l.hour = CLOSING_HOUR;
	l.minute = l.second = 0;
	must(clock_from_local(&l, PARIS, &due_s));
	return due_s;
}
