/* isoloirctl notice: what became of batches of printed notices; who signs for them; envelopes that came back, and batches that are destroyed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/csv.h"
#include "ctl/notice_files.h"
#include "ctl/office.h"

#define PAGE_ROWS 1000 /* of NOTICE_PAGE */
#define VOID_ROWS 10000 /* of NOTICE_VOID */
#define ERRORS_SHOWN 50

static const char *const batch_names[] = {"batch",    "election",     "state",  "academy", "planned", "issued", "begun_at",
                                          "begun_by", "completed_at", "void_at"};
static const char *const code_names[] = {"in_force", "replaced", "returned", "destroyed"};

struct batch {
	struct ctl *c;
	struct db *db;
	int64_t election_id, id, issued;
	const char *name, *state;
};

/* The batch that the command names first. */
static int
open_batch(struct ctl *c, struct batch *b)
{
	struct db_rows *rows;
	const char *slug;
	int rc;

	*b = (struct batch){.c = c, .db = ctl_db(c), .name = c->args[0]};
	if ((rc = office_election(c, b->db, &b->election_id, &slug)) != EX_OK)
		return rc;
	if (db_run(c->task, b->db, SQL_BATCH_GET, &rows, PARAMS(P(b->election_id), P(b->name))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "no batch of %s is called %s; `isoloirctl notice status` lists them", slug, b->name);
	b->id = db_number(rows, 0, 0);
	b->state = db_text(rows, 0, 1);
	b->issued = db_number(rows, 0, 5);
	return EX_OK;
}

static int
status_of_one(struct ctl *c)
{
	struct db_rows *rows;
	struct batch b;
	int rc = open_batch(c, &b);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, b.db, SQL_BATCH_CODES, &rows, PARAMS(P(b.id))) == -1)
		return ctl_trouble(c);
	js_set_text(c->out, "batch", b.name);
	js_set_text(c->out, "state", b.state);
	js_set_number(c->out, "issued", b.issued);
	js_set(c->out, "codes", ctl_row(c, rows, 0, code_names));
	return EX_OK;
}

int
ctl_notice_status(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;
	int64_t election_id;
	const char *slug;
	int rc;

	if (c->n_args == 1)
		return status_of_one(c);
	if ((rc = office_election(c, d, &election_id, &slug)) != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_BATCHES, &rows, PARAMS(P(election_id))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "batches", ctl_rows(c, rows, batch_names));
	ctl_say(c, "%zu batch%s.", rows->n, rows->n == 1 ? "" : "es");
	return EX_OK;
}

/* ---- void ---- */

/* Ten thousand at a time: nobody who asks for a code meanwhile waits for a million rows. */
static int
void_codes(struct batch *b, int64_t *n_r)
{
	struct db_rows *rows;

	*n_r = 0;
	do {
		struct task *t = task_new(b->c, 0);
		int rc = db_run(t, b->db, SQL_NOTICE_VOID, &rows, PARAMS(P(b->id)));
		int64_t n = rc == 0 ? (int64_t)rows->affected : 0;

		b->c->task->err = t->err;
		talloc_free(t);
		if (rc == -1)
			return -1;
		*n_r += n;
		if (n < VOID_ROWS)
			return 0;
		ctl_progress("codes ended", b->issued > 0 ? (int)(*n_r * 100 / b->issued) : 100);
	} while (true);
}

static int
mark_void(struct batch *b)
{
	struct task *t = b->c->task;

	if (db_begin(t, b->db) == -1 || db_run(t, b->db, SQL_BATCH_VOID, NULL, PARAMS(P(b->id))) == -1 ||
	    office_audit(b->c, b->db, b->election_id, "notices voided", talloc_asprintf(t, "batch=%s", b->name)) == -1)
		return -1;
	return db_commit(t, b->db);
}

