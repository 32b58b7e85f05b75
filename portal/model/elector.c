#include "portal/model/elector.h"

#include <string.h>

#include "common/audit.h"
#include "common/fold.h"
#include "common/hash.h"
#include "portal/model/decoy.h"
#include "portal/model/election.h"
#include "portal/request.h"

char *
elector_name(TALLOC_CTX *ctx, const char *civility, const char *given, const char *family)
{
	return talloc_asprintf(ctx, "%s%s%s %s", civility, civility[0] != '\0' ? "\u00a0" : "", given, family);
}

int
elector_find(struct request *r, int64_t id, struct elector **elector_r)
{
	struct elector *e = talloc_zero(r->task, struct elector);
	struct db_rows *rows;

	*elector_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_ELECTOR_GET, &rows, PARAMS(P(id))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	e->civility = db_text(rows, 0, 0);
	e->given_name = db_text(rows, 0, 1);
	e->family_name = db_text(rows, 0, 2);
	e->posting = db_text(rows, 0, 3);
	e->academy = db_text(rows, 0, 4);
	e->time_zone = db_text(rows, 0, 5);
	e->activated_at_s = db_number(rows, 0, 6);
	e->epoch = db_number(rows, 0, 7);
	e->identifier = db_text(rows, 0, 8);
	e->name = elector_name(r->task, e->civility, e->given_name, e->family_name);
	*elector_r = e;
	return 0;
}

struct hash_cost
elector_hash_cost(const struct request *r)
{
	const struct conf *c = r->portal->conf;

	return (struct hash_cost){.memory = c->hash_memory, .passes = c->hash_passes};
}

/* A hash made when the settings asked for less is made anew while the password is at hand. */
static int
renew_hash(struct request *r, int64_t id, const char *old, const char *secret)
{
	struct hash_cost cost = elector_hash_cost(r);
	char fresh[HASH_PASSWORD_SIZE];

	if (!hash_password_is_old(old, cost))
		return 0;
	if (hash_password(r->task, r->portal->loaded->keys, cost, secret, fresh) == -1)
		return -1;
	return db_run(r->task, r->portal->db, SQL_ACCOUNT_REHASH, NULL, PARAMS(P((const char *)fresh), P(id), P(old)));
}

int
elector_log_in(struct request *r, const char *identifier, const char *password, int64_t *elector_id_r, int64_t *epoch_r)
{
	const char *secret = fold_password(r->task, password), *stored = NULL, *decoy;
	struct db_rows *rows;
	bool right;

	*elector_id_r = 0;
	if (db_run(r->task, r->portal->db, SQL_ELECTOR_FIND_LOGIN, &rows, PARAMS(P(r->election->id), P(identifier))) == -1)
		return -1;
	if (rows->n == 1 && !db_is_null(rows, 0, 1))
		stored = db_text(rows, 0, 1);
	if (decoy_find(r, identifier, &decoy) == -1)
		return -1;
	if (hash_password_check(r->task, r->portal->loaded->keys, elector_hash_cost(r), stored != NULL ? stored : decoy, secret,
	                        &right) == -1)
		return -1;
	if (stored == NULL || !right)
		return elector_audit(r, identifier, "login refused", request_browser(r));
	*elector_id_r = db_number(rows, 0, 0);
	*epoch_r = db_number(rows, 0, 2);
	if (elector_audit(r, identifier, "login accepted", request_browser(r)) == -1)
		return -1;
	return renew_hash(r, *elector_id_r, stored, secret);
}

int
elector_questions(struct request *r, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_QUESTIONS, rows_r, PARAMS(P(r->election->id)));
}

int
elector_audit(struct request *r, const char *identifier, const char *act, const char *detail)
{
	char who[AUDIT_PSEUDONYM_SIZE];
	struct audit_entry entry = {
	    .election_id = r->election->id,
	    .actor = "portal",
	    .act = act,
	    .subject = who,
	    .detail = detail,
	};

	audit_pseudonym(r->portal->loaded->keys, identifier, who);
	return audit_add(r->task, r->portal->db, SQL_AUDIT_ADD, &entry);
}

int
elector_history(struct request *r, const char *identifier, struct db_rows **rows_r)
{
	char who[AUDIT_PSEUDONYM_SIZE];

	audit_pseudonym(r->portal->loaded->keys, identifier, who);
	return db_run(r->task, r->portal->db, SQL_HISTORY_OF, rows_r, PARAMS(P((const char *)who), P(r->election->id)));
}
