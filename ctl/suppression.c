/*
 * isoloirctl suppression: the addresses to which no mail goes, since what went there came back or an operator said so; isoloirctl bounce: whose mailbox fails.
 * isoloir-dsn(8) writes both.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/audit.h"
#include "common/fold.h"
#include "common/keys.h"
#include "ctl/office.h"

#define SHOWN 200        /* of a list on the screen */
#define FILE_MAX 2000000 /* in a file: all */

static const char *const list_names[] = {"identifier", "family_name", "given_name", "posting", "academy", "since_at", "by_whom", "why"};
static const char *const one_names[] = {"id", "since_at", "by_whom", "why", "overridden_at", "lifted_at", "lifted_by", "lifted_why"};
static const char *const bounce_names[] = {"came_at", "class", "status", "action", "proof", "diagnostic", "job"};
static const char *const failing_names[] = {"identifier", "family_name", "given_name", "posting", "academy", "first_at", "last_at", "mails", "class", "status", "last_reply", "suppressed"};
#define N_FAILING (sizeof(failing_names) / sizeof(*failing_names))

struct about {
	struct db *db;
	int64_t election_id;
	const char *identifier;
};

static int
begin(struct ctl *c, struct about *a)
{
	const char *slug;

	a->db = ctl_db(c);
	a->identifier = c->n_args > 0 ? fold_identifier(c, c->args[0]) : "";
	if (a->identifier == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no identifier", c->args[0]);
	return office_election(c, a->db, &a->election_id, &slug);
}

/* The row of the trail is about a person: under the pseudonym that the mails have, and never with the address. */
static int
audit(struct ctl *c, const struct about *a, const char *act)
{
	char subject[AUDIT_PSEUDONYM_SIZE], *why = NULL;
	struct keys *keys = keys_load(c, c->conf->keys_dir, &why);
	struct audit_entry e = {.election_id = a->election_id,
	                        .actor = talloc_asprintf(c, "isoloirctl %s", ctl_operator(c)),
	                        .act = act,
	                        .subject = subject,
	                        .detail = c->option[OPTION_REASON]};

	if (keys == NULL)
		return task_fail(c->task, ERR_REFUSED, "%s", why);
	audit_pseudonym(keys, a->identifier, subject);
	return audit_add(c->task, a->db, SQL_AUDIT_ADD, &e);
}

int
ctl_suppression_list(struct ctl *c)
{
	struct about a;
	struct db_rows *rows;
	int rc = begin(c, &a);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, a.db, SQL_SUPPRESSIONS, &rows, PARAMS(P(a.election_id), P(SHOWN))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "suppressed", ctl_rows(c, rows, list_names));
	if (rows->n == 0)
		ctl_say(c, "Mails go to every address.");
	else if (rows->n == SHOWN)
		ctl_say(c, "These are the last %d; `isoloirctl bounce list FILE` writes all whose mailbox fails.", SHOWN);
	return EX_OK;
}

int
ctl_suppression_show(struct ctl *c)
{
	struct about a;
	struct db_rows *rows, *bounces;
	int rc = begin(c, &a);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, a.db, SQL_SUPPRESSION_HISTORY, &rows, PARAMS(P(a.election_id), P(a.identifier))) == -1 ||
	    db_run(c->task, a.db, SQL_BOUNCES_OF, &bounces, PARAMS(P(a.election_id), P(a.identifier))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "suppressions", ctl_rows(c, rows, one_names));
	js_set(c->out, "bounces", ctl_rows(c, bounces, bounce_names));
	if (rows->n == 0)
		ctl_say(c, "This address was never suppressed.");
	return EX_OK;
}

