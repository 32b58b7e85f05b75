/* The CSV files of a load, read by the tables of load.h: every error is noted with its file and line, none
 * ends the reading. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/load.h"

#define ERRORS_KEPT 1000

#define X(name, column, rule, least, most, once) {column, RULE_##rule, least, most, once},
static const struct load_column election_columns[] = {LOAD_ELECTION_COLUMNS(X)};
static const struct load_column scrutins_columns[] = {LOAD_SCRUTINS_COLUMNS(X)};
static const struct load_column questions_columns[] = {LOAD_QUESTIONS_COLUMNS(X)};
static const struct load_column electors_columns[] = {LOAD_ELECTORS_COLUMNS(X)};
#undef X

static const char *const files[LOAD__MAX] = {
#define X(name, file) file,
    LOAD_SHEETS(X)
#undef X
};

#define TABLE(columns)                                      \
	{                                                   \
		columns, sizeof(columns) / sizeof(*columns) \
	}
static const struct {
	const struct load_column *columns;
	size_t n;
} tables[LOAD__MAX] = {
    [LOAD_ELECTION] = TABLE(election_columns),
    [LOAD_SCRUTINS] = TABLE(scrutins_columns),
    [LOAD_QUESTIONS] = TABLE(questions_columns),
    [LOAD_ELECTORS] = TABLE(electors_columns),
};

void
sheet_wrong(struct load *l, enum load_sheet sheet, size_t line, const char *fmt, ...)
{
	struct load_error *e;
	va_list ap;

	if (l->n_errors++ >= ERRORS_KEPT)
		return;
	l->errors = talloc_realloc(l->ctl, l->errors, struct load_error, (unsigned)l->n_errors);
	e = &l->errors[l->n_errors - 1];
	*e = (struct load_error){.sheet = sheet, .line = line};
	va_start(ap, fmt);
	e->sentence = talloc_vasprintf(l->ctl, fmt, ap);
	va_end(ap);
}

static size_t
find_field(const struct csv_row *header, const char *name, size_t *times_r)
{
	size_t at = 0;

	*times_r = 0;
	for (size_t i = 0; i < header->n; i++) {
		if (strcmp(header->field[i], name) == 0) {
			at = i;
			++*times_r;
		}
	}
	return at;
}

static bool
is_column(const struct sheet *s, const char *name)
{
	for (size_t i = 0; i < s->n_columns; i++)
		if (strcmp(s->columns[i].name, name) == 0)
			return true;
	return false;
}

static void
refuse_unknown(struct load *l, enum load_sheet sheet, const struct csv_row *header, const char *name)
{
	const struct sheet *s = &l->sheets[sheet];
	const char *known[LOAD_COLUMNS_MAX];

	for (size_t i = 0; i < s->n_columns; i++)
		known[i] = s->columns[i].name;
	sheet_wrong(l, sheet, header->line, "unknown column \"%s\"%s", name,
	            text_did_you_mean(l->ctl, text_nearest(name, known, s->n_columns)));
}

/* Each column once, in any order, and no other; optional ones once or not at all. */
static bool
map_header(struct load *l, enum load_sheet sheet, const struct csv_row *header)
{
	struct sheet *s = &l->sheets[sheet];
	size_t before = l->n_errors, times;

	s->n_fields = header->n;
	for (size_t i = 0; i < header->n; i++)
		if (!is_column(s, header->field[i]))
			refuse_unknown(l, sheet, header, header->field[i]);
	for (size_t i = 0; i < s->n_columns; i++) {
		s->place[i] = find_field(header, s->columns[i].name, &times);
		if (times == 0 && rule_is_optional(s->columns[i].rule))
			s->place[i] = LOAD_ABSENT;
		else if (times != 1)
			sheet_wrong(l, sheet, header->line, "column %s %s", s->columns[i].name,
			            times == 0 ? "is missing" : "stands there twice");
	}
	return l->n_errors == before;
}

