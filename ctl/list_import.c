/*
 * isoloirctl import lists: what the file says of a list replaces what was stored of it; lists that it does not name stay. The report comes first and
 * changes nothing; with --apply all of it is one transaction.
 */
#include "ctl/list_import.h"

#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

static const enum list_column file_columns[LIST_FILE__MAX] = {COLUMN_LOGO, COLUMN_STATEMENT, COLUMN_PDF};

/* ---- against the database ---- */

static void
find_scrutin(struct list_import *i, const struct db_rows *scrutins, struct entry *e)
{
	const char *code = e->value[COLUMN_SCRUTIN];
	const char **known = talloc_array(i->ctl, const char *, (unsigned)scrutins->n + 1);

	for (size_t k = 0; k < scrutins->n; k++) {
		known[k] = db_text(scrutins, k, 1);
		if (strcmp(known[k], code) != 0)
			continue;
		e->scrutin_id = db_number(scrutins, k, 0);
		e->is_sigle = strcmp(db_text(scrutins, k, 2), "sigle") == 0;
		list_sheet_check(i, e);
		talloc_free(known);
		return;
	}
	list_import_wrong(i, e->line, "%s has no scrutin %s%s", i->l.slug, code,
	                  text_did_you_mean(known, text_nearest(code, known, scrutins->n)));
	talloc_free(known);
}

static bool
is_same_people(const struct entry *e, const struct db_rows *rows)
{
	if (rows->n != e->n)
		return false;
	for (size_t k = 0; k < e->n; k++)
		for (size_t v = 0; v < 4; v++)
			if (strcmp(db_text(rows, k, v + 1), e->people[k].value[v]) != 0)
				return false;
	return true;
}

/* Columns of LISTS_OF. */
static bool
is_same_list(const struct entry *e, const struct db_rows *rows, size_t k)
{
	return strcmp(db_text(rows, k, 3), e->value[COLUMN_SIGLE]) == 0 && strcmp(db_text(rows, k, 4), e->value[COLUMN_TITLE]) == 0 &&
	       strcmp(db_text(rows, k, 5), e->value[COLUMN_ORGANIZATION]) == 0;
}

static int
compare(struct list_import *i, struct task *t, struct entry *e)
{
	struct db_rows *lists, *people;

	e->kind = ENTRY_NEW;
	if (db_run(t, i->l.db, SQL_LISTS_OF, &lists, PARAMS(P(e->scrutin_id))) == -1)
		return -1;
	for (size_t k = 0; k < lists->n; k++) {
		if (strcmp(db_text(lists, k, 1), e->value[COLUMN_LIST]) != 0)
			continue;
		if (!db_is_null(lists, k, 6))
			list_import_wrong(i, e->line, "list %s of %s is withdrawn", e->value[COLUMN_LIST], e->value[COLUMN_SCRUTIN]);
		e->id = db_number(lists, k, 0);
		if (db_run(t, i->l.db, SQL_LIST_CANDIDATES, &people, PARAMS(P(e->id))) == -1)
			return -1;
		e->kind = is_same_list(e, lists, k) && is_same_people(e, people) ? ENTRY_SAME : ENTRY_CHANGED;
	}
	if (e->kind == ENTRY_NEW && i->l.published)
		list_import_wrong(i, e->line, "list %s is new, and the lists are published", e->value[COLUMN_LIST]);
	return 0;
}

/* On a task of its own; its failure becomes the command's. */
static int
apart(struct list_import *i, struct entry *e, int (*fn)(struct list_import *i, struct task *t, struct entry *e))
{
	struct task *t = task_new(i->ctl, 0);
	int rc = fn(i, t, e);

	if (rc == -1)
		i->ctl->task->err = t->err;
	talloc_free(t);
	return rc;
}

/* ---- files ---- */

/* Beside the CSV file, whatever a name says of other folders. */
static char *
file_path(TALLOC_CTX *ctx, const struct list_import *i, const struct entry *e, enum list_file kind)
{
	return talloc_asprintf(ctx, "%s/%s", i->folder, e->value[file_columns[kind]]);
}

static int
check_files(struct list_import *i, struct task *t, struct entry *e)
{
	for (int kind = 0; kind < LIST_FILE__MAX; kind++) {
		const char *name = e->value[file_columns[kind]], *why = NULL;
		struct list_bytes b;

		if (name[0] == '\0')
			continue;
		if (name[0] == '/' || strstr(name, "..") != NULL)
			list_import_wrong(i, e->line, "%s is not beside the file", name);
		else if (!list_file_read(t, (enum list_file)kind, file_path(t, i, e, (enum list_file)kind), &b, &why))
			list_import_wrong(i, e->line, "%s", why);
	}
	return 0;
}

static int
store_files(struct list_import *i, struct ctl *c, struct entry *e)
{
	for (int kind = 0; kind < LIST_FILE__MAX; kind++) {
		const char *why = NULL;
		struct list_bytes b;
		bool changed;
		int rc;

		if (e->value[file_columns[kind]][0] == '\0')
			continue;
		if (!list_file_read(c->task, (enum list_file)kind, file_path(c->task, i, e, (enum list_file)kind), &b, &why))
			return ctl_fail(i->ctl, EX_DATAERR, "%s", why);
		if ((rc = list_file_store(c, i->l.db, e->id, (enum list_file)kind, &b, &changed)) != EX_OK)
			return ctl_fail(i->ctl, rc, "%s", c->error);
		if (changed && e->kind == ENTRY_SAME)
			e->kind = ENTRY_CHANGED;
	}
	return EX_OK;
}

/* ---- apply ---- */

