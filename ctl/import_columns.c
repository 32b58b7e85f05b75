/* Columns by the names that offices give them: folded, so that « Prénom », "PRENOM" and "prenom" are one. */
#include "ctl/import.h"

#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"

#define NAMES_MAX 80

#define X(name, column, rule, least, most, needed, also) {{column, RULE_##rule, least, most, false}, needed, also},
static const struct import_column electors_columns[] = {IMPORT_ELECTORS_COLUMNS(X)};
static const struct import_column roll_columns[] = {IMPORT_ROLL_COLUMNS(X)};
static const struct import_column scrutins_columns[] = {IMPORT_SCRUTINS_COLUMNS(X)};
#undef X

#define TABLE(columns) {columns, sizeof(columns) / sizeof(*columns)}
static const struct {
	const struct import_column *columns;
	size_t n;
} tables[IMPORT__MAX] = {
    [IMPORT_ELECTORS] = TABLE(electors_columns),
    [IMPORT_ROLL] = TABLE(roll_columns),
    [IMPORT_SCRUTINS] = TABLE(scrutins_columns),
};

const struct import_column *
import_columns(enum import_what what, size_t *n_r)
{
	*n_r = tables[what].n;
	return tables[what].columns;
}

/* All names that a column goes by: its own, then the others. */
static size_t
names_of(TALLOC_CTX *ctx, const struct import_column *column, const char **names)
{
	char *also = talloc_strdup(ctx, column->also), *rest = NULL;
	size_t n = 0;

	names[n++] = fold_words(ctx, column->is.name);
	for (char *s = strtok_r(also, "|", &rest); s != NULL; s = strtok_r(NULL, "|", &rest)) {
		must(n < NAMES_MAX);
		names[n++] = s;
	}
	return n;
}

/* As good as the name of a column: "familly_name". */
static void
find_near(TALLOC_CTX *ctx, enum import_what what, const char *folded, const char **near_r)
{
	const char *names[NAMES_MAX], *near;
	size_t least = SIZE_MAX, distance;

	*near_r = NULL;
	for (size_t i = 0; i < tables[what].n; i++) {
		size_t n = names_of(ctx, &tables[what].columns[i], names);

		near = text_nearest(folded, names, n);
		distance = near != NULL ? text_distance(folded, near) : SIZE_MAX;
		if (distance < least) {
			least = distance;
			*near_r = tables[what].columns[i].is.name;
		}
	}
}

size_t
import_column_find(TALLOC_CTX *ctx, enum import_what what, const char *name, const char **near_r)
{
	const char *names[NAMES_MAX], *folded = fold_words(ctx, name);

	*near_r = NULL;
	if (folded == NULL || folded[0] == '\0')
		return IMPORT_NONE;
	for (size_t i = 0; i < tables[what].n; i++)
		for (size_t n = names_of(ctx, &tables[what].columns[i], names); n > 0; n--)
			if (strcmp(names[n - 1], folded) == 0)
				return i;
	find_near(ctx, what, folded, near_r);
	return IMPORT_NONE;
}

static void
refuse_column(struct import *im, size_t line, const char *name, const char *near)
{
	if (near != NULL)
		import_wrong(im, line, name, "", "unknown column; did you mean %s? Take the column out if it is to be passed over", near);
	else
		import_wrong(im, line, name, "", "unknown column: take it out, or give it one of the names that isoloirctl(1) lists");
}

static void
place_field(struct import *im, const struct csv_row *header, size_t field)
{
	const struct import_column *columns = tables[im->what].columns;
	const char *name = header->field[field], *near;
	size_t column = import_column_find(im->ctl, im->what, name, &near);

	if (column == IMPORT_NONE)
		refuse_column(im, header->line, name, near);
	else if (im->place[column] != IMPORT_NONE)
		import_wrong(im, header->line, columns[column].is.name, name, "stands there twice: %s is another name of it",
		             header->field[im->place[column]]);
	else
		im->place[column] = field;
}

bool
import_header(struct import *im)
{
	struct csv_row header;
	int64_t before = im->n_errors;
	enum csv_step step = csv_next(im->csv, &header);

	if (step != CSV_ROW) {
		import_wrong(im, header.line, "", "", "%s", step == CSV_END ? "empty; its first line names the columns" : csv_why(im->csv));
		return false;
	}
	im->n_fields = header.n;
	for (size_t i = 0; i < IMPORT_COLUMNS_MAX; i++)
		im->place[i] = IMPORT_NONE;
	for (size_t i = 0; i < header.n; i++)
		place_field(im, &header, i);
	for (size_t i = 0; i < tables[im->what].n; i++)
		if (im->place[i] == IMPORT_NONE && tables[im->what].columns[i].needed)
			import_wrong(im, header.line, tables[im->what].columns[i].is.name, "", "this column is missing");
	return im->n_errors == before;
}
