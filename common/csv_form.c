#include "common/csv_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FORM_CHUNK 65536

/* What was seen of a file so far. */
struct seen {
	size_t line;          /* of the next byte */
	size_t nul_line;      /* 0: no NUL */
	size_t whole, broken; /* signs beyond ASCII that are UTF-8, and that are not */
	unsigned wanted;      /* bytes that the sign at hand still needs */
	size_t semicolons, commas;
	bool quoted;
};

static unsigned
bytes_after(unsigned char lead)
{
	if (lead >= 0xc2 && lead < 0xe0)
		return 1;
	if (lead >= 0xe0 && lead < 0xf0)
		return 2;
	return lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
}

static void
see_sign(struct seen *s, unsigned char byte)
{
	bool goes_on = byte >= 0x80 && byte < 0xc0;

	if (s->wanted > 0 && goes_on) {
		s->whole += --s->wanted == 0;
		return;
	}
	s->broken += s->wanted > 0;
	s->wanted = byte >= 0x80 ? bytes_after(byte) : 0;
	s->broken += byte >= 0x80 && s->wanted == 0;
}

/* Only the first line tells of the delimiter: later ones hold names. */
static void
see_mark(struct seen *s, unsigned char byte)
{
	if (byte == '"')
		s->quoted = !s->quoted;
	if (s->quoted)
		return;
	s->semicolons += byte == ';';
	s->commas += byte == ',';
}

static void
see(struct seen *s, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->wanted > 0 || bytes[i] >= 0x80)
			see_sign(s, bytes[i]);
		if (bytes[i] == '\0' && s->nul_line == 0)
			s->nul_line = s->line;
		if (s->line == 1)
			see_mark(s, bytes[i]);
		s->line += bytes[i] == '\n';
	}
}

/* What the first bytes say of a file that is no text. */
static const char *
foreign(const char *bytes, size_t n)
{
	static const struct {
		const char *start;
		size_t len;
		const char *why;
	} rows[] = {
	    {"\xff\xfe", 2, "written in UTF-16: save it as \"CSV UTF-8\""},
	    {"\xfe\xff", 2, "written in UTF-16: save it as \"CSV UTF-8\""},
	    {"PK\x03\x04", 4, "a spreadsheet's own format (xlsx, ods) or an archive: save it as \"CSV UTF-8\""},
	    {"\xd0\xcf\x11\xe0", 4, "a spreadsheet's own format (xls): save it as \"CSV UTF-8\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (n >= rows[i].len && memcmp(bytes, rows[i].start, rows[i].len) == 0)
			return rows[i].why;
	return n == 0 ? "empty; its first line names the columns" : NULL;
}

static bool
refuse(TALLOC_CTX *ctx, char **why_r, const char *path, const char *why)
{
	*why_r = talloc_asprintf(ctx, "%s: %s", path, why);
	return false;
}

static bool
read_form(TALLOC_CTX *ctx, FILE *f, const char *path, struct csv_form *form_r, char **why_r)
{
	unsigned char *chunk = talloc_array(ctx, unsigned char, FORM_CHUNK);
	struct seen s = {.line = 1};
	size_t n = fread(chunk, 1, FORM_CHUNK, f);
	const char *why = foreign((const char *)chunk, n);

	for (; why == NULL && n > 0; n = fread(chunk, 1, FORM_CHUNK, f))
		see(&s, chunk, n);
	talloc_free(chunk);
	if (why == NULL && ferror(f))
		why = strerror(errno);
	if (why == NULL && s.nul_line > 0)
		why = talloc_asprintf(ctx, "line %zu holds a NUL byte: this is no text", s.nul_line);
	if (why != NULL)
		return refuse(ctx, why_r, path, why);
	s.broken += s.wanted > 0;
	form_r->encoding = s.broken == 0 || s.whole > s.broken ? CSV_UTF8 : CSV_WINDOWS_1252;
	form_r->delimiter = s.commas > s.semicolons ? ',' : ';';
	return true;
}

/* Looked at before it is opened: a pipe would wait for its writer. */
bool
csv_form_detect(TALLOC_CTX *ctx, const char *path, struct csv_form *form_r, char **why_r)
{
	struct stat st;
	FILE *f;
	bool right;

	if (stat(path, &st) == -1)
		return refuse(ctx, why_r, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(ctx, why_r, path, S_ISDIR(st.st_mode) ? "a directory, and not a file" : "not a regular file");
	f = fopen(path, "re");
	if (f == NULL)
		return refuse(ctx, why_r, path, strerror(errno));
	right = read_form(ctx, f, path, form_r, why_r);
	fclose(f);
	return right;
}

const char *
csv_encoding_name(enum csv_encoding encoding)
{
	return encoding == CSV_UTF8 ? "UTF-8" : "Windows-1252";
}
