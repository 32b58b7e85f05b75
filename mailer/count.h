/* What the mailer counts for Prometheus (common/metrics.def). */
#ifndef ISOLOIR_COUNT_H
#define ISOLOIR_COUNT_H

#include "mailer/model/job.h"
#include "mailer/verdict.h"

/* The steps of a sender's tasks, NULL-ended: those of a mail, those of the sweep. */
extern const char *const count_steps[];

/* The relay judged a mail, or was gone in the middle of it. Call it when that is known, not when it is settled: its time is that of the 250. */
void count_attempt(const struct job *j, const struct verdict_reply *r, enum verdict_outcome o);

/* It is written in its row what became of a mail: a word of LABEL_OUTCOME. */
void count_outcome(enum queue_mail mail, const char *outcome);

#endif