/* The batch first, so that no run makes another chunk; a void that was cut goes on when it is asked for again. */
int
ctl_notice_void(struct ctl *c)
{
	struct db_rows *rows;
	struct batch b;
	int64_t n;
	int rc;

	if (!ctl_has(c, OPTION_REASON) || c->option[OPTION_REASON][0] == '\0')
		return ctl_fail(c, EX_USAGE, "say why with --reason: it stands in the audit trail");
	if ((rc = open_batch(c, &b)) != EX_OK)
		return rc;
	if (db_run(c->task, b.db, SQL_BATCH_CODES, &rows, PARAMS(P(b.id))) == -1)
		return ctl_trouble(c);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "%s codes of %s are in force; nothing was changed.", db_text(rows, 0, 0), b.name);
		return EX_OK;
	}
	if (mark_void(&b) == -1 || void_codes(&b, &n) == -1)
		return ctl_trouble(c);
	js_set_number(c->out, "ended", n);
	ctl_say(c, "%s is void: %lld codes no longer open anything. Destroy its sheets and files; a new batch gives these electors another code.", b.name,
	        (long long)n);
	return EX_OK;
}

/* ---- handout ---- */

static int
write_page(struct batch *b, FILE *out, int64_t *after, size_t *n_r)
{
	struct task *t = task_new(b->c, 0);
	struct db_rows *rows;
	int rc = db_run(t, b->db, SQL_NOTICE_PAGE, &rows, PARAMS(P(b->id), P(*after)));

	if (rc == -1)
		b->c->task->err = t->err;
	*n_r = rc == 0 ? rows->n : 0;
	for (size_t i = 0; i < *n_r; i++) {
		fprintf(out, "%s", db_text(rows, i, 0));
		for (size_t col = 1; col < rows->columns; col++)
			fprintf(out, ";%s", notice_csv_field(t, db_text(rows, i, col)));
		fprintf(out, ";;\n");
		*after = db_number(rows, i, 0);
	}
	talloc_free(t);
	return rc;
}

int
ctl_notice_handout(struct ctl *c)
{
	size_t n = PAGE_ROWS, total = 0;
	int64_t after = 0;
	struct batch b;
	char *why = NULL;
	FILE *out;
	int rc = open_batch(c, &b);

	if (rc != EX_OK)
		return rc;
	if ((out = notice_file_create(c, c->args[1], &why)) == NULL)
		return ctl_fail(c, EX_CANTCREAT, "%s", why);
	fprintf(out, "numero;academie;etablissement;civilite;nom;prenom;remis_le;signature\n");
	for (; n == PAGE_ROWS && rc == 0; total += n)
		rc = write_page(&b, out, &after, &n);
	if (fflush(out) != 0 || fsync(fileno(out)) == -1 || fclose(out) != 0)
		return ctl_fail(c, EX_IOERR, "%s: %s", c->args[1], strerror(errno));
	if (rc == -1)
		return ctl_trouble(c);
	js_set_number(c->out, "notices", (int64_t)total);
	ctl_say(c, "%zu envelopes to be signed for, by posting, in %s. It holds no code.", total, c->args[1]);
	return EX_OK;
}

/* ---- undelivered ---- */

static size_t
column_of(const struct csv_row *header, const char *name)
{
	for (size_t i = 0; i < header->n; i++)
		if (strcmp(header->field[i], name) == 0)
			return i;
	return header->n;
}

/* *live_r: a code in force; *known_r: an envelope of this batch. */
static int
look(struct batch *b, int64_t place, bool *known_r, bool *live_r)
{
	struct db_rows *rows;

	if (db_run(b->c->task, b->db, SQL_NOTICE_FIND, &rows, PARAMS(P(b->id), P(place))) == -1)
		return -1;
	*known_r = rows->n == 1;
	*live_r = rows->n == 1 && db_number(rows, 0, 0) != 0;
	return 0;
}

struct returned {
	int64_t *places;
	size_t n, wrong, live;
	struct js *errors;
};

