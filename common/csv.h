/*
 * Comma-separated values as spreadsheets of French offices write them: `;` (or `,`) between fields, RFC 4180's quotes, UTF-8 (a byte order
 * mark is passed over) or Windows-1252, LF or CRLF. Strict: whatever could be read in two ways is refused with its line, and reading goes on after
 * it, so that a person mends a file in one go and not error by error.
 */
#ifndef ISOLOIR_CSV_H
#define ISOLOIR_CSV_H

#include <stddef.h>
#include <talloc.h>

enum csv_step {
	CSV_ROW,   /* fields stand in row->field */
	CSV_WRONG, /* this row is not CSV, csv_why() says why; the next call goes on with the next row */
	CSV_END
};

struct csv;

enum csv_encoding { CSV_UTF8, CSV_WINDOWS_1252 };

/* How a file is written; csv_form.h finds out. */
struct csv_form {
	enum csv_encoding encoding;
	char delimiter;
};

struct csv_row {
	size_t line; /* in which it begins, from 1 */
	size_t n;
	const char *const *field; /* NUL-ended; good until the next call */
};

/* Read the file whole. NULL: *why_r is a sentence that starts with "path: ". */
struct csv *csv_open(TALLOC_CTX *ctx, const char *path, char **why_r);

/*
 * The same for a file of any size, of which a window is held: a row may have CSV_ROW_MAX bytes, a longer one is wrong. Fields come as UTF-8
 * whatever the file is written in.
 */
#define CSV_ROW_MAX 65536
struct csv *csv_open_stream(TALLOC_CTX *ctx, const char *path, const struct csv_form *form, char **why_r);

/* The same from memory, which is copied; path only names it. Never NULL. */
struct csv *csv_from_memory(TALLOC_CTX *ctx, const char *path, const char *text, size_t len);

/* The next row; empty lines are passed over. Of a wrong row only row->line is set. */
enum csv_step csv_next(struct csv *c, struct csv_row *row);

/* Why the last row was wrong: a sentence without file and line. */
const char *csv_why(const struct csv *c);

const char *csv_path(const struct csv *c);

/* Back to the first row; but for a stream the text is the one that was read, whatever became of the file. */
void csv_rewind(struct csv *c);

/* How far the reading is, 0 to 100. */
int csv_percent(const struct csv *c);

#endif
