/* isoloirctl list show, add, set, remove, restore: the candidate lists of each scrutin. A list is withdrawn, never deleted: a draw may name it. */
#include "ctl/list.h"

#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/load.h"

/* ---- what is meant, and whether it may be changed ---- */

int
lists_open(struct ctl *c, struct lists *l)
{
	struct db_rows *rows;
	int rc;

	*l = (struct lists){.db = ctl_db(c)};
	rc = office_election(c, l->db, &l->election_id, &l->slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, l->db, SQL_LISTS_PUBLISHED, &rows, PARAMS(P(l->election_id))) == -1)
		return ctl_trouble(c);
	l->published = db_number(rows, 0, 0) != 0;
	return EX_OK;
}

static const char *
nearest_code(struct ctl *c, const struct db_rows *rows, const char *code)
{
	const char **known = talloc_array(c, const char *, (unsigned)rows->n + 1);

	for (size_t i = 0; i < rows->n; i++)
		known[i] = db_text(rows, i, 1);
	return text_did_you_mean(c, text_nearest(code, known, rows->n));
}

int
lists_scrutin(struct ctl *c, struct lists *l, const char *code)
{
	struct db_rows *rows;

	if (db_run(c->task, l->db, SQL_LISTS_SCRUTINS, &rows, PARAMS(P(l->election_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(db_text(rows, i, 1), code) != 0)
			continue;
		l->scrutin_id = db_number(rows, i, 0);
		l->scrutin = db_text(rows, i, 1);
		l->is_sigle = strcmp(db_text(rows, i, 2), "sigle") == 0;
		l->drawn = db_number(rows, i, 3) != 0;
		return EX_OK;
	}
	return ctl_fail(c, EX_NOUSER, "%s has no scrutin %s%s", l->slug, code, nearest_code(c, rows, code));
}

int
lists_find(struct ctl *c, struct lists *l, const char *code)
{
	struct db_rows *rows;

	if (db_run(c->task, l->db, SQL_LISTS_OF, &rows, PARAMS(P(l->scrutin_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < rows->n; i++) {
		if (strcmp(db_text(rows, i, 1), code) != 0)
			continue;
		l->list_id = db_number(rows, i, 0);
		l->list = db_text(rows, i, 1);
		l->withdrawn = !db_is_null(rows, i, 6);
		l->placed = !db_is_null(rows, i, 2);
		return EX_OK;
	}
	return ctl_fail(c, EX_NOUSER, "%s has no list %s%s", l->scrutin, code, nearest_code(c, rows, code));
}

int
lists_open_named(struct ctl *c, struct lists *l)
{
	int rc = lists_open(c, l);

	if (rc == EX_OK)
		rc = lists_scrutin(c, l, c->args[0]);
	return rc == EX_OK ? lists_find(c, l, c->args[1]) : rc;
}

int
lists_begin(struct ctl *c, struct lists *l)
{
	struct db_rows *rows;

	if (l->published && !ctl_has(c, OPTION_REASON))
		return ctl_fail(c, EX_USAGE, "the lists of %s are published: a change says why, with --reason", l->slug);
	if (db_run(c->task, l->db, SQL_LISTS_LOCK, &rows, NO_PARAMS) == -1)
		return ctl_trouble(c);
	if (db_number(rows, 0, 0) != 1)
		return ctl_fail(c, EX_TEMPFAIL, "another command is at work on the lists of this database");
	return db_begin(c->task, l->db) == -1 ? ctl_trouble(c) : EX_OK;
}

int
lists_end(struct ctl *c, struct lists *l, const char *act, const char *detail, const char *message)
{
	if (ctl_has(c, OPTION_DRY_RUN)) {
		db_rollback(l->db);
		ctl_say(c, "Right as it is; nothing was changed (--dry-run).");
		return EX_OK;
	}
	if (office_audit(c, l->db, l->election_id, act, detail) == -1 || db_commit(c->task, l->db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s", message);
	return EX_OK;
}

const char *
lists_code_fault(TALLOC_CTX *ctx, const char *code)
{
	static const struct load_column column = {"code", RULE_CODE, 1, 40, false};
	const char *why = NULL;

	if (code[0] == '.')
		return "begins with a dot, which an address would not keep";
	return rule_apply(NULL, ctx, &column, code, &why) != NULL ? NULL : why;
}

const char *
lists_text_fault(TALLOC_CTX *ctx, const char *text, size_t least, size_t most)
{
	struct load_column column = {"text", RULE_TEXT, least, most, false};
	const char *why = NULL;

	return rule_apply(NULL, ctx, &column, text, &why) != NULL ? NULL : why;
}

/* ---- show ---- */

static const char *const scrutin_names[] = {"id", "scrutin", "form", "drawn", "lists", "undrawn", "without_candidates", "logos", "texts", "pdfs"};
static const char *const list_names[] = {"id", "list", "place", "sigle", "title", "organization", "withdrawn_at", "candidates", "logo", "text", "pdf"};
static const char *const candidate_names[] = {"rank", "civility", "given_name", "family_name", "posting"};
static const char *const draw_names[] = {"id", "drawn_at", "seed", "seed_hash", "method", "ordered", "result", "drawn_by", "witnesses", "reason"};

/* What would keep a scrutin's lists from being shown, or show one with nothing in it. */
static const char *
scrutin_fault(const struct db_rows *rows, size_t i)
{
	if (db_number(rows, i, 4) == 0)
		return "no list";
	if (db_number(rows, i, 6) != 0)
		return "a list without candidates";
	if (db_number(rows, i, 3) == 0)
		return "not drawn";
	return db_number(rows, i, 5) != 0 ? "draw again: a list came after the draw" : "";
}

static int
show_scrutins(struct ctl *c, struct lists *l)
{
	struct js *list = js_array(c);
	struct db_rows *rows;
	size_t wrong = 0;

	if (db_run(c->task, l->db, SQL_LISTS_SCRUTINS, &rows, PARAMS(P(l->election_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < rows->n; i++) {
		struct js *row = js_object(c);

		for (size_t k = 1; k < rows->columns; k++)
			js_set_text(row, scrutin_names[k], k == 3 ? (db_number(rows, i, k) != 0 ? "yes" : "no") : db_text(rows, i, k));
		js_set_text(row, "to_do", scrutin_fault(rows, i));
		wrong += scrutin_fault(rows, i)[0] != '\0';
		js_push(list, row);
	}
	js_set(c->out, "scrutins", list);
	js_set_number(c->out, "to_do", (int64_t)wrong);
	ctl_say(c, wrong == 0 ? "Every scrutin has its lists and their order." : "%zu of %zu scrutins are not ready: their lists are not shown.", wrong,
	        rows->n);
	return EX_OK;
}

static int
show_scrutin(struct ctl *c, struct lists *l)
{
	struct db_rows *lists, *draws;

	if (db_run(c->task, l->db, SQL_LISTS_OF, &lists, PARAMS(P(l->scrutin_id))) == -1 ||
	    db_run(c->task, l->db, SQL_LISTS_DRAWS, &draws, PARAMS(P(l->scrutin_id))) == -1)
		return ctl_trouble(c);
	js_set_text(c->out, "scrutin", l->scrutin);
	js_set_text(c->out, "form", l->is_sigle ? "sigle" : "list");
	js_set(c->out, "lists", ctl_rows(c, lists, list_names));
	js_set(c->out, "draws", ctl_rows(c, draws, draw_names));
	return EX_OK;
}

static int
show_list(struct ctl *c, struct lists *l)
{
	struct db_rows *lists, *candidates;

	if (db_run(c->task, l->db, SQL_LISTS_OF, &lists, PARAMS(P(l->scrutin_id))) == -1 ||
	    db_run(c->task, l->db, SQL_LIST_CANDIDATES, &candidates, PARAMS(P(l->list_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < lists->n; i++)
		if (db_number(lists, i, 0) == l->list_id)
			js_set(c->out, "list", ctl_row(c, lists, i, list_names));
	js_set(c->out, "candidates", ctl_rows(c, candidates, candidate_names));
	return EX_OK;
}

int
ctl_list_show(struct ctl *c)
{
	struct lists l;
	int rc = lists_open(c, &l);

	if (rc != EX_OK || c->n_args == 0)
		return rc == EX_OK ? show_scrutins(c, &l) : rc;
	rc = lists_scrutin(c, &l, c->args[0]);
	if (rc != EX_OK || c->n_args == 1)
		return rc == EX_OK ? show_scrutin(c, &l) : rc;
	rc = lists_find(c, &l, c->args[1]);
	return rc == EX_OK ? show_list(c, &l) : rc;
}

/* ---- add, set ---- */

static const struct words_of {
	enum option option;
	const char *name;
	size_t least, most;
} texts[] = {
    {OPTION_TITLE, "--title", 1, LIST_TITLE_MAX},
    {OPTION_SIGLE, "--sigle", 1, LIST_SIGLE_MAX},
    {OPTION_ORGANIZATION, "--organization", 0, LIST_ORGANIZATION_MAX},
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

/* values: title, sigle, organization; NULL for one that is not given. */
static int
take_texts(struct ctl *c, const char *values[N_TEXTS])
{
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *why;

		values[i] = c->option[texts[i].option];
		if (values[i] == NULL)
			continue;
		why = lists_text_fault(c, values[i], texts[i].least, texts[i].most);
		if (why != NULL)
			return ctl_fail(c, EX_DATAERR, "%s %s", texts[i].name, why);
		values[i] = text_trim(c, values[i]);
	}
	return EX_OK;
}

int
ctl_list_add(struct ctl *c)
{
	const char *values[N_TEXTS], *code = c->args[1], *why = lists_code_fault(c, code);
	struct lists l;
	int rc = lists_open(c, &l);

	if (rc != EX_OK || (rc = lists_scrutin(c, &l, c->args[0])) != EX_OK || (rc = take_texts(c, values)) != EX_OK)
		return rc;
	if (why != NULL)
		return ctl_fail(c, EX_DATAERR, "%s %s", code, why);
	if (values[0] == NULL || values[1] == NULL)
		return ctl_fail(c, EX_USAGE, "a list has at least --title and --sigle");
	if (l.published)
		return ctl_fail(c, EX_DATAERR, "the lists of %s are published: a new one would have no place in the order that was drawn", l.slug);
	if ((rc = lists_begin(c, &l)) != EX_OK)
		return rc;
	if (db_run(c->task, l.db, SQL_LIST_ADD, NULL,
	           PARAMS(P(l.scrutin_id), P(code), P(values[0]), P(values[1]), P(values[2] != NULL ? values[2] : ""))) == -1)
		return db_is_duplicate(l.db) ? ctl_fail(c, EX_DATAERR, "%s has a list %s already", l.scrutin, code) : ctl_trouble(c);
	return lists_end(c, &l, "list added", talloc_asprintf(c, "%s %s", l.scrutin, code),
	                 talloc_asprintf(c, "%s of %s: added.%s", code, l.scrutin,
	                                 l.drawn ? " The order was drawn without it: draw again before the publication." : ""));
}

int
ctl_list_set(struct ctl *c)
{
	const char *values[N_TEXTS];
	struct lists l;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK || (rc = take_texts(c, values)) != EX_OK)
		return rc;
	if (values[0] == NULL && values[1] == NULL && values[2] == NULL)
		return ctl_fail(c, EX_USAGE, "what is to be set? --title, --sigle or --organization");
	if ((rc = lists_begin(c, &l)) != EX_OK)
		return rc;
	if (db_run(c->task, l.db, SQL_LIST_SET, NULL, PARAMS(P(values[0]), P(values[1]), P(values[2]), P(l.list_id))) == -1)
		return ctl_trouble(c);
	return lists_end(c, &l, "list set",
	                 talloc_asprintf(c, "%s %s%s%s%s", l.scrutin, l.list, values[0] != NULL ? " title" : "", values[1] != NULL ? " sigle" : "",
	                                 values[2] != NULL ? " organization" : ""),
	                 talloc_asprintf(c, "%s of %s: changed.", l.list, l.scrutin));
}

/* ---- remove, restore ---- */

static int
set_withdrawn(struct ctl *c, bool withdrawn)
{
	struct lists l;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK)
		return rc;
	if (l.withdrawn == withdrawn)
		return ctl_fail(c, EX_DATAERR, "%s of %s is %swithdrawn", l.list, l.scrutin, withdrawn ? "already " : "not ");
	if (!ctl_has(c, OPTION_REASON))
		return ctl_fail(c, EX_USAGE, "say why, with --reason");
	if (!withdrawn && l.published && !l.placed)
		return ctl_fail(c, EX_DATAERR, "%s of %s has no place in the order that was drawn", l.list, l.scrutin);
	if ((rc = lists_begin(c, &l)) != EX_OK)
		return rc;
	if (db_run(c->task, l.db, withdrawn ? SQL_LIST_WITHDRAW : SQL_LIST_RESTORE, NULL, PARAMS(P(l.list_id))) == -1)
		return ctl_trouble(c);
	return lists_end(c, &l, withdrawn ? "list withdrawn" : "list restored", talloc_asprintf(c, "%s %s", l.scrutin, l.list),
	                 talloc_asprintf(c, "%s of %s: %s.", l.list, l.scrutin, withdrawn ? "withdrawn" : "restored"));
}

int
ctl_list_remove(struct ctl *c)
{
	return set_withdrawn(c, true);
}

int
ctl_list_restore(struct ctl *c)
{
	return set_withdrawn(c, false);
}
