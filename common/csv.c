/* A CSV reader over a text in memory, or a window of a file: one pass, one scratch buffer, no allocation per field. */
#include "common/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"

#define CSV_FIELDS_MAX 64
#define CSV_WINDOW (4 * CSV_ROW_MAX)
#define CSV_WIDEST 3 /* bytes of UTF-8 that a byte of Windows-1252 becomes */

struct csv {
	const char *path;
	char *text;
	size_t len;
	int fd;          /* -1: the text is whole */
	bool ended;      /* the window reaches the end of the file */
	size_t gone;     /* bytes of the file before the window */
	size_t size;     /* of the file */
	struct csv_form form;
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
	c->len = c->size = len;
	c->fd = -1;
	c->ended = true;
	c->form = (struct csv_form){CSV_UTF8, ';'};
	c->scratch = talloc_array(c, char, len + CSV_FIELDS_MAX + 1);
	csv_rewind(c);
	return c;
}

static int
csv_open_file(TALLOC_CTX *ctx, const char *path, struct stat *st, char **why_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd != -1 && fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	*why_r = talloc_asprintf(ctx, "%s: %s", path, fd == -1 ? strerror(errno) : "not a regular file");
	if (fd != -1)
		close(fd);
	return -1;
}

struct csv *
csv_open(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	struct stat st;
	int fd = csv_open_file(ctx, path, &st, why_r);
	char *text = NULL;
	size_t len = 0;

	if (fd == -1)
		return NULL;
	text = talloc_array(ctx, char, (size_t)st.st_size + 1);
	csv_read_all(fd, text, (size_t)st.st_size, &len);
	close(fd);
	return csv_new(ctx, path, text, len);
}

static int
csv_close(struct csv *c)
{
	close(c->fd);
	return 0;
}

struct csv *
csv_open_stream(TALLOC_CTX *ctx, const char *path, const struct csv_form *form, char **why_r)
{
	struct csv *c;
	struct stat st;
	int fd = csv_open_file(ctx, path, &st, why_r);

	if (fd == -1)
		return NULL;
	c = talloc_zero(ctx, struct csv);
	c->path = talloc_strdup(c, path);
	c->text = talloc_array(c, char, CSV_WINDOW);
	c->scratch = talloc_array(c, char, CSV_WIDEST * CSV_WINDOW + CSV_FIELDS_MAX + 1);
	c->fd = fd;
	c->size = (size_t)st.st_size;
	c->form = *form;
	talloc_set_destructor(c, csv_close);
	csv_rewind(c);
	return c;
}

/* A row's most is in the window from the cursor on, or the rest of the file. */
static void
csv_fill(struct csv *c)
{
	size_t got;

	if (c->ended || c->len - c->at >= CSV_ROW_MAX)
		return;
	memmove(c->text, c->text + c->at, c->len - c->at);
	c->len -= c->at;
	c->gone += c->at;
	c->at = 0;
	csv_read_all(c->fd, c->text + c->len, CSV_WINDOW - c->len, &got);
	c->len += got;
	c->ended = c->len < CSV_WINDOW;
}

static void
csv_start_file(struct csv *c)
{
	c->ended = lseek(c->fd, 0, SEEK_SET) == -1;
	c->at = c->len = c->gone = 0;
	csv_fill(c);
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
	if (c->fd != -1)
		csv_start_file(c);
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
	size_t at = c->gone + c->at;

	return c->size == 0 || at >= c->size ? 100 : (int)(at * 100 / c->size);
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

/* What Windows-1252 has where Latin-1 has control characters; 0: nothing. */
static const unsigned short windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static void
csv_keep_1252(struct csv *c, unsigned char byte)
{
	unsigned sign = byte < 0xa0 ? windows_1252[byte - 0x80] : byte;

	if (sign == 0)
		csv_blame(c, "holds a byte that Windows-1252 does not have");
	if (sign >= 0x800)
		c->scratch[c->used++] = (char)(0xe0 | sign >> 12);
	c->scratch[c->used++] = (char)(sign >= 0x800 ? 0x80 | (sign >> 6 & 0x3f) : 0xc0 | sign >> 6);
	c->scratch[c->used++] = (char)(0x80 | (sign & 0x3f));
}

static void
csv_keep(struct csv *c, char byte)
{
	if (c->form.encoding == CSV_WINDOWS_1252 && (unsigned char)byte >= 0x80)
		csv_keep_1252(c, (unsigned char)byte);
	else
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
	for (; c->at < c->len && c->text[c->at] != c->form.delimiter && csv_eol(c) == 0; c->at++) {
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
		if (c->at < c->len && c->text[c->at] != c->form.delimiter && csv_eol(c) == 0)
			csv_blame(c, "something follows a closing quote");
	} else {
		csv_plain(c);
	}
	if (memchr(c->scratch + start, '\0', c->used - start) != NULL)
		csv_blame(c, "not UTF-8: it holds a NUL byte");
	if (!text_is_utf8(c->scratch + start, c->used - start))
		csv_blame(c, "not UTF-8: save the file as \"CSV UTF-8\"");
	csv_keep(c, '\0');
	c->field[c->n++] = c->scratch + start;
}

/* After something wrong: to the end of the line, where the next row most likely begins. */
static void
csv_skip_line(struct csv *c)
{
	while (c->at < c->len && csv_eol(c) == 0) {
		c->at++;
		csv_fill(c);
	}
	csv_pass_eol(c);
}

static void
csv_fields(struct csv *c)
{
	c->n = c->used = 0;
	for (;;) {
		csv_field(c);
		if (c->at >= c->len && !c->ended)
			csv_blame(c, "longer than 64 KiB");
		if (c->why != NULL || c->at >= c->len || c->text[c->at] != c->form.delimiter)
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
	do
		csv_fill(c);
	while (csv_pass_eol(c));
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
