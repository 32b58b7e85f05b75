#include "portal/model/claim.h"

#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "common/base/clock.h"
#include "common/workday.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/request.h"

#define REFERENCES_MAX 5 /* 31^7 references: a second try is already rare */
#define MAILS_A_DAY 2    /* to one address, since anybody can type anybody's */
#define NO_ELECTOR INT64_C(0)

/* ---- drafts ---- */

static int64_t
whose(const struct request *r)
{
	must(r->session.level == SESSION_ELECTOR);
	return r->session.elector_id;
}

int
claim_draft_find(struct request *r, struct claim_draft *d)
{
	struct db_rows *rows;

	*d = (struct claim_draft){.nonce = "", .scrutin_code = "", .scrutin_name = "", .scrutin_text = "", .object = "", .body = "", .document_name = ""};
	if (db_run(r->task, r->portal->db, SQL_CLAIM_DRAFT_FIND, &rows, PARAMS(P(whose(r)))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	*d = (struct claim_draft){
	    .ready = db_number(rows, 0, 0) != 0,
	    .nonce = db_text(rows, 0, 1),
	    .opened_s = db_number(rows, 0, 2),
	    .scrutin_id = db_number(rows, 0, 3),
	    .scrutin_code = db_text(rows, 0, 4),
	    .scrutin_name = db_text(rows, 0, 5),
	    .scrutin_text = db_text(rows, 0, 6),
	    .object = db_text(rows, 0, 7),
	    .body = db_text(rows, 0, 8),
	    .document_name = db_text(rows, 0, 9),
	    .document_len = (size_t)db_number(rows, 0, 10),
	};
	return 0;
}

int
claim_draft_words(struct request *r, const struct claim_draft *d)
{
	return db_run(r->task, r->portal->db, SQL_CLAIM_DRAFT_WORDS, NULL,
	              PARAMS(P(whose(r)), P(d->nonce), P(d->opened_s), P(d->scrutin_id), P(d->scrutin_text), P(d->object), P(d->body)));
}

int
claim_draft_document(struct request *r, const char *name, const struct document_kind *kind, struct db_bytes bytes)
{
	if (kind == NULL)
		return db_run(r->task, r->portal->db, SQL_CLAIM_DRAFT_BARE, NULL, PARAMS(P(whose(r))));
	return db_run(r->task, r->portal->db, SQL_CLAIM_DRAFT_DOCUMENT, NULL, PARAMS(P(whose(r)), P(name), P(kind->word), P(bytes)));
}

/* ---- numbers ---- */

/* An elector's nonces and a stranger's make different numbers, and those of two electors too. */
static void
reference_of(struct request *r, int64_t elector_id, const char *nonce, int nth, char out[QUEUE_REFERENCE_SIZE])
{
	unsigned char hash[HASH_SIZE];
	uint64_t n;
	char *about = talloc_asprintf(r->task, "%lld %lld %d %s", (long long)r->election->id, (long long)elector_id, nth, nonce);

	hash_keyed_text(r->portal->loaded->keys->key[KEY_REFERENCE], "claim", about, hash);
	memcpy(&n, hash, sizeof(n));
	queue_reference_write(n, out);
}

int
claim_sent_as(struct request *r, const char *nonce, const char **reference_r)
{
	char reference[QUEUE_REFERENCE_SIZE];
	struct claim *c;

	*reference_r = NULL;
	reference_of(r, whose(r), nonce, 0, reference);
	if (claim_find(r, reference, &c) == -1)
		return -1;
	if (c != NULL)
		*reference_r = talloc_strdup(r->task, reference);
	return 0;
}

/* ---- a claim is made ---- */

/* What both ways in write. */
struct entry {
	int64_t elector_id, scrutin_id;
	const char *scrutin_text, *object, *name, *contact, *posting, *academy, *body;
	const char *nonce; /* of the draft whose document goes with it, or "" */
};

static int
insert(struct request *r, const struct entry *e, const char *reference)
{
	int64_t due_s = workday_due_s(clock_now_s(), r->portal->conf->claim_days);
	const struct db_param params[] = {
	    P(r->election->id), P(reference), P(e->elector_id), P(e->scrutin_id), P(e->scrutin_text), P(e->object), P(e->name),
	    P(e->contact),      P(e->posting), P(e->academy),   P(e->body),       P(due_s),
	};

	return db_run(r->task, r->portal->db, SQL_CLAIM_ADD, NULL, params, sizeof(params) / sizeof(*params));
}

/* The document moves with the draft's end. */
static int
finish_draft(struct request *r, const struct entry *e, const char *reference)
{
	if (e->elector_id == NO_ELECTOR)
		return 0;
	if (db_run(r->task, r->portal->db, SQL_CLAIM_DOCUMENT_ADD, NULL, PARAMS(P(reference), P(e->elector_id), P(e->nonce))) == -1 ||
	    db_run(r->task, r->portal->db, SQL_CLAIM_DRAFT_END, NULL, PARAMS(P(e->elector_id), P(e->nonce))) == -1)
		return -1;
	return elector_audit(r, r->session.identifier, "claim made", reference);
}

/* An elector's own address may have as many as they make claims. */
static int
confirm_by_mail(struct request *r, const struct entry *e, const char *reference)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_CLAIM_MAILS, &rows, PARAMS(P(r->election->id), P(e->contact))) == -1)
		return -1;
	if (e->elector_id == NO_ELECTOR && db_number(rows, 0, 0) >= MAILS_A_DAY)
		return 0;
	return queue_write(r->task, r->portal->db, SQL_QUEUE_WRITE, QUEUE_MAIL_CLAIM_RECEIVED, r->election->id, e->contact, reference);
}

