/*
 * Templates: reading. A file is parsed once into a tree of nodes that point into its text (tmpl_fill.c walks it). Nothing of a loaded set changes
 * afterwards, so that the workers share it with their master. A line on which a section or part sign stands alone leaves no line behind.
 */
#include "common/tmpl_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

#define DEPTH_MAX 16               /* sections within sections */
#define FILE_SIZE_MAX (256 * 1024) /* a page is a page */

struct parser {
	struct tmpl_set *set;
	struct tmpl_file *file;
	const char *start; /* of the file's text */
	const char *at;
	int line;
	int depth;
	char **why;
};

/* One {{…}}. */
struct sign {
	char mark;        /* # ^ / > or 0 for a variable */
	const char *name; /* trimmed, on the file */
	const char *from; /* what the text before it ends at, */
	const char *upto; /* and what the text after it starts at */
	int line;
};

static struct tmpl_file *file_load(struct parser *from, const char *name);
static bool block_parse(struct parser *p, struct block *b, const struct sign *opened);

/* ---- what is wrong ---- */

static bool parse_fail(struct parser *p, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

static bool
parse_fail(struct parser *p, int line, const char *fmt, ...)
{
	va_list args;
	char *text;

	if (*p->why != NULL)
		return false;
	va_start(args, fmt);
	text = talloc_vasprintf(p->file, fmt, args);
	va_end(args);
	*p->why = talloc_asprintf(talloc_parent(p->set), "%s:%d: %s", p->file->path, line, text);
	return false;
}

/* ---- names ---- */

static int
name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
tmpl_name_is_known(const struct tmpl_set *set, const char *name)
{
	return set->n_names > 0 &&
	       bsearch(&name, set->names, set->n_names, sizeof(*set->names), name_order) != NULL;
}

static bool
name_check(struct parser *p, const struct sign *s)
{
	const char *near;

	if (tmpl_name_is_known(p->set, s->name))
		return true;
	near = text_nearest(s->name, p->set->names, p->set->n_names);
	if (near == NULL)
		return parse_fail(p, s->line, "unknown variable \"%s\"", s->name);
	return parse_fail(p, s->line, "unknown variable \"%s\"; did you mean \"%s\"?", s->name, near);
}

static bool
name_is_wellformed(const char *name)
{
	return *name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

/* ---- signs ---- */

/* Where the line of `at` begins if only blanks stand before it, else NULL. */
static const char *
line_is_blank_before(const struct parser *p, const char *at)
{
	while (at > p->start && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == p->start || at[-1] == '\n' ? at : NULL;
}

/* Where the next line begins if only blanks stand before it, else NULL. */
static const char *
line_is_blank_after(const char *at)
{
	at += strspn(at, " \t\r");
	if (*at == '\0')
		return at;
	return *at == '\n' ? at + 1 : NULL;
}

/* A section or part sign alone on its line takes the whole line with it. */
static void
sign_widen(const struct parser *p, struct sign *s)
{
	const char *from = line_is_blank_before(p, s->from), *upto = line_is_blank_after(s->upto);

	if (s->mark == '\0' || from == NULL || upto == NULL)
		return;
	s->from = from;
	s->upto = upto;
}

/* Read the sign at `open` ("{{"). */
static bool
sign_read(struct parser *p, const char *open, struct sign *s)
{
	const char *inner = open + 2, *close = strstr(inner, "}}"), *eol = strchr(inner, '\n');

	if (close == NULL || (eol != NULL && eol < close))
		return parse_fail(p, s->line, "\"{{\" without \"}}\" on its line");
	s->mark = *inner != '\0' && strchr("#^/>", *inner) != NULL ? *inner++ : '\0';
	s->name = text_trim(p->file, talloc_strndup(p->file, inner, (size_t)(close - inner)));
	s->from = open;
	s->upto = close + 2;
	if (!name_is_wellformed(s->name))
		return parse_fail(p, s->line, "\"{{%.*s}}\" is not a sign of these templates",
		                  (int)(close - open - 2), open + 2);
	sign_widen(p, s);
	return true;
}

/* ---- the tree ---- */

static struct node *
node_add(struct parser *p, struct block *b, enum node_kind kind, const char *text, size_t len)
{
	struct node *n;

	b->nodes = talloc_realloc(p->file, b->nodes, struct node, b->n + 1);
	must(b->nodes != NULL);
	n = &b->nodes[b->n++];
	*n = (struct node){.kind = kind, .text = text, .len = len};
	return n;
}

static void
text_add(struct parser *p, struct block *b, const char *upto)
{
	if (upto > p->at)
		node_add(p, b, NODE_TEXT, p->at, (size_t)(upto - p->at));
}

static void
advance(struct parser *p, const char *to)
{
	for (; p->at < to; p->at++)
		p->line += *p->at == '\n';
}

static bool
variable_parse(struct parser *p, struct block *b, const struct sign *s)
{
	node_add(p, b, NODE_VARIABLE, s->name, strlen(s->name));
	return name_check(p, s);
}

static bool
section_parse(struct parser *p, struct block *b, const struct sign *s)
{
	enum node_kind kind = s->mark == '#' ? NODE_SECTION : NODE_INVERTED;
	struct block body = {NULL, 0};
	bool done;

	if (!name_check(p, s))
		return false;
	if (p->depth == DEPTH_MAX)
		return parse_fail(p, s->line, "more than %d sections within each other", DEPTH_MAX);
	p->depth++;
	done = block_parse(p, &body, s);
	p->depth--;
	node_add(p, b, kind, s->name, strlen(s->name))->body = body;
	return done;
}

static bool
part_parse(struct parser *p, struct block *b, const struct sign *s)
{
	const char *name = talloc_asprintf(p->file, "parts/%s%s", s->name, p->file->ending);
	const struct tmpl_file *part = file_load(p, name);

	if (part == NULL)
		return parse_fail(p, s->line, "part \"%s\" cannot be read: %s/%s: %s", s->name, p->set->dir,
		                  name, strerror(errno));
	if (part->is_open)
		return parse_fail(p, s->line, "part \"%s\" contains itself", s->name);
	node_add(p, b, NODE_PART, s->name, strlen(s->name))->part = part;
	return true;
}

static bool
sign_parse(struct parser *p, struct block *b, const struct sign *s)
{
	switch (s->mark) {
	case '\0':
		return variable_parse(p, b, s);
	case '>':
		return part_parse(p, b, s);
	default:
		return section_parse(p, b, s);
	}
}

static bool
close_check(struct parser *p, const struct sign *s, const struct sign *opened)
{
	if (opened == NULL)
		return parse_fail(p, s->line, "\"{{/%s}}\" closes nothing", s->name);
	if (strcmp(s->name, opened->name) != 0)
		return parse_fail(p, s->line, "\"{{/%s}}\" closes \"%s\", opened on line %d", s->name,
		                  opened->name, opened->line);
	return true;
}

/* Up to the end of the file, or to the sign that closes `opened`. */
static bool
block_parse(struct parser *p, struct block *b, const struct sign *opened)
{
	const char *open;

	while ((open = strstr(p->at, "{{")) != NULL) {
		struct sign s = {.line = p->line};

		for (const char *c = p->at; c < open; c++)
			s.line += *c == '\n';
		if (!sign_read(p, open, &s))
			return false;
		text_add(p, b, s.from);
		advance(p, s.upto);
		if (s.mark == '/')
			return close_check(p, &s, opened);
		if (!sign_parse(p, b, &s))
			return false;
	}
	text_add(p, b, p->at + strlen(p->at));
	advance(p, p->at + strlen(p->at));
	return opened == NULL ||
	       parse_fail(p, opened->line, "\"{{%c%s}}\" is never closed", opened->mark, opened->name);
}

/* ---- files ---- */

/* The file's bytes and a NUL; NULL with errno. */
static char *
file_read(TALLOC_CTX *ctx, const char *path, size_t *len_r)
{
	char *text = talloc_array(ctx, char, FILE_SIZE_MAX + 1);
	FILE *f = fopen(path, "re");

	must(text != NULL);
	if (f == NULL)
		return NULL;
	*len_r = fread(text, 1, FILE_SIZE_MAX + 1, f);
	if (!ferror(f) && *len_r > FILE_SIZE_MAX)
		errno = EFBIG;
	if (ferror(f) || *len_r > FILE_SIZE_MAX) {
		int saved = errno;

		fclose(f);
		errno = saved;
		return NULL;
	}
	fclose(f);
	text[*len_r] = '\0';
	return talloc_realloc(ctx, text, char, *len_r + 1);
}

/* A sequence of UTF-8 never crosses a line, so each line stands for itself. */
static bool
encoding_check(struct parser *p, size_t len)
{
	const char *end = p->start + len;
	int line = 1;

	for (const char *at = p->start, *eol; at < end; at = eol + 1, line++) {
		eol = memchr(at, '\n', (size_t)(end - at));
		eol = eol != NULL ? eol : end;
		if (!text_is_utf8(at, (size_t)(eol - at)))
			return parse_fail(p, line, "not UTF-8");
	}
	return true;
}

static struct tmpl_file *
file_new(struct tmpl_set *set, const char *name)
{
	struct tmpl_file *f = talloc_zero(set, struct tmpl_file);
	const char *dot = strrchr(name, '.');

	must(f != NULL);
	f->name = talloc_strdup(f, name);
	f->path = talloc_asprintf(f, "%s/%s", set->dir, name);
	f->ending = dot != NULL ? talloc_strdup(f, dot) : "";
	f->escape = strcmp(f->ending, ".txt") == 0 ? TMPL_PLAIN : TMPL_HTML;
	f->next = set->files;
	set->files = f;
	return f;
}

struct tmpl_file *
tmpl_file_find(const struct tmpl_set *set, const char *name)
{
	struct tmpl_file *f = set->files;

	while (f != NULL && strcmp(f->name, name) != 0)
		f = f->next;
	return f;
}

/* From the set if it stands there; NULL with errno if it cannot be read. What is wrong inside goes to *why.
 */
static struct tmpl_file *
file_load(struct parser *from, const char *name)
{
	struct tmpl_file *f = tmpl_file_find(from->set, name);
	struct parser p = *from;
	size_t len;

	if (f != NULL)
		return f;
	f = p.file = file_new(p.set, name);
	p.start = p.at = file_read(f, f->path, &len);
	if (p.start == NULL)
		return NULL;
	p.line = 1;
	f->is_open = true;
	if (encoding_check(&p, len))
		block_parse(&p, &f->body, NULL);
	f->is_open = false;
	return f;
}

static const char **
names_sort(struct tmpl_set *set, const char *const *names, size_t n)
{
	const char **sorted = talloc_array(set, const char *, n);

	must(sorted != NULL);
	for (size_t i = 0; i < n; i++)
		sorted[i] = talloc_strdup(sorted, names[i]);
	qsort(sorted, n, sizeof(*sorted), name_order);
	return sorted;
}

struct tmpl_set *
tmpl_load(TALLOC_CTX *ctx, const char *dir, const char *const *files, size_t n_files,
          const char *const *names, size_t n_names, char **why_r)
{
	struct tmpl_set *set = talloc_zero(ctx, struct tmpl_set);
	struct parser p = {.set = set, .why = why_r};

	must(set != NULL);
	*why_r = NULL;
	set->dir = talloc_strdup(set, dir);
	set->names = names_sort(set, names, n_names);
	set->n_names = n_names;
	for (size_t i = 0; i < n_files && *why_r == NULL; i++)
		if (file_load(&p, files[i]) == NULL)
			*why_r =
			    talloc_asprintf(ctx, "%s/%s: cannot be read: %s", dir, files[i], strerror(errno));
	if (*why_r == NULL)
		return set;
	talloc_free(set);
	return NULL;
}
