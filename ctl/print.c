/*
 * An answer for people, from the same object that --json prints: simple members as "name: value", an array of
 * objects as a table with a title, "message" as the last line. The shape of an answer is thus the shape of
 * its page.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/ctl.h"

#define COLUMNS_MAX 24
#define CELL_MAX 60 /* longer ones are cut in tables, but in the last column; --json has them whole */
#define LAST_MAX 300

/* "due_at" reads "due at". */
static void
print_name(FILE *out, const char *name, size_t width)
{
	size_t n = text_length(name);

	for (; *name != '\0'; name++)
		fputc(*name == '_' ? ' ' : *name, out);
	for (; n < width; n++)
		fputc(' ', out);
}

static void
print_cell(FILE *out, const char *text, size_t width, bool last)
{
	size_t n = text_length(text);

	fputs(text, out);
	for (; n < width && !last; n++)
		fputc(' ', out);
	fputs(last ? "\n" : "  ", out);
}

static bool
is_table(const struct js *value)
{
	return value != NULL && js_size(value) > 0 && js_at(value, 0) != NULL &&
	       js_name(js_at(value, 0), 0) != NULL;
}

/* Control characters would let a name from a file or a relay's reply draw on the operator's terminal. */
static char *
cell_text(TALLOC_CTX *ctx, const struct js *row, const char *name, size_t max)
{
	struct js *value = js_get(row, name);
	char *text = value != NULL ? js_plain(ctx, value) : talloc_strdup(ctx, "");
	char *end = text;

	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	for (size_t n = 0; *end != '\0' && n < max; n++)
		do
			end++;
		while (((unsigned char)*end & 0xc0) == 0x80);
	*end = '\0';
	return text;
}

struct grid {
	const char *names[COLUMNS_MAX];
	size_t widths[COLUMNS_MAX];
	size_t n;
};

/* The columns are the members of the first row. */
static void
measure(TALLOC_CTX *ctx, const struct js *rows, struct grid *g)
{
	const char *name;

	while (g->n < COLUMNS_MAX && (name = js_name(js_at(rows, 0), g->n)) != NULL) {
		g->names[g->n] = name;
		g->widths[g->n] = text_length(name);
		for (size_t i = 0; i < js_size(rows); i++) {
			size_t len = text_length(cell_text(ctx, js_at(rows, i), name, CELL_MAX));

			if (len > g->widths[g->n])
				g->widths[g->n] = len;
		}
		g->n++;
	}
}

static void
print_table(FILE *out, const char *title, const struct js *rows)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct grid g = {.n = 0};

	measure(ctx, rows, &g);
	fputc('\n', out);
	print_name(out, title, 0);
	fputs("\n  ", out);
	for (size_t i = 0; i < g.n; i++) {
		print_name(out, g.names[i], i + 1 < g.n ? g.widths[i] : 0);
		fputs(i + 1 < g.n ? "  " : "\n", out);
	}
	for (size_t r = 0; r < js_size(rows); r++) {
		fputs("  ", out);
		for (size_t i = 0; i < g.n; i++)
			print_cell(out, cell_text(ctx, js_at(rows, r), g.names[i], i + 1 < g.n ? CELL_MAX : LAST_MAX), g.widths[i],
			           i + 1 == g.n);
	}
	talloc_free(ctx);
}

static size_t
widest_name(const struct js *object)
{
	size_t widest = 0;
	const char *name;

	for (size_t i = 0; (name = js_name(object, i)) != NULL; i++)
		if (!is_table(js_get(object, name)) && strcmp(name, "message") != 0 &&
		    text_length(name) > widest)
			widest = text_length(name);
	return widest;
}

/* An empty array or object has nothing to show; a simple value never counts as one. */
static bool
is_empty(const struct js *value)
{
	char *text = js_plain(NULL, value);
	bool empty = strcmp(text, "[]") == 0 || strcmp(text, "{}") == 0;

	talloc_free(text);
	return empty;
}

static bool
is_shown(const char *name, const struct js *value)
{
	return strcmp(name, "message") != 0 && strcmp(name, "ok") != 0 && !is_empty(value);
}

/* A text that is longer than a cell, or has lines of its own, stands whole under its name. */
static void
print_whole(FILE *out, const char *name, const char *text)
{
	print_name(out, name, 0);
	fputs("\n  ", out);
	for (const char *s = text; *s != '\0'; s++) {
		fputc((unsigned char)*s < ' ' || *s == 127 ? *s == '\n' ? '\n' : ' ' : *s, out);
		if (*s == '\n')
			fputs("  ", out);
	}
	fputc('\n', out);
}

static void print_members(FILE *out, const struct js *object);

static void
print_member(FILE *out, const char *name, const struct js *value, const struct js *object, size_t width)
{
	if (is_table(value)) {
		print_table(out, name, value);
	} else if (js_name(value, 0) != NULL) {
		fputc('\n', out);
		print_name(out, name, 0);
		fputc('\n', out);
		print_members(out, value);
	} else if (strchr(js_text(object, name, ""), '\n') != NULL || text_length(js_text(object, name, "")) > CELL_MAX) {
		print_whole(out, name, js_text(object, name, ""));
	} else {
		char *text = cell_text(NULL, object, name, CELL_MAX);

		print_name(out, name, width);
		fprintf(out, "  %s\n", text);
		talloc_free(text);
	}
}

static void
print_members(FILE *out, const struct js *object)
{
	size_t width = widest_name(object);
	const char *name;

	for (size_t i = 0; (name = js_name(object, i)) != NULL; i++)
		if (is_shown(name, js_get(object, name)))
			print_member(out, name, js_get(object, name), object, width);
}

void
print_answer(FILE *out, const struct js *answer)
{
	const char *message = js_text(answer, "message", NULL);

	print_members(out, answer);
	if (message != NULL)
		fprintf(out, "%s\n", message);
}
