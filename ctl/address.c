/*
 * isoloirctl elector address: another address for one elector, with four eyes. What the old one opened is over with it: links, sessions, known devices. The
 * account stays. The old address is told by mail, without the new one.
 */
#include <string.h>

#include "common/audit.h"
#include "common/base/text.h"
#include "common/fold.h"
#include "common/queue.h"
#include "ctl/office.h"

#define PENDING_S (3 * 86400)

static const char *const identities[] = {"document", "superior", "personnel"};
#define N_IDENTITIES (sizeof(identities) / sizeof(*identities))

static const char *const list_names[] = {"election", "old", "new", "identity", "asked_by", "asked_at", "expires_at", "why"};

/* Columns of ADDRESS_PENDING. */
enum { PENDING_ID, PENDING_OLD, PENDING_NEW, PENDING_BY, PENDING_EXPIRED, PENDING_EXPIRES_AT };

struct change {
	struct db *db;
	const char *slug, *identifier;
	int64_t election_id, elector_id;
	struct db_rows *pending; /* of this elector, at most one row */
};

static int
open_change(struct ctl *c, struct change *x)
{
	struct db_rows *rows;
	int rc;

	*x = (struct change){.db = ctl_db(c), .identifier = fold_identifier(c, c->args[0])};
	if (x->identifier == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no identifier: those are mail addresses", c->args[0]);
	rc = office_election(c, x->db, &x->election_id, &x->slug);
	if (rc != EX_OK)
		return rc;
	if (db_begin(c->task, x->db) == -1 || db_run(c->task, x->db, SQL_ADDRESS_LOCK, &rows, PARAMS(P(x->election_id), P(x->identifier))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "%s is not on the roll of %s", x->identifier, x->slug);
	x->elector_id = db_number(rows, 0, 0);
	return db_run(c->task, x->db, SQL_ADDRESS_PENDING, &x->pending, PARAMS(P(x->elector_id))) == -1 ? ctl_trouble(c) : EX_OK;
}

static bool
is_pending(const struct change *x)
{
	return x->pending->n > 0 && db_number(x->pending, 0, PENDING_EXPIRED) == 0;
}

/* Both the old and the new pseudonym get the row: nothing else in the trail tells that they are one person, and their history is read by either. */
static int
audit(struct ctl *c, const struct change *x, const char *act, const char *identifier, const char *detail)
{
	char subject[AUDIT_PSEUDONYM_SIZE], *why = NULL;
	const char *reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "";
	struct keys *keys = keys_load(c, c->conf->keys_dir, &why);
	struct audit_entry e = {
	    .election_id = x->election_id,
	    .actor = talloc_asprintf(c, "isoloirctl %s", ctl_operator(c)),
	    .act = act,
	    .subject = subject,
	    .detail = talloc_asprintf(c, "%s%s%s", detail, reason[0] != '\0' ? ": " : "", reason),
	};

	if (keys == NULL)
		return task_fail(c->task, ERR_REFUSED, "%s", why);
	audit_pseudonym(keys, identifier, subject);
	return audit_add(c->task, x->db, SQL_AUDIT_ADD, &e);
}

/* ---- ask ---- */

static int
check_identity(struct ctl *c)
{
	const char *word = ctl_has(c, OPTION_IDENTITY) ? c->option[OPTION_IDENTITY] : "";

	for (size_t i = 0; i < N_IDENTITIES; i++)
		if (strcmp(identities[i], word) == 0)
			return EX_OK;
	return ctl_fail(c, EX_USAGE, "say how the person’s identity was checked: --identity-checked document (shown to you), superior (who vouches) or personnel"
	                             " (their department)%s",
	                text_did_you_mean(c, text_nearest(word, identities, N_IDENTITIES)));
}

/* An address is one person's on a roll, even one that has left it: their mails and claims speak of it. */
static int
check_free(struct ctl *c, const struct change *x, const char *identifier)
{
	struct db_rows *rows;

	if (strcmp(identifier, x->identifier) == 0)
		return ctl_fail(c, EX_DATAERR, "%s is the address of this elector already", identifier);
	if (db_run(c->task, x->db, SQL_ADDRESS_OWNER, &rows, PARAMS(P(x->election_id), P(identifier))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return EX_OK;
	return ctl_fail(c, EX_DATAERR, "%s is the address of %s %s, %s: %s", identifier, db_text(rows, 0, 0), db_text(rows, 0, 1), db_text(rows, 0, 2),
	                db_number(rows, 0, 3) != 0 ? "who has left the roll, where the row stays; take another address"
	                                           : "who is on the roll too; if both are one person, the roll itself is to be corrected");
}

static int
store_wish(struct ctl *c, const struct change *x, const char *identifier)
{
	const char *who = ctl_operator(c), *detail = talloc_asprintf(c, "identity checked by %s", c->option[OPTION_IDENTITY]);

	if (db_run(c->task, x->db, SQL_ADDRESS_EXPIRE, NULL, PARAMS(P(x->elector_id))) == -1 ||
	    db_run(c->task, x->db, SQL_ADDRESS_ASK, NULL,
	           PARAMS(P(x->election_id), P(x->elector_id), P(x->identifier), P(identifier), P(c->option[OPTION_IDENTITY]), P(c->option[OPTION_REASON]),
	                  P(who), P(PENDING_S))) == -1 ||
	    audit(c, x, "address change asked", x->identifier, detail) == -1 || db_commit(c->task, x->db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "Asked. Another operator approves it within three days: isoloirctl elector address approve %s", x->identifier);
	return EX_OK;
}

static int
check_none_pending(struct ctl *c, const struct change *x)
{
	if (!is_pending(x))
		return EX_OK;
	return ctl_fail(c, EX_DATAERR, "%s has asked for %s already; approve or refuse that first", db_text(x->pending, 0, PENDING_BY),
	                db_text(x->pending, 0, PENDING_NEW));
}

int
ctl_address_ask(struct ctl *c)
{
	const char *identifier = fold_identifier(c, c->args[1]);
	struct change x;
	int rc = check_identity(c);

	if (identifier == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no identifier: those are mail addresses", c->args[1]);
	if (rc == EX_OK)
		rc = office_reason(c);
	if (rc == EX_OK)
		rc = open_change(c, &x);
	if (rc == EX_OK)
		rc = check_none_pending(c, &x);
	if (rc == EX_OK)
		rc = check_free(c, &x, identifier);
	if (rc != EX_OK)
		return rc;
	if (!ctl_has(c, OPTION_DRY_RUN))
		return store_wish(c, &x, identifier);
	ctl_say(c, "Right as it is; nothing was asked (--dry-run).");
	return EX_OK;
}

/* ---- approve and refuse ---- */

static int
get_pending(struct ctl *c, const struct change *x)
{
	if (is_pending(x))
		return EX_OK;
	return ctl_fail(c, EX_NOUSER, x->pending->n > 0 ? "what was asked for %s has expired: it is to be asked anew"
	                                                : "no other address is asked for %s; `isoloirctl elector address list` shows what is", x->identifier);
}

static int
end_what_was_open(struct ctl *c, const struct change *x)
{
	static const int statements[] = {SQL_ADDRESS_LINKS, SQL_ADDRESS_EPOCH, SQL_ADDRESS_DEVICES};

	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		if (db_run(c->task, x->db, statements[i], NULL, PARAMS(P(x->elector_id))) == -1)
			return -1;
	return 0;
}

/* In the transaction: without its row the change is not made; should Redis be away, the mailer finds it. */
static int
tell_old_address(struct ctl *c, const struct change *x)
{
	char *why = NULL;
	struct queue q = {
	    .db = x->db,
	    .store = store_new(c, c->conf->redis_queue, c->conf->redis_timeout),
	    .keys = keys_load(c, c->conf->keys_dir, &why),
	    .first_sql = SQL_QUEUE_INSERT,
	};

	if (q.keys == NULL)
		return task_fail(c->task, ERR_REFUSED, "%s", why);
	return queue_put(c->task, &q, QUEUE_MAIL_ADDRESS_CHANGED, x->election_id, x->identifier);
}

static int
write_change(struct ctl *c, const struct change *x)
{
	const char *who = ctl_operator(c), *identifier = db_text(x->pending, 0, PENDING_NEW);
	const char *detail = talloc_asprintf(c, "asked by %s", db_text(x->pending, 0, PENDING_BY));

	if (db_run(c->task, x->db, SQL_ADDRESS_SET, NULL, PARAMS(P(identifier), P(x->elector_id))) == -1 || end_what_was_open(c, x) == -1 ||
	    db_run(c->task, x->db, SQL_ADDRESS_DOMAIN, NULL, PARAMS(P(fold_domain(identifier)))) == -1 ||
	    db_run(c->task, x->db, SQL_ADDRESS_DECIDE, NULL, PARAMS(P("approved"), P(who), P(db_number(x->pending, 0, PENDING_ID)))) == -1 ||
	    audit(c, x, "address changed", x->identifier, detail) == -1 || audit(c, x, "address changed", identifier, detail) == -1 ||
	    tell_old_address(c, x) == -1 || db_commit(c->task, x->db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s is %s from now on. Links, sessions and known devices of before are over; the old address is told by mail.", x->identifier, identifier);
	return EX_OK;
}

static int
check_other_eyes(struct ctl *c, const struct change *x)
{
	if (strcmp(db_text(x->pending, 0, PENDING_BY), ctl_operator(c)) != 0)
		return EX_OK;
	return ctl_fail(c, EX_NOPERM, "you have asked for this yourself, as %s: another operator approves it", ctl_operator(c));
}

int
ctl_address_approve(struct ctl *c)
{
	struct change x;
	int rc = open_change(c, &x);

	if (rc == EX_OK)
		rc = get_pending(c, &x);
	if (rc == EX_OK)
		rc = check_other_eyes(c, &x);
	if (rc == EX_OK)
		rc = check_free(c, &x, db_text(x.pending, 0, PENDING_NEW));
	if (rc == EX_OK)
		rc = office_roll_opens(c, x.db, x.election_id, "elector address");
	if (rc != EX_OK)
		return rc;
	if (!ctl_has(c, OPTION_DRY_RUN))
		return write_change(c, &x);
	ctl_say(c, "%s would be %s; nothing was changed (--dry-run).", x.identifier, db_text(x.pending, 0, PENDING_NEW));
	return EX_OK;
}

int
ctl_address_refuse(struct ctl *c)
{
	const char *who = ctl_operator(c);
	struct change x;
	int rc = open_change(c, &x);

	if (rc == EX_OK)
		rc = get_pending(c, &x);
	if (rc != EX_OK)
		return rc;
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "Nothing was changed (--dry-run).");
		return EX_OK;
	}
	if (db_run(c->task, x.db, SQL_ADDRESS_DECIDE, NULL, PARAMS(P("refused"), P(who), P(db_number(x.pending, 0, PENDING_ID)))) == -1 ||
	    audit(c, &x, "address change refused", x.identifier, "") == -1 || db_commit(c->task, x.db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "Refused: %s stays.", x.identifier);
	return EX_OK;
}

int
ctl_address_list(struct ctl *c)
{
	const char *slug = ctl_has(c, OPTION_ELECTION) ? c->option[OPTION_ELECTION] : "";
	struct db_rows *rows;

	if (db_run(c->task, ctl_db(c), SQL_ADDRESS_LIST, &rows, PARAMS(P(slug), P(slug))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "pending", ctl_rows(c, rows, list_names));
	ctl_say(c, "%zu pending.", rows->n);
	return EX_OK;
}
