/*
 * isoloirctl import: a file of the office, of any size, against what is there. import_columns.c finds the columns by their usual names,
 * import_rows.c checks and folds row by row, while MariaDB reads them into tables of their own (import_stage.c); import_diff.c compares those with
 * the roll and tells; import_apply.c changes the roll in one transaction, or takes the last change back; import.c is the way through.
 * Memory is that of a window of the file and of the scrutins' codes.
 */
#ifndef ISOLOIR_CTL_IMPORT_H
#define ISOLOIR_CTL_IMPORT_H

#include <stdio.h>

#include "common/csv_form.h"
#include "ctl/load.h"
#include "ctl/meter.h"

enum import_what { IMPORT_ELECTORS, IMPORT_ROLL, IMPORT_SCRUTINS, IMPORT__MAX };

#define IMPORT_COLUMNS_MAX 9

/* X(NAME, column, rule, least and most characters, needed, other usual names: folded, between bars) */
#define IMPORT_ELECTORS_COLUMNS(X) \
	X(IDENTIFIER, "identifier", IDENTIFIER, 1, 254, true, \
	  "identifiant|identifiant electeur|mail|mel|email|e mail|courriel|adresse mail|adresse email|adresse electronique|adresse de courriel|" \
	  "adresse de messagerie|adresse professionnelle|mail professionnel|login") \
	X(CIVILITY, "civility", TEXT, 0, 20, false, "civilite|titre|title") \
	X(FAMILY_NAME, "family_name", TEXT, 1, 100, true, "nom|nom de famille|nom usuel|nom d usage|last name|surname") \
	X(GIVEN_NAME, "given_name", TEXT, 1, 100, true, "prenom|prenoms|prenom usuel|first name|forename") \
	X(POSTING, "posting", TEXT, 0, 200, false, "affectation|lieu d affectation|etablissement|libelle etablissement|structure|service") \
	X(ACADEMY, "academy", TEXT, 0, 80, false, "academie|rectorat") \
	X(TIME_ZONE, "time_zone", ZONE, 0, 40, false, "fuseau|fuseau horaire|timezone") \
	X(SCRUTINS, "scrutins", TEXT, 0, 2000, false, "codes scrutins|codes des scrutins|scrutin codes") \
	X(PREVIOUS, "previous_identifier", TEXT, 0, 254, false, \
	  "ancien identifiant|identifiant precedent|ancienne adresse|ancien mail|ancien courriel|old identifier")
#define IMPORT_ROLL_COLUMNS(X) \
	X(IDENTIFIER, "identifier", IDENTIFIER, 1, 254, true, \
	  "identifiant|identifiant electeur|mail|mel|email|e mail|courriel|adresse mail|adresse email|adresse electronique|adresse professionnelle|login") \
	X(SCRUTIN, "scrutin", CODE, 1, 40, true, "code|code scrutin|code du scrutin|scrutin code")
#define IMPORT_SCRUTINS_COLUMNS(X) \
	X(CODE, "code", CODE, 1, 40, true, "code scrutin|code du scrutin|scrutin code|scrutin") \
	X(KIND, "kind", TEXT, 1, 20, true, "nature|instance|type|sorte") \
	X(NAME, "name", TEXT, 1, 250, true, "nom|libelle|intitule") \
	X(LEVEL, "level", TEXT, 0, 80, false, "niveau|perimetre") \
	X(PLACE, "place", NUMBER, 1, 7, true, "ordre|rang|order") \
	X(BUREAU, "bureau", TEXT, 0, 250, false, "bureau de vote|polling office") \
	X(SEATS, "seats", OPTIONAL_NUMBER, 0, 7, false, "sieges|nombre de sieges") \
	X(FORM, "form", OPTIONAL_FORM, 0, 8, false, "forme|mode de scrutin")

#define X(name, column, rule, least, most, needed, also) IN_ELECTORS_##name,
enum { IMPORT_ELECTORS_COLUMNS(X) };
#undef X
#define X(name, column, rule, least, most, needed, also) IN_ROLL_##name,
enum { IMPORT_ROLL_COLUMNS(X) };
#undef X

struct import_column {
	struct load_column is; /* name, rule, least, most */
	bool needed;
	const char *also;
};

/* Columns of a kind of file, in the order above. */
const struct import_column *import_columns(enum import_what what, size_t *n_r);

/*
 * Which column a file calls by this name, in whatever case, accents and spelling: IMPORT_NONE when none; then *near_r is the name of the one that was
 * probably meant, or NULL.
 */
#define IMPORT_NONE SIZE_MAX
size_t import_column_find(TALLOC_CTX *ctx, enum import_what what, const char *name, const char **near_r);

struct import {
	struct ctl *ctl;
	struct db *db;
	enum import_what what;
	const char *path;
	int64_t election_id;
	int64_t slot;
	struct csv_form form;
	struct csv *csv;
	size_t place[IMPORT_COLUMNS_MAX]; /* of each column in the file, IMPORT_NONE for one that it lacks */
	size_t n_fields;                  /* that the header names */
	const char **codes;               /* of the scrutins, sorted, and their ids */
	int64_t *code_ids;
	size_t n_codes;
	struct load rules; /* what rule_apply looks at */
	struct meter meter;
	int64_t n_rows;
	struct js *errors; /* the first ones */
	int64_t n_errors;  /* all of them */
	FILE *errors_out;  /* --errors, or NULL */
	struct task *apply; /* of the transaction */
};

/* Something wrong with the file; column and value may be "". */
void import_wrong(struct import *im, size_t line, const char *column, const char *value, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* import_columns.c: places of the columns by the first line; false when one is missing, twice or misspelt. */
bool import_header(struct import *im);

/* Bytes on their way to MariaDB; data is of talloc and grows. */
struct import_text {
	char *data;
	size_t len, size;
};

/* import_rows.c: the next row as a line for MariaDB, appended to out, or nothing when it is wrong; false at the end of the file. */
bool import_row(struct import *im, struct import_text *out);

/* import_stage.c, import_diff.c. -1: the database, as im->ctl->task tells. */
WARN_UNUSED int import_stage(struct import *im);
WARN_UNUSED int import_check(struct import *im);
WARN_UNUSED int import_compare(struct import *im);
WARN_UNUSED int import_report(struct import *im);

/* import_apply.c: an exit status. */
int import_apply(struct import *im);
int import_take_lock(struct import *im);

/* Run statements without parameters, one after the other, under these names. */
struct import_step {
	const char *name;
	int sql;
};
WARN_UNUSED int import_run_steps(struct import *im, const struct import_step *steps, size_t n);
WARN_UNUSED int import_ask(struct import *im, int sql, const struct db_param *params, size_t n, struct db_rows **rows_r);

#endif
