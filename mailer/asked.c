/*
 * Who has emptied a full mailbox asks again, and should not wait for hours. The click may not see to it: what it did more for those who have a mail that
 * waits would be time that tells them from the others. It only counts itself in the row, and the sweep finds it there.
 */
#include "mailer/asked.h"

#include "common/fault.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "mailer/model/sql.h"

/* The row, then Redis, then the commit: a job that moved although the row did not is only tried sooner, and what did not move is found again. A job that is in
 * a sender's hand by now stays there. */
static int
bring_forward(struct task *t, struct sender *s, const char *id)
{
	struct live_move m = {id, "ready", LIVE_NO_LEASE, "ready", 0, NULL, 0};

	if (db_begin(t, s->db) == -1)
		return -1;
	if (db_run(t, s->db, SQL_JOB_FORWARD, NULL, PARAMS(P(id))) == 0 && live_move(t, s->store, &m, NULL) == 0) {
		fault_point("forward");
		if (db_commit(t, s->db) == 0)
			return 0;
	}
	db_rollback(s->db);
	return -1;
}

int
asked_forward(struct task *t, struct sender *s)
{
	struct db_rows *rows;

	if (db_run(t, s->db, SQL_JOB_ASKED, &rows, NO_PARAMS) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (bring_forward(t, s, db_text(rows, i, 0)) == -1)
			return -1;
	if (rows->n > 0)
		log_info("mails brought forward", "n=%zu why=\"their people asked again\"", rows->n);
	return 0;
}
