/* A spreadsheet of an office: rows that were read mean the same when they are written with quotes and read again. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/csv_form.h"

static void
check_row(const struct csv_row *row, size_t size)
{
	must(row->n > 0);
	for (size_t i = 0; i < row->n; i++)
		must(strlen(row->field[i]) <= size && text_is_utf8(row->field[i], strlen(row->field[i])));
}

static char *
quote(TALLOC_CTX *ctx, const struct csv_row *row)
{
	char *line = talloc_strdup(ctx, "");

	for (size_t i = 0; i < row->n; i++) {
		line = talloc_strdup_append_buffer(line, i > 0 ? ";\"" : "\"");
		for (const char *p = row->field[i]; *p != '\0'; p++)
			line = talloc_asprintf_append_buffer(line, *p == '"' ? "%c\"" : "%c", *p);
		line = talloc_strdup_append_buffer(line, "\"");
	}
	return line;
}

static void
check_again(TALLOC_CTX *ctx, const struct csv_row *row)
{
	char *line = quote(ctx, row);
	struct csv *c = csv_from_memory(ctx, "again", line, strlen(line));
	struct csv_row other;

	must(csv_next(c, &other) == CSV_ROW && other.n == row->n);
	for (size_t i = 0; i < row->n; i++)
		must(strcmp(other.field[i], row->field[i]) == 0);
	must(csv_next(c, &other) == CSV_END);
	talloc_free(c);
}

/* How many steps it takes to the end. */
static size_t
walk(TALLOC_CTX *ctx, struct csv *c, size_t size)
{
	struct csv_row row;
	enum csv_step step;
	size_t steps = 0, line = 0;

	while ((step = csv_next(c, &row)) != CSV_END) {
		must(++steps <= size && row.line > line);
		line = row.line;
		must((step == CSV_WRONG) == (csv_why(c)[0] != '\0'));
		if (step == CSV_ROW) {
			check_row(&row, size);
			check_again(ctx, &row);
		}
	}
	must(csv_percent(c) == 100);
	return steps;
}

/* The same bytes as a file of an import: in the form that is found, whatever that is, each field is UTF-8 and the end is reached. */
static void
read_as_stream(TALLOC_CTX *ctx, const uint8_t *data, size_t size)
{
	int fd = memfd_create("csv", MFD_CLOEXEC);
	char *path = talloc_asprintf(ctx, "/proc/self/fd/%d", fd), *why = NULL;
	struct csv_form form;

	must(fd != -1 && write(fd, data, size) == (ssize_t)size);
	if (csv_form_detect(ctx, path, &form, &why)) {
		struct csv *c = csv_open_stream(ctx, path, &form, &why);
		struct csv_row row;
		enum csv_step step;

		must(c != NULL);
		while ((step = csv_next(c, &row)) != CSV_END)
			if (step == CSV_ROW)
				check_row(&row, 3 * size);
		must(csv_percent(c) == 100);
	} else {
		must(why != NULL);
	}
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct csv *c = csv_from_memory(ctx, "fuzz.csv", (const char *)data, size);
	size_t steps = walk(ctx, c, size);

	csv_rewind(c);
	must(walk(ctx, c, size) == steps);
	read_as_stream(ctx, data, size);
	talloc_free(ctx);
	return 0;
}
