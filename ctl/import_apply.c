/*
 * The roll changes in one transaction: what is killed at any point leaves the old roll, since MariaDB takes back whatever was not committed, or the
 * new one. Whatever is new comes first, and rows that the portal may wait for (a person who changes, sessions, links) last, so that they are
 * held for the shortest time. References are not looked up again: they were joined a moment ago under the lock that all who make or take away
 * electors and scrutins hold, and looking them up would hold the election's row, to which each mail refers.
 */
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "ctl/import.h"
#include "ctl/office.h"

#define STEPS(steps) {(steps), sizeof(steps) / sizeof(*(steps))}
#define OUT_APPLIED "gone,readdressed"
#define OUT_UNDONE "added,readdressed,returned"

struct steps {
	const struct import_step *steps;
	size_t n;
};

static const struct import_step apply_electors[] = {
    {"postings", SQL_IMPORT_PUT_POSTINGS},
    {"new persons", SQL_IMPORT_PUT_ADDED},
    {"whose scrutins change", SQL_IMPORT_PUT_SCRUTINS_CHANGE},
    {"old entries", SQL_IMPORT_DROP_ENTRIES},
    {"new entries", SQL_IMPORT_PUT_ENTRIES},
    {"new persons' entries", SQL_IMPORT_PUT_ENTRIES_NEW},
    {"mail domains", SQL_IMPORT_PUT_DOMAINS},
    {"persons who changed", SQL_IMPORT_PUT_CHANGED},
    {"persons who are gone", SQL_IMPORT_PUT_GONE},
    {"sort keys", SQL_IMPORT_PUT_KEYS},
    {"sessions", SQL_IMPORT_END_SESSIONS},
    {"links", SQL_IMPORT_END_LINKS},
};
static const struct import_step apply_roll[] = {
    {"whose scrutins change", SQL_IMPORT_PUT_SCRUTINS_CHANGE},
    {"old entries", SQL_IMPORT_DROP_ENTRIES},
    {"new entries", SQL_IMPORT_PUT_ENTRIES},
};
static const struct import_step apply_scrutins[] = {{"bureaux", SQL_IMPORT_PUT_BUREAUX}, {"scrutins", SQL_IMPORT_PUT_SCRUTINS}};
static const struct import_step undo_electors[] = {
    {"entries", SQL_IMPORT_UNDO_ENTRIES},
    {"new persons' entries", SQL_IMPORT_UNDO_ENTRIES_NEW},
    {"persons", SQL_IMPORT_UNDO_PERSONS},
    {"new persons", SQL_IMPORT_UNDO_ADDED},
    {"old entries", SQL_IMPORT_UNDO_REMOVED},
    {"sort keys", SQL_IMPORT_PUT_KEYS},
    {"sessions", SQL_IMPORT_END_SESSIONS},
    {"links", SQL_IMPORT_END_LINKS},
};
static const struct import_step undo_roll[] = {{"entries", SQL_IMPORT_UNDO_ENTRIES}, {"old entries", SQL_IMPORT_UNDO_REMOVED}};
static const struct import_step undo_scrutins[] = {{"scrutins", SQL_IMPORT_UNDO_SCRUTINS}, {"new scrutins", SQL_IMPORT_UNDO_NEW_SCRUTINS}};

static const struct {
	const char *word;
	struct steps apply, undo;
} whats[IMPORT__MAX] = {
    [IMPORT_ELECTORS] = {"electors", STEPS(apply_electors), STEPS(undo_electors)},
    [IMPORT_ROLL] = {"roll", STEPS(apply_roll), STEPS(undo_roll)},
    [IMPORT_SCRUTINS] = {"scrutins", STEPS(apply_scrutins), STEPS(undo_scrutins)},
};

int
import_take_lock(struct import *im)
{
	struct db_rows *rows;

	if (import_ask(im, SQL_LOAD_LOCK, NO_PARAMS, &rows) == -1)
		return ctl_trouble(im->ctl);
	if (db_number(rows, 0, 0) != 1)
		return ctl_fail(im->ctl, EX_TEMPFAIL, "another `isoloirctl load` or `import` is at work on this database");
	return EX_OK;
}

/* Asked within the transaction, and held: no sealing can come between. */
static int
check_sealed(struct import *im)
{
	struct db_rows *rows;

	if (import_ask(im, SQL_IMPORT_SEALED, NO_PARAMS, &rows) == -1)
		return ctl_trouble(im->ctl);
	if (db_number(rows, 0, 0) != 0)
		return ctl_fail(im->ctl, EX_NOPERM, "the election is sealed: its rolls are frozen, and no import changes them any more");
	return EX_OK;
}

static int
run_steps(struct import *im, const struct steps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (import_run_steps(im, &s->steps[i], 1) == -1)
			return ctl_trouble(im->ctl);
		fault_point(i == 0 ? "import_first_step" : i + 1 == s->n ? "import_last_step" : "import_step");
	}
	return EX_OK;
}

/* First, since steps name it. */
static int
write_run(struct import *im)
{
	const char *file = talloc_asprintf(im->ctl, "%.250s", im->path), *who = ctl_operator(im->ctl);

	if (import_ask(im, SQL_IMPORT_RUN_CLOSE, NO_PARAMS, NULL) == -1 ||
	    import_ask(im, SQL_IMPORT_RUN_ADD, PARAMS(P(whats[im->what].word), P(file), P(who)), NULL) == -1)
		return ctl_trouble(im->ctl);
	return EX_OK;
}