/* 1: stands; 0: that reference is taken; -1: MariaDB. */
static int
store_as(struct request *r, const struct entry *e, const char *reference)
{
	struct db *db = r->portal->db;

	if (db_begin(r->task, db) == -1)
		return -1;
	if (insert(r, e, reference) == -1) {
		if (!db_is_duplicate(db))
			return -1;
		task_forgive(r->task);
		db_rollback(db);
		return 0;
	}
	if (finish_draft(r, e, reference) == -1 || confirm_by_mail(r, e, reference) == -1)
		return -1;
	return db_commit(r->task, db) == -1 ? -1 : 1;
}

int
claim_send_draft(struct request *r, const struct claim_draft *d, const char **reference_r)
{
	const struct elector *who = r->elector;
	struct entry e = {
	    .elector_id = whose(r), .scrutin_id = d->scrutin_id, .scrutin_text = d->scrutin_text, .object = d->object, .name = who->name,
	    .contact = who->identifier, .posting = who->posting, .academy = who->academy, .body = d->body, .nonce = d->nonce,
	};
	int rc = 0;

	*reference_r = NULL;
	for (int nth = 0; rc == 0 && nth < REFERENCES_MAX; nth++) {
		char *reference = talloc_zero_size(r->task, QUEUE_REFERENCE_SIZE);

		/* The same draft, sent a moment before from another window, has this number. */
		if (nth > 0 && (claim_sent_as(r, d->nonce, reference_r) == -1 || *reference_r != NULL))
			return *reference_r != NULL ? 0 : -1;
		reference_of(r, e.elector_id, d->nonce, nth, reference);
		rc = store_as(r, &e, reference);
		*reference_r = rc == 1 ? reference : NULL;
	}
	return rc == 0 ? task_fail(r->task, ERR_RETRY, "no number was free for a claim") : rc == 1 ? 0 : -1;
}

/* 1: it is this claim that stands under the reference; 0: another; -1: MariaDB. */
static int
stands_already(struct request *r, const struct claim *c, const char *reference)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_CLAIM_SAME, &rows,
	           PARAMS(P(reference), P(r->election->id), P(c->object), P(c->scrutin), P(c->name), P(c->contact), P(c->posting), P(c->body))) == -1)
		return -1;
	return rows->n == 1;
}

int
claim_add_public(struct request *r, const char *nonce, struct claim *c)
{
	struct entry e = {
	    .scrutin_text = c->scrutin, .object = c->object, .name = c->name, .contact = c->contact,
	    .posting = c->posting, .academy = "", .body = c->body, .nonce = "",
	};
	int rc = 0;

	for (int nth = 0; rc == 0 && nth < REFERENCES_MAX; nth++) {
		reference_of(r, NO_ELECTOR, nonce, nth, c->reference);
		rc = store_as(r, &e, c->reference);
		if (rc == 0 && (rc = stands_already(r, c, c->reference)) == 1)
			c->repeated = true;
	}
	return rc == 0 ? task_fail(r->task, ERR_RETRY, "no number was free for a claim") : rc == 1 ? 0 : -1;
}

/* ---- claims are read ---- */

int
claim_find_public(struct request *r, const char *reference, int64_t *created_s_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_CLAIM_PUBLIC, &rows, PARAMS(P(reference), P(r->election->id))) == -1)
		return -1;
	*created_s_r = rows->n == 1 ? db_number(rows, 0, 0) : 0;
	return 0;
}

int
claim_list(struct request *r, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_CLAIMS_OF, rows_r, PARAMS(P(whose(r))));
}

int
claim_find(struct request *r, const char *reference, struct claim **claim_r)
{
	struct db_rows *rows;
	struct claim *c;

	*claim_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_CLAIM_OF, &rows, PARAMS(P(reference), P(whose(r)))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	*claim_r = c = talloc_zero(r->task, struct claim);
	*c = (struct claim){
	    .state = db_text(rows, 0, 0),
	    .object = db_text(rows, 0, 1),
	    .scrutin = db_text(rows, 0, 2),
	    .body = db_text(rows, 0, 3),
	    .answer = db_text(rows, 0, 4),
	    .created_s = db_number(rows, 0, 5),
	    .due_s = db_number(rows, 0, 6),
	    .answered_s = db_number(rows, 0, 7),
	    .document_name = db_text(rows, 0, 8),
	    .document_len = (size_t)db_number(rows, 0, 9),
	};
	snprintf(c->reference, sizeof(c->reference), "%s", reference);
	return 0;
}

int
claim_document(struct request *r, const char *reference, const struct document_kind **kind_r, struct db_bytes *bytes_r)
{
	struct db_rows *rows;

	*kind_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_CLAIM_DOCUMENT_OF, &rows, PARAMS(P(reference), P(whose(r)))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	*kind_r = document_kind_find(db_text(rows, 0, 0));
	*bytes_r = (struct db_bytes){rows->values[1].text, rows->values[1].len};
	return 0;
}
