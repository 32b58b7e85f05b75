#include "portal/model/link.h"

#include <string.h>

#include "portal/model/account.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/epoch.h"
#include "portal/request.h"

/* When a link ends is for MariaDB's clock alone, which also said when it began. */
static enum link_state
state_of(const struct db_rows *rows, enum link_purpose purpose)
{
	static const struct {
		const char *used_how;
		enum link_state state;
	} uses[] = {{"entered", LINK_USED_ENTERED}, {"reset", LINK_USED_RESET}, {"reissued", LINK_USED_REISSUED}, {"voided", LINK_VOIDED}};
	bool activated = !db_is_null(rows, 0, 8);

	if (purpose == LINK_TO_ACTIVATE && activated)
		return LINK_USED_ACTIVATED;
	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
		if (strcmp(db_text(rows, 0, 3), uses[i].used_how) == 0)
			return uses[i].state;
	if (!db_is_null(rows, 0, 3) || db_number(rows, 0, 2) != 0 || (purpose != LINK_TO_ACTIVATE && !activated))
		return LINK_EXPIRED;
	return LINK_GOOD;
}

/* A purpose that we do not know is a later version's; its link is none of ours. */
static bool
purpose_find(const char *word, enum link_purpose *purpose_r)
{
	static const char *const words[] = {[LINK_TO_ACTIVATE] = "activation", [LINK_TO_RESET] = "reset", [LINK_TO_REISSUE] = "reissue"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		*purpose_r = (enum link_purpose)i;
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
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
	if (rows->n == 0 || !purpose_find(db_text(rows, 0, 1), &l->purpose) ||
	    !token_is_genuine(r->portal->loaded->keys, token, db_number(rows, 0, 0), db_text(rows, 0, 1)))
		return 0;
	l->state = state_of(rows, l->purpose);
	l->elector_id = db_number(rows, 0, 0);
	l->identifier = db_text(rows, 0, 4);
	l->epoch = db_number(rows, 0, 9);
	l->academy = db_text(rows, 0, 10);
	l->opened = !db_is_null(rows, 0, 11);
	l->name = elector_name(r->task, db_text(rows, 0, 5), db_text(rows, 0, 6), db_text(rows, 0, 7));
	return 0;
}

int
link_note_opened(struct request *r, const struct link *l)
{
	struct db *db = r->portal->db;
	struct db_bytes selector = {l->selector, sizeof(l->selector)};
	struct db_rows *rows;

	if (l->opened)
		return 0;
	if (db_begin(r->task, db) == -1 || db_run(r->task, db, SQL_LINK_OPEN, &rows, PARAMS(P(selector))) == -1)
		return -1;
	if (rows->affected == 1 && elector_audit(r, l->identifier, "link opened", request_browser(r)) == -1)
		return -1;
	return db_commit(r->task, db);
}

/* One account an elector: somebody else may have been faster. */
static int
store_account(struct request *r, struct link *l, const struct link_account *a, bool *done_r)
{
	struct db *db = r->portal->db;

	*done_r = true;
	if (db_run(r->task, db, SQL_ACCOUNT_ADD, NULL,
	           PARAMS(P(l->elector_id), P(a->password_hash), P(a->question_id), P(a->answer_hash))) == 0)
		return epoch_raise(r, l->elector_id, &l->epoch);
	if (!db_is_duplicate(db))
		return -1;
	task_forgive(r->task);
	*done_r = false;
	return 0;
}

static int
store_password(struct request *r, struct link *l, const struct link_account *a, bool *done_r)
{
	return account_reset(r, l->elector_id, a->password_hash, &l->epoch, done_r);
}

static int
store_nothing(struct request *r, struct link *l, const struct link_account *a, bool *done_r)
{
	(void)r, (void)l, (void)a;
	*done_r = true;
	return 0;
}

/* What becomes of a link: its used_how, the act of the audit trail, and what is written with it. */
static const struct use {
	const char *how, *act;
	int (*store)(struct request *r, struct link *l, const struct link_account *a, bool *done_r);
} activate = {"activated", "account activated", store_account},
  reset = {"reset", "password reset", store_password},
  enter = {"entered", "entered without activation", store_nothing};

static const struct use *
use_of(const struct link *l, const struct link_account *a)
{
	if (l->purpose == LINK_TO_RESET)
		return &reset;
	return a != NULL ? &activate : &enter;
}

/* *done_r false: no such live link, or nothing to store it to. */
static int
use_in_transaction(struct request *r, struct link *l, const struct use *use, const struct link_account *account, bool *done_r)
{
	struct db *db = r->portal->db;
	struct db_bytes selector = {l->selector, sizeof(l->selector)};
	struct db_rows *rows;

	*done_r = false;
	if (db_run(r->task, db, SQL_LINK_USE, &rows, PARAMS(P(use->how), P(selector))) == -1)
		return -1;
	if (rows->affected != 1)
		return 0;
	if (use->store(r, l, account, done_r) == -1)
		return -1;
	return *done_r ? elector_audit(r, l->identifier, use->act, request_browser(r)) : 0;
}

int
link_use(struct request *r, struct link *l, const struct link_account *account, bool *won_r)
{
	struct db *db = r->portal->db;
	bool done;

	*won_r = false;
	must(l->purpose != LINK_TO_REISSUE && (account != NULL || l->purpose == LINK_TO_ACTIVATE));
	if (db_begin(r->task, db) == -1 || use_in_transaction(r, l, use_of(l, account), account, &done) == -1)
		return -1;
	if (!done) {
		db_rollback(db);
		return 0;
	}
	if (db_commit(r->task, db) == -1)
		return -1;
	*won_r = true;
	return 0;
}