/* Last: a mail that left while the steps ran told nobody of what they changed. */
static int
write_applied(struct import *im)
{
	const char *what = talloc_asprintf(im->ctl, "%s rows=%lld %.250s", whats[im->what].word, (long long)im->n_rows, im->path);

	if (import_ask(im, SQL_IMPORT_RUN_APPLIED, NO_PARAMS, NULL) == -1 || office_audit(im->ctl, im->db, im->election_id, "import applied", what) == -1)
		return ctl_trouble(im->ctl);
	return EX_OK;
}

static int
commit(struct import *im)
{
	int rc;

	fault_point("import_commit");
	meter_start(&im->meter, "commit");
	rc = db_commit(im->apply, im->db);
	meter_end(&im->meter);
	if (rc == -1) {
		im->ctl->task->err = im->apply->err;
		return ctl_trouble(im->ctl);
	}
	fault_point("import_committed");
	return EX_OK;
}

static int
begin(struct import *im, const char *out)
{
	im->apply = task_new(im->ctl, 0);
	if (import_ask(im, SQL_IMPORT_OUT, PARAMS(P(out)), NULL) == -1)
		return ctl_trouble(im->ctl);
	if (db_begin(im->apply, im->db) == -1) {
		im->ctl->task->err = im->apply->err;
		return ctl_trouble(im->ctl);
	}
	return check_sealed(im);
}

int
import_apply(struct import *im)
{
	int rc = begin(im, OUT_APPLIED);

	if (rc == EX_OK)
		rc = write_run(im);
	if (rc == EX_OK)
		rc = run_steps(im, &whats[im->what].apply);
	if (rc == EX_OK)
		rc = write_applied(im);
	if (rc == EX_OK)
		rc = commit(im);
	talloc_free(im->apply);
	return rc;
}

/* ---- Undo ---- */

static enum import_what
what_of(const char *word)
{
	enum import_what what = 0;

	while (what < IMPORT__MAX && strcmp(whats[what].word, word) != 0)
		what++;
	must(what < IMPORT__MAX);
	return what;
}

/* Scrutins that an import added may have electors by now. */
static int
check_in_use(struct import *im)
{
	struct db_rows *rows;

	if (im->what != IMPORT_SCRUTINS)
		return EX_OK;
	if (import_ask(im, SQL_IMPORT_IN_USE, NO_PARAMS, &rows) == -1)
		return ctl_trouble(im->ctl);
	if (db_number(rows, 0, 1) > 0)
		return ctl_fail(im->ctl, EX_DATAERR, "electors vote in %s by now, which that import added: it stays", db_text(rows, 0, 0));
	return EX_OK;
}

static int
write_undone(struct import *im)
{
	if (import_ask(im, SQL_IMPORT_RUN_UNDONE, NO_PARAMS, NULL) == -1 ||
	    office_audit(im->ctl, im->db, im->election_id, "import undone", talloc_asprintf(im->ctl, "%s %s", whats[im->what].word, im->path)) == -1)
		return ctl_trouble(im->ctl);
	return EX_OK;
}

static int
undo(struct import *im)
{
	int rc = begin(im, OUT_UNDONE);

	if (rc == EX_OK)
		rc = check_in_use(im);
	if (rc == EX_OK)
		rc = run_steps(im, &whats[im->what].undo);
	if (rc == EX_OK)
		rc = write_undone(im);
	if (rc == EX_OK && !ctl_has(im->ctl, OPTION_DRY_RUN))
		rc = commit(im);
	talloc_free(im->apply);
	return rc;
}

/* What the last import was, into im and the answer. */
static int
find_last(struct import *im)
{
	static const char *const names[] = {"election", "what", "slot", "file", "applied_at", "applied_by"};
	struct db_rows *rows;

	if (import_ask(im, SQL_IMPORT_RUN_LAST, NO_PARAMS, &rows) == -1)
		return ctl_trouble(im->ctl);
	if (rows->n == 0)
		return ctl_fail(im->ctl, EX_NOUSER, "there is no import to undo: none was applied, the last one was undone, or a load came after it");
	im->election_id = db_number(rows, 0, 0);
	im->what = what_of(db_text(rows, 0, 1));
	im->slot = db_number(rows, 0, 2);
	im->path = db_text(rows, 0, 3);
	for (size_t i = 1; i < rows->columns; i++)
		if (i == 4)
			ctl_set_time(im->ctl->out, names[i], rows, 0, i);
		else if (i != 2)
			js_set_text(im->ctl->out, names[i], db_text(rows, 0, i));
	return EX_OK;
}

int
ctl_import_undo(struct ctl *c)
{
	struct import im = {.ctl = c, .db = ctl_db(c)};
	int rc = import_take_lock(&im);

	if (rc == EX_OK)
		rc = find_last(&im);
	if (rc != EX_OK)
		return rc;
	if (import_ask(&im, SQL_IMPORT_SET, PARAMS(P(im.election_id), P(im.slot), P(0)), NULL) == -1 ||
	    db_script(c->task, im.db, im.what == IMPORT_SCRUTINS ? "set session transaction isolation level read committed"
	                                                         : "set session transaction isolation level read committed; set session foreign_key_checks = 0") == -1)
		return ctl_trouble(c);
	rc = undo(&im);
	if (rc == EX_OK)
		ctl_say(c, ctl_has(c, OPTION_DRY_RUN) ? "This import would be undone; nothing was changed (--dry-run)." : "Undone: the roll is as it was before.");
	return rc;
}
