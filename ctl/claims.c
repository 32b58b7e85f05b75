/*
 * isoloirctl claims: the claims on the rolls as a list of work, late ones first. What answers them is in claims_answer.c. Each act is one transaction
 * with its row of the audit trail.
 */
#include "ctl/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"

#define OFFICE_ZONE "Europe/Paris"
#define BANNER_MAX 250 /* characters of election.banner */

static const char *const list_names[] = {"number", "state", "object", "scrutin", "academy", "created_at", "due_at", "late",
                                         "assigned_to", "document", "name", "contact", "election", "election_id", "id"};
static const char *const show_names[] = {"number", "election", "state", "object", "scrutin", "name", "contact", "posting", "academy", "elector",
                                         "created_at", "due_at", "changed_at", "assigned_to", "claim", "document", "document_bytes", "answered_at",
                                         "answered_by", "answer", "election_id"};
#define SHOW_STATE 2
#define SHOW_ELECTION 20

/* ---- list, stats ---- */

/* People read each page as it comes; programs get one object in the end. */
static void
tell_page(struct ctl *c, struct js *list, const struct db_rows *rows)
{
	bool people = !ctl_has(c, OPTION_JSON);
	TALLOC_CTX *on = people ? (TALLOC_CTX *)c->out : c; /* a page that was told is forgotten with it */
	struct js *page = js_array(on);

	for (size_t i = 0; i < rows->n; i++)
		js_push(people ? page : list, ctl_row(on, rows, i, list_names));
	if (!people || rows->n == 0)
		return;
	js_set(c->out, "claims", page);
	print_answer(stdout, c->out);
	talloc_free(c->out);
	c->out = js_object(c);
}

struct place {
	int64_t due_s, id;
	size_t n; /* rows of the last page */
};

static int
list_page(struct ctl *c, struct db *d, const struct claims_filter *f, struct js *list, struct place *at)
{
	struct task *t = task_new(c, 0);
	struct db_rows *rows;
	int rc = claims_page(t, d, f, at->due_s, at->id, &rows);

	if (rc == -1) {
		c->task->err = t->err;
	} else {
		at->n = rows->n;
		if (rows->n > 0) {
			at->due_s = db_number(rows, rows->n - 1, CLAIM_DUE);
			at->id = db_number(rows, rows->n - 1, CLAIM_ID);
		}
		tell_page(c, list, rows);
	}
	talloc_free(t);
	return rc;
}

int
ctl_claims_list(struct ctl *c)
{
	struct place at = {.n = CLAIMS_PAGE_ROWS};
	struct js *list = js_array(c);
	struct db *d = ctl_db(c);
	struct claims_filter f;
	size_t total = 0;
	int rc = claims_filter_read(c, &f);

	if (rc != EX_OK)
		return rc;
	for (; at.n == CLAIMS_PAGE_ROWS; total += at.n)
		if (list_page(c, d, &f, list, &at) == -1)
			return ctl_trouble(c);
	if (ctl_has(c, OPTION_JSON))
		js_set(c->out, "claims", list);
	ctl_say(c, "%zu claim%s.", total, total == 1 ? "" : "s");
	return EX_OK;
}

int
ctl_claims_stats(struct ctl *c)
{
	static const char *const sums[] = {"claims", "open", "late", "accepted", "refused", "hours_to_answer"};
	static const char *const parts[] = {"object", "received", "in_study", "accepted", "refused", "late"};
	const char *election = ctl_has(c, OPTION_ELECTION) ? c->option[OPTION_ELECTION] : "";
	struct db *d = ctl_db(c);
	struct db_rows *sum, *by_object;

	if (db_run(c->task, d, SQL_CLAIM_SUMS, &sum, PARAMS(P(election), P(election))) == -1 ||
	    db_run(c->task, d, SQL_CLAIM_OBJECTS, &by_object, PARAMS(P(election), P(election))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "sums", ctl_row(c, sum, 0, sums));
	js_set(c->out, "objects", ctl_rows(c, by_object, parts));
	return EX_OK;
}

/* ---- one ---- */

static int
find(struct ctl *c, struct db *d, struct db_rows **rows_r)
{
	const char *reference = office_reference(c, c->args[0]);

	if (db_run(c->task, d, SQL_CLAIM_GET, rows_r, PARAMS(P(reference))) == -1)
		return ctl_trouble(c);
	return (*rows_r)->n == 1 ? EX_OK : ctl_fail(c, EX_NOUSER, "no claim has the number %s", c->args[0]);
}

int
ctl_claims_show(struct ctl *c)
{
	struct db_rows *rows;
	int rc = find(c, ctl_db(c), &rows);

	if (rc != EX_OK)
		return rc;
	js_set(c->out, "claim", ctl_row(c, rows, 0, show_names));
	return EX_OK;
}

int
ctl_claims_assign(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows, *done;
	const char *reference, *who = c->args[1];
	int rc = find(c, d, &rows);

	if (rc != EX_OK)
		return rc;
	if (text_length(who) > 40 || !text_is_utf8(who, strlen(who)))
		return ctl_fail(c, EX_USAGE, "who sees to it has a name of at most 40 characters");
	reference = db_text(rows, 0, 0);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "%s is %s; nothing was changed.", reference, db_text(rows, 0, SHOW_STATE));
		return EX_OK;
	}
	if (db_begin(c->task, d) == -1 || db_run(c->task, d, SQL_CLAIM_ASSIGN, &done, PARAMS(P(who), P(reference))) == -1)
		return ctl_trouble(c);
	if (done->affected != 1)
		return ctl_fail(c, EX_DATAERR, "%s is %s: it cannot be assigned", reference, db_text(rows, 0, SHOW_STATE));
	if (office_audit(c, d, db_number(rows, 0, SHOW_ELECTION), "claim assigned", talloc_asprintf(c, "%s to %s", reference, who)) == -1 ||
	    db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s is in study, by %s.", reference, who);
	return EX_OK;
}

