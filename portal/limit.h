/*
 * Limits of pace for one request: which rows of common/limits.def its route's pace brings, under whose names they count, and what the
 * person reads who is over one. What is limited is failures: the step `throttle` takes before the handler knows, and what was right, or was no
 * try at all, is given back. All of it looks at what was typed, never at the roll.
 *
 * Redis away: like the sessions that live in the same instance, no limits means no service (503) rather than guessing without end.
 */
#ifndef ISOLOIR_LIMIT_H
#define ISOLOIR_LIMIT_H

#include "portal/route.h"

/* May it go on? False: the reply is decided (a refusal, the form again with a captcha, trouble). */
bool limit_pass(struct request *r);

/* For the page of a form whose post has this pace: its captcha, when the next try will need one. Redis away: none, and the post will tell. */
void limit_offer(struct request *r, enum pace pace);

/* It was right: what it took is given back, and this browser's and this visit's own debts are forgotten. Redis away: they stay, and pass by themselves. */
void limit_forgive(struct request *r);

/* It was no try (nothing typed, our own trouble): exactly what it took is given back. */
void limit_give_back(struct request *r);

/* Which limit stopped this request, for the log; "-" when none did. */
const char *limit_stopped(const struct request *r);

/* « Recommencez à partir de 14 h 32, heure de Paris (dans 4 minutes). »: rounded up to the minute. */
char *limit_when(TALLOC_CTX *ctx, int64_t now_s, int64_t wait_ms);

#endif