static bool
read_header(struct load *l, enum load_sheet sheet)
{
	struct csv_row header;
	enum csv_step step = csv_next(l->sheets[sheet].csv, &header);

	if (step == CSV_END)
		sheet_wrong(l, sheet, 1, "empty; its first line names the columns");
	if (step == CSV_WRONG)
		sheet_wrong(l, sheet, header.line, "%s", csv_why(l->sheets[sheet].csv));
	return step == CSV_ROW && map_header(l, sheet, &header);
}

/* False when any value is wrong; all of them are noted. */
static bool
take_values(struct load *l, enum load_sheet sheet, const struct csv_row *raw, TALLOC_CTX *ctx,
            struct load_row *row)
{
	struct sheet *s = &l->sheets[sheet];
	bool right = true;
	const char *why = NULL;

	for (size_t i = 0; i < s->n_columns; i++) {
		row->value[i] = rule_apply(l, ctx, &s->columns[i], s->place[i] != LOAD_ABSENT ? raw->field[s->place[i]] : "", &why);
		if (row->value[i] == NULL)
			sheet_wrong(l, sheet, raw->line, "%s %s", s->columns[i].name, why);
		right = right && row->value[i] != NULL;
	}
	return right;
}

static bool
take_row(struct load *l, enum load_sheet sheet, const struct csv_row *raw, TALLOC_CTX *ctx,
         struct load_row *row)
{
	struct sheet *s = &l->sheets[sheet];

	row->line = raw->line;
	if (raw->n != s->n_fields) {
		sheet_wrong(l, sheet, raw->line, "%zu fields, and the first line names %zu", raw->n,
		            s->n_fields);
		return false;
	}
	return take_values(l, sheet, raw, ctx, row);
}

/* Room grows by doubling: a roll has a million rows. */
static void
remember(struct sheet *s, const struct load_row *row)
{
	for (size_t i = 0; i < s->n_columns; i++) {
		if (!s->columns[i].once)
			continue;
		if ((s->n_rows & (s->n_rows - 1)) == 0)
			s->seen[i] = talloc_realloc(s->csv, s->seen[i], struct load_seen,
			                            (unsigned)(s->n_rows * 2 + 1));
		s->seen[i][s->n_rows] =
		    (struct load_seen){talloc_strdup(s->seen[i], row->value[i]), row->line};
	}
	s->n_rows++;
}

