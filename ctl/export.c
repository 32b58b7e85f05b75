/*
 * isoloirctl export: the roll for display, claims, participation and the audit trail for archives, the activation funnel; CSV files, written row by row from pages of one snapshot,
 * so that memory stays flat. A file is new, readable by its owner alone, whole or not there; its SHA-256 stands in the audit trail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "ctl/export.h"

#define PAGE 5000
#define BOM "\xef\xbb\xbf"

/* ---- the file ---- */

/* RFC 4180, with the separator of a load. */
static void
put_field(FILE *f, const char *text)
{
	if (strpbrk(text, ";\"\r\n") == NULL) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

static void
put_rows(struct export *x, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		for (size_t k = 0; k < x->columns; k++) {
			if (k > 0)
				fputc(';', x->f);
			put_field(x->f, db_text(rows, i, k));
		}
		fputs("\r\n", x->f);
	}
	x->rows += (int64_t)rows->n;
}

/* Names of persons are in it: nobody else reads it, and nothing is overwritten. */
static int
open_file(struct export *x, const char *header)
{
	int fd;

	x->path = x->c->args[x->c->n_args - 1];
	fd = open(x->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return ctl_fail(x->c, EX_CANTCREAT, "%s: %s", x->path, strerror(errno));
	x->f = fdopen(fd, "w");
	must(x->f != NULL);
	for (const char *s = header; *s != '\0'; s++)
		x->columns += *s == ';';
	x->columns++;
	fprintf(x->f, "%s%s\r\n", ctl_has(x->c, OPTION_BOM) ? BOM : "", header);
	return EX_OK;
}

/* The hash is that of the file as it is, and not of what we meant to write. */
static bool
close_file(struct export *x, int64_t *size_r, unsigned char hash[HASH_SIZE])
{
	bool whole = fflush(x->f) == 0 && fsync(fileno(x->f)) == 0;

	whole = fclose(x->f) == 0 && whole;
	x->f = NULL;
	return whole && hash_sha256_file(x->path, hash, size_r);
}

/* Without its row of the audit trail there is no file. */
static int
finish(struct export *x, const char *act)
{
	unsigned char hash[HASH_SIZE];
	const char *hex;
	int64_t size;

	if (!close_file(x, &size, hash))
		return ctl_fail(x->c, EX_IOERR, "%s: %s", x->path, strerror(errno));
	hex = text_hex(x->c, hash, HASH_SIZE);
	if (office_audit(x->c, x->db, x->election_id, act,
	                 talloc_asprintf(x->c, "%s rows=%lld sha256=%s", x->about, (long long)x->rows, hex)) == -1 ||
	    db_commit(x->c->task, x->db) == -1)
		return ctl_trouble(x->c);
	js_set_text(x->c->out, "file", x->path);
	js_set_number(x->c->out, "rows", x->rows);
	js_set_number(x->c->out, "bytes", size);
	js_set_text(x->c->out, "sha256", hex);
	ctl_say(x->c, "Written.");
	return EX_OK;
}

int
export_run(struct export *x, const char *header, int (*fill)(struct export *x), const char *act)
{
	int rc;

	if (db_begin(x->c->task, x->db) == -1)
		return ctl_trouble(x->c);
	rc = open_file(x, header);
	if (rc != EX_OK)
		return rc;
	rc = fill(x) == -1 ? ctl_trouble(x->c) : finish(x, act);
	if (x->f != NULL)
		fclose(x->f);
	if (rc != EX_OK)
		unlink(x->path);
	return rc;
}

int
export_page(struct export *x, int sql, const struct db_param *params, size_t n, struct task **t_r, struct db_rows **rows_r)
{
	*t_r = task_new(x->c, 0);
	if (db_run(*t_r, x->db, sql, rows_r, params, n) == 0) {
		put_rows(x, *rows_r);
		return 0;
	}
	x->c->task->err = (*t_r)->err;
	talloc_free(*t_r);
	return -1;
}

static const char *
option_text(const struct ctl *c, enum option o)
{
	return ctl_has(c, o) ? c->option[o] : "";
}

/* ---- the roll ---- */

enum { ROLL_KEY = 5, ROLL_ID };

static int
fill_scrutin(struct export *x, int64_t scrutin_id)
{
	const char *academy = option_text(x->c, OPTION_ACADEMY);
	char *key = talloc_strdup(x->c, "");
	int64_t id = 0;
	size_t n = PAGE;

	while (n == PAGE) {
		struct db_rows *rows;
		struct task *t;

		if (export_page(x, x->sql, PARAMS(P(scrutin_id), P(key), P(key), P(id), P(academy), P(academy), P(PAGE)), &t, &rows) == -1)
			return -1;
		n = rows->n;
		if (n > 0) {
			talloc_free(key);
			key = talloc_strdup(x->c, db_text(rows, n - 1, ROLL_KEY));
			id = db_number(rows, n - 1, ROLL_ID);
		}
		talloc_free(t);
	}
	talloc_free(key);
	return 0;
}

static int
fill_scrutins(struct export *x, const char *doing, int (*fill)(struct export *x, int64_t scrutin_id))
{
	const char *code = option_text(x->c, OPTION_SCRUTIN);
	struct db_rows *rows;

	if (db_run(x->c->task, x->db, SQL_EXPORT_SCRUTINS, &rows, PARAMS(P(x->election_id), P(code), P(code))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		ctl_progress(doing, (int)(100 * i / rows->n));
		if (fill(x, db_number(rows, i, 0)) == -1)
			return -1;
	}
	return 0;
}

static int
fill_roll(struct export *x)
{
	return fill_scrutins(x, "roll", fill_scrutin);
}

static int
check_scrutin(struct ctl *c, struct db *d, int64_t election_id)
{
	const char *code = option_text(c, OPTION_SCRUTIN);
	struct db_rows *rows;

	if (code[0] == '\0')
		return EX_OK;
	if (db_run(c->task, d, SQL_EXPORT_SCRUTINS, &rows, PARAMS(P(election_id), P(code), P(code))) == -1)
		return ctl_trouble(c);
	return rows->n > 0 ? EX_OK : ctl_fail(c, EX_NOUSER, "no scrutin has the code %s; `isoloirctl scrutin list` names them", code);
}

/* Election and scrutin that are meant; whoever asks for persons says why. */
static int
begin_roll(struct export *x, bool persons)
{
	struct ctl *c = x->c;
	const char *slug;
	int rc = persons ? office_reason(c) : EX_OK;

	if (rc == EX_OK)
		rc = office_election(c, x->db, &x->election_id, &slug);
	return rc == EX_OK ? check_scrutin(c, x->db, x->election_id) : rc;
}

int
ctl_export_roll(struct ctl *c)
{
	bool identifiers = ctl_has(c, OPTION_IDENTIFIERS);
	struct export x = {.c = c, .db = ctl_db(c), .sql = SQL_EXPORT_ROLL};
	int rc = begin_roll(&x, identifiers);

	if (rc != EX_OK)
		return rc;
	x.about = talloc_asprintf(c, "scrutin=%s academy=%s identifiers=%s", option_text(c, OPTION_SCRUTIN), option_text(c, OPTION_ACADEMY),
	                          identifiers ? "yes" : "no");
	return export_run(&x, identifiers ? "family_name;given_name;posting;scrutin;identifier" : "family_name;given_name;posting;scrutin", fill_roll, "roll exported");
}

/* ---- participation ---- */

static int
count_scrutin(struct export *x, int64_t scrutin_id)
{
	const char *academy = option_text(x->c, OPTION_ACADEMY);
	struct db_rows *rows;
	struct task *t;

	if (export_page(x, SQL_EXPORT_PARTICIPATION, PARAMS(P(scrutin_id), P(academy), P(academy)), &t, &rows) == -1)
		return -1;
	talloc_free(t);
	return 0;
}

static int
fill_participation(struct export *x)
{
	return fill_scrutins(x, "participation", count_scrutin);
}

/* How many have voted, academy by academy; or the list of who has, and when, which the law asks to be kept. */
int
ctl_export_participation(struct ctl *c)
{
	bool persons = ctl_has(c, OPTION_IDENTIFIERS);
	struct export x = {.c = c, .db = ctl_db(c), .sql = SQL_EXPORT_SIGNATURES};
	int rc = begin_roll(&x, persons);

	if (rc != EX_OK)
		return rc;
	x.about = talloc_asprintf(c, "scrutin=%s academy=%s persons=%s", option_text(c, OPTION_SCRUTIN), option_text(c, OPTION_ACADEMY), persons ? "yes" : "no");
	return export_run(&x, persons ? "family_name;given_name;posting;scrutin;voted_at" : "scrutin;name;academy;electors;voted", persons ? fill_roll : fill_participation,
	           "participation exported");
}

/* ---- claims, and the audit trail ---- */

static int
fill_after(struct export *x, int sql, size_t cursor, bool of_election)
{
	int64_t after = 0;
	size_t n = PAGE;

	while (n == PAGE) {
		struct db_param params[] = {P(x->election_id), P(after), P(PAGE)};
		struct db_rows *rows;
		struct task *t;

		if (export_page(x, sql, of_election ? params : params + 1, of_election ? 3 : 2, &t, &rows) == -1)
			return -1;
		n = rows->n;
		if (n > 0)
			after = db_number(rows, n - 1, cursor);
		talloc_free(t);
	}
	return 0;
}

#define CLAIMS_CURSOR 15

static int
fill_claims(struct export *x)
{
	return fill_after(x, SQL_EXPORT_CLAIMS, CLAIMS_CURSOR, true);
}

int
ctl_export_claims(struct ctl *c)
{
	bool persons = ctl_has(c, OPTION_IDENTIFIERS);
	struct export x = {.c = c, .db = ctl_db(c), .about = persons ? "claims persons=yes" : "claims persons=no"};
	const char *slug;
	int rc = persons ? office_reason(c) : EX_OK;

	if (rc == EX_OK)
		rc = office_election(c, x.db, &x.election_id, &slug);
	if (rc != EX_OK)
		return rc;
	return export_run(&x, persons ? "number;created_at;due_at;state;object;scrutin;academy;assigned_to;answered_at;answered_by;name;contact;posting;text;answer"
	                       : "number;created_at;due_at;state;object;scrutin;academy;assigned_to;answered_at;answered_by",
	           fill_claims, "claims exported");
}

#define AUDIT_CURSOR 0

static int
fill_audit(struct export *x)
{
	return fill_after(x, SQL_EXPORT_AUDIT, AUDIT_CURSOR, false);
}

int
ctl_export_audit(struct ctl *c)
{
	struct export x = {.c = c, .db = ctl_db(c), .about = "audit"};

	return export_run(&x, "id;at;election_id;actor;act;subject;detail;request_id;seal_place;seal_hash", fill_audit, "audit exported");
}

/* ---- the activation funnel ---- */

static int
fill_activation(struct export *x)
{
	struct db_rows *rows;
	struct task *t;

	if (export_page(x, SQL_EXPORT_ACTIVATION, PARAMS(P(x->election_id), P(x->election_id)), &t, &rows) == -1)
		return -1;
	talloc_free(t);
	return 0;
}

int
ctl_export_activation(struct ctl *c)
{
	struct export x = {.c = c, .db = ctl_db(c), .about = "activation"};
	const char *slug;
	int rc = office_election(c, x.db, &x.election_id, &slug);

	return rc != EX_OK ? rc : export_run(&x, "academy;electors;mailed;entered;activated", fill_activation, "activation exported");
}
