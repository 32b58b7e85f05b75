#include "portal/model/account.h"

#include "portal/model/elector.h"
#include "portal/model/epoch.h"
#include "portal/request.h"

int
account_find(struct request *r, int64_t elector_id, struct account **account_r)
{
	struct db_rows *rows;
	struct account *a;

	*account_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_ACCOUNT_FIND, &rows, PARAMS(P(elector_id))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	*account_r = a = talloc(r->task, struct account);
	*a = (struct account){
	    .elector_id = elector_id,
	    .password_hash = db_text(rows, 0, 0),
	    .answer_hash = db_text(rows, 0, 1),
	    .question = db_text(rows, 0, 2),
	};
	return 0;
}

/* What a new password ends: links that are on their way or lie in a mailbox, and sessions. */
static int
end_the_rest(struct request *r, int64_t elector_id, int64_t *epoch_r)
{
	if (db_run(r->task, r->portal->db, SQL_LINKS_VOID, NULL, PARAMS(P(elector_id))) == -1)
		return -1;
	return epoch_raise(r, elector_id, epoch_r);
}

int
account_reset(struct request *r, int64_t elector_id, const char *password_hash, int64_t *epoch_r, bool *done_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_ACCOUNT_RESET, &rows, PARAMS(P(password_hash), P(elector_id))) == -1)
		return -1;
	*done_r = rows->affected == 1;
	return *done_r ? end_the_rest(r, elector_id, epoch_r) : 0;
}

/* The end of either change: all of it with its audit row, or nothing. */
static int
finish(struct request *r, const char *act, bool done)
{
	struct db *db = r->portal->db;

	if (!done) {
		db_rollback(db);
		return 0;
	}
	if (elector_audit(r, r->elector->identifier, act, request_browser(r)) == -1)
		return -1;
	return db_commit(r->task, db);
}

int
account_change_password(struct request *r, const struct account *a, const char *password_hash, int64_t *epoch_r, bool *done_r)
{
	struct db *db = r->portal->db;
	struct db_rows *rows;

	*done_r = false;
	if (db_begin(r->task, db) == -1 ||
	    db_run(r->task, db, SQL_ACCOUNT_PASSWORD, &rows, PARAMS(P(password_hash), P(a->elector_id), P(a->password_hash))) == -1)
		return -1;
	*done_r = rows->affected == 1;
	if (*done_r && end_the_rest(r, a->elector_id, epoch_r) == -1)
		return -1;
	return finish(r, "password changed", *done_r);
}

int
account_change_challenge(struct request *r, const struct account *a, int64_t question_id, const char *answer_hash, bool *done_r)
{
	struct db *db = r->portal->db;
	struct db_rows *rows;

	*done_r = false;
	if (db_begin(r->task, db) == -1 ||
	    db_run(r->task, db, SQL_ACCOUNT_CHALLENGE, &rows,
	           PARAMS(P(question_id), P(answer_hash), P(a->elector_id), P(a->password_hash), P(a->answer_hash))) == -1)
		return -1;
	*done_r = rows->affected == 1;
	return finish(r, "challenge changed", *done_r);
}
