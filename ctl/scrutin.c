/* isoloirctl scrutin and bureau: what is voted on, and who counts it. Once the roll is sealed both take a recorded exception. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "ctl/fields.h"
#include "ctl/office.h"

#define X(name, column, rule, least, most, once) {column, RULE_##rule, least, most, once},
static const struct load_column all_columns[] = {LOAD_SCRUTINS_COLUMNS(X)};
#undef X
#define AFTER_CODE(name) (SCRUTINS_##name - SCRUTINS_KIND) /* of a field: the code is not among them */
#define N_FIELDS AFTER_CODE(FORM) + 1

static const struct load_column bureau_column = {"bureau", RULE_TEXT, 1, 250, true};

static const char *const list_names[] = {"code", "kind", "level", "place", "seats", "form", "bureau", "name", "electors"};
static const char *const bureau_names[] = {"bureau", "scrutins", "codes"};

struct scrutin {
	struct db *db;
	int64_t election_id, id, bureau_id;
	const char *slug, *code;
	struct fields fields;
};

static int
begin(struct ctl *c, struct db **d_r, int64_t *election_r, const char **slug_r)
{
	int rc;

	*d_r = ctl_db(c);
	rc = office_election(c, *d_r, election_r, slug_r);
	if (rc != EX_OK)
		return rc;
	if (db_begin(c->task, *d_r) == -1 || db_run(c->task, *d_r, SQL_ELECTION_LOCK, NULL, PARAMS(P(*election_r))) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

/* ---- list and show ---- */

static int
tell(struct ctl *c, const char *code, size_t *n_r)
{
	struct db *d = ctl_db(c);
	const char *slug;
	struct db_rows *rows;
	int64_t id;
	int rc = office_election(c, d, &id, &slug);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_SCRUTINS_LIST, &rows, PARAMS(P(id), P(code), P(code))) == -1)
		return ctl_trouble(c);
	*n_r = rows->n;
	js_set_text(c->out, "election", slug);
	if (code[0] == '\0')
		js_set(c->out, "scrutins", ctl_rows(c, rows, list_names));
	else if (rows->n == 1)
		js_set(c->out, "scrutin", ctl_row(c, rows, 0, list_names));
	return EX_OK;
}

int
ctl_scrutin_list(struct ctl *c)
{
	size_t n;
	int rc = tell(c, "", &n);

	if (rc == EX_OK)
		ctl_say(c, "%zu scrutin%s.", n, n == 1 ? "" : "s");
	return rc;
}

static int
no_such(struct ctl *c, const char *code)
{
	return ctl_fail(c, EX_NOUSER, "no scrutin has the code %s; `isoloirctl scrutin list` names them", code);
}

int
ctl_scrutin_show(struct ctl *c)
{
	size_t n;
	int rc = tell(c, c->args[0], &n);

	return rc == EX_OK && n == 0 ? no_such(c, c->args[0]) : rc;
}

/* ---- add and set ---- */

static int
open_scrutin(struct ctl *c, struct scrutin *s)
{
	struct db_rows *rows;
	int rc;

	*s = (struct scrutin){.fields = {.columns = &all_columns[SCRUTINS_KIND], .n = N_FIELDS, .now_s = clock_now_s()}};
	rc = begin(c, &s->db, &s->election_id, &s->slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, s->db, SQL_SCRUTIN_GET, &rows, PARAMS(P(s->election_id), P(c->args[0]))) == -1)
		return ctl_trouble(c);
	s->code = c->args[0];
	if (rows->n == 1)
		s->id = db_number(rows, 0, 0);
	for (size_t i = 0; i < N_FIELDS; i++)
		s->fields.before[i] = s->id != 0 ? db_text(rows, 0, 1 + i) : "";
	return EX_OK;
}

