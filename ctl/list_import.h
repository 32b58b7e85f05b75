/* isoloirctl import lists in two files: list_sheet.c reads the CSV file and finds what is wrong in it, list_import.c compares with the database and stores. */
#ifndef ISOLOIR_CTL_LIST_IMPORT_H
#define ISOLOIR_CTL_LIST_IMPORT_H

#include "common/csv.h"
#include "ctl/list_file.h"

/* X(NAME, column, rule, least and most characters, may the file lack it): one row a candidate, or one a list that has none (a sigle) */
#define LIST_COLUMNS(X) \
	X(SCRUTIN, "scrutin", CODE, 1, 40, false) \
	X(LIST, "list", CODE, 1, 40, false) \
	X(TITLE, "title", TEXT, 0, LIST_TITLE_MAX, false) \
	X(SIGLE, "sigle", TEXT, 0, LIST_SIGLE_MAX, false) \
	X(ORGANIZATION, "organization", TEXT, 0, LIST_ORGANIZATION_MAX, false) \
	X(RANK, "rank", OPTIONAL_NUMBER, 0, 3, false) \
	X(CIVILITY, "civility", CIVILITY, 0, 8, false) \
	X(GIVEN_NAME, "given_name", TEXT, 0, 100, false) \
	X(FAMILY_NAME, "family_name", TEXT, 0, 100, false) \
	X(POSTING, "posting", TEXT, 0, 200, false) \
	X(LOGO, "logo", TEXT, 0, 200, true) \
	X(STATEMENT, "text", TEXT, 0, 200, true) \
	X(PDF, "pdf", TEXT, 0, 200, true)

#define X(name, column, rule, least, most, optional) COLUMN_##name,
enum list_column { LIST_COLUMNS(X) COLUMN__MAX };
#undef X

struct person {
	size_t line;
	const char *value[4]; /* civility, given name, family name, posting */
};

/* One list of the file. */
struct entry {
	size_t line;
	const char *value[COLUMN__MAX]; /* of its first row; from COLUMN_LOGO on, files beside the CSV, "" for none */
	struct person *people;          /* by rank */
	size_t n;
	int64_t scrutin_id;
	bool is_sigle;
	int64_t id; /* 0: new */
	enum { ENTRY_SAME, ENTRY_CHANGED, ENTRY_NEW } kind;
};

struct list_import {
	struct ctl *ctl;
	struct lists l;
	const char *path, *folder;
	struct csv *csv;
	size_t place[COLUMN__MAX], n_fields;
	struct entry *entries;
	size_t n, n_people;
	struct js *errors;
	size_t n_errors;
};

/* Note what is wrong in a line; 0: the file itself. */
void list_import_wrong(struct list_import *i, size_t line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Read all of i->path into i->entries, whatever is wrong noted. */
void list_sheet_read(struct list_import *i);

/* After lists_scrutins has told each entry's form: what an entry must have. */
void list_sheet_check(struct list_import *i, const struct entry *e);

#endif
