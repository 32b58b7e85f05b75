/* The rows of an import: each value checked and folded by its column's rule, then written as MariaDB's LOAD DATA reads it. */
#include "ctl/import.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"
#include "common/name.h"

#define DOMAINS 1024 /* places; a roll has a few dozen domains */
#define DOMAIN_MAX 80
#define SCRUTINS_MOST 60 /* of one person; seven is the most that was seen */

struct row {
	TALLOC_CTX *ctx; /* emptied after each row */
	size_t line;
	const char *value[IMPORT_COLUMNS_MAX];
	bool right;
};

typedef void write_fn(struct import *im, struct row *row, struct import_text *out);

static const char *
column_name(const struct import *im, size_t column)
{
	size_t n;

	return import_columns(im->what, &n)[column].is.name;
}

static void
refuse(struct import *im, struct row *row, size_t column, const char *why)
{
	import_wrong(im, row->line, column_name(im, column), row->value[column], "%s", why);
	row->right = false;
}

/* ---- Identifiers: IDNA takes microseconds, and nearly all of millions stand there folded, with a domain that was seen before. ---- */

static char domains[DOMAINS][DOMAIN_MAX];

static char *
domain_place(const char *domain)
{
	unsigned hash = 5381;

	for (const char *p = domain; *p != '\0'; p++)
		hash = hash * 33 + (unsigned char)*p;
	return domains[hash % DOMAINS];
}

static bool
is_folded(const char *text)
{
	const char *at = strchr(text, '@');
	size_t len = at != NULL ? (size_t)(at - text) : 0;

	if (len == 0 || len > 64 || text[0] == '.' || at[-1] == '.' || strcmp(domain_place(at + 1), at + 1) != 0)
		return false;
	for (const char *p = text; p < at; p++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_", *p) == NULL || (*p == '.' && p[1] == '.'))
			return false;
	return true;
}

static const char *
fold_cached(TALLOC_CTX *ctx, const char *text)
{
	const char *folded, *domain;

	if (is_folded(text))
		return text;
	folded = fold_identifier(ctx, text);
	if (folded == NULL)
		return NULL;
	domain = fold_domain(folded);
	if (strlen(domain) < DOMAIN_MAX)
		strcpy(domain_place(domain), domain);
	return folded;
}

/* ---- Values ---- */

static const char *
civility(TALLOC_CTX *ctx, const char *text)
{
	static const struct {
		const char *folded, *is;
	} rows[] = {
	    {"m", "M."}, {"mr", "M."}, {"monsieur", "M."}, {"mme", "Mme"}, {"madame", "Mme"}, {"mlle", "Mme"}, {"mademoiselle", "Mme"}, {"", ""},
	};
	const char *folded = fold_words(ctx, text);

	for (size_t i = 0; folded != NULL && i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].folded, folded) == 0)
			return rows[i].is;
	return NULL;
}

static void
take_values(struct import *im, const struct csv_row *raw, struct row *row)
{
	size_t n;
	const struct import_column *columns = import_columns(im->what, &n);

	for (size_t i = 0; i < n; i++) {
		const char *why = NULL, *value = im->place[i] != IMPORT_NONE ? raw->field[im->place[i]] : "";
		bool plain = columns[i].is.rule == RULE_IDENTIFIER && is_folded(value) && strlen(value) <= columns[i].is.most;

		row->value[i] = value;
		if (plain || (value[0] == '\0' && columns[i].is.least == 0 && !rule_is_optional(columns[i].is.rule)))
			continue;
		value = rule_apply(&im->rules, row->ctx, &columns[i].is, value, &why);
		if (value == NULL)
			refuse(im, row, i, why);
		else
			row->value[i] = columns[i].is.rule == RULE_IDENTIFIER ? fold_cached(row->ctx, value) : value;
	}
}

/* ---- Lines for LOAD DATA: tabs between, a backslash doubled; control characters never got this far. ---- */

static void
put(struct import_text *out, const char *text, char end)
{
	size_t most = 2 * strlen(text) + 1;

	if (out->len + most > out->size) {
		out->size = 2 * (out->len + most);
		out->data = talloc_realloc(NULL, out->data, char, out->size);
	}
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			out->data[out->len++] = '\\';
		out->data[out->len++] = *text;
	}
	out->data[out->len++] = end;
}

static void
put_number(struct import_text *out, int64_t n, char end)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	put(out, text, end);
}

