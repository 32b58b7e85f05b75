/*
 * isoloirctl load in three files: sheet.c reads the CSV files by these tables and finds every error without the database, rule.c
 * knows what each kind of value may look like, load.c applies what was found right, in one transaction.
 */
#ifndef ISOLOIR_CTL_LOAD_H
#define ISOLOIR_CTL_LOAD_H

#include "common/csv.h"
#include "ctl/ctl.h"

#define LOAD_COLUMNS_MAX 9

/* X(NAME, column, rule, least and most characters, must it be alone of its value in the file); a file may lack the columns of an OPTIONAL_ rule */
#define LOAD_ELECTION_COLUMNS(X) \
	X(SLUG, "slug", SLUG, 1, 40, true) \
	X(TITLE, "title", TEXT, 1, 200, false) \
	X(BANNER, "banner", TEXT, 0, 500, false) \
	X(OPENS, "opens", TIME, 1, 40, false) \
	X(CLOSES, "closes", TIME, 1, 40, false) \
	X(ROLLS_FROM, "rolls_from", OPTIONAL_TIME, 0, 40, false) \
	X(ROLLS_UNTIL, "rolls_until", OPTIONAL_TIME, 0, 40, false) \
	X(CLAIMS_UNTIL, "claims_until", OPTIONAL_TIME, 0, 40, false) \
	X(LISTS_AT, "lists_at", OPTIONAL_TIME, 0, 40, false)
#define LOAD_SCRUTINS_COLUMNS(X) \
	X(CODE, "code", CODE, 1, 40, true) \
	X(KIND, "kind", TEXT, 1, 20, false) \
	X(NAME, "name", TEXT, 1, 250, false) \
	X(LEVEL, "level", TEXT, 0, 80, false) \
	X(PLACE, "place", NUMBER, 1, 7, true) \
	X(BUREAU, "bureau", OPTIONAL_TEXT, 0, 250, false) \
	X(SEATS, "seats", OPTIONAL_NUMBER, 0, 7, false) \
	X(FORM, "form", OPTIONAL_FORM, 0, 8, false)
#define LOAD_QUESTIONS_COLUMNS(X) \
	X(PLACE, "place", NUMBER, 1, 7, true) \
	X(WORDING, "wording", TEXT, 1, 200, true)
#define LOAD_ELECTORS_COLUMNS(X) \
	X(IDENTIFIER, "identifier", IDENTIFIER, 1, 254, true) \
	X(CIVILITY, "civility", CIVILITY, 0, 8, false) \
	X(FAMILY_NAME, "family_name", TEXT, 1, 100, false) \
	X(GIVEN_NAME, "given_name", TEXT, 1, 100, false) \
	X(POSTING, "posting", TEXT, 0, 200, false) \
	X(ACADEMY, "academy", TEXT, 0, 80, false) \
	X(TIME_ZONE, "time_zone", ZONE, 1, 40, false) \
	X(SCRUTINS, "scrutins", CODES, 1, 2000, false)

/* In the order in which they are read: electors name scrutins. */
#define LOAD_SHEETS(X) \
	X(ELECTION, "election.csv") \
	X(SCRUTINS, "scrutins.csv") \
	X(QUESTIONS, "questions.csv") \
	X(ELECTORS, "electors.csv")

enum load_sheet {
#define X(name, file) LOAD_##name,
	LOAD_SHEETS(X)
#undef X
	LOAD__MAX
};

#define X(name, column, rule, least, most, once) ELECTION_##name,
enum { LOAD_ELECTION_COLUMNS(X) };
#undef X
#define X(name, column, rule, least, most, once) SCRUTINS_##name,
enum { LOAD_SCRUTINS_COLUMNS(X) };
#undef X
#define X(name, column, rule, least, most, once) QUESTIONS_##name,
enum { LOAD_QUESTIONS_COLUMNS(X) };
#undef X
#define X(name, column, rule, least, most, once) ELECTORS_##name,
enum { LOAD_ELECTORS_COLUMNS(X) };
#undef X

enum rule {
	RULE_TEXT, RULE_SLUG, RULE_CODE, RULE_NUMBER, RULE_TIME, RULE_IDENTIFIER, RULE_CIVILITY, RULE_ZONE, RULE_CODES,
	RULE_OPTIONAL_TEXT, RULE_OPTIONAL_NUMBER, RULE_OPTIONAL_TIME, RULE_OPTIONAL_FORM,
	RULE__MAX
};

static inline bool
rule_is_optional(enum rule r)
{
	return r >= RULE_OPTIONAL_TEXT;
}

struct load_column {
	const char *name;
	enum rule rule;
	size_t least, most;
	bool once;
};

/* A value that must stand alone, and where it stood. */
struct load_seen {
	const char *value;
	size_t line;
};

struct load_error {
	enum load_sheet sheet;
	size_t line;
	char *sentence;
};

#define LOAD_ABSENT SIZE_MAX

struct sheet {
	const char *path; /* as the errors name it */
	const struct load_column *columns;
	size_t n_columns;
	struct csv *csv;
	size_t place[LOAD_COLUMNS_MAX]; /* of each column in the file, LOAD_ABSENT for one that it lacks */
	size_t n_fields;                /* that the header names */
	struct load_seen *seen[LOAD_COLUMNS_MAX];
	size_t n_rows;
};

struct load {
	struct ctl *ctl;
	int64_t now_s; /* what a time such as +16d12h20m is counted from */
	struct sheet sheets[LOAD__MAX];
	const char **codes; /* of scrutins, sorted */
	size_t n_codes;
	struct load_error *errors;
	size_t n_errors; /* counted beyond those that are kept */
};

/* A row that was found right: one value for each column, folded and trimmed, on the context given. */
struct load_row {
	size_t line;
	const char *value[LOAD_COLUMNS_MAX];
};

/* Open and check all four files; what is wrong stands in l->errors. */
void sheet_check_all(struct load *l, const char *dir);

/* After the check: from the first row again, then one by one until false. */
void sheet_rewind(struct load *l, enum load_sheet sheet);
bool sheet_next(struct load *l, enum load_sheet sheet, TALLOC_CTX *ctx, struct load_row *row);

/* Note an error; line 0: the file itself. */
void sheet_wrong(struct load *l, enum load_sheet sheet, size_t line, const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * What a text means by a column's rule: the value to keep, on ctx, or NULL and *why_r, a sentence that follows the column's name.
 * Times are seconds since 1970, written as a number.
 */
const char *rule_apply(const struct load *l, TALLOC_CTX *ctx, const struct load_column *column, const char *text,
                       const char **why_r);

/* "2026-12-01 08:00" in Paris, or "+16d12h20m" from now. */
bool rule_time(const char *text, int64_t now_s, int64_t *at_s_r);

/* The n-th code of a list separated by spaces, on ctx; NULL past the end. */
const char *rule_code_at(TALLOC_CTX *ctx, const char *codes, size_t n);

#endif
