/* The rows of mail_policy, as the mailer and isoloirctl read them. */
#ifndef ISOLOIR_POLICY_ROWS_H
#define ISOLOIR_POLICY_ROWS_H

#include "common/db.h"

#define POLICY_RELAY "@relay" /* all mails together */
#define POLICY_CAMPAIGN "@campaign" /* those of class campaign, beside */
#define POLICY_NONE ((size_t)-1)

/* Of rows whose first column is a pattern the one that holds for a lane: the domain itself, else the longest pattern that fits; POLICY_RELAY is only itself. */
size_t policy_find(const struct db_rows *rows, const char *lane);

/*
 * "500/1m,8000/10h" as "500/60000,8000/36000000" on ctx, "" as itself. NULL: not of that form: numbers from 1, times from a second to a day
 * (s, m or min, h), five at most.
 */
char *policy_windows(TALLOC_CTX *ctx, const char *text);

#endif
