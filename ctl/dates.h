/* The dates of an election, judged by the rows of dates.def. Pure: no database, no clock of its own. */
#ifndef ISOLOIR_CTL_DATES_H
#define ISOLOIR_CTL_DATES_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

enum date {
#define DATE(name, word, needed, moves, sentence) DATE_##name,
#include "ctl/dates.def"
	DATE__MAX
};

const char *date_word(enum date d);

/* "2026-12-01 08:00", by the clocks of Paris; "not told" for 0. */
char *date_text(TALLOC_CTX *ctx, int64_t at_s);

/* Seconds since 1970, 0: not told. The first contradiction as a sentence that names both dates, on ctx; NULL: none. */
char *dates_contradiction(TALLOC_CTX *ctx, const int64_t dates[DATE__MAX]);

/*
 * May before become after at this moment? A sentence why not, on ctx, or NULL. What has passed stays, nothing moves into the past, and what
 * results does not contradict itself. A new election has a before of zeros.
 */
char *dates_refusal(TALLOC_CTX *ctx, const int64_t before[DATE__MAX], const int64_t after[DATE__MAX], bool suspended, int64_t now_s);

#endif
