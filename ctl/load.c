/*
 * isoloirctl load: what sheet.c found right goes into the database in one transaction, or nothing does.
 * Loading again updates: nobody and nothing is ever removed but a scrutin from an elector who no longer has
 * it; accounts are not touched.
 */
#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/name.h"
#include "ctl/load.h"
#include "ctl/office.h"

#define ERRORS_SHOWN 50

struct apply {
	struct load *load;
	struct task *task; /* the transaction's */
	struct db *db;
	const char *slug;
	int64_t election_id;
	int64_t *scrutin_ids;        /* beside load->codes */
	int64_t before[3], after[3]; /* electors, scrutins, questions of the election */
	int64_t changed;             /* electors */
	int refused;                 /* a status of office_roll_opens, or EX_OK */
};

static int
show_errors(struct load *l)
{
	struct js *list = js_array(l->ctl);
	size_t shown = l->n_errors < ERRORS_SHOWN ? l->n_errors : ERRORS_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct load_error *e = &l->errors[i];
		const char *path = l->sheets[e->sheet].path;
		char *where = e->line != 0 ? talloc_asprintf(l->ctl, "%s:%zu", path, e->line)
		                           : talloc_strdup(l->ctl, path);
		char *text = talloc_asprintf(l->ctl, "%s: %s", where, e->sentence);

		js_push_text(list, text);
		if (!ctl_has(l->ctl, OPTION_JSON))
			fprintf(stderr, "%s\n", text);
	}
	if (ctl_has(l->ctl, OPTION_JSON))
		js_set(l->ctl->out, "errors", list);
	return ctl_fail(l->ctl, EX_DATAERR, "%zu error%s%s; nothing was loaded", l->n_errors,
	                l->n_errors > 1 ? "s" : "", l->n_errors > shown ? " (the first 50 shown)" : "");
}

/* One statement on a task of its own: a million of them must not pile up. */
static int
run_one(struct apply *a, int which, const struct db_param *params, size_t n)
{
	struct task *t = task_new(a->task, 0);
	int rc = db_run(t, a->db, which, NULL, params, n);

	if (rc == -1)
		a->load->ctl->task->err = t->err;
	talloc_free(t);
	return rc;
}

/* The answer stays on ctx. */
static int
ask_one(struct apply *a, TALLOC_CTX *ctx, int which, const struct db_param *params, size_t n,
        struct db_rows **rows_r)
{
	struct task *t = task_new(ctx, 0);
	int rc = db_run(t, a->db, which, rows_r, params, n);

	if (rc == -1)
		a->load->ctl->task->err = t->err;
	return rc;
}

static int
put_election(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	const char *const *v = row->value;

	(void)ctx;
	return run_one(a, SQL_ELECTION_PUT,
	               PARAMS(P(v[ELECTION_SLUG]), P(v[ELECTION_TITLE]), P(v[ELECTION_BANNER]),
	                      P(strtoll(v[ELECTION_OPENS], NULL, 10)),
	                      P(strtoll(v[ELECTION_CLOSES], NULL, 10)), P(v[ELECTION_ROLLS_FROM]),
	                      P(v[ELECTION_ROLLS_UNTIL]), P(v[ELECTION_CLAIMS_UNTIL]), P(v[ELECTION_LISTS_AT])));
}

/* Made if it is new; else left as it is until everything else is done, since each mail and each elector
 * refers to its row. */