static void
note_error(struct returned *r, struct csv *csv, size_t line, const char *why)
{
	if (r->wrong++ < ERRORS_SHOWN)
		js_push_text(r->errors, talloc_asprintf(csv, "%s:%zu: %s", csv_path(csv), line, why));
}

static int
read_row(struct batch *b, struct csv *csv, const struct csv_row *row, size_t column, struct returned *r)
{
	bool known, live;
	int64_t place;

	if (column >= row->n || !text_number(row->field[column], 1, UINT32_MAX, &place)) {
		note_error(r, csv, row->line, "no number of an envelope");
		return 0;
	}
	if (look(b, place, &known, &live) == -1)
		return -1;
	if (!known) {
		note_error(r, csv, row->line, "no such envelope in this batch");
		return 0;
	}
	r->live += live;
	r->places = talloc_realloc(b->c, r->places, int64_t, (unsigned)r->n + 1);
	r->places[r->n++] = place;
	return 0;
}

static int
read_file(struct batch *b, struct csv *csv, struct returned *r)
{
	struct csv_row row;
	enum csv_step step = csv_next(csv, &row);
	size_t column = step == CSV_ROW ? column_of(&row, "numero") : 0;

	if (step != CSV_ROW || column == row.n)
		return ctl_fail(b->c, EX_DATAERR, "%s: its first line names no column numero", csv_path(csv));
	while ((step = csv_next(csv, &row)) != CSV_END) {
		if (step == CSV_WRONG)
			note_error(r, csv, row.line, csv_why(csv));
		else if (read_row(b, csv, &row, column, r) == -1)
			return ctl_trouble(b->c);
	}
	if (r->wrong == 0)
		return EX_OK;
	js_set(b->c->out, "errors", r->errors);
	for (size_t i = 0; i < js_size(r->errors) && !ctl_has(b->c, OPTION_JSON); i++)
		fprintf(stderr, "%s\n", js_plain(b->c, js_at(r->errors, i)));
	return ctl_fail(b->c, EX_DATAERR, "%zu wrong line%s; nothing was changed", r->wrong, r->wrong == 1 ? "" : "s");
}

static int
end_returned(struct batch *b, const struct returned *r)
{
	struct task *t = b->c->task;

	if (db_begin(t, b->db) == -1)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (db_run(t, b->db, SQL_NOTICE_RETURN, NULL, PARAMS(P(b->id), P(r->places[i]))) == -1 ||
		    db_run(t, b->db, SQL_NOTICE_RETURN_CODE, NULL, PARAMS(P(b->id), P(r->places[i]))) == -1)
			return -1;
	if (office_audit(b->c, b->db, b->election_id, "notices returned", talloc_asprintf(t, "batch=%s envelopes=%zu ended=%zu", b->name, r->n, r->live)) == -1)
		return -1;
	return db_commit(t, b->db);
}

int
ctl_notice_undelivered(struct ctl *c)
{
	struct returned r = {.errors = js_array(c)};
	struct batch b;
	struct csv *csv;
	char *why;
	int rc = open_batch(c, &b);

	if (rc != EX_OK)
		return rc;
	if ((csv = csv_open(c, c->args[1], &why)) == NULL)
		return ctl_fail(c, EX_NOINPUT, "%s", why);
	if ((rc = read_file(&b, csv, &r)) != EX_OK)
		return rc;
	if (!ctl_has(c, OPTION_DRY_RUN) && end_returned(&b, &r) == -1)
		return ctl_trouble(c);
	js_set_number(c->out, "envelopes", (int64_t)r.n);
	js_set_number(c->out, "ended", (int64_t)r.live);
	ctl_say(c, "%zu envelopes, %zu codes %s. Destroy them unopened.", r.n, r.live, ctl_has(c, OPTION_DRY_RUN) ? "would end; nothing was changed" : "ended");
	return EX_OK;
}
