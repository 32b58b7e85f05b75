#include "common/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t test_now_ms;

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_now_ms(void)
{
	return test_now_ms != 0 ? test_now_ms : read_ms(CLOCK_REALTIME);
}

int64_t
clock_now_s(void)
{
	return clock_now_ms() / 1000;
}

int64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

/* CLOCK_BOOTTIME goes on while a virtual machine is suspended. */
int64_t
clock_steady_s(void)
{
	static int64_t base_ms;

	if (test_now_ms != 0)
		return test_now_ms / 1000;
	if (base_ms == 0)
		base_ms = clock_now_ms() - read_ms(CLOCK_BOOTTIME);
	return (base_ms + read_ms(CLOCK_BOOTTIME)) / 1000;
}

void
clock_set_for_test(int64_t now_ms)
{
	test_now_ms = now_ms;
}

/* The C library takes what is no zone ("America", a folder; "zone.tab") for UTC without a word: its file must begin as RFC 9636 says. */
static bool
zone_known(const char *zone)
{
	char path[160], magic[4] = "";
	FILE *f;

	if (zone[0] == '\0' || zone[0] == '/' || strstr(zone, "..") != NULL)
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fread(magic, 1, sizeof(magic), f) != sizeof(magic))
		magic[0] = '\0';
	fclose(f);
	return memcmp(magic, "TZif", sizeof(magic)) == 0;
}

/* The C library knows one zone at a time. A worker is one thread, so borrowing TZ for a moment is safe. */
static bool
zone_enter(const char *zone)
{
	char value[168];

	if (!zone_known(zone))
		return false;
	snprintf(value, sizeof(value), ":%s", zone);
	setenv("TZ", value, 1);
	tzset();
	return true;
}

bool
clock_local(int64_t at_s, const char *zone, struct clock_local *out_r)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!zone_enter(zone) || localtime_r(&at, &tm) == NULL)
		return false;
	*out_r = (struct clock_local){
	    .year = tm.tm_year + 1900,
	    .month = tm.tm_mon + 1,
	    .day = tm.tm_mday,
	    .hour = tm.tm_hour,
	    .minute = tm.tm_min,
	    .second = tm.tm_sec,
	    .weekday = tm.tm_wday,
	    .offset_s = (int)tm.tm_gmtoff,
	};
	return true;
}

static bool
shows(int64_t at_s, const char *zone, const struct clock_local *wanted)
{
	struct clock_local got;

	return clock_local(at_s, zone, &got) && got.year == wanted->year && got.month == wanted->month &&
	       got.day == wanted->day && got.hour == wanted->hour && got.minute == wanted->minute;
}

/* Of an hour that comes twice mktime takes whichever its last caller was nearer to; every change in the Republic is of one hour. */
bool
clock_from_local(const struct clock_local *local, const char *zone, int64_t *at_s_r)
{
	struct tm tm = {
	    .tm_year = local->year - 1900,
	    .tm_mon = local->month - 1,
	    .tm_mday = local->day,
	    .tm_hour = local->hour,
	    .tm_min = local->minute,
	    .tm_sec = local->second,
	    .tm_isdst = -1,
	};

	if (!zone_enter(zone))
		return false;
	*at_s_r = (int64_t)mktime(&tm);
	return shows(*at_s_r, zone, local) && !shows(*at_s_r - 3600, zone, local) && !shows(*at_s_r + 3600, zone, local);
}

bool
clock_differs(int64_t at_s, const char *zone, const char *other)
{
	struct clock_local a, b;

	return clock_local(at_s, zone, &a) && clock_local(at_s, other, &b) && a.offset_s != b.offset_s;
}

char *
clock_iso(TALLOC_CTX *ctx, int64_t at_s, const char *zone)
{
	struct clock_local l;
	int minutes;

	if (!clock_local(at_s, zone, &l))
		return NULL;
	minutes = abs(l.offset_s) / 60;
	return talloc_asprintf(ctx, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", l.year, l.month, l.day, l.hour,
	                       l.minute, l.second, l.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

char *
clock_french_hour(TALLOC_CTX *ctx, int64_t at_s, const char *zone)
{
	struct clock_local l;

	return clock_local(at_s, zone, &l) ? talloc_asprintf(ctx, "%d\u00a0h\u00a0%02d", l.hour, l.minute) : NULL;
}

char *
clock_french(TALLOC_CTX *ctx, int64_t at_s, const char *zone)
{
	static const char *const days[] = {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"};
	static const char *const months[] = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet",
	                                     "août", "septembre", "octobre", "novembre", "décembre"};
	struct clock_local l;

	if (!clock_local(at_s, zone, &l))
		return NULL;
	return talloc_asprintf(ctx, "%s %d%s\u00a0%s %d à %s", days[l.weekday], l.day, l.day == 1 ? "er" : "",
	                       months[l.month - 1], l.year, clock_french_hour(ctx, at_s, zone));
}

const char *
clock_zone_french(const char *zone)
{
	static const struct {
		const char *zone, *name;
	} rows[] = {
	    {"Europe/Paris", "Paris"},
	    {"America/Guadeloupe", "Guadeloupe"},
	    {"America/Marigot", "Saint-Martin"},
	    {"America/St_Barthelemy", "Saint-Barthélemy"},
	    {"America/Martinique", "Martinique"},
	    {"America/Cayenne", "Guyane"},
	    {"America/Miquelon", "Saint-Pierre-et-Miquelon"},
	    {"Indian/Reunion", "La Réunion"},
	    {"Indian/Mayotte", "Mayotte"},
	    {"Indian/Kerguelen", "Terres australes"},
	    {"Pacific/Noumea", "Nouvelle-Calédonie"},
	    {"Pacific/Wallis", "Wallis-et-Futuna"},
	    {"Pacific/Tahiti", "Tahiti et îles de la Société"},
	    {"Pacific/Marquesas", "îles Marquises"},
	    {"Pacific/Gambier", "îles Gambier"},
	};
	const char *last = strrchr(zone, '/');

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].zone, zone) == 0)
			return rows[i].name;
	return last != NULL ? last + 1 : zone;
}

char *
clock_duration_french(TALLOC_CTX *ctx, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *one, *many;
	} units[] = {
	    {86400000, "jour", "jours"},
	    {3600000, "heure", "heures"},
	    {60000, "minute", "minutes"},
	    {1000, "seconde", "secondes"},
	};
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(*units) && (ms < units[i].ms || ms % units[i].ms != 0))
		i++;
	return talloc_asprintf(ctx, "%lld\u00a0%s", (long long)(ms / units[i].ms),
	                       ms < 2 * units[i].ms ? units[i].one : units[i].many);
}
