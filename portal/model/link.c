#include "portal/model/link.h"

#include <string.h>

#include "common/base/clock.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/epoch.h"
#include "portal/request.h"

static enum link_state
state_of(const struct db_rows *rows)
{
	if (!db_is_null(rows, 0, 8))
		return LINK_USED_ACTIVATED;
	if (strcmp(db_text(rows, 0, 3), "entered") == 0)
		return LINK_USED_ENTERED;
	if (!db_is_null(rows, 0, 3) || db_number(rows, 0, 2) <= clock_now_s())
		return LINK_EXPIRED;
	return LINK_GOOD;
}

int
link_find(struct request *r, const char *token, struct link *link_r)
{
	struct link *l = link_r;
	struct db_rows *rows;
	struct db_bytes selector = {l->selector, sizeof(l->selector)};

	*l = (struct link){.state = LINK_UNKNOWN};
	if (token == NULL || !token_selector(token, l->selector))
		return 0;
	if (db_run(r->task, r->portal->db, SQL_LINK_FIND, &rows, PARAMS(P(selector), P(r->election->id))) == -1)
		return -1;
	if (rows->n == 0 ||
	    !token_is_genuine(r->portal->loaded->keys, token, db_number(rows, 0, 0), db_text(rows, 0, 1)))
		return 0;
	l->state = state_of(rows);
	l->elector_id = db_number(rows, 0, 0);
	l->identifier = db_text(rows, 0, 4);
	l->epoch = db_number(rows, 0, 9);
	l->name = elector_name(r->task, db_text(rows, 0, 5), db_text(rows, 0, 6), db_text(rows, 0, 7));
	return 0;
}

static int
store_account(struct request *r, struct link *l, const struct link_account *a)
{
	int64_t now = clock_now_s();

	if (db_run(r->task, r->portal->db, SQL_ACCOUNT_ADD, NULL,
	              PARAMS(P(l->elector_id), P(a->password_hash), P(a->question_id), P(a->answer_hash), P(now), P(now))) == -1)
		return -1;
	return epoch_raise(r, l->elector_id, &l->epoch);
}

int
link_use(struct request *r, struct link *l, const struct link_account *account, bool *won_r)
{
	struct db *db = r->portal->db;
	struct db_bytes selector = {l->selector, sizeof(l->selector)};
	int64_t now = clock_now_s();
	struct db_rows *rows;

	*won_r = false;
	if (db_begin(r->task, db) == -1)
		return -1;
	if (db_run(r->task, db, SQL_LINK_USE, &rows,
	           PARAMS(P(now), P(account != NULL ? "activated" : "entered"), P(selector), P(now))) == -1)
		return -1;
	if (rows->affected != 1) {
		db_rollback(db);
		return 0;
	}
	if (account != NULL && store_account(r, l, account) == -1) {
		if (!db_is_duplicate(db))
			return -1;
		task_forgive(r->task);
		db_rollback(db);
		return 0;
	}
	if (elector_audit(r, l->identifier, account != NULL ? "account activated" : "entered without activation",
	                  request_browser(r)) == -1)
		return -1;
	*won_r = db_commit(r->task, db) == 0;
	return *won_r ? 0 : -1;
}