static int
compare_seen(const void *a, const void *b)
{
	const struct load_seen *x = a, *y = b;
	int order = strcmp(x->value, y->value);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void
check_once(struct load *l, enum load_sheet sheet, size_t column)
{
	struct sheet *s = &l->sheets[sheet];
	struct load_seen *seen = s->seen[column];

	if (!s->columns[column].once || s->n_rows < 2)
		return;
	qsort(seen, s->n_rows, sizeof(*seen), compare_seen);
	for (size_t i = 1; i < s->n_rows; i++)
		if (strcmp(seen[i].value, seen[i - 1].value) == 0)
			sheet_wrong(l, sheet, seen[i].line, "%s %s stands already in line %zu",
			            s->columns[column].name, seen[i].value, seen[i - 1].line);
}

/* Which of two times must come first, where both are told. */
static void
check_election(struct load *l, const struct load_row *row)
{
	static const struct {
		size_t first, then;
	} orders[] = {
	    {ELECTION_OPENS, ELECTION_CLOSES},
	    {ELECTION_ROLLS_FROM, ELECTION_ROLLS_UNTIL},
	    {ELECTION_ROLLS_FROM, ELECTION_CLAIMS_UNTIL},
	    {ELECTION_CLAIMS_UNTIL, ELECTION_OPENS},
	    {ELECTION_LISTS_AT, ELECTION_OPENS},
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		const char *first = row->value[orders[i].first], *then = row->value[orders[i].then];

		if (first[0] != '\0' && then[0] != '\0' && strtoll(first, NULL, 10) >= strtoll(then, NULL, 10))
			sheet_wrong(l, LOAD_ELECTION, row->line, "%s must come after %s", election_columns[orders[i].then].name,
			            election_columns[orders[i].first].name);
	}
}

static void
check_rows(struct load *l, enum load_sheet sheet)
{
	struct sheet *s = &l->sheets[sheet];
	struct csv_row raw;
	enum csv_step step;

	while ((step = csv_next(s->csv, &raw)) != CSV_END) {
		TALLOC_CTX *ctx = talloc_new(l->ctl);
		struct load_row row;

		if (step == CSV_WRONG)
			sheet_wrong(l, sheet, raw.line, "%s", csv_why(s->csv));
		else if (take_row(l, sheet, &raw, ctx, &row)) {
			remember(s, &row);
			if (sheet == LOAD_ELECTION)
				check_election(l, &row);
		}
		talloc_free(ctx);
		ctl_progress(files[sheet], csv_percent(s->csv));
	}
	for (size_t i = 0; i < s->n_columns; i++)
		check_once(l, sheet, i);
}

/* Sorted by check_once, or alone. */
static void
keep_codes(struct load *l)
{
	struct sheet *s = &l->sheets[LOAD_SCRUTINS];

	l->codes = talloc_array(l->ctl, const char *, (unsigned)s->n_rows + 1);
	l->n_codes = s->n_rows;
	for (size_t i = 0; i < s->n_rows; i++)
		l->codes[i] = s->seen[SCRUTINS_CODE][i].value;
}

static void
check_sheet(struct load *l, enum load_sheet sheet, const char *dir)
{
	struct sheet *s = &l->sheets[sheet];
	size_t before = l->n_errors;
	char *why = NULL;

	s->path = talloc_asprintf(l->ctl, "%s/%s", dir, files[sheet]);
	s->columns = tables[sheet].columns;
	s->n_columns = tables[sheet].n;
	s->csv = csv_open(l->ctl, s->path, &why);
	if (s->csv == NULL) {
		sheet_wrong(l, sheet, 0, "%s", why + strlen(s->path) + 2);
		return;
	}
	if (!read_header(l, sheet))
		return;
	check_rows(l, sheet);
	if (s->n_rows == 0 && l->n_errors == before)
		sheet_wrong(l, sheet, 1, "no row after the columns' names");
}

static int
compare_errors(const void *a, const void *b)
{
	const struct load_error *x = a, *y = b;

	if (x->sheet != y->sheet)
		return (int)x->sheet - (int)y->sheet;
	return (x->line > y->line) - (x->line < y->line);
}

void
sheet_check_all(struct load *l, const char *dir)
{
	for (enum load_sheet sheet = 0; sheet < LOAD__MAX; sheet++) {
		size_t before = l->n_errors;

		check_sheet(l, sheet, dir);
		if (sheet == LOAD_SCRUTINS && l->n_errors == before)
			keep_codes(l);
	}
	if (l->sheets[LOAD_ELECTION].n_rows > 1)
		sheet_wrong(l, LOAD_ELECTION, 3, "one election at a time: one row");
	if (l->n_errors > 0)
		qsort(l->errors, l->n_errors < ERRORS_KEPT ? l->n_errors : ERRORS_KEPT, sizeof(*l->errors),
		      compare_errors);
}

void
sheet_rewind(struct load *l, enum load_sheet sheet)
{
	struct csv_row header;

	csv_rewind(l->sheets[sheet].csv);
	must(csv_next(l->sheets[sheet].csv, &header) == CSV_ROW);
}

bool
sheet_next(struct load *l, enum load_sheet sheet, TALLOC_CTX *ctx, struct load_row *row)
{
	struct csv_row raw;
	enum csv_step step = csv_next(l->sheets[sheet].csv, &raw);

	ctl_progress(files[sheet], csv_percent(l->sheets[sheet].csv));
	if (step == CSV_END)
		return false;
	must(step == CSV_ROW && take_row(l, sheet, &raw, ctx, row));
	return true;
}
