#include "mailer/model/job.h"

#include <string.h>

#include "common/base/clock.h"
#include "mailer/model/sql.h"

static bool
from_row(const struct db_rows *r, size_t row, struct job *j)
{
	*j = (struct job){
	    .id = db_text(r, row, 0),
	    .election_id = db_number(r, row, 1),
	    .identifier = db_text(r, row, 3),
	    .domain = db_text(r, row, 4),
	    .reference = db_text(r, row, 5),
	    .state = db_text(r, row, 6),
	    .attempts = db_number(r, row, 7),
	    .attempt_open = db_number(r, row, 8) != 0,
	    .created_ms = db_number(r, row, 9),
	    .in_ms = db_number(r, row, 10),
	    .deadline_s = db_number(r, row, 11),
	    .finished = db_number(r, row, 12) != 0,
	    .lane = db_text(r, row, 13),
	    .campaign_id = db_number(r, row, 14),
	    .elector_id = db_number(r, row, 15),
	};
	return queue_mail_find(db_text(r, row, 2), &j->mail);
}

int
job_find(struct task *t, struct db *d, const char *id, struct job **job_r)
{
	struct job *j = talloc_zero(t, struct job);
	struct db_rows *rows;

	*job_r = NULL;
	if (db_run(t, d, SQL_JOB_READ, &rows, PARAMS(P(id))) == -1)
		return -1;
	if (rows->n == 1 && from_row(rows, 0, j))
		*job_r = j;
	return 0;
}

int
job_page(struct task *t, struct db *d, const char *after, struct job **list_r, size_t *n_r)
{
	struct db_rows *rows;
	struct job *list;

	if (db_run(t, d, SQL_JOB_PAGE, &rows, PARAMS(P(after))) == -1)
		return -1;
	list = talloc_zero_array(t, struct job, (unsigned)(rows->n + 1));
	*n_r = 0;
	for (size_t i = 0; i < rows->n; i++)
		*n_r += from_row(rows, i, &list[*n_r]);
	*list_r = list;
	return 0;
}

int
job_mark(struct task *t, struct db *d, const char *id, int64_t elector_id, const char *relay, bool *ours_r)
{
	struct db_rows *r;

	if (db_run(t, d, SQL_JOB_MARK, &r, PARAMS(P(elector_id), P(relay), P(id))) == -1)
		return -1;
	*ours_r = r->affected == 1;
	return 0;
}

int
job_count_sent(struct task *t, struct db *d, const struct job *j, int64_t elector_id, int64_t just_ms, struct job_sent *sent_r)
{
	struct db_rows *r;

	if (db_run(t, d, SQL_JOB_SENT_COUNT, &r,
	           PARAMS(P(just_ms), P(j->election_id), P(j->identifier), P(queue_mails_with_link(t)), P(elector_id))) == -1)
		return -1;
	*sent_r = (struct job_sent){.today = db_number(r, 0, 0), .just_now = db_number(r, 0, 1)};
	return 0;
}

struct job_place
job_place(const struct job *j)
{
	if (j->finished)
		return (struct job_place){NULL, 0};
	if (strcmp(j->state, "held") == 0)
		return (struct job_place){"held", j->in_ms};
	if (j->attempt_open || strcmp(j->state, "uncertain") == 0)
		return (struct job_place){"uncertain", j->in_ms};
	return (struct job_place){"ready", j->in_ms};
}
