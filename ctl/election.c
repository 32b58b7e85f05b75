/*
 * isoloirctl election: made, shown, its dates and words set, the vote held and resumed, the roll sealed. Each act is one transaction with its rows of the
 * audit trail; the portal shows what changed within seconds.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "ctl/dates.h"
#include "ctl/fields.h"
#include "ctl/office.h"

/* The fields of an election in the order of ELECTION_GET's columns from FIRST_FIELD on, and where the dates begin among them. */
#define FIRST_FIELD 2
#define FIRST_DATE 2
#define N_FIELDS (FIRST_DATE + DATE__MAX)
enum { COLUMN_SUSPENDED = FIRST_FIELD + N_FIELDS, COLUMN_WHY, COLUMN_SEALED };

#define X(name, column, rule, least, most, once) {column, RULE_##rule, least, most, once},
static const struct load_column all_columns[] = {LOAD_ELECTION_COLUMNS(X)};
#undef X
static const struct load_column *const columns = &all_columns[ELECTION_TITLE];

static const char *const shown_names[] = {"id",          "election",       "title",    "banner",       "opens_at",        "closes_at", "rolls_from_at",
                                          "rolls_until_at", "claims_until_at", "lists_at", "suspended_at", "suspended_why", "sealed_at"};
static const char *const exception_names[] = {"done_at", "by", "what"};

struct election {
	struct db *db;
	int64_t id, now_s;
	const char *slug;
	struct db_rows *rows;
	struct fields fields;
};

static void
open_fields(struct election *e)
{
	e->now_s = clock_now_s();
	e->fields = (struct fields){.columns = columns, .n = N_FIELDS, .now_s = e->now_s};
	for (size_t i = 0; i < N_FIELDS; i++)
		e->fields.before[i] = e->rows != NULL ? db_text(e->rows, 0, FIRST_FIELD + i) : "";
	memcpy(e->fields.after, e->fields.before, sizeof(e->fields.after));
}

/* For an act: nobody else changes the row until it is done. */
static int
open_for_change(struct ctl *c, struct election *e)
{
	int rc;

	*e = (struct election){.db = ctl_db(c)};
	rc = office_election(c, e->db, &e->id, &e->slug);
	if (rc != EX_OK)
		return rc;
	if (db_begin(c->task, e->db) == -1 || db_run(c->task, e->db, SQL_ELECTION_LOCK, NULL, PARAMS(P(e->id))) == -1 ||
	    db_run(c->task, e->db, SQL_ELECTION_GET, &e->rows, PARAMS(P(e->id))) == -1)
		return ctl_trouble(c);
	open_fields(e);
	return EX_OK;
}

static bool
is_suspended(const struct election *e)
{
	return e->rows != NULL && !db_is_null(e->rows, 0, COLUMN_SUSPENDED);
}

/* ---- show ---- */

static const char *
state_word(const struct db_rows *r, int64_t now_s)
{
	if (!db_is_null(r, 0, COLUMN_SUSPENDED))
		return "suspended";
	if (now_s < db_number(r, 0, FIRST_FIELD + FIRST_DATE + DATE_OPENS))
		return "not open yet";
	return now_s < db_number(r, 0, FIRST_FIELD + FIRST_DATE + DATE_CLOSES) ? "open" : "closed";
}

int
ctl_election_show(struct ctl *c)
{
	struct election e = {.db = ctl_db(c)};
	struct db_rows *exceptions, *counts;
	int rc = office_election(c, e.db, &e.id, &e.slug);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, e.db, SQL_ELECTION_GET, &e.rows, PARAMS(P(e.id))) == -1 ||
	    db_run(c->task, e.db, SQL_ELECTION_COUNTS, &counts, PARAMS(P(e.id), P(e.id), P(e.id))) == -1 ||
	    db_run(c->task, e.db, SQL_ELECTION_EXCEPTIONS, &exceptions, PARAMS(P(e.id))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "election", ctl_row(c, e.rows, 0, shown_names));
	js_set_text(js_get(c->out, "election"), "state", state_word(e.rows, clock_now_s()));
	js_set_number(js_get(c->out, "election"), "scrutins", db_number(counts, 0, 0));
	js_set_number(js_get(c->out, "election"), "bureaux", db_number(counts, 0, 1));
	js_set_number(js_get(c->out, "election"), "electors", db_number(counts, 0, 2));
	js_set(c->out, "exceptions", ctl_rows(c, exceptions, exception_names));
	return EX_OK;
}

/* ---- set ---- */

static void
read_dates(const char *const *values, int64_t dates[DATE__MAX])
{
	for (size_t i = 0; i < DATE__MAX; i++)
		dates[i] = strtoll(values[FIRST_DATE + i], NULL, 10);
}

static int
check_dates(struct ctl *c, const struct election *e)
{
	int64_t before[DATE__MAX], after[DATE__MAX];
	char *why;

	read_dates(e->fields.before, before);
	read_dates(e->fields.after, after);
	why = dates_refusal(c, before, after, is_suspended(e), e->now_s);
	return why != NULL ? ctl_fail(c, EX_DATAERR, "%s", why) : EX_OK;
}

static int
write_fields(struct ctl *c, const struct election *e)
{
	const char *const *v = e->fields.after;

	return db_run(c->task, e->db, SQL_ELECTION_SET, NULL,
	              PARAMS(P(v[0]), P(v[1]), P(v[FIRST_DATE + DATE_OPENS]), P(v[FIRST_DATE + DATE_CLOSES]), P(v[FIRST_DATE + DATE_ROLLS_FROM]),
	                     P(v[FIRST_DATE + DATE_ROLLS_UNTIL]), P(v[FIRST_DATE + DATE_CLAIMS_UNTIL]), P(v[FIRST_DATE + DATE_LISTS_AT]), P(e->id)));
}