static int
put_list(struct list_import *i, struct task *t, struct entry *e)
{
	const char *const *v = e->value;
	struct db_rows *rows;

	if (e->kind == ENTRY_CHANGED)
		return db_run(t, i->l.db, SQL_LIST_SET, NULL, PARAMS(P(v[COLUMN_TITLE]), P(v[COLUMN_SIGLE]), P(v[COLUMN_ORGANIZATION]), P(e->id)));
	if (db_run(t, i->l.db, SQL_LIST_ADD, &rows,
	           PARAMS(P(e->scrutin_id), P(v[COLUMN_LIST]), P(v[COLUMN_TITLE]), P(v[COLUMN_SIGLE]), P(v[COLUMN_ORGANIZATION]))) == -1)
		return -1;
	e->id = (int64_t)rows->insert_id;
	return 0;
}

static int
put_people(struct list_import *i, struct task *t, struct entry *e)
{
	if (db_run(t, i->l.db, SQL_CANDIDATES_CLEAR, NULL, PARAMS(P(e->id))) == -1)
		return -1;
	for (size_t k = 0; k < e->n; k++) {
		const char *const *v = e->people[k].value;

		if (db_run(t, i->l.db, SQL_CANDIDATE_ADD, NULL, PARAMS(P(e->id), P((int64_t)k + 1), P(v[0]), P(v[1]), P(v[2]), P(v[3]))) == -1)
			return -1;
	}
	return 0;
}

static int
put_entry(struct list_import *i, struct task *t, struct entry *e)
{
	if (e->kind == ENTRY_SAME)
		return 0;
	return put_list(i, t, e) == -1 ? -1 : put_people(i, t, e);
}

/* On tasks of their own: the files of a whole election must not pile up. */
static int
apply_entry(struct list_import *i, struct entry *e)
{
	struct ctl *step;
	int rc;

	if (apart(i, e, put_entry) == -1)
		return ctl_trouble(i->ctl);
	step = talloc_memdup(i->ctl, i->ctl, sizeof(*i->ctl));
	step->task = task_new(step, 0);
	rc = store_files(i, step, e);
	talloc_free(step);
	return rc;
}

/* ---- report ---- */

static size_t
count_kind(const struct list_import *i, int kind)
{
	size_t n = 0;

	for (size_t k = 0; k < i->n; k++)
		n += (int)i->entries[k].kind == kind;
	return n;
}

static void
report(struct list_import *i)
{
	js_set_text(i->ctl->out, "election", i->l.slug);
	js_set_number(i->ctl->out, "lists", (int64_t)i->n);
	js_set_number(i->ctl->out, "new", (int64_t)count_kind(i, ENTRY_NEW));
	js_set_number(i->ctl->out, "changed", (int64_t)count_kind(i, ENTRY_CHANGED));
	js_set_number(i->ctl->out, "same", (int64_t)count_kind(i, ENTRY_SAME));
	js_set_number(i->ctl->out, "candidates", (int64_t)i->n_people);
}

static int
refuse(struct list_import *i)
{
	if (ctl_has(i->ctl, OPTION_JSON))
		js_set(i->ctl->out, "errors", i->errors);
	return ctl_fail(i->ctl, EX_DATAERR, "%zu error%s; nothing was changed", i->n_errors, i->n_errors > 1 ? "s" : "");
}

static int
check_all(struct list_import *i)
{
	struct db_rows *scrutins;

	if (db_run(i->ctl->task, i->l.db, SQL_LISTS_SCRUTINS, &scrutins, PARAMS(P(i->l.election_id))) == -1)
		return ctl_trouble(i->ctl);
	for (size_t k = 0; k < i->n; k++) {
		find_scrutin(i, scrutins, &i->entries[k]);
		if (i->entries[k].scrutin_id != 0 && apart(i, &i->entries[k], compare) == -1)
			return ctl_trouble(i->ctl);
		if (apart(i, &i->entries[k], check_files) == -1)
			return ctl_trouble(i->ctl);
		ctl_progress("lists and their files", (int)(100 * k / i->n));
	}
	return i->n_errors > 0 ? refuse(i) : EX_OK;
}

/* What was compared cannot have changed since: the lock was taken before. */
static int
apply(struct list_import *i)
{
	int rc = EX_OK;

	for (size_t k = 0; k < i->n && rc == EX_OK; k++) {
		rc = apply_entry(i, &i->entries[k]);
		ctl_progress("storing", (int)(100 * k / i->n));
	}
	if (rc != EX_OK)
		return rc;
	report(i);
	return lists_end(i->ctl, &i->l, "lists imported",
	                 talloc_asprintf(i->ctl, "lists=%zu new=%zu changed=%zu candidates=%zu", i->n, count_kind(i, ENTRY_NEW),
	                                 count_kind(i, ENTRY_CHANGED), i->n_people),
	                 "Stored. What is new waits for its draw.");
}

static char *
folder_of(TALLOC_CTX *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? talloc_strndup(ctx, path, (size_t)(slash - path)) : talloc_strdup(ctx, ".");
}

int
ctl_import_lists(struct ctl *c)
{
	struct list_import i = {.ctl = c, .path = c->args[0], .folder = folder_of(c, c->args[0]), .errors = js_array(c)};
	bool wanted = ctl_has(c, OPTION_APPLY);
	int rc = lists_open(c, &i.l);

	if (rc != EX_OK || (wanted && (rc = lists_begin(c, &i.l)) != EX_OK))
		return rc;
	list_sheet_read(&i);
	if ((rc = check_all(&i)) != EX_OK || wanted)
		return rc == EX_OK ? apply(&i) : rc;
	report(&i);
	ctl_say(c, "Right as it is; nothing was changed. --apply stores it.");
	return EX_OK;
}
