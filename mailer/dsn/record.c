#include "mailer/dsn/record.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/log.h"
#include "mailer/dsn/report.h"
#include "mailer/dsn/verp.h"
#include "mailer/model/sql.h"

struct recorder *
recorder_new(TALLOC_CTX *ctx, const struct conf *c, char **why_r)
{
	struct recorder *r = talloc_zero(ctx, struct recorder);

	r->conf = c;
	r->keys = keys_load(r, c->keys_dir, why_r);
	if (r->keys == NULL) {
		talloc_free(r);
		return NULL;
	}
	r->db = db_new(r, c, c->db_mailer_user, mailer_sql, SQL__MAX);
	return r;
}

/* ---- which mail ---- */

/* How the mail was found. What only a Message-ID vouches for is kept for people to see, and counts for nothing. */
enum proof { PROOF_NONE, PROOF_FORGED, PROOF_VERP, PROOF_ENVID, PROOF_MESSAGE_ID };
static const char *const proof_words[] = {"none", "forged", "verp", "envid", "message-id"};

/* An address in our form settles it, be it for or against. */
static enum proof
find_address(const struct recorder *r, const char *recipient, const struct report *rep, char job[VERP_JOB_SIZE])
{
	enum verp v = recipient != NULL ? verp_read_address(r->keys, recipient, job) : VERP_NONE;

	for (size_t i = 0; v == VERP_NONE && i < rep->n_addresses; i++)
		v = verp_read_address(r->keys, rep->addresses[i], job);
	return v == VERP_GENUINE ? PROOF_VERP : v == VERP_FORGED ? PROOF_FORGED : PROOF_NONE;
}

static enum proof
find_mail(const struct recorder *r, const char *recipient, const struct report *rep, char job[VERP_JOB_SIZE])
{
	enum proof p = find_address(r, recipient, rep, job);
	enum verp v;

	if (p != PROOF_NONE)
		return p;
	v = verp_read_words(r->keys, rep->envid, job);
	if (v != VERP_NONE)
		return v == VERP_GENUINE ? PROOF_ENVID : PROOF_FORGED;
	if (strlen(rep->message_id) != VERP_JOB_SIZE - 1 || strspn(rep->message_id, "0123456789abcdef") != VERP_JOB_SIZE - 1)
		return PROOF_NONE;
	memcpy(job, rep->message_id, VERP_JOB_SIZE);
	return PROOF_MESSAGE_ID;
}

/* ---- rows ---- */

struct note {
	struct task *task;
	struct recorder *r;
	const struct report *rep;
	struct bounce_verdict verdict;
	enum proof proof;
	const char *job, *identifier, *status;
	int64_t election_id;
	bool again, suppressed;
};

/* Enough of them since the last time that somebody lifted it? Then the address gets no mail any more. */
static int
suppress(struct note *n)
{
	struct db *d = n->r->db;
	struct db_rows *rows;
	char who[AUDIT_PSEUDONYM_SIZE];
	struct audit_entry e = {.election_id = n->election_id, .actor = "isoloir-dsn", .act = "address suppressed", .subject = who};

	if (n->verdict.needed == 0 || n->proof == PROOF_MESSAGE_ID)
		return 0;
	if (db_run(n->task, d, SQL_BOUNCE_HARD, &rows, PARAMS(P(n->election_id), P(n->identifier), P(n->election_id), P(n->identifier))) == -1)
		return -1;
	if (db_number(rows, 0, 0) < n->verdict.needed)
		return 0;
	e.detail = talloc_asprintf(n->task, "%s %s", n->status, n->verdict.sentence);
	if (db_run(n->task, d, SQL_SUPPRESS, &rows, PARAMS(P(n->election_id), P(n->identifier), P(e.detail))) == -1)
		return -1;
	n->suppressed = rows->affected == 1;
	if (!n->suppressed)
		return 0;
	audit_pseudonym(n->r->keys, n->identifier, who);
	return audit_add(n->task, d, SQL_AUDIT_ADD, &e);
}

/* A report that came before has its row, and did what it did. */
static int
write_rows(struct note *n)
{
	struct db_rows *rows;

	if (db_run(n->task, n->r->db, SQL_BOUNCE_ADD, &rows,
	           PARAMS(P(n->job), P(n->election_id), P(n->identifier), P(classify_action_word(n->rep->action)), P(classify_class_word(n->verdict.class)),
	                  P(n->status), P(n->rep->diagnostic), P(proof_words[n->proof]))) == -1)
		return -1;
	n->again = rows->affected != 1;
	return n->again ? 0 : suppress(n);
}

static int
write_note(struct note *n)
{
	if (db_begin(n->task, n->r->db) == -1)
		return -1;
	if (write_rows(n) == 0 && db_commit(n->task, n->r->db) == 0)
		return 0;
	db_rollback(n->r->db);
	return -1;
}

static void
tell(const struct note *n)
{
	char who[AUDIT_PSEUDONYM_SIZE];

	audit_pseudonym(n->r->keys, n->identifier, who);
	log_info("bounce", "job=%s who=%s action=%s status=%s class=%s proof=%s%s%s text=%s", n->job, who, classify_action_word(n->rep->action), n->status,
	         classify_class_word(n->verdict.class), proof_words[n->proof], n->again ? " again=yes" : "", n->suppressed ? " suppressed=yes" : "",
	         log_quote(n->task, n->rep->diagnostic));
}

static int
keep(struct note *n)
{
	struct db_rows *rows;

	if (db_run(n->task, n->r->db, SQL_BOUNCE_JOB, &rows, PARAMS(P(n->job))) == -1)
		return -1;
	if (rows->n == 0) {
		log_info("bounce ignored", "job=%s why=\"its row is gone\"", n->job);
		return 0;
	}
	n->election_id = db_number(rows, 0, 0);
	n->identifier = db_text(rows, 0, 1);
	n->verdict = classify(n->rep->action, n->rep->status);
	n->status = talloc_asprintf(n->task, "%d.%d.%d", n->rep->status[0], n->rep->status[1], n->rep->status[2]);
	if (n->verdict.class == BOUNCE_NONE) {
		log_info("bounce ignored", "job=%s why=\"%s\"", n->job, n->verdict.sentence);
		return 0;
	}
	if (write_note(n) == -1)
		return -1;
	tell(n);
	return 0;
}

int
record(struct recorder *r, const char *recipient, const char *bytes, size_t len)
{
	struct task *t = task_new(r, 0);
	const struct report *rep = report_read(t, bytes, len);
	char job[VERP_JOB_SIZE];
	struct note n = {.task = t, .r = r, .rep = rep, .job = job};
	int rc = 0;

	task_step(t, "bounce");
	if (rep->kind == REPORT_STATUS)
		n.proof = find_mail(r, recipient, rep, job);
	if (rep->kind != REPORT_STATUS)
		log_info("bounce ignored", "kind=%s bytes=%zu", report_kind_word(rep->kind), len);
	else if (n.proof == PROOF_NONE || n.proof == PROOF_FORGED)
		log_warning("bounce refused", "why=\"%s\" status=%d.%d.%d", n.proof == PROOF_FORGED ? "its signature is not ours" : "nothing in it is ours",
		            rep->status[0], rep->status[1], rep->status[2]);
	else if ((rc = keep(&n)) == -1)
		log_task_error("bounce not kept", t);
	talloc_free(t);
	return rc;
}
