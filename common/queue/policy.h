/* The rows of mail_policy, as the mailer and isoloirctl read them. */
#ifndef ISOLOIR_POLICY_ROWS_H
#define ISOLOIR_POLICY_ROWS_H

#include "common/db.h"

#define POLICY_RELAY "@relay" /* all mails through the main relay; "@relay:B": through B */
#define POLICY_CAMPAIGN "@campaign" /* those of class campaign, beside */
#define POLICY_NONE ((size_t)-1)

/* The patterns of the classes by their numbers in queue.h: "@notice" is 1. */
#define POLICY_CLASSES 3
extern const char *const policy_classes[POLICY_CLASSES];
/* The pattern itself when it is one of them; else NULL. */
const char *policy_class(const char *pattern);

/* Of rows whose first column is a pattern the one that holds for a lane: the domain itself, else the longest pattern that fits; that of a relay is only itself. */
size_t policy_find(const struct db_rows *rows, const char *lane);

/*
 * "500/1m,8000/10h" as "500/60000,8000/36000000" on ctx, "" as itself. NULL: not of that form: numbers from 1, times from a second to a day
 * (s, m or min, h), five at most.
 */
char *policy_windows(TALLOC_CTX *ctx, const char *text);

/* "20/s" (or m, h) as one more of those windows, "20/1s,500/1m", in the place of one of the same span. NULL: not of that form, or too many
 * windows. */
char *policy_rate(TALLOC_CTX *ctx, const char *windows, const char *rate);

/* Which of a pace's percents holds now by a relay's clocks: 0 by day, 1 from 22 to 6 o'clock, 2 on Saturdays and Sundays. */
int policy_slot(const char *zone, int64_t now_s);

/* The lane of all mails through a relay, "" for the main one. */
const char *policy_relay_lane(TALLOC_CTX *ctx, const char *relay);

#endif