/* sql: one statement that changes one row, or none if there is nothing to change. */
static int
change(struct ctl *c, const struct about *a, int sql, const struct db_param *params, size_t n, const char *act, const char *none)
{
	struct db_rows *rows;

	if (db_begin(c->task, a->db) == -1 || db_run(c->task, a->db, sql, &rows, params, n) == -1)
		return ctl_trouble(c);
	if (rows->affected != 1)
		return ctl_fail(c, EX_NOUSER, "%s", none);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		db_rollback(a->db);
		ctl_say(c, "It would be done (--dry-run: not written).");
		return EX_OK;
	}
	if (audit(c, a, act) == -1 || db_commit(c->task, a->db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "Done: %s.", act);
	return EX_OK;
}

static const char *
reason_of(const struct ctl *c)
{
	return ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "";
}

int
ctl_suppression_add(struct ctl *c)
{
	struct about a;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = begin(c, &a);
	if (rc != EX_OK)
		return rc;
	return change(c, &a, SQL_SUPPRESSION_ADD, PARAMS(P(a.election_id), P(a.identifier), P(reason_of(c)), P(ctl_operator(c))), "address suppressed",
	              "this address is suppressed already");
}

int
ctl_suppression_lift(struct ctl *c)
{
	struct about a;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = begin(c, &a);
	if (rc != EX_OK)
		return rc;
	return change(c, &a, SQL_SUPPRESSION_LIFT, PARAMS(P(ctl_operator(c)), P(reason_of(c)), P(a.election_id), P(a.identifier)), "suppression lifted",
	              "this address is not suppressed");
}

/* ---- whose mailbox fails ---- */

/* RFC 4180, with the separator of a load. */
static void
put_field(FILE *f, const char *text, char end)
{
	fputc('"', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fprintf(f, "\"%s", end == ';' ? ";" : "\r\n");
}

/* Persons are in it: a new file, for its owner alone. */
static bool
write_file(const char *path, const struct ctl *c, const struct db_rows *rows)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	bool good;

	if (f == NULL)
		return false;
	fputs(ctl_has(c, OPTION_BOM) ? "\xef\xbb\xbf" : "", f);
	for (size_t k = 0; k < N_FAILING; k++)
		fprintf(f, "%s%s", failing_names[k], k + 1 < N_FAILING ? ";" : "\r\n");
	for (size_t i = 0; i < rows->n; i++) {
		TALLOC_CTX *ctx = talloc_new(NULL);
		const struct js *row = ctl_row(ctx, rows, i, failing_names);

		for (size_t k = 0; k < N_FAILING; k++)
			put_field(f, js_text(row, failing_names[k], ""), k + 1 < N_FAILING ? ';' : '\n');
		talloc_free(ctx);
	}
	good = fflush(f) == 0 && fsync(fd) == 0;
	return fclose(f) == 0 && good;
}

static int
write_list(struct ctl *c, const struct about *a, const struct db_rows *rows)
{
	const char *path = c->args[0];

	if (!write_file(path, c, rows))
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", path, strerror(errno));
	if (office_audit(c, a->db, a->election_id, "bounces exported", talloc_asprintf(c, "rows=%zu", rows->n)) == -1) {
		unlink(path);
		return ctl_trouble(c);
	}
	js_set_text(c->out, "file", path);
	js_set_number(c->out, "rows", (int64_t)rows->n);
	ctl_say(c, "Written.");
	return EX_OK;
}

int
ctl_bounce_list(struct ctl *c)
{
	bool file = c->n_args > 0;
	struct about a = {.db = ctl_db(c)};
	const char *slug;
	struct db_rows *rows;
	int rc = file ? office_reason(c) : EX_OK;

	if (rc == EX_OK)
		rc = office_election(c, a.db, &a.election_id, &slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, a.db, SQL_BOUNCES_FAILING, &rows, PARAMS(P(a.election_id), P(file ? FILE_MAX : SHOWN))) == -1)
		return ctl_trouble(c);
	if (file)
		return write_list(c, &a, rows);
	js_set(c->out, "failing", ctl_rows(c, rows, failing_names));
	if (rows->n == 0)
		ctl_say(c, "No mailbox fails.");
	return EX_OK;
}
