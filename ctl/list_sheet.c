#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/list_import.h"
#include "ctl/load.h"

#define ERRORS_SHOWN 50
#define RANKS_MAX 200

#define X(name, column, rule, least, most, optional) {column, RULE_##rule, least, most, false},
static const struct load_column columns[COLUMN__MAX] = {LIST_COLUMNS(X)};
#undef X
#define X(name, column, rule, least, most, optional) optional,
static const bool may_lack[COLUMN__MAX] = {LIST_COLUMNS(X)};
#undef X

void
list_import_wrong(struct list_import *i, size_t line, const char *fmt, ...)
{
	char *sentence, *text;
	va_list ap;

	if (i->n_errors++ >= ERRORS_SHOWN)
		return;
	va_start(ap, fmt);
	sentence = talloc_vasprintf(i->ctl, fmt, ap);
	va_end(ap);
	text = line != 0 ? talloc_asprintf(i->ctl, "%s:%zu: %s", i->path, line, sentence) : talloc_asprintf(i->ctl, "%s: %s", i->path, sentence);
	js_push_text(i->errors, text);
	if (!ctl_has(i->ctl, OPTION_JSON))
		fprintf(stderr, "%s\n", text);
}

/* ---- the header ---- */

static void
map_field(struct list_import *i, const struct csv_row *header, size_t field)
{
	const char *known[COLUMN__MAX];

	for (size_t k = 0; k < COLUMN__MAX; k++) {
		known[k] = columns[k].name;
		if (strcmp(known[k], header->field[field]) != 0)
			continue;
		if (i->place[k] != LOAD_ABSENT)
			list_import_wrong(i, header->line, "column %s stands there twice", known[k]);
		i->place[k] = field;
		return;
	}
	list_import_wrong(i, header->line, "unknown column \"%s\"%s", header->field[field],
	                  text_did_you_mean(i->ctl, text_nearest(header->field[field], known, COLUMN__MAX)));
}

static bool
read_header(struct list_import *i)
{
	struct csv_row header;
	enum csv_step step = csv_next(i->csv, &header);

	if (step != CSV_ROW) {
		list_import_wrong(i, 1, "%s", step == CSV_END ? "empty; its first line names the columns" : csv_why(i->csv));
		return false;
	}
	i->n_fields = header.n;
	for (size_t k = 0; k < COLUMN__MAX; k++)
		i->place[k] = LOAD_ABSENT;
	for (size_t f = 0; f < header.n; f++)
		map_field(i, &header, f);
	for (size_t k = 0; k < COLUMN__MAX; k++)
		if (i->place[k] == LOAD_ABSENT && !may_lack[k])
			list_import_wrong(i, header.line, "column %s is missing", columns[k].name);
	return i->n_errors == 0;
}

/* ---- rows ---- */

static bool
take_values(struct list_import *i, const struct csv_row *raw, const char *value[COLUMN__MAX])
{
	const char *why = NULL;
	bool right = true;

	for (size_t k = 0; k < COLUMN__MAX; k++) {
		const char *text = i->place[k] != LOAD_ABSENT ? raw->field[i->place[k]] : "";

		value[k] = rule_apply(NULL, i->ctl, &columns[k], text, &why);
		if (value[k] != NULL)
			value[k] = talloc_strdup(i->ctl, value[k]); /* the field itself is good until the next row */
		else
			list_import_wrong(i, raw->line, "%s %s", columns[k].name, why);
		right = right && value[k] != NULL;
	}
	return right;
}

static bool
is_of(const struct entry *e, const char *const value[COLUMN__MAX])
{
	return strcmp(e->value[COLUMN_LIST], value[COLUMN_LIST]) == 0 && strcmp(e->value[COLUMN_SCRUTIN], value[COLUMN_SCRUTIN]) == 0;
}

/* The rows of a list stand together: else a person would hardly see what belongs to it, and we would look for it each time. */
static struct entry *
entry_of(struct list_import *i, size_t line, const char *const value[COLUMN__MAX])
{
	if (i->n > 0 && is_of(&i->entries[i->n - 1], value))
		return &i->entries[i->n - 1];
	for (size_t k = 0; k < i->n; k++)
		if (is_of(&i->entries[k], value)) {
			list_import_wrong(i, line, "list %s of %s has rows from line %zu on already: they stand together", value[COLUMN_LIST],
			                  value[COLUMN_SCRUTIN], i->entries[k].line);
			return NULL;
		}
	if ((i->n & (i->n - 1)) == 0)
		i->entries = talloc_realloc(i->ctl, i->entries, struct entry, (unsigned)(2 * i->n + 1));
	i->entries[i->n] = (struct entry){.line = line};
	memcpy(i->entries[i->n].value, value, sizeof(i->entries[i->n].value));
	return &i->entries[i->n++];
}