/* A bureau is named as `bureau add` made it: a slip of the keyboard makes no second one. */
static int
find_bureau(struct ctl *c, struct scrutin *s)
{
	const char *name = s->fields.after[AFTER_CODE(BUREAU)];
	struct db_rows *rows;

	if (name[0] == '\0')
		return EX_OK;
	if (db_run(c->task, s->db, SQL_BUREAU_ID, &rows, PARAMS(P(s->election_id), P(name))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "no bureau is called %s; `isoloirctl bureau list` names them", name);
	s->bureau_id = db_number(rows, 0, 0);
	return EX_OK;
}

static int
check_place(struct ctl *c, const struct scrutin *s)
{
	int64_t place = strtoll(s->fields.after[AFTER_CODE(PLACE)], NULL, 10);
	struct db_rows *rows;

	if (db_run(c->task, s->db, SQL_SCRUTIN_AT, &rows, PARAMS(P(s->election_id), P(place), P(s->code))) == -1)
		return ctl_trouble(c);
	return rows->n == 0 ? EX_OK : ctl_fail(c, EX_DATAERR, "place %lld is that of %s", (long long)place, db_text(rows, 0, 0));
}

static int
write_scrutin(struct ctl *c, const struct scrutin *s)
{
	const char *const *v = s->fields.after;

	return db_run(c->task, s->db, SQL_SCRUTIN_PUT, NULL,
	              PARAMS(P(s->election_id), P(s->code), P(v[AFTER_CODE(KIND)]), P(v[AFTER_CODE(NAME)]), P(v[AFTER_CODE(LEVEL)]),
	                     P(strtoll(v[AFTER_CODE(PLACE)], NULL, 10)), P(s->bureau_id), P(strtoll(v[AFTER_CODE(SEATS)], NULL, 10)),
	                     P(v[AFTER_CODE(FORM)])));
}

static int
apply(struct ctl *c, struct scrutin *s, const char *act)
{
	const char *about = talloc_asprintf(c, "scrutin %s", s->code);
	bool dry = ctl_has(c, OPTION_DRY_RUN);
	int rc = fields_need(c, &s->fields);

	if (rc == EX_OK)
		rc = find_bureau(c, s);
	if (rc == EX_OK)
		rc = check_place(c, s);
	if (rc == EX_OK)
		rc = office_roll_opens(c, s->db, s->election_id, about);
	if (rc != EX_OK)
		return rc;
	js_set_text(c->out, "scrutin", s->code);
	if (fields_tell(c, &s->fields, dry ? "Right as it is; nothing was changed (--dry-run)." : "Changed.") == 0 || dry)
		return EX_OK;
	if (write_scrutin(c, s) == -1 || fields_audit(c, s->db, s->election_id, &s->fields, act, about) == -1 || db_commit(c->task, s->db) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

/* What a new one has when no word tells: no seats, a list. */
static void
fill_new(struct fields *f)
{
	if (f->after[AFTER_CODE(SEATS)][0] == '\0')
		f->after[AFTER_CODE(SEATS)] = "0";
	if (f->after[AFTER_CODE(FORM)][0] == '\0')
		f->after[AFTER_CODE(FORM)] = "list";
}

int
ctl_scrutin_add(struct ctl *c)
{
	const struct load rules = {.ctl = c};
	struct scrutin s;
	const char *why;
	int rc;

	if (rule_apply(&rules, c, &all_columns[SCRUTINS_CODE], c->args[0], &why) == NULL)
		return ctl_fail(c, EX_DATAERR, "a scrutin's code %s", why);
	rc = open_scrutin(c, &s);
	if (rc == EX_OK)
		rc = fields_read(c, &s.fields, 1);
	if (rc != EX_OK)
		return rc;
	if (s.id != 0)
		return ctl_fail(c, EX_DATAERR, "there is a scrutin %s already: `isoloirctl scrutin set` changes it", s.code);
	fill_new(&s.fields);
	return apply(c, &s, "scrutin added");
}

int
ctl_scrutin_set(struct ctl *c)
{
	struct scrutin s;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = open_scrutin(c, &s);
	if (rc == EX_OK)
		rc = fields_read(c, &s.fields, 1);
	if (rc != EX_OK)
		return rc;
	return s.id == 0 ? no_such(c, s.code) : apply(c, &s, "scrutin set");
}

/* ---- bureaux ---- */

int
ctl_bureau_list(struct ctl *c)
{
	struct db *d = ctl_db(c);
	const char *slug;
	struct db_rows *rows;
	int64_t id;
	int rc = office_election(c, d, &id, &slug);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_BUREAUX, &rows, PARAMS(P(id))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "bureaux", ctl_rows(c, rows, bureau_names));
	ctl_say(c, "%zu bureau%s.", rows->n, rows->n == 1 ? "" : "x");
	return EX_OK;
}

/* sql: BUREAU_NEW with the election's id, BUREAU_NAME with the bureau's. */
static int
write_bureau(struct ctl *c, struct db *d, int64_t election_id, const struct fields *f, int64_t bureau_id)
{
	int rc = bureau_id == 0 ? db_run(c->task, d, SQL_BUREAU_NEW, NULL, PARAMS(P(election_id), P(f->after[0])))
	                        : db_run(c->task, d, SQL_BUREAU_NAME, NULL, PARAMS(P(f->after[0]), P(bureau_id)));

	if (rc == -1)
		return db_is_duplicate(d) ? ctl_fail(c, EX_DATAERR, "there is a bureau %s already", f->after[0]) : ctl_trouble(c);
	if (fields_audit(c, d, election_id, f, bureau_id == 0 ? "bureau added" : "bureau set", "") == -1 || db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

/* The name is the only field. */
static int
name_bureau(struct ctl *c, struct db *d, int64_t election_id, int64_t bureau_id, const char *before, const char *typed)
{
	const struct load rules = {.ctl = c};
	const char *why, *name = rule_apply(&rules, c, &bureau_column, typed, &why);
	struct fields f = {.columns = &bureau_column, .n = 1, .before = {before}, .after = {name}};
	bool dry = ctl_has(c, OPTION_DRY_RUN);

	if (name == NULL)
		return ctl_fail(c, EX_DATAERR, "a bureau's name %s", why);
	if (fields_tell(c, &f, dry ? "Right as it is; nothing was changed (--dry-run)." : "Changed.") == 0 || dry)
		return EX_OK;
	return write_bureau(c, d, election_id, &f, bureau_id);
}

int
ctl_bureau_add(struct ctl *c)
{
	const char *slug;
	struct db *d;
	int64_t id;
	int rc = begin(c, &d, &id, &slug);

	return rc != EX_OK ? rc : name_bureau(c, d, id, 0, "", c->args[0]);
}

int
ctl_bureau_set(struct ctl *c)
{
	const char *slug;
	struct db_rows *rows;
	struct db *d;
	int64_t id;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = begin(c, &d, &id, &slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_BUREAU_ID, &rows, PARAMS(P(id), P(c->args[0]))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "no bureau is called %s; `isoloirctl bureau list` names them", c->args[0]);
	return name_bureau(c, d, id, db_number(rows, 0, 0), c->args[0], c->args[1]);
}
