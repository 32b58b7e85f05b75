/*
 * isoloirctl import electors|roll|scrutins FILE: detect, read, check, compare, tell, and change the roll under --apply alone.
 */
#include "ctl/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/fault.h"
#include "ctl/office.h"

#define MANY_GONE 100 /* fewer than this many never look like a cut file */

static int
open_file(struct import *im)
{
	struct ctl *c = im->ctl;
	char *why = NULL;

	if (!csv_form_detect(c, im->path, &im->form, &why) || (im->csv = csv_open_stream(c, im->path, &im->form, &why)) == NULL)
		return ctl_fail(c, EX_DATAERR, "%s; nothing was changed", why);
	js_set_text(c->out, "file", im->path);
	js_set_text(c->out, "encoding", csv_encoding_name(im->form.encoding));
	js_set_text(c->out, "separator", im->form.delimiter == ',' ? "," : ";");
	return EX_OK;
}

static int
open_errors(struct import *im)
{
	struct ctl *c = im->ctl;

	im->errors = js_array(c);
	if (!ctl_has(c, OPTION_ERRORS))
		return EX_OK;
	im->errors_out = fopen(c->option[OPTION_ERRORS], "we");
	if (im->errors_out == NULL)
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", c->option[OPTION_ERRORS], strerror(errno));
	fputs("\xef\xbb\xbfline;column;value;reason\n", im->errors_out);
	return EX_OK;
}

static int
read_codes(struct import *im)
{
	struct db_rows *rows;

	if (import_ask(im, SQL_IMPORT_CODES, PARAMS(P(im->election_id)), &rows) == -1)
		return -1;
	im->n_codes = rows->n;
	im->codes = talloc_array(im->ctl, const char *, (unsigned)rows->n + 1);
	im->code_ids = talloc_array(im->ctl, int64_t, (unsigned)rows->n + 1);
	for (size_t i = 0; i < rows->n; i++) {
		im->codes[i] = db_text(rows, i, 0);
		im->code_ids[i] = db_number(rows, i, 1);
	}
	return 0;
}

/* The lock first: the half of the tables that is free must stay so. */
static int
open_database(struct import *im)
{
	struct ctl *c = im->ctl;
	struct db_rows *rows;
	const char *slug;
	int rc;

	im->db = ctl_db(c);
	db_takes_files(im->db);
	if ((rc = office_election(c, im->db, &im->election_id, &slug)) != EX_OK || (rc = import_take_lock(im)) != EX_OK)
		return rc;
	if (import_ask(im, SQL_IMPORT_SLOT, NO_PARAMS, &rows) == -1)
		return ctl_trouble(c);
	im->slot = db_number(rows, 0, 0);
	if (import_ask(im, SQL_IMPORT_SET, PARAMS(P(im->election_id), P(im->slot), P(db_number(rows, 0, 1))), NULL) == -1 || read_codes(im) == -1)
		return ctl_trouble(c);
	js_set_text(c->out, "election", slug);
	return EX_OK;
}

static int
refuse_file(struct import *im)
{
	struct ctl *c = im->ctl;
	const char *all = im->errors_out != NULL ? talloc_asprintf(c, " (all of them in %s)", c->option[OPTION_ERRORS])
	                  : im->n_errors > (int64_t)js_size(im->errors) ? " (the first 50 shown; --errors FILE has all)" : "";

	js_set(c->out, "errors", im->errors);
	return ctl_fail(c, EX_DATAERR, "%lld error%s%s; nothing was changed", (long long)im->n_errors, im->n_errors > 1 ? "s" : "", all);
}

/* EX_OK: the file is right, stands in MariaDB, and is compared. */
static int
read_file(struct import *im)
{
	if (!import_header(im))
		return refuse_file(im);
	if (import_stage(im) == -1 || import_check(im) == -1)
		return ctl_trouble(im->ctl);
	js_set_number(im->ctl->out, "rows", im->n_rows);
	if (im->n_rows == 0)
		import_wrong(im, 1, "", "", "no row after the columns' names");
	if (im->n_errors > 0)
		return refuse_file(im);
	return import_compare(im) == -1 || import_report(im) == -1 ? ctl_trouble(im->ctl) : EX_OK;
}

/* A file that was cut looks like a tenth of the roll leaving: that takes a sentence. */
static int
check_many(struct import *im)
{
	const char *what = im->what == IMPORT_ELECTORS ? "gone" : "entries_removed";
	int64_t gone = js_number(im->ctl->out, what, 0);
	struct db_rows *rows;

	if (im->what == IMPORT_SCRUTINS || ctl_has(im->ctl, OPTION_REASON))
		return EX_OK;
	if (import_ask(im, SQL_IMPORT_ROLL_SIZE, NO_PARAMS, &rows) == -1)
		return ctl_trouble(im->ctl);
	if (gone < MANY_GONE || gone * 10 < db_number(rows, 0, im->what == IMPORT_ELECTORS ? 0 : 1))
		return EX_OK;
	return ctl_fail(im->ctl, EX_DATAERR, "%lld of the roll would go, a tenth of it or more: is the file whole? --reason TEXT says that it is; nothing was changed",
	                (long long)gone);
}

static int
change(struct import *im)
{
	int rc;

	if (!ctl_has(im->ctl, OPTION_APPLY)) {
		ctl_say(im->ctl, "Right as it is; nothing was changed: --apply does it.");
		return EX_OK;
	}
	if ((rc = check_many(im)) == EX_OK && (rc = import_apply(im)) == EX_OK)
		ctl_say(im->ctl, "Applied; `isoloirctl import undo` takes it back, until the next one.");
	return rc;
}

static int
import(struct ctl *c, enum import_what what)
{
	struct import im = {.ctl = c, .what = what, .path = c->args[0], .rules = {.ctl = c, .now_s = clock_now_s()}};
	int rc = open_file(&im);

	if (rc == EX_OK)
		rc = open_errors(&im);
	if (rc == EX_OK)
		rc = open_database(&im);
	if (rc == EX_OK)
		rc = read_file(&im);
	if (rc == EX_OK)
		rc = change(&im);
	if (im.errors_out != NULL && fclose(im.errors_out) != 0 && rc == EX_DATAERR)
		rc = ctl_fail(c, EX_IOERR, "%s could not be written", c->option[OPTION_ERRORS]);
	return rc;
}

int
ctl_import_electors(struct ctl *c)
{
	return import(c, IMPORT_ELECTORS);
}

int
ctl_import_roll(struct ctl *c)
{
	return import(c, IMPORT_ROLL);
}

int
ctl_import_scrutins(struct ctl *c)
{
	return import(c, IMPORT_SCRUTINS);
}
