/* The end of an attempt: MySQL first, then Redis. */
#ifndef ISOLOIR_SETTLE_H
#define ISOLOIR_SETTLE_H

#include "mailer/model/attempt.h"
#include "mailer/model/job.h"
#include "mailer/sender.h"
#include "mailer/verdict.h"

/* All that must be known to settle, also by another process later (the set `settling` keeps these). */
struct settlement {
	const char *id;
	const char *epoch; /* of our lease; NULL: not leased, it stands in `settling` */
	const struct job *job;
	enum verdict_outcome outcome;
	int64_t attempts; /* this one included if it counts */
	int64_t in_ms;    /* DEFER, UNCERTAIN: due so long from now */
	int64_t asked_ms; /* DEFER: from so long from now on a repeat lets it be tried at once; 0: never */
	const char *reply;
	struct attempt_times times; /* zeros: unknown */
};

/* 0: settled, or parked in `settling` while MySQL is away. -1: neither could be written; the row and the
 * lease tell the sweeper what is known. */
WARN_UNUSED int settle(struct task *t, struct sender *s, const struct settlement *it);

/* A final state without any attempt: dead (its deadline passed), unknown, not_needed, capped, suppressed. */
WARN_UNUSED int settle_without(struct task *t, struct sender *s, const struct job *j, const char *epoch,
                               const char *state);

/* Out of Redis, since the row is final already. sent_s ago does not matter: its cool-down has begun or is
 * over. */
WARN_UNUSED int settle_out(struct task *t, struct sender *s, const struct job *j, const char *epoch);

/* Give a leased job back, due at its row's time or in in_ms; no attempt is counted. */
WARN_UNUSED int settle_back(struct task *t, struct sender *s, const char *id, const char *epoch,
                            int64_t in_ms);

#endif