static int
find_election(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	const char *slug = row->value[ELECTION_SLUG];
	struct db_rows *rows;

	if (ask_one(a, ctx, SQL_ELECTION_ID, PARAMS(P(slug)), &rows) == -1)
		return -1;
	if (rows->n == 0 && (put_election(a, ctx, row) == -1 ||
	                     ask_one(a, ctx, SQL_ELECTION_ID, PARAMS(P(slug)), &rows) == -1))
		return -1;
	must(rows->n == 1);
	a->slug = talloc_strdup(a->task, slug);
	a->election_id = db_number(rows, 0, 0);
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t
code_place(const struct load *l, const char *code)
{
	const char **at = bsearch(&code, l->codes, l->n_codes, sizeof(*l->codes), compare_texts);

	must(at != NULL);
	return (size_t)(at - l->codes);
}

static int
put_scrutin(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	const char *const *v = row->value;
	struct db_rows *rows;
	int64_t bureau_id = 0;

	if (v[SCRUTINS_BUREAU][0] != '\0') {
		if (ask_one(a, ctx, SQL_BUREAU_PUT, PARAMS(P(a->election_id), P(v[SCRUTINS_BUREAU])), &rows) == -1)
			return -1;
		bureau_id = (int64_t)rows->insert_id;
	}
	if (run_one(a, SQL_SCRUTIN_PUT,
	            PARAMS(P(a->election_id), P(v[SCRUTINS_CODE]), P(v[SCRUTINS_KIND]), P(v[SCRUTINS_NAME]),
	                   P(v[SCRUTINS_LEVEL]), P(strtoll(v[SCRUTINS_PLACE], NULL, 10)), P(bureau_id),
	                   P(strtoll(v[SCRUTINS_SEATS], NULL, 10)), P(v[SCRUTINS_FORM]))) == -1 ||
	    ask_one(a, ctx, SQL_SCRUTIN_ID, PARAMS(P(a->election_id), P(v[SCRUTINS_CODE])), &rows) == -1)
		return -1;
	must(rows->n == 1);
	a->scrutin_ids[code_place(a->load, v[SCRUTINS_CODE])] = db_number(rows, 0, 0);
	return 0;
}

/* Another wording under an answer that somebody gave would make that answer wrong for ever. */
static int
check_question(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	int64_t place = strtoll(row->value[QUESTIONS_PLACE], NULL, 10);
	struct db_rows *rows;

	if (ask_one(a, ctx, SQL_QUESTION_ANSWERS, PARAMS(P(a->election_id), P(place)), &rows) == -1)
		return -1;
	if (rows->n == 1 && db_number(rows, 0, 1) > 0 &&
	    strcmp(db_text(rows, 0, 0), row->value[QUESTIONS_WORDING]) != 0)
		sheet_wrong(a->load, LOAD_QUESTIONS, row->line,
		            "question %lld has %lld answers on record; give the new wording another place",
		            (long long)place, (long long)db_number(rows, 0, 1));
	return 0;
}

static int
put_question(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	const char *wording = row->value[QUESTIONS_WORDING];
	int64_t place = strtoll(row->value[QUESTIONS_PLACE], NULL, 10);
	struct db_rows *rows;

	if (ask_one(a, ctx, SQL_QUESTION_ANSWERS, PARAMS(P(a->election_id), P(place)), &rows) == -1)
		return -1;
	if (rows->n == 1 && strcmp(db_text(rows, 0, 0), wording) == 0)
		return 0;
	return run_one(a, SQL_QUESTION_PUT, PARAMS(P(a->election_id), P(place), P(wording)));
}

static int
compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The ids of a list of codes, ascending; *list_r is the same as "3,7,12", as the database gives it. */
static size_t
scrutin_ids(const struct apply *a, TALLOC_CTX *ctx, const char *codes, int64_t **ids_r, char **list_r)
{
	const char *code;
	size_t n = 0;

	*ids_r = NULL;
	*list_r = talloc_strdup(ctx, "");
	while ((code = rule_code_at(ctx, codes, n)) != NULL) {
		*ids_r = talloc_realloc(ctx, *ids_r, int64_t, (unsigned)n + 1);
		(*ids_r)[n++] = a->scrutin_ids[code_place(a->load, code)];
	}
	if (n > 0)
		qsort(*ids_r, n, sizeof(**ids_r), compare_ids);
	for (size_t i = 0; i < n; i++)
		*list_r = talloc_asprintf_append(*list_r, "%s%lld", i > 0 ? "," : "", (long long)(*ids_r)[i]);
	return n;
}

/* present: the list that the database has. */
static int
put_memberships(struct apply *a, int64_t elector_id, const char *present, const char *wanted,
                const int64_t *ids, size_t n)
{
	if (present[0] != '\0' &&
	    run_one(a, SQL_ELECTOR_SCRUTIN_TRIM, PARAMS(P(elector_id), P(wanted))) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (run_one(a, SQL_ELECTOR_SCRUTIN_PUT, PARAMS(P(elector_id), P(ids[i]))) == -1)
			return -1;
	return 0;
}

/* Columns 2 and on of ELECTOR_LOADED are the sheet's from civility to time_zone. */
static bool
is_same_elector(const struct db_rows *rows, const struct load_row *row)
{
	for (size_t i = ELECTORS_CIVILITY; i <= ELECTORS_TIME_ZONE; i++)
		if (strcmp(db_text(rows, 0, 2 + i - ELECTORS_CIVILITY), row->value[i]) != 0)
			return false;
	return true;
}

/* *id_r: of the row, new or not. */
static int
write_elector(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row, int64_t *id_r)
{
	const char *const *v = row->value;
	struct db_rows *rows;

	if (ask_one(a, ctx, SQL_ELECTOR_PUT,
	            PARAMS(P(a->election_id), P(v[ELECTORS_IDENTIFIER]), P(v[ELECTORS_CIVILITY]),
	                   P(v[ELECTORS_FAMILY_NAME]), P(v[ELECTORS_GIVEN_NAME]), P(v[ELECTORS_POSTING]),
	                   P(v[ELECTORS_ACADEMY]), P(v[ELECTORS_TIME_ZONE])),
	            &rows) == -1)
		return -1;
	if (*id_r == 0)
		*id_r = (int64_t)rows->insert_id;
	must(*id_r != 0);
	return 0;
}

/* By what the rolls are sorted and searched. */
static int
put_keys(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row, int64_t elector_id)
{
	const char *const *v = row->value;
	const char *key = name_key(ctx, v[ELECTORS_FAMILY_NAME], v[ELECTORS_GIVEN_NAME]);
	const char *posting_key = name_posting_key(ctx, v[ELECTORS_POSTING]);
	struct db_rows *rows;
	int64_t posting_id = 0;

	if (v[ELECTORS_POSTING][0] != '\0') {
		if (ask_one(a, ctx, SQL_POSTING_PUT,
		            PARAMS(P(a->election_id), P(v[ELECTORS_POSTING]), P(v[ELECTORS_ACADEMY]), P(posting_key)), &rows) == -1)
			return -1;
		posting_id = (int64_t)rows->insert_id;
	}
	return run_one(a, SQL_ROLL_KEYS, PARAMS(P(key), P(posting_id), P(key), P(posting_id), P(elector_id)));
}

/* The column of ELECTOR_LOADED after the sheet's: has left the roll, or was loaded before there were keys. */
#define LOADED_STALE (3 + ELECTORS_TIME_ZONE - ELECTORS_CIVILITY)

static int
put_elector(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row)
{
	struct db_rows *rows;
	int64_t id = 0, *ids;
	bool known, same_row, same_scrutins;
	char *wanted;
	size_t n = scrutin_ids(a, ctx, row->value[ELECTORS_SCRUTINS], &ids, &wanted);

	if (ask_one(a, ctx, SQL_ELECTOR_LOADED, PARAMS(P(a->election_id), P(row->value[ELECTORS_IDENTIFIER])),
	            &rows) == -1)
		return -1;
	known = rows->n == 1;
	same_row = known && is_same_elector(rows, row) && db_number(rows, 0, LOADED_STALE) == 0;
	same_scrutins = known && strcmp(db_text(rows, 0, 1), wanted) == 0;
	if (known)
		id = db_number(rows, 0, 0);
	a->changed += known && !(same_row && same_scrutins);
	if (!same_row && write_elector(a, ctx, row, &id) == -1)
		return -1;
	if (!same_scrutins && put_memberships(a, id, known ? db_text(rows, 0, 1) : "", wanted, ids, n) == -1)
		return -1;
	return same_row && same_scrutins ? 0 : put_keys(a, ctx, row, id);
}

typedef int row_fn(struct apply *a, TALLOC_CTX *ctx, const struct load_row *row);

static int
walk_sheet(struct apply *a, enum load_sheet sheet, row_fn *fn)
{
	struct load_row row;
	bool more = true;
	int rc = 0;

	sheet_rewind(a->load, sheet);
	while (more && rc == 0) {
		TALLOC_CTX *ctx = talloc_new(a->task);

		more = sheet_next(a->load, sheet, ctx, &row);
		if (more)
			rc = fn(a, ctx, &row);
		talloc_free(ctx);
	}
	return rc;
}

/* While another load is at work, what was read here could be old when it is written. The connection's end
 * lets go. */
static int
take_lock(struct apply *a)
{
	struct db_rows *rows;

	if (ask_one(a, a->task, SQL_LOAD_LOCK, NO_PARAMS, &rows) == -1)
		return ctl_trouble(a->load->ctl);
	if (db_number(rows, 0, 0) != 1)
		return ctl_fail(a->load->ctl, EX_TEMPFAIL,
		                "another `isoloirctl load` is at work on this database");
	return EX_OK;
}

static int
count(struct apply *a, int64_t counts[3])
{
	struct db_rows *rows;

	if (ask_one(a, a->task, SQL_LOAD_COUNTS,
	            PARAMS(P(a->election_id), P(a->election_id), P(a->election_id)), &rows) == -1)
		return -1;
	for (size_t i = 0; i < 3; i++)
		counts[i] = db_number(rows, 0, i);
	return 0;
}

static int
put_audit(struct apply *a)
{
	struct audit_entry e = {
	    .election_id = a->election_id,
	    .actor = talloc_asprintf(a->task, "isoloirctl %s", ctl_operator(a->task)),
	    .act = "roll loaded",
	    .subject = "",
	    .detail = talloc_asprintf(
		a->task, "electors=%zu new=%lld changed=%lld scrutins=%zu questions=%zu",
		a->load->sheets[LOAD_ELECTORS].n_rows, (long long)(a->after[0] - a->before[0]),
		(long long)a->changed, a->load->n_codes, a->load->sheets[LOAD_QUESTIONS].n_rows),
	};
	int rc = audit_add(a->task, a->db, SQL_AUDIT_ADD, &e);

	if (rc == -1)
		a->load->ctl->task->err = a->task->err;
	return rc;
}

/* What the portal waits for (questions, the election) comes last. */
static int
put_all(struct apply *a)
{
	static const struct {
		enum load_sheet sheet;
		row_fn *fn;
	} steps[] = {
	    {LOAD_QUESTIONS, check_question}, {LOAD_SCRUTINS, put_scrutin},  {LOAD_ELECTORS, put_elector},
	    {LOAD_QUESTIONS, put_question},   {LOAD_ELECTION, put_election},
	};

	if (walk_sheet(a, LOAD_ELECTION, find_election) == -1 || count(a, a->before) == -1)
		return -1;
	a->refused = office_roll_opens(a->load->ctl, a->db, a->election_id, "load");
	if (a->refused != EX_OK)
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && a->load->n_errors == 0; i++)
		if (walk_sheet(a, steps[i].sheet, steps[i].fn) == -1)
			return -1;
	if (run_one(a, SQL_DOMAINS_PUT, PARAMS(P(a->election_id))) == -1 || count(a, a->after) == -1)
		return -1;
	/* An import before it can no longer be undone: it would take back what was loaded since. */
	return run_one(a, SQL_IMPORT_RUN_CLOSE, NO_PARAMS) == -1 ? -1 : put_audit(a);
}

static void
report_part(struct apply *a, struct js *list, const char *what, size_t rows, int i)
{
	struct js *row = js_object(a->load->ctl);

	js_set_text(row, "what", what);
	js_set_number(row, "in_file", (int64_t)rows);
	js_set_number(row, "new", a->after[i] - a->before[i]);
	js_set_number(row, "only_in_database", a->after[i] - (int64_t)rows);
	js_push(list, row);
}

static void
report(struct apply *a)
{
	struct ctl *c = a->load->ctl;
	const struct sheet *s = a->load->sheets;
	struct js *list = js_array(c);

	js_set_text(c->out, "election", a->slug);
	js_set_number(c->out, "electors_changed", a->changed);
	report_part(a, list, "scrutins", s[LOAD_SCRUTINS].n_rows, 1);
	report_part(a, list, "questions", s[LOAD_QUESTIONS].n_rows, 2);
	report_part(a, list, "electors", s[LOAD_ELECTORS].n_rows, 0);
	js_set(c->out, "counts", list);
	ctl_say(c,
	        ctl_has(c, OPTION_DRY_RUN) ? "Right as it is; nothing was changed (--dry-run)." : "Loaded.");
}

static int
finish(struct apply *a)
{
	struct ctl *c = a->load->ctl;

	if (a->refused != EX_OK)
		return a->refused;
	if (a->load->n_errors > 0)
		return show_errors(a->load);
	if (!ctl_has(c, OPTION_DRY_RUN) && db_commit(a->task, a->db) == -1) {
		c->task->err = a->task->err;
		return ctl_trouble(c);
	}
	report(a);
	return EX_OK;
}

/* The task of the transaction ends before the connection does, and takes with it whatever is not committed.
 */
static int
apply(struct load *l)
{
	struct apply a = {.load = l, .task = task_new(l->ctl->task, 0), .db = ctl_db(l->ctl)};
	int rc;

	a.scrutin_ids = talloc_zero_array(l->ctl, int64_t, (unsigned)l->n_codes + 1);
	if ((rc = take_lock(&a)) != EX_OK)
		return rc;
	if (db_begin(a.task, a.db) == -1) {
		l->ctl->task->err = a.task->err;
		rc = ctl_trouble(l->ctl);
	} else {
		rc = put_all(&a) == -1 ? ctl_trouble(l->ctl) : finish(&a);
	}
	talloc_free(a.task);
	return rc;
}

int
ctl_load(struct ctl *c)
{
	struct load l = {.ctl = c, .now_s = clock_now_s()};

	sheet_check_all(&l, c->args[0]);
	return l.n_errors > 0 ? show_errors(&l) : apply(&l);
}
