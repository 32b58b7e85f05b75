/*
 * isoloirctl claims answer: one claim, or all that a filter means. Decision, reasons, mail and audit row of a claim are one transaction; a claim is answered
 * once. A mass answer that is cut short is run again: what was answered is no more among those that are meant.
 */
#include "ctl/claims.h"

#include <string.h>

#include "common/base/text.h"
#include "common/queue.h"

#define ANSWER_MAX 4000 /* characters of claim.answer */

struct decision {
	const char *outcome, *text;
};

static int
read_decision(struct ctl *c, struct decision *d)
{
	char *text;
	int rc;

	d->outcome = ctl_has(c, OPTION_OUTCOME) ? c->option[OPTION_OUTCOME] : "";
	if (strcmp(d->outcome, "accepted") != 0 && strcmp(d->outcome, "refused") != 0)
		return ctl_fail(c, EX_USAGE, "a claim is answered with --outcome accepted or --outcome refused");
	if (!ctl_has(c, OPTION_TEXT))
		return ctl_fail(c, EX_USAGE, "an answer has its reasons: --text FILE");
	rc = office_read(c, c->option[OPTION_TEXT], 4 * ANSWER_MAX, &text);
	if (rc != EX_OK)
		return rc;
	d->text = text_trim(c, text);
	if (d->text[0] == '\0')
		return ctl_fail(c, EX_DATAERR, "the answer is empty");
	if (text_length(d->text) > ANSWER_MAX)
		return ctl_fail(c, EX_DATAERR, "the answer has %zu characters, and at most %d fit", text_length(d->text), ANSWER_MAX);
	return EX_OK;
}

/* *done_r: it was open, and is answered now. -1: MariaDB, and nothing happened to this one. */
static int
answer(struct ctl *c, struct db *d, const struct decision *what, const struct db_rows *rows, size_t i, bool *done_r)
{
	const char *reference = db_text(rows, i, CLAIM_REFERENCE), *who = ctl_operator(c);
	int64_t election_id = db_number(rows, i, CLAIM_ELECTION);
	struct db_rows *moved;

	*done_r = false;
	if (db_begin(c->task, d) == -1 ||
	    db_run(c->task, d, SQL_CLAIM_ANSWER, &moved, PARAMS(P(what->outcome), P(what->text), P(who), P(reference))) == -1)
		return -1;
	if (moved->affected != 1) {
		db_rollback(d);
		return 0;
	}
	if (queue_write(c->task, d, SQL_QUEUE_WRITE, QUEUE_MAIL_CLAIM_ANSWERED, election_id, db_text(rows, i, CLAIM_CONTACT), reference) == -1 ||
	    office_audit(c, d, election_id, "claim answered", talloc_asprintf(c, "%s %s", reference, what->outcome)) == -1 ||
	    db_commit(c->task, d) == -1)
		return -1;
	*done_r = true;
	return 0;
}

static int
answer_one(struct ctl *c, struct db *d, const struct decision *what)
{
	const char *reference = office_reference(c, c->args[0]);
	struct db_rows *rows;
	bool done;

	if (db_run(c->task, d, SQL_CLAIM_ONE, &rows, PARAMS(P(reference))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "no claim has the number %s", c->args[0]);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "%s is %s; nothing was changed.", reference, db_text(rows, 0, CLAIM_STATE));
		return EX_OK;
	}
	if (answer(c, d, what, rows, 0, &done) == -1)
		return ctl_trouble(c);
	if (!done)
		return ctl_fail(c, EX_DATAERR, "%s is %s already: a claim is answered once", reference, db_text(rows, 0, CLAIM_STATE));
	ctl_say(c, "%s is %s; its author gets a mail.", reference, what->outcome);
	return EX_OK;
}

/* A page, each in its own transaction. */
static int
answer_page(struct ctl *c, struct db *d, const struct decision *what, const struct claims_filter *f, int64_t after[2], size_t *n_r, int64_t *done_r)
{
	struct db_rows *rows;
	bool done;

	if (claims_page(c->task, d, f, after[0], after[1], &rows) == -1)
		return -1;
	*n_r = rows->n;
	for (size_t i = 0; i < rows->n; i++) {
		if (answer(c, d, what, rows, i, &done) == -1)
			return -1;
		*done_r += done;
		after[0] = db_number(rows, i, CLAIM_DUE);
		after[1] = db_number(rows, i, CLAIM_ID);
	}
	talloc_free(rows);
	return 0;
}

/* A slip of the filter must not answer thousands: the number has to be known beforehand. */
static int
check_count(struct ctl *c, int64_t n)
{
	int64_t yes;

	if (!ctl_has(c, OPTION_YES))
		return ctl_fail(c, EX_USAGE, "%lld claims are meant: say --yes %lld to answer them all, or --dry-run", (long long)n, (long long)n);
	if (text_number(c->option[OPTION_YES], 0, INT64_MAX, &yes) && yes == n)
		return EX_OK;
	return ctl_fail(c, EX_DATAERR, "--yes says %s, and %lld claims are meant; nothing was changed", c->option[OPTION_YES], (long long)n);
}

static int
answer_many(struct ctl *c, struct db *d, const struct decision *what)
{
	int64_t n, after[2] = {0, 0}, done = 0;
	struct claims_filter f;
	size_t page = CLAIMS_PAGE_ROWS;
	int rc = claims_filter_read(c, &f);

	if (rc != EX_OK)
		return rc;
	if (f.states[0] == '\0' || strstr(CLAIMS_OPEN, f.states) == NULL)
		return ctl_fail(c, EX_USAGE, "only open claims are answered: state=received, state=in_study or state=open");
	if (claims_count(c, d, &f, &n) == -1)
		return ctl_trouble(c);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		js_set_number(c->out, "claims", n);
		ctl_say(c, "%lld claim%s would be %s; nothing was changed.", (long long)n, n == 1 ? "" : "s", what->outcome);
		return EX_OK;
	}
	rc = check_count(c, n);
	if (rc != EX_OK)
		return rc;
	while (page == CLAIMS_PAGE_ROWS)
		if (answer_page(c, d, what, &f, after, &page, &done) == -1) {
			js_set_number(c->out, "answered", done);
			return ctl_trouble(c);
		}
	js_set_number(c->out, "answered", done);
	ctl_say(c, "%lld claim%s %s; each author gets a mail.", (long long)done, done == 1 ? " is" : "s are", what->outcome);
	return EX_OK;
}

int
ctl_claims_answer(struct ctl *c)
{
	struct decision what;
	int rc;

	if ((c->n_args == 1) == ctl_has(c, OPTION_WHERE))
		return ctl_fail(c, EX_USAGE, "which claims? a number, or --where");
	rc = read_decision(c, &what);
	if (rc != EX_OK)
		return rc;
	return c->n_args == 1 ? answer_one(c, ctl_db(c), &what) : answer_many(c, ctl_db(c), &what);
}
