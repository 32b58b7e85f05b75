#include "ctl/fields.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/dates.h"
#include "ctl/office.h"

#define SHOWN_MAX 80 /* characters of a value in the audit trail */

static bool
is_time(const struct load_column *column)
{
	return column->rule == RULE_TIME || column->rule == RULE_OPTIONAL_TIME;
}

static int
find_field(struct ctl *c, const struct fields *f, const char *name, size_t *at_r)
{
	const char *known[FIELDS_MAX];

	for (size_t i = 0; i < f->n; i++) {
		known[i] = f->columns[i].name;
		if (strcmp(known[i], name) == 0) {
			*at_r = i;
			return EX_OK;
		}
	}
	return ctl_fail(c, EX_USAGE, "nothing is called %s here%s", name, text_did_you_mean(c, text_nearest(name, known, f->n)));
}

static int
take_word(struct ctl *c, struct fields *f, const char *word, bool *named)
{
	const struct load rules = {.ctl = c, .now_s = f->now_s};
	const char *equals = strchr(word, '='), *why = NULL, *value;
	size_t at = 0;
	int rc;

	if (equals == NULL)
		return ctl_fail(c, EX_USAGE, "%s is not of the form KEY=VALUE", word);
	rc = find_field(c, f, talloc_strndup(c, word, (size_t)(equals - word)), &at);
	if (rc != EX_OK)
		return rc;
	if (named[at])
		return ctl_fail(c, EX_USAGE, "%s stands there twice", f->columns[at].name);
	named[at] = true;
	if (!text_is_utf8(equals + 1, strlen(equals + 1)))
		return ctl_fail(c, EX_DATAERR, "%s is not UTF-8", f->columns[at].name);
	value = rule_apply(&rules, c, &f->columns[at], equals + 1, &why);
	if (value == NULL)
		return ctl_fail(c, EX_DATAERR, "%s %s", f->columns[at].name, why);
	f->after[at] = value;
	return EX_OK;
}

int
fields_read(struct ctl *c, struct fields *f, size_t first)
{
	bool named[FIELDS_MAX] = {false};
	int rc = EX_OK;

	for (size_t i = 0; i < f->n; i++)
		f->after[i] = f->before[i];
	for (size_t i = first; i < c->n_args && rc == EX_OK; i++)
		rc = take_word(c, f, c->args[i], named);
	return rc;
}

int
fields_need(struct ctl *c, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->columns[i].least > 0 && f->after[i][0] == '\0')
			return ctl_fail(c, EX_USAGE, "%s must be told, as %s=…", f->columns[i].name, f->columns[i].name);
	return EX_OK;
}

static const char *
shown(TALLOC_CTX *ctx, const struct load_column *column, const char *value)
{
	if (!is_time(column))
		return value;
	return value[0] == '\0' ? "" : date_text(ctx, strtoll(value, NULL, 10));
}

static bool
is_changed(const struct fields *f, size_t i)
{
	return strcmp(f->before[i], f->after[i]) != 0;
}

/* Programs get rows, people lines with an arrow. */
static void
tell_change(struct ctl *c, struct js *list, char **lines, const char *name, const char *before, const char *after)
{
	struct js *row = js_object(c);

	js_set_text(row, "name", name);
	js_set_text(row, "before", before);
	js_set_text(row, "after", after);
	js_push(list, row);
	*lines = talloc_asprintf_append(*lines, "%s: %s → %s\n", name, before[0] != '\0' ? before : "(nothing)",
	                                after[0] != '\0' ? after : "(nothing)");
}

size_t
fields_tell(struct ctl *c, const struct fields *f, const char *sentence)
{
	struct js *list = js_array(c);
	char *lines = talloc_strdup(c, "");

	for (size_t i = 0; i < f->n; i++)
		if (is_changed(f, i))
			tell_change(c, list, &lines, f->columns[i].name, shown(c, &f->columns[i], f->before[i]),
			            shown(c, &f->columns[i], f->after[i]));
	if (ctl_has(c, OPTION_JSON))
		js_set(c->out, "changes", list);
	ctl_say(c, "%s%s", ctl_has(c, OPTION_JSON) ? "" : lines, js_size(list) > 0 ? sentence : "Nothing to change: it is so already.");
	return js_size(list);
}

/* The reason that follows must keep its room. */
static const char *
cut(TALLOC_CTX *ctx, const char *value)
{
	size_t bytes = 0;

	for (size_t n = 0; value[bytes] != '\0' && n < SHOWN_MAX; n++)
		do
			bytes++;
		while (((unsigned char)value[bytes] & 0xc0) == 0x80);
	return value[bytes] == '\0' ? value : talloc_asprintf(ctx, "%.*s…", (int)bytes, value);
}

int
fields_audit(struct ctl *c, struct db *d, int64_t election_id, const struct fields *f, const char *act, const char *about)
{
	for (size_t i = 0; i < f->n; i++) {
		const char *detail;

		if (!is_changed(f, i))
			continue;
		detail = talloc_asprintf(c, "%s%s%s \"%s\" → \"%s\"", about, about[0] != '\0' ? " " : "", f->columns[i].name,
		                         cut(c, shown(c, &f->columns[i], f->before[i])), cut(c, shown(c, &f->columns[i], f->after[i])));
		if (office_audit(c, d, election_id, act, detail) == -1)
			return -1;
	}
	return 0;
}
