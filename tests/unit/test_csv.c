/* The CSV reader: what spreadsheets write is read, what could be read in two ways is refused with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/csv.h"

static struct csv *
csv_text(const char *text)
{
	return csv_from_memory(NULL, "t.csv", text, strlen(text));
}

static void
expect_row(struct csv *c, size_t line, size_t n, const char *const *fields)
{
	struct csv_row row;

	assert_int_equal(csv_next(c, &row), CSV_ROW);
	assert_int_equal(row.line, line);
	assert_int_equal(row.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(row.field[i], fields[i]);
}

#define EXPECT_ROW(c, line, ...)                                                    \
	expect_row(c, line, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
	           (const char *[]){__VA_ARGS__})

static void
expect_wrong(struct csv *c, size_t line, const char *part)
{
	struct csv_row row;

	assert_int_equal(csv_next(c, &row), CSV_WRONG);
	assert_int_equal(row.line, line);
	assert_non_null(strstr(csv_why(c), part));
}

static void
expect_end(struct csv *c)
{
	struct csv_row row;

	assert_int_equal(csv_next(c, &row), CSV_END);
	assert_int_equal(csv_next(c, &row), CSV_END);
	talloc_free(c);
}

static void
rows_keep_their_line_numbers(void **state)
{
	struct csv *c = csv_text("a;b\n\nc;d\n");

	(void)state;
	EXPECT_ROW(c, 1, "a", "b");
	EXPECT_ROW(c, 3, "c", "d");
	expect_end(c);
}

static void
a_spreadsheets_file_is_read(void **state)
{
	struct csv *c = csv_text("\xef\xbb\xbfnom;ville\r\nLefèvre;\"Saint-Denis; La Réunion\"\r\n");

	(void)state;
	EXPECT_ROW(c, 1, "nom", "ville");
	EXPECT_ROW(c, 2, "Lefèvre", "Saint-Denis; La Réunion");
	expect_end(c);
}

static void
quotes_hold_separators_quotes_and_lines(void **state)
{
	struct csv *c = csv_text("\"a;\"\"b\"\"\";\"x\ny\";\"\"\nz\n");

	(void)state;
	EXPECT_ROW(c, 1, "a;\"b\"", "x\ny", "");
	EXPECT_ROW(c, 3, "z");
	expect_end(c);
}

static void
empty_fields_are_fields(void **state)
{
	struct csv *c = csv_text(";\n;;x");

	(void)state;
	EXPECT_ROW(c, 1, "", "");
	EXPECT_ROW(c, 2, "", "", "x");
	expect_end(c);
}

static void
empty_file_has_no_row(void **state)
{
	(void)state;
	expect_end(csv_text(""));
	expect_end(csv_text("\n\r\n"));
}

static void
wrong_rows_do_not_hide_the_next(void **state)
{
	struct csv *c = csv_text("a\"b;c\nok;1\n\"x\"y;2\nok;2\nl\xe9on;3\nok;3\nup\rdown;4\nok;4\n");

	(void)state;
	expect_wrong(c, 1, "quote in the middle");
	EXPECT_ROW(c, 2, "ok", "1");
	expect_wrong(c, 3, "follows a closing quote");
	EXPECT_ROW(c, 4, "ok", "2");
	expect_wrong(c, 5, "not UTF-8");
	EXPECT_ROW(c, 6, "ok", "3");
	expect_wrong(c, 7, "carriage return");
	EXPECT_ROW(c, 8, "ok", "4");
	expect_end(c);
}

static void
a_quote_never_closed_costs_one_row(void **state)
{
	struct csv *c = csv_text("ok;1\n\"open;2\nok;3\n");

	(void)state;
	EXPECT_ROW(c, 1, "ok", "1");
	expect_wrong(c, 2, "never closed");
	EXPECT_ROW(c, 3, "ok", "3");
	expect_end(c);
}

static void
nul_bytes_are_refused(void **state)
{
	struct csv *c = csv_from_memory(NULL, "t.csv", "a\0b;c\n", 6);

	(void)state;
	expect_wrong(c, 1, "not UTF-8");
	expect_end(c);
}

static void
too_many_fields_are_refused(void **state)
{
	char text[80];
	struct csv *c;

	(void)state;
	memset(text, ';', sizeof(text));
	c = csv_from_memory(NULL, "t.csv", text, sizeof(text));
	expect_wrong(c, 1, "more than 64");
	expect_end(c);
}

static void
rewinding_reads_the_same_again(void **state)
{
	struct csv *c = csv_text("a\n\"b\nok\n");

	(void)state;
	for (int i = 0; i < 2; i++) {
		EXPECT_ROW(c, 1, "a");
		expect_wrong(c, 2, "never closed");
		EXPECT_ROW(c, 3, "ok");
		assert_int_equal(csv_percent(c), 100);
		csv_rewind(c);
		assert_int_equal(csv_percent(c), 0);
	}
	talloc_free(c);
}

static void
files_are_read_whole_and_absence_is_said(void **state)
{
	char path[] = "/tmp/test-csv-XXXXXX", *why = NULL;
	int fd = mkstemp(path);
	struct csv *c;

	(void)state;
	assert_true(fd >= 0 && write(fd, "a;b\n", 4) == 4);
	close(fd);
	c = csv_open(NULL, path, &why);
	assert_non_null(c);
	assert_string_equal(csv_path(c), path);
	EXPECT_ROW(c, 1, "a", "b");
	expect_end(c);
	unlink(path);
	assert_null(csv_open(NULL, path, &why));
	assert_memory_equal(why, path, strlen(path));
	talloc_free(why);
	assert_null(csv_open(NULL, "/", &why));
	assert_string_equal(why, "/: not a regular file");
	talloc_free(why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_keep_their_line_numbers),
	    cmocka_unit_test(a_spreadsheets_file_is_read),
	    cmocka_unit_test(quotes_hold_separators_quotes_and_lines),
	    cmocka_unit_test(empty_fields_are_fields),
	    cmocka_unit_test(empty_file_has_no_row),
	    cmocka_unit_test(wrong_rows_do_not_hide_the_next),
	    cmocka_unit_test(a_quote_never_closed_costs_one_row),
	    cmocka_unit_test(nul_bytes_are_refused),
	    cmocka_unit_test(too_many_fields_are_refused),
	    cmocka_unit_test(rewinding_reads_the_same_again),
	    cmocka_unit_test(files_are_read_whole_and_absence_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
