/* Time: real and monotonic, settable by tests, and local time in any zone of the Republic. */
#ifndef ISOLOIR_CLOCK_H
#define ISOLOIR_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

int64_t clock_now_s(void);   /* seconds since 1970, UTC */
int64_t clock_now_ms(void);  /* the same in milliseconds */
int64_t clock_mono_ms(void); /* never steps; only differences mean anything */

/*
 * Seconds since 1970 as the system's clock had them when this was first called, counted on from there without its steps: by this we tell for how long
 * something has lasted, so that a clock put right by an hour throws nobody out and lets nobody in. A master calls it before it forks, so that all its
 * workers count alike.
 */
int64_t clock_steady_s(void);

/* Tests: stand still at this real time; 0 goes back to the system's. The monotonic clock is not touched. */
void clock_set_for_test(int64_t now_ms);

/* The parts of one moment in one zone. */
struct clock_local {
	int year, month, day;      /* month 1 to 12 */
	int hour, minute, second;
	int weekday;               /* 0 is Sunday */
	int offset_s;              /* east of UTC */
};

/* `zone` is an IANA name (Europe/Paris, Pacific/Tahiti). Returns false for a zone that the system lacks. */
bool clock_local(int64_t at_s, const char *zone, struct clock_local *out_r);

/*
 * The moment at which the zone's clocks show these parts (offset_s and weekday are ignored). False: unknown zone, or a time that its
 * clocks never show (31 February, the hour skipped in March) or show twice (the hour of the change in October).
 */
bool clock_from_local(const struct clock_local *local, const char *zone, int64_t *at_s_r);

/* Do the clocks of two zones show different times at this moment? No, for a zone that the system lacks. */
bool clock_differs(int64_t at_s, const char *zone, const char *other);

/* "La Réunion" for Indian/Reunion; the zone's own last word for one that this table lacks. Static text. */
const char *clock_zone_french(const char *zone);

/* "2026-12-01T08:00:00+01:00", for <time datetime>. */
char *clock_iso(TALLOC_CTX *ctx, int64_t at_s, const char *zone);

/* "14 h 32", with no-break spaces. */
char *clock_french_hour(TALLOC_CTX *ctx, int64_t at_s, const char *zone);

/* "mardi 1er décembre 2026 à 8 h 00", French typography with no-break spaces. */
char *clock_french(TALLOC_CTX *ctx, int64_t at_s, const char *zone);

/* "20 minutes", "4 heures", "3 jours": in the largest unit of which it is a whole number, with a no-break space. */
char *clock_duration_french(TALLOC_CTX *ctx, int64_t ms);

#endif
