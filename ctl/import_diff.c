/* What differs between a file and the roll: found by MariaDB into its tables of changes, counted and told. */
#include "ctl/import.h"

#include <stdlib.h>
#include <string.h>

#define STEPS(steps) (steps), sizeof(steps) / sizeof(*(steps))

static const struct import_step persons_steps[] = {
    {"comparing persons", SQL_IMPORT_FIND_KNOWN},
    {"looking for changed addresses", SQL_IMPORT_FIND_READDRESSED},
    {"looking for new persons", SQL_IMPORT_FIND_ADDED},
    {"looking for persons who are gone", SQL_IMPORT_FIND_GONE},
};
static const struct import_step lists_steps[] = {
    {"comparing rolls", SQL_IMPORT_LIST_CHANGED},
    {"listing new persons", SQL_IMPORT_LIST_NEW},
    {"entries that may differ", SQL_IMPORT_LIST_ENTRIES},
};
static const struct import_step all_lists_steps[] = {{"listing the roll", SQL_IMPORT_LIST_ALL}};
static const struct import_step entries_steps[] = {
    {"looking for new entries", SQL_IMPORT_FIND_ENTRIES},
    {"looking for entries that are gone", SQL_IMPORT_FIND_ENTRIES_GONE},
};
static const struct import_step scrutins_steps[] = {{"comparing scrutins", SQL_IMPORT_FIND_SCRUTINS}};

/* Each on a task of its own: what one answers must not pile up. */
int
import_run_steps(struct import *im, const struct import_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct task *t = task_new(im->ctl, 0);
		int rc;

		meter_start(&im->meter, steps[i].name);
		rc = db_run(t, im->db, steps[i].sql, NULL, NO_PARAMS);
		meter_end(&im->meter);
		if (rc == -1)
			im->ctl->task->err = t->err;
		talloc_free(t);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
import_ask(struct import *im, int sql, const struct db_param *params, size_t n, struct db_rows **rows_r)
{
	return db_run(im->ctl->task, im->db, sql, rows_r, params, n);
}

/* A file of electors without the column leaves their scrutins as they are. */
static bool
has_entries(const struct import *im)
{
	return im->what == IMPORT_ROLL || (im->what == IMPORT_ELECTORS && im->place[IN_ELECTORS_SCRUTINS] != IMPORT_NONE);
}

int
import_compare(struct import *im)
{
	if (im->what == IMPORT_SCRUTINS)
		return import_run_steps(im, STEPS(scrutins_steps));
	if (im->what == IMPORT_ROLL)
		return import_run_steps(im, STEPS(all_lists_steps)) == -1 ? -1 : import_run_steps(im, STEPS(entries_steps));
	if (import_run_steps(im, STEPS(persons_steps)) == -1)
		return -1;
	if (!has_entries(im))
		return 0;
	return import_run_steps(im, STEPS(lists_steps)) == -1 ? -1 : import_run_steps(im, STEPS(entries_steps));
}

/* ---- The report ---- */

static const struct {
	const char *act, *name;
	unsigned whats;
} acts[] = {
    {"added", "added", 1 << IMPORT_ELECTORS | 1 << IMPORT_SCRUTINS},
    {"changed", "changed", 1 << IMPORT_ELECTORS | 1 << IMPORT_SCRUTINS},
    {"readdressed", "address_changed", 1 << IMPORT_ELECTORS},
    {"returned", "returned", 1 << IMPORT_ELECTORS},
    {"gone", "gone", 1 << IMPORT_ELECTORS},
    {"keys", "sort_keys_renewed", 1 << IMPORT_ELECTORS},
};
#define N_ACTS (sizeof(acts) / sizeof(*acts))

static size_t
find_act(const struct db_rows *rows, const char *act)
{
	size_t i = 0;

	while (i < rows->n && strcmp(db_text(rows, i, 0), act) != 0)
		i++;
	return i;
}

/* The keys of an older load are told only where there are any. */
static int
tell_acts(struct import *im, int sql)
{
	struct db_rows *rows;

	if (import_ask(im, sql, NO_PARAMS, &rows) == -1)
		return -1;
	for (size_t i = 0; i < N_ACTS; i++) {
		size_t at = find_act(rows, acts[i].act);

		if ((acts[i].whats & 1u << im->what) == 0 || (at == rows->n && strcmp(acts[i].act, "keys") == 0))
			continue;
		js_set_number(im->ctl->out, acts[i].name, at < rows->n ? db_number(rows, at, 1) : 0);
		if (at < rows->n && strcmp(acts[i].act, "readdressed") == 0)
			js_set_number(im->ctl->out, "address_changed_after_activation", db_number(rows, at, 2));
	}
	return 0;
}

static int
tell_persons(struct import *im)
{
	struct js *list = js_array(im->ctl);

	for (size_t i = 0; i < N_ACTS; i++) {
		static const char *const names[] = {"act", "identifier", "was", "is"};
		struct db_rows *rows;

		if (import_ask(im, SQL_IMPORT_PERSONS_SHOWN, PARAMS(P(acts[i].act)), &rows) == -1)
			return -1;
		for (size_t r = 0; r < rows->n; r++)
			js_push(list, ctl_row(im->ctl, rows, r, names));
	}
	js_set(im->ctl->out, "persons_first_10_of_each", list);
	return 0;
}

static int
tell_homonyms(struct import *im)
{
	struct db_rows *rows;

	if (import_ask(im, SQL_IMPORT_HOMONYMS, NO_PARAMS, &rows) == -1)
		return -1;
	js_set_number(im->ctl->out, "homonyms_at_one_posting", db_number(rows, 0, 1));
	return 0;
}

static int
tell_entries(struct import *im)
{
	static const char *const names[] = {"scrutin", "added", "removed"};
	int64_t added = 0, removed = 0;
	struct db_rows *rows, *moved;

	if (import_ask(im, SQL_IMPORT_ENTRY_COUNTS, NO_PARAMS, &rows) == -1 || import_ask(im, SQL_IMPORT_MOVED, NO_PARAMS, &moved) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		added += db_number(rows, i, 1);
		removed += db_number(rows, i, 2);
	}
	js_set_number(im->ctl->out, "entries_added", added);
	js_set_number(im->ctl->out, "entries_removed", removed);
	js_set_number(im->ctl->out, "persons_moved_between_scrutins", db_number(moved, 0, 0));
	js_set(im->ctl->out, "scrutins", ctl_rows(im->ctl, rows, names));
	return 0;
}

static int
tell_scrutins(struct import *im)
{
	struct db_rows *rows;

	if (tell_acts(im, SQL_IMPORT_SCRUTIN_COUNTS) == -1 || import_ask(im, SQL_IMPORT_SCRUTINS_ABSENT, NO_PARAMS, &rows) == -1)
		return -1;
	js_set_number(im->ctl->out, "only_in_database", db_number(rows, 0, 0));
	return 0;
}

static int
tell(struct import *im)
{
	if (im->what == IMPORT_SCRUTINS)
		return tell_scrutins(im);
	if (im->what == IMPORT_ELECTORS && (tell_acts(im, SQL_IMPORT_PERSON_COUNTS) == -1 || tell_homonyms(im) == -1))
		return -1;
	if (has_entries(im) && tell_entries(im) == -1)
		return -1;
	return im->what == IMPORT_ELECTORS ? tell_persons(im) : 0;
}

int
import_report(struct import *im)
{
	int rc;

	meter_start(&im->meter, "counting");
	rc = tell(im);
	meter_end(&im->meter);
	return rc;
}