/* What the fields have become is checked, told, written and audited. */
static int
apply(struct ctl *c, const struct election *e, const char *act)
{
	bool dry = ctl_has(c, OPTION_DRY_RUN);
	int rc = fields_need(c, &e->fields);

	if (rc == EX_OK)
		rc = check_dates(c, e);
	if (rc != EX_OK)
		return rc;
	js_set_text(c->out, "election", e->slug);
	if (fields_tell(c, &e->fields, dry ? "Right as it is; nothing was changed (--dry-run)." : "Changed; the portal shows it within seconds.") == 0 || dry)
		return EX_OK;
	if (write_fields(c, e) == -1 || fields_audit(c, e->db, e->id, &e->fields, act, "") == -1 || db_commit(c->task, e->db) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

int
ctl_election_set(struct ctl *c)
{
	struct election e;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = open_for_change(c, &e);
	if (rc == EX_OK)
		rc = fields_read(c, &e.fields, 0);
	return rc == EX_OK ? apply(c, &e, "election set") : rc;
}

/* One date becomes this moment. */
static int
set_to_now(struct ctl *c, enum date date, const char *act)
{
	struct election e;
	int rc = office_reason(c);

	if (rc == EX_OK)
		rc = open_for_change(c, &e);
	if (rc != EX_OK)
		return rc;
	e.fields.after[FIRST_DATE + date] = talloc_asprintf(c, "%lld", (long long)e.now_s);
	return apply(c, &e, act);
}

int
ctl_election_open(struct ctl *c)
{
	return set_to_now(c, DATE_OPENS, "election opened");
}

int
ctl_election_close(struct ctl *c)
{
	return set_to_now(c, DATE_CLOSES, "election closed");
}

/* ---- create ---- */

static int
insert(struct ctl *c, struct election *e)
{
	struct db_rows *rows;

	if (db_begin(c->task, e->db) == -1)
		return ctl_trouble(c);
	if (db_run(c->task, e->db, SQL_ELECTION_NEW, &rows, PARAMS(P(e->slug))) == -1)
		return db_is_duplicate(e->db) ? ctl_fail(c, EX_DATAERR, "there is an election %s already", e->slug) : ctl_trouble(c);
	e->id = (int64_t)rows->insert_id;
	return EX_OK;
}

int
ctl_election_create(struct ctl *c)
{
	const struct load rules = {.ctl = c};
	struct election e = {.db = ctl_db(c)};
	const char *why;
	int rc;

	e.slug = rule_apply(&rules, c, &all_columns[ELECTION_SLUG], c->args[0], &why);
	if (e.slug == NULL)
		return ctl_fail(c, EX_DATAERR, "an election's short name %s", why);
	open_fields(&e);
	rc = fields_read(c, &e.fields, 1);
	if (rc == EX_OK)
		rc = insert(c, &e);
	return rc == EX_OK ? apply(c, &e, "election created") : rc;
}

/* ---- suspend, resume, seal ---- */

struct mark {
	const char *act, *done, *already;
	int sql, column;
	bool wanted;   /* the column is set afterwards */
	bool with_why; /* the reason is a parameter */
};

static int
write_mark(struct ctl *c, const struct election *e, const struct mark *m)
{
	const char *why = ctl_has(c, OPTION_REASON) ? text_trim(c, c->option[OPTION_REASON]) : "";

	if (m->with_why)
		return db_run(c->task, e->db, m->sql, NULL, PARAMS(P(why), P(e->id)));
	return db_run(c->task, e->db, m->sql, NULL, PARAMS(P(e->id)));
}

static int
set_mark(struct ctl *c, const struct mark *m)
{
	struct election e;
	int rc = open_for_change(c, &e);

	if (rc != EX_OK)
		return rc;
	if (!db_is_null(e.rows, 0, (size_t)m->column) == m->wanted)
		return ctl_fail(c, EX_DATAERR, "%s %s", e.slug, m->already);
	js_set_text(c->out, "election", e.slug);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "Right as it is; nothing was changed (--dry-run).");
		return EX_OK;
	}
	if (write_mark(c, &e, m) == -1 || office_audit(c, e.db, e.id, m->act, e.slug) == -1 || db_commit(c->task, e.db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s", m->done);
	return EX_OK;
}

int
ctl_election_suspend(struct ctl *c)
{
	int rc = office_reason(c);

	return rc != EX_OK ? rc : set_mark(c, &(struct mark){"election suspended", "The vote is suspended: every page says so within seconds, with that reason.",
	                                                     "is suspended already", SQL_ELECTION_SUSPEND, COLUMN_SUSPENDED, true, true});
}

int
ctl_election_resume(struct ctl *c)
{
	int rc = office_reason(c);

	return rc != EX_OK ? rc : set_mark(c, &(struct mark){"election resumed", "The vote goes on, by its dates as they are.", "is not suspended",
	                                                     SQL_ELECTION_RESUME, COLUMN_SUSPENDED, false, false});
}

int
ctl_election_seal(struct ctl *c)
{
	return set_mark(c, &(struct mark){"roll sealed", "The roll is sealed: from now on it changes by a recorded exception alone.", "is sealed already",
	                                  SQL_ELECTION_SEAL, COLUMN_SEALED, true, false});
}
