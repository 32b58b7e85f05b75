/* What an import reads before it asks the database: how a file is written, and by which names its columns go. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/import.h"

/* The header's finder reports here. */
void
import_wrong(struct import *im, size_t line, const char *column, const char *value, const char *fmt, ...)
{
	(void)line;
	(void)column;
	(void)value;
	(void)fmt;
	im->n_errors++;
}

static char path[] = "/tmp/isoloir-import.XXXXXX";

static const char *
file(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	return path;
}

static void
expect_form(const char *bytes, enum csv_encoding encoding, char delimiter)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct csv_form form;
	char *why = NULL;

	assert_true(csv_form_detect(ctx, file(bytes, strlen(bytes)), &form, &why));
	assert_int_equal(form.encoding, encoding);
	assert_int_equal(form.delimiter, delimiter);
	talloc_free(ctx);
}

static void
encoding_and_separator_are_found(void **state)
{
	(void)state;
	expect_form("a;b\nx;y\n", CSV_UTF8, ';');
	expect_form("a,b\nx;y;z\n", CSV_UTF8, ',');
	expect_form("\"a,b,c,d\";e\n", CSV_UTF8, ';');
	expect_form("a;b\n\xc3\xa9t\xc3\xa9;x\n", CSV_UTF8, ';');
	expect_form("a;b\n\xe9t\xe9;x\n", CSV_WINDOWS_1252, ';');
	expect_form("a;b\n\xc3\xa9;\xc3\xa8\n\xe9;x\n", CSV_UTF8, ';'); /* one bad row among good ones */
}

static void
what_is_no_text_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *part;
	} rows[] = {
	    {"", 0, "empty"}, {"\xff\xfe" "a\0", 4, "UTF-16"}, {"PK\x03\x04", 4, "spreadsheet"}, {"a;b\nx;\0\n", 8, "line 2 holds a NUL"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		TALLOC_CTX *ctx = talloc_new(NULL);
		struct csv_form form;
		char *why = NULL;

		assert_false(csv_form_detect(ctx, file(rows[i].bytes, rows[i].len), &form, &why));
		assert_non_null(strstr(why, rows[i].part));
		talloc_free(ctx);
	}
}

static void
windows_1252_comes_as_utf_8(void **state)
{
	static const struct csv_form form = {CSV_WINDOWS_1252, ','};
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct csv_row row;
	char *why = NULL;
	const char *text = "\xc9lo\xefse,C\x9cur,d\x92\xc9t\xe9,\x80\nx,\x81\n";
	struct csv *c = csv_open_stream(ctx, file(text, strlen(text)), &form, &why);

	(void)state;
	assert_int_equal(csv_next(c, &row), CSV_ROW);
	assert_string_equal(row.field[0], "Éloïse");
	assert_string_equal(row.field[1], "Cœur");
	assert_string_equal(row.field[2], "d’Été");
	assert_string_equal(row.field[3], "€");
	assert_int_equal(csv_next(c, &row), CSV_WRONG);
	assert_int_equal(csv_next(c, &row), CSV_END);
	assert_int_equal(csv_percent(c), 100);
	talloc_free(ctx);
}

/* Rows on either side of each window's end. */
static void
a_stream_reads_what_memory_reads(void **state)
{
	static const struct csv_form form = {CSV_UTF8, ';'};
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *text = talloc_strdup(ctx, ""), *why = NULL;
	struct csv *stream, *whole;
	struct csv_row a, b;
	enum csv_step step;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 40000; i++)
		text = talloc_asprintf_append_buffer(text, i % 97 == 0 ? "\r\n%d;\"x\"\"y\nz\";é%d\r\n" : "%d;b;é%d\n", i, i);
	stream = csv_open_stream(ctx, file(text, strlen(text)), &form, &why);
	whole = csv_from_memory(ctx, "t", text, strlen(text));
	do {
		step = csv_next(whole, &a);
		assert_int_equal(csv_next(stream, &b), step);
		assert_int_equal(a.line, b.line);
		for (size_t i = 0; step == CSV_ROW && i < a.n; i++)
			assert_string_equal(a.field[i], b.field[i]);
		n++;
	} while (step != CSV_END);
	assert_int_equal(n, 40001);
	talloc_free(ctx);
}

static void
a_row_without_end_is_wrong_and_passed_over(void **state)
{
	static const struct csv_form form = {CSV_UTF8, ';'};
	TALLOC_CTX *ctx = talloc_new(NULL);
	size_t size = 1 << 20;
	char *text = talloc_zero_array(ctx, char, (unsigned)size + 8), *why = NULL;
	struct csv_row row;
	struct csv *c;

	(void)state;
	memset(text, 'x', size);
	memcpy(text + size, "\na;b\n", 5);
	c = csv_open_stream(ctx, file(text, size + 5), &form, &why);
	assert_int_equal(csv_next(c, &row), CSV_WRONG);
	assert_non_null(strstr(csv_why(c), "64 KiB"));
	assert_int_equal(csv_next(c, &row), CSV_ROW);
	assert_int_equal(row.line, 2);
	assert_string_equal(row.field[1], "b");
	talloc_free(ctx);
}

static void
columns_go_by_their_usual_names(void **state)
{
	static const struct {
		enum import_what what;
		const char *name;
		size_t column;
	} rows[] = {
	    {IMPORT_ELECTORS, "identifier", IN_ELECTORS_IDENTIFIER},   {IMPORT_ELECTORS, "Adresse électronique", IN_ELECTORS_IDENTIFIER},
	    {IMPORT_ELECTORS, "E-MAIL", IN_ELECTORS_IDENTIFIER},       {IMPORT_ELECTORS, "NOM D’USAGE", IN_ELECTORS_FAMILY_NAME},
	    {IMPORT_ELECTORS, " prénom ", IN_ELECTORS_GIVEN_NAME},     {IMPORT_ELECTORS, "Ancien_identifiant", IN_ELECTORS_PREVIOUS},
	    {IMPORT_ROLL, "Code du scrutin", IN_ROLL_SCRUTIN},         {IMPORT_SCRUTINS, "Libellé", 2},
	};
	const char *near;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		TALLOC_CTX *ctx = talloc_new(NULL);

		assert_int_equal(import_column_find(ctx, rows[i].what, rows[i].name, &near), rows[i].column);
		talloc_free(ctx);
	}
}

static void
a_misspelt_column_is_told_with_the_nearest(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *near;

	(void)state;
	assert_int_equal(import_column_find(ctx, IMPORT_ELECTORS, "Etablisement", &near), IMPORT_NONE);
	assert_string_equal(near, "posting");
	assert_int_equal(import_column_find(ctx, IMPORT_ELECTORS, "couleur des yeux", &near), IMPORT_NONE);
	assert_null(near);
	assert_int_equal(import_column_find(ctx, IMPORT_ELECTORS, "", &near), IMPORT_NONE);
	talloc_free(ctx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encoding_and_separator_are_found),
	    cmocka_unit_test(what_is_no_text_is_refused),
	    cmocka_unit_test(windows_1252_comes_as_utf_8),
	    cmocka_unit_test(a_stream_reads_what_memory_reads),
	    cmocka_unit_test(a_row_without_end_is_wrong_and_passed_over),
	    cmocka_unit_test(columns_go_by_their_usual_names),
	    cmocka_unit_test(a_misspelt_column_is_told_with_the_nearest),
	};
	int fd = mkstemp(path), failed;

	must(fd != -1);
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