/* What is said of the list in a later row is the same, or nothing. */
static void
check_repeat(struct list_import *i, const struct entry *e, size_t line, const char *const value[COLUMN__MAX])
{
	static const enum list_column said[] = {COLUMN_TITLE, COLUMN_SIGLE, COLUMN_ORGANIZATION, COLUMN_LOGO, COLUMN_STATEMENT, COLUMN_PDF};

	for (size_t k = 0; k < sizeof(said) / sizeof(*said); k++)
		if (value[said[k]][0] != '\0' && strcmp(value[said[k]], e->value[said[k]]) != 0)
			list_import_wrong(i, line, "%s is another one than in line %zu", columns[said[k]].name, e->line);
}

static void
take_person(struct list_import *i, struct entry *e, size_t line, const char *const value[COLUMN__MAX])
{
	size_t rank = (size_t)strtoul(value[COLUMN_RANK], NULL, 10);

	if (value[COLUMN_GIVEN_NAME][0] == '\0' && value[COLUMN_FAMILY_NAME][0] == '\0' && rank == 0) {
		if (e->line != line)
			list_import_wrong(i, line, "neither a candidate nor a new list");
		return;
	}
	if (value[COLUMN_GIVEN_NAME][0] == '\0' || value[COLUMN_FAMILY_NAME][0] == '\0')
		list_import_wrong(i, line, "a candidate has a given_name and a family_name");
	if (rank != e->n + 1 || rank > RANKS_MAX)
		list_import_wrong(i, line, "rank %zu, and it is the turn of %zu (%d at most)", rank, e->n + 1, RANKS_MAX);
	e->people = talloc_realloc(i->ctl, e->people, struct person, (unsigned)e->n + 1);
	e->people[e->n++] = (struct person){
	    line, {value[COLUMN_CIVILITY], value[COLUMN_GIVEN_NAME], value[COLUMN_FAMILY_NAME], value[COLUMN_POSTING]}};
	i->n_people++;
}

static void
take_row(struct list_import *i, const struct csv_row *raw)
{
	const char *value[COLUMN__MAX];
	struct entry *e;

	if (raw->n != i->n_fields) {
		list_import_wrong(i, raw->line, "%zu fields, and the first line names %zu", raw->n, i->n_fields);
		return;
	}
	if (!take_values(i, raw, value) || (e = entry_of(i, raw->line, value)) == NULL)
		return;
	check_repeat(i, e, raw->line, value);
	take_person(i, e, raw->line, value);
}

void
list_sheet_read(struct list_import *i)
{
	struct csv_row raw;
	enum csv_step step;
	char *why = NULL;

	i->csv = csv_open(i->ctl, i->path, &why);
	if (i->csv == NULL) {
		list_import_wrong(i, 0, "%s", why + strlen(i->path) + 2);
		return;
	}
	if (!read_header(i))
		return;
	while ((step = csv_next(i->csv, &raw)) != CSV_END) {
		if (step == CSV_WRONG)
			list_import_wrong(i, raw.line, "%s", csv_why(i->csv));
		else
			take_row(i, &raw);
		ctl_progress(i->path, csv_percent(i->csv));
	}
	if (i->n == 0 && i->n_errors == 0)
		list_import_wrong(i, 1, "no row after the columns' names");
}

/* ---- what a whole list must have ---- */

void
list_sheet_check(struct list_import *i, const struct entry *e)
{
	const char *why = lists_code_fault(i->ctl, e->value[COLUMN_LIST]);

	if (why != NULL)
		list_import_wrong(i, e->line, "list %s", why);
	if (e->value[COLUMN_TITLE][0] == '\0' || e->value[COLUMN_SIGLE][0] == '\0')
		list_import_wrong(i, e->line, "the first row of a list gives its title and its sigle");
	if (e->is_sigle && e->n > 0)
		list_import_wrong(i, e->people[0].line, "%s is a vote on organizations: its lists have no candidates", e->value[COLUMN_SCRUTIN]);
	if (!e->is_sigle && e->n == 0)
		list_import_wrong(i, e->line, "list %s of %s has no candidate", e->value[COLUMN_LIST], e->value[COLUMN_SCRUTIN]);
}
