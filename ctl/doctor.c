/*
 * isoloirctl doctor: an election looked over before electors do. Each check of doctor.def has a connection of its own, since all statements of one are
 * prepared together and a check may need a table that is not there yet. They read at whatever moment each begins, and lock nothing.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "ctl/dates.h"
#include "ctl/office.h"

#define SOMETHING_WRONG 1 /* the exit status; no sysexit says so */

enum severity { ODD, WRONG };

static const struct check {
	const char *name;
	enum severity severity;
	const char *table, *sentence, *advice;
	struct db_statement statement;
} checks[] = {
#define CHECK(name, severity, table, sentence, advice, sql) {name, severity, table, sentence, advice, {name, sql}},
#include "ctl/doctor.def"
};
#define N_CHECKS (sizeof(checks) / sizeof(*checks))

struct visit {
	struct ctl *c;
	struct db *db;
	int64_t election_id;
	struct js *found;
	size_t n[2]; /* by severity */
};

static void
note(struct visit *v, enum severity severity, const char *name, int64_t count, const char *examples, const char *sentence, const char *advice)
{
	struct js *row = js_object(v->c);

	js_set_text(row, "severity", severity == WRONG ? "wrong" : "odd");
	js_set_text(row, "check", name);
	js_set_number(row, "count", count);
	js_set_text(row, "what", sentence);
	js_set_text(row, "examples", examples);
	js_set_text(row, "advice", advice);
	js_push(v->found, row);
	v->n[severity]++;
}

static char *
join_examples(TALLOC_CTX *ctx, const struct db_rows *rows)
{
	char *text = talloc_strdup(ctx, "");

	for (size_t i = 0; i < rows->n; i++)
		text = talloc_asprintf_append(text, "%s%s", i > 0 ? ", " : "", db_text(rows, i, 0));
	return text;
}

/* Each ? is the election's id. */
static int
ask(struct visit *v, struct db *d, const struct check *check, struct task *t, struct db_rows **rows_r)
{
	struct db_param params[8];
	size_t n = 0;

	for (const char *s = check->statement.sql; *s != '\0'; s++)
		if (*s == '?')
			params[n++] = P(v->election_id);
	return db_run(t, d, 0, rows_r, params, n);
}

static int
has_table(struct visit *v, const char *table, bool *there_r)
{
	struct db_rows *rows;

	*there_r = true;
	if (table[0] == '\0')
		return 0;
	if (db_run(v->c->task, v->db, SQL_TABLE_THERE, &rows, PARAMS(P(table))) == -1)
		return -1;
	*there_r = db_number(rows, 0, 0) != 0;
	return 0;
}

static int
run_check(struct visit *v, const struct check *check)
{
	struct task *t = task_new(v->c, 0);
	struct db *d = db_new(t, ctl_patient_conf(v->c), v->c->conf->db_ctl_user, &check->statement, 1);
	struct db_rows *rows = NULL;
	int rc = ask(v, d, check, t, &rows);

	if (rc == -1)
		v->c->task->err = t->err;
	else if (rows->n > 0)
		note(v, check->severity, check->name, db_number(rows, 0, 1), join_examples(t, rows), check->sentence, check->advice);
	talloc_free(t);
	return rc;
}

/* The rules that `election set` goes by, for dates that a load has brought. */
static int
check_dates(struct visit *v)
{
	struct db_rows *rows;
	int64_t dates[DATE__MAX];
	char *why;

	if (db_run(v->c->task, v->db, SQL_ELECTION_GET, &rows, PARAMS(P(v->election_id))) == -1)
		return -1;
	for (size_t i = 0; i < DATE__MAX; i++)
		dates[i] = db_number(rows, 0, 4 + i);
	why = dates_contradiction(v->c, dates);
	if (why != NULL)
		note(v, WRONG, "dates", 1, why, "Dates that contradict each other.", "isoloirctl election set.");
	return 0;
}

static int
run_all(struct visit *v)
{
	if (check_dates(v) == -1)
		return -1;
	for (size_t i = 0; i < N_CHECKS; i++) {
		bool there;

		ctl_progress(checks[i].name, (int)(100 * i / N_CHECKS));
		if (has_table(v, checks[i].table, &there) == -1 || (there && run_check(v, &checks[i]) == -1))
			return -1;
	}
	return 0;
}

/* People read what is wrong one under the other; a table would cut it. */
static void
print_found(const struct js *found)
{
	for (size_t i = 0; i < js_size(found); i++) {
		const struct js *row = js_at(found, i);

		printf("%-5s %s: %lld\n      %s %s\n      %s\n", js_text(row, "severity", ""), js_text(row, "check", ""),
		       (long long)js_number(row, "count", 0), js_text(row, "what", ""), js_text(row, "advice", ""), js_text(row, "examples", ""));
	}
}

int
ctl_doctor(struct ctl *c)
{
	struct visit v = {.c = c, .db = ctl_db(c), .found = js_array(c)};
	const char *slug;
	int rc = office_election(c, v.db, &v.election_id, &slug);

	if (rc != EX_OK)
		return rc;
	if (run_all(&v) == -1)
		return ctl_trouble(c);
	js_set_text(c->out, "election", slug);
	if (ctl_has(c, OPTION_JSON))
		js_set(c->out, "found", v.found);
	else
		print_found(v.found);
	if (v.n[WRONG] > 0)
		return ctl_fail(c, SOMETHING_WRONG, "%zu wrong, %zu odd, of %zu checks", v.n[WRONG], v.n[ODD], N_CHECKS + 1);
	ctl_say(c, "Nothing is wrong; %zu odd, of %zu checks.", v.n[ODD], N_CHECKS + 1);
	return EX_OK;
}
