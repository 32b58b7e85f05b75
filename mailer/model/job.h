/* The row of one mail, mail_job: the truth about it. */
#ifndef ISOLOIR_JOB_H
#define ISOLOIR_JOB_H

#include "common/base/task.h"
#include "common/db.h"
#include "common/queue/name.h"

struct job {
	const char *id, *identifier, *domain, *reference, *state, *lane;
	enum queue_mail mail;
	int64_t election_id, attempts, created_ms, in_ms, deadline_s;
	int64_t campaign_id, elector_id; /* 0: of no campaign; not known yet, or (of a campaign) a test mailbox */
	bool attempt_open; /* the end of it may have left, and nobody knows what came of it */
	bool finished;
};

/* *job_r on the task, NULL when there is no such row (or of a kind that this version does not know: then
 * Redis waits for one that does). */
WARN_UNUSED int job_find(struct task *t, struct db *d, const char *id, struct job **job_r);

/* The unfinished ones after that id, at most 500, in the order of their ids. */
WARN_UNUSED int job_page(struct task *t, struct db *d, const char *after, struct job **list_r, size_t *n_r);

/* Before the end of the mail may leave; elector_id 0: nobody on the roll; relay: the one that it goes through. *ours_r: the row was unfinished, not held, and no attempt open. */
WARN_UNUSED int job_mark(struct task *t, struct db *d, const char *id, int64_t elector_id, const char *relay, bool *ours_r);

/*
 * Mails with a link to this person, of whatever kind, that got their 250 since that elector last used a link: in the last 24 hours, and within
 * just_ms of them.
 */
struct job_sent {
	int64_t today, just_now;
};
WARN_UNUSED int job_count_sent(struct task *t, struct db *d, const struct job *j, int64_t elector_id, int64_t just_ms,
                               struct job_sent *sent_r);

/* Where a job belongs in Redis, by its row. */
struct job_place {
	const char *place; /* ready, uncertain, held; NULL: the row is final, out */
	int64_t in_ms;     /* due so long from now; less than 0: since then */
};
struct job_place job_place(const struct job *j);

#endif