/* ---- its document ---- */

/* A file that is not there yet, for its owner alone. */
static int
write_file(struct ctl *c, const char *path, const struct db_value *v)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	bool whole;

	if (f == NULL)
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", path, strerror(errno));
	whole = fwrite(v->text, 1, v->len, f) == v->len;
	if (fclose(f) == 0 && whole)
		return EX_OK;
	unlink(path);
	return ctl_fail(c, EX_IOERR, "%s: could not be written whole", path);
}

int
ctl_claims_document(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows, *document;
	const char *reference;
	int rc = find(c, d, &rows);

	if (rc != EX_OK)
		return rc;
	reference = db_text(rows, 0, 0);
	if (db_run(c->task, d, SQL_CLAIM_DOCUMENT_GET, &document, PARAMS(P(reference))) == -1)
		return ctl_trouble(c);
	if (document->n == 0)
		return ctl_fail(c, EX_DATAERR, "%s has no document", reference);
	rc = write_file(c, c->args[1], &document->values[1]);
	if (rc != EX_OK)
		return rc;
	if (office_audit(c, d, db_number(rows, 0, SHOW_ELECTION), "claim document read", reference) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s: %s, as sent by its author and looked at by nobody before: open it as you would a mail from a stranger.", c->args[1],
	        db_text(document, 0, 0));
	return EX_OK;
}

/* ---- until when ---- */

static bool
read_moment(const char *text, int64_t *at_s_r)
{
	struct clock_local l = {.year = 0};
	int end = 0;

	return sscanf(text, "%4d-%2d-%2d %2d:%2d%n", &l.year, &l.month, &l.day, &l.hour, &l.minute, &end) == 5 && text[end] == '\0' &&
	       strlen(text) == strlen("2026-11-05 17:00") && clock_from_local(&l, OFFICE_ZONE, at_s_r);
}

int
ctl_claims_deadline(struct ctl *c)
{
	struct db *d = ctl_db(c);
	const char *slug, *banner;
	int64_t election_id, until_s;
	int rc;

	if (!ctl_has(c, OPTION_UNTIL) || !ctl_has(c, OPTION_REASON) || c->option[OPTION_REASON][0] == '\0')
		return ctl_fail(c, EX_USAGE, "the deadline moves with --until \"2026-11-05 17:00\" and a --reason");
	if (!read_moment(c->option[OPTION_UNTIL], &until_s))
		return ctl_fail(c, EX_USAGE, "--until takes a time that Paris has exactly once, as \"2026-11-05 17:00\"");
	rc = office_election(c, d, &election_id, &slug);
	if (rc != EX_OK)
		return rc;
	banner = talloc_asprintf(c, "Réclamations sur les listes électorales\u00a0: elles sont reçues jusqu’au %s (heure de Paris).",
	                         clock_french(c, until_s, OFFICE_ZONE));
	must(text_length(banner) <= BANNER_MAX);
	js_set_text(c->out, "election", slug);
	js_set_text(c->out, "claims_until", clock_iso(c, until_s, OFFICE_ZONE));
	js_set_text(c->out, "banner", banner);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "Nothing was changed.");
		return EX_OK;
	}
	if (db_begin(c->task, d) == -1 || db_run(c->task, d, SQL_CLAIM_DEADLINE, NULL, PARAMS(P(until_s), P(banner), P(election_id))) == -1 ||
	    office_audit(c, d, election_id, "claims deadline", clock_iso(c, until_s, OFFICE_ZONE)) == -1 || db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	ctl_say(c, "The pages say so within seconds.");
	return EX_OK;
}
