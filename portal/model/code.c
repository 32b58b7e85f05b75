#include "portal/model/code.h"

#include "common/base/secret.h"
#include "common/issue.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/request.h"

int
code_state(struct request *r, struct code_state *state_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_CODE_STATE, &rows, PARAMS(P(r->session.elector_id))) == -1)
		return -1;
	*state_r = (struct code_state){.had = db_number(rows, 0, 0) > 0, .reissued_at_s = db_number(rows, 0, 1), .live = db_number(rows, 0, 2) != 0};
	return 0;
}

static int
use_link(struct request *r, const struct link *link, bool *won_r)
{
	struct db_bytes selector = {link->selector, sizeof(link->selector)};
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_LINK_USE, &rows, PARAMS(P("reissued"), P(selector))) == -1)
		return -1;
	*won_r = rows->affected == 1;
	return 0;
}

static int
issue(struct request *r, char text[CODE_TEXT_SIZE])
{
	struct issue what = {.how = ISSUE_REISSUE, .election_id = r->election->id, .elector_id = r->session.elector_id};
	struct code code;

	if (issue_code(r->task, r->portal->db, SQL_ISSUE_VOID, r->portal->loaded->keys, &what, &code) == -1)
		return -1;
	code_write(&code, text);
	secret_wipe(&code, sizeof(code));
	return elector_audit(r, r->elector->identifier, "code reissued", request_browser(r));
}

int
code_reissue(struct request *r, const struct link *link, char text[CODE_TEXT_SIZE], bool *won_r)
{
	struct db *db = r->portal->db;

	must(link->purpose == LINK_TO_REISSUE && link->elector_id == r->session.elector_id);
	*won_r = false;
	if (db_begin(r->task, db) == -1 || use_link(r, link, won_r) == -1)
		return -1;
	if (!*won_r) {
		db_rollback(db);
		return 0;
	}
	return issue(r, text) == -1 ? -1 : db_commit(r->task, db);
}