/* The id of a scrutin of this election, or 0: then *near_r may be what was meant. */
static int64_t
scrutin_id(const struct import *im, const char *code, const char **near_r)
{
	size_t low = 0, high = im->n_codes;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(code, im->codes[middle]);

		if (order == 0)
			return im->code_ids[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*near_r = text_nearest(code, im->codes, im->n_codes);
	return 0;
}

static int64_t
get_scrutin(struct import *im, struct row *row, size_t column, const char *code)
{
	const char *near = NULL;
	int64_t id = scrutin_id(im, code, &near);

	if (id == 0)
		refuse(im, row, column,
		       talloc_asprintf(row->ctx, "%s is no scrutin of this election%s", code, text_did_you_mean(row->ctx, near)));
	return id;
}

/* ---- One kind of row each ---- */

static int
compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The ids of a person's scrutins, in their order. */
static size_t
take_scrutins(struct import *im, struct row *row, int64_t *ids, size_t most)
{
	const char *code;
	size_t n = 0;

	for (size_t i = 0; (code = rule_code_at(row->ctx, row->value[IN_ELECTORS_SCRUTINS], i)) != NULL && n < most; i++)
		if ((ids[n] = get_scrutin(im, row, IN_ELECTORS_SCRUTINS, code)) != 0)
			n++;
	if (code != NULL)
		refuse(im, row, IN_ELECTORS_SCRUTINS, "names too many scrutins");
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < n; i++)
		if (ids[i] == ids[i - 1])
			refuse(im, row, IN_ELECTORS_SCRUTINS, "names a scrutin twice");
	return n;
}

static void
fold_elector(struct import *im, struct row *row)
{
	const char **v = row->value, *civil = civility(row->ctx, v[IN_ELECTORS_CIVILITY]), *previous;

	if (civil == NULL)
		refuse(im, row, IN_ELECTORS_CIVILITY, "takes M., Mme or nothing");
	else
		v[IN_ELECTORS_CIVILITY] = civil;
	if (v[IN_ELECTORS_TIME_ZONE][0] == '\0')
		v[IN_ELECTORS_TIME_ZONE] = "Europe/Paris";
	if (v[IN_ELECTORS_PREVIOUS][0] == '\0')
		return;
	previous = fold_cached(row->ctx, v[IN_ELECTORS_PREVIOUS]);
	if (previous == NULL)
		refuse(im, row, IN_ELECTORS_PREVIOUS, "takes a mail address, or nothing");
	else
		v[IN_ELECTORS_PREVIOUS] = previous;
}

static void
write_elector(struct import *im, struct row *row, struct import_text *out)
{
	const char **v = row->value;
	int64_t ids[SCRUTINS_MOST];
	size_t n = take_scrutins(im, row, ids, SCRUTINS_MOST);

	fold_elector(im, row);
	if (!row->right)
		return;
	put_number(out, (int64_t)row->line, '\t');
	put(out, v[IN_ELECTORS_IDENTIFIER], '\t');
	put(out, v[IN_ELECTORS_PREVIOUS], '\t');
	for (size_t i = IN_ELECTORS_CIVILITY; i <= IN_ELECTORS_TIME_ZONE; i++)
		put(out, v[i], '\t');
	put(out, name_key(row->ctx, v[IN_ELECTORS_FAMILY_NAME], v[IN_ELECTORS_GIVEN_NAME]), '\t');
	put(out, v[IN_ELECTORS_POSTING][0] != '\0' ? name_posting_key(row->ctx, v[IN_ELECTORS_POSTING]) : "", '\t');
	for (size_t i = 0; i < n; i++)
		put_number(out, ids[i], i + 1 < n ? ',' : '\n');
	if (n == 0)
		put(out, "", '\n');
}

static void
write_roll(struct import *im, struct row *row, struct import_text *out)
{
	int64_t id = get_scrutin(im, row, IN_ROLL_SCRUTIN, row->value[IN_ROLL_SCRUTIN]);

	if (id == 0)
		return;
	put_number(out, (int64_t)row->line, '\t');
	put(out, row->value[IN_ROLL_IDENTIFIER], '\t');
	put_number(out, id, '\n');
}

static void
write_scrutin(struct import *im, struct row *row, struct import_text *out)
{
	size_t n;

	import_columns(im->what, &n);
	put_number(out, (int64_t)row->line, '\t');
	for (size_t i = 0; i < n; i++)
		put(out, row->value[i], i + 1 < n ? '\t' : '\n');
}

static void
write_row(struct import *im, const struct csv_row *raw, TALLOC_CTX *ctx, struct import_text *out)
{
	static write_fn *const writers[IMPORT__MAX] = {
	    [IMPORT_ELECTORS] = write_elector, [IMPORT_ROLL] = write_roll, [IMPORT_SCRUTINS] = write_scrutin,
	};
	struct row row = {.ctx = ctx, .line = raw->line, .right = true};

	if (raw->n != im->n_fields) {
		import_wrong(im, raw->line, "", "", "%zu fields, and the first line names %zu", raw->n, im->n_fields);
		return;
	}
	take_values(im, raw, &row);
	if (row.right)
		writers[im->what](im, &row, out);
}

bool
import_row(struct import *im, struct import_text *out)
{
	struct csv_row raw;
	enum csv_step step = csv_next(im->csv, &raw);
	TALLOC_CTX *ctx;

	if (step == CSV_END)
		return false;
	im->n_rows++;
	if (step == CSV_WRONG) {
		import_wrong(im, raw.line, "", "", "%s", csv_why(im->csv));
		return true;
	}
	ctx = talloc_pool(im->ctl, 4096);
	write_row(im, &raw, ctx, out);
	talloc_free(ctx);
	return true;
}
