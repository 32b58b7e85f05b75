/* A CSV reader over a text in memory: one pass, one scratch buffer, no allocation per field. */
#include "common/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"

#define CSV_FIELDS_MAX 64

struct csv {
	const char *path;
	const char *text;
	size_t len;
	size_t at;     /* of the next byte */
	size_t line;   /* of the next byte */
	char *scratch; /* the fields of one row, unquoted, NUL-ended */
	size_t used;
	const char *field[CSV_FIELDS_MAX];
	size_t n;
	const char *why; /* static text; NULL while the row is right */
};

static void
csv_read_all(int fd, char *text, size_t size, size_t *len_r)
{
	ssize_t got;

	*len_r = 0;
	while (*len_r < size && (got = read(fd, text + *len_r, size - *len_r)) > 0)
		*len_r += (size_t)got;
}

static struct csv *
csv_new(TALLOC_CTX *ctx, const char *path, char *text, size_t len)
{
	struct csv *c = talloc_zero(ctx, struct csv);

	c->path = talloc_strdup(c, path);
	c->text = talloc_steal(c, text);
	c->len = len;
	c->scratch = talloc_array(c, char, len + CSV_FIELDS_MAX + 1);
	csv_rewind(c);
	return c;
}

struct csv *
csv_open(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	size_t len = 0;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		*why_r =
		    talloc_asprintf(ctx, "%s: %s", path, fd == -1 ? strerror(errno) : "not a regular file");
		if (fd != -1)
			close(fd);
		return NULL;
	}
	text = talloc_array(ctx, char, (size_t)st.st_size + 1);
	csv_read_all(fd, text, (size_t)st.st_size, &len);
	close(fd);
	return csv_new(ctx, path, text, len);
}

struct csv *
csv_from_memory(TALLOC_CTX *ctx, const char *path, const char *text, size_t len)
{
	char *copy = talloc_array(ctx, char, len + 1);

	memcpy(copy, text, len);
	return csv_new(ctx, path, copy, len);
}

void
csv_rewind(struct csv *c)
{
	c->at = c->len >= 3 && memcmp(c->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	c->line = 1;
	c->why = NULL;
}

const char *
csv_why(const struct csv *c)
{
	return c->why != NULL ? c->why : "";
}

const char *
csv_path(const struct csv *c)
{
	return c->path;
}

int
csv_percent(const struct csv *c)
{
	return c->len == 0 ? 100 : (int)(c->at * 100 / c->len);
}

/* Bytes of the end of line at the cursor: 0 if none is there; at the end of the text 0 as well. */
static size_t
csv_eol(const struct csv *c)
{
	if (c->at < c->len && c->text[c->at] == '\n')
		return 1;
	if (c->at + 1 < c->len && c->text[c->at] == '\r' && c->text[c->at + 1] == '\n')
		return 2;
	return 0;
}

static bool
csv_pass_eol(struct csv *c)
{
	size_t size = csv_eol(c);

	c->at += size;
	c->line += size != 0;
	return size != 0;
}

/* Only the first reason counts: what follows it is a consequence. */
static void
csv_blame(struct csv *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
}

static void
csv_keep(struct csv *c, char byte)
{
	c->scratch[c->used++] = byte;
}

/* The cursor stands behind the opening quote; it ends behind the closing one. */
static void
csv_quoted(struct csv *c)
{
	for (; c->at < c->len; c->at++) {
		if (c->text[c->at] == '"' && (c->at + 1 >= c->len || c->text[c->at + 1] != '"')) {
			c->at++;
			return;
		}
		c->at += c->text[c->at] == '"';
		c->line += c->text[c->at] == '\n';
		csv_keep(c, c->text[c->at]);
	}
	csv_blame(c, "a quote is opened and never closed");
}

static void
csv_plain(struct csv *c)
{
	for (; c->at < c->len && c->text[c->at] != ';' && csv_eol(c) == 0; c->at++) {
		if (c->text[c->at] == '"')
			csv_blame(c, "a quote in the middle of a field: put the whole field in quotes and "
			             "double those inside");
		if (c->text[c->at] == '\r')
			csv_blame(c, "a carriage return that no line feed follows");
		csv_keep(c, c->text[c->at]);
	}
}

static void
csv_field(struct csv *c)
{
	size_t start = c->used;

	if (c->at < c->len && c->text[c->at] == '"') {
		c->at++;
		csv_quoted(c);
		if (c->at < c->len && c->text[c->at] != ';' && csv_eol(c) == 0)
			csv_blame(c, "something follows a closing quote");
	} else {
		csv_plain(c);
	}
	if (!text_is_utf8(c->scratch + start, c->used - start))
		csv_blame(c, "not UTF-8: save the file as \"CSV UTF-8\"");
	csv_keep(c, '\0');
	c->field[c->n++] = c->scratch + start;
}

/* After something wrong: to the end of the line, where the next row most likely begins. */
static void
csv_skip_line(struct csv *c)
{
	while (c->at < c->len && csv_eol(c) == 0)
		c->at++;
	csv_pass_eol(c);
}

static void
csv_fields(struct csv *c)
{
	c->n = c->used = 0;
	for (;;) {
		csv_field(c);
		if (c->why != NULL || c->at >= c->len || c->text[c->at] != ';')
			return;
		if (c->n == CSV_FIELDS_MAX) {
			csv_blame(c, "more than 64 fields");
			return;
		}
		c->at++;
	}
}

enum csv_step
csv_next(struct csv *c, struct csv_row *row)
{
	size_t start;

	*row = (struct csv_row){.line = c->line};
	while (csv_pass_eol(c))
		;
	c->why = NULL;
	row->line = c->line;
	if (c->at >= c->len)
		return CSV_END;
	start = c->at;
	csv_fields(c);
	if (c->why != NULL) {
		/* A quote left open would swallow the rest of the file: begin again behind its first line. */
		c->at = start;
		c->line = row->line;
		csv_skip_line(c);
		return CSV_WRONG;
	}
	csv_pass_eol(c);
	row->n = c->n;
	row->field = c->field;
	return CSV_ROW;
}
