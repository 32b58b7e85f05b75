/* `workers set N save` changes one line of the settings file and nothing else. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/conf.h"
#include "common/proc/save.h"

static void
expect(const char *before, const char *after)
{
	char *got = save_line(NULL, before, "portal", "workers", "12");

	assert_string_equal(got, after);
	talloc_free(got);
}

static void
value_is_replaced_and_its_remark_stays(void **state)
{
	(void)state;
	expect("[portal]\nworkers = 8\n", "[portal]\nworkers = 12\n");
	expect("# a\n[portal]\n  workers=8   ; as many as cores\nmax_body = 1KiB\n",
	       "# a\n[portal]\n  workers=12   ; as many as cores\nmax_body = 1KiB\n");
	expect("[portal]\nworkers : 8\r\n", "[portal]\nworkers : 12\r\n");
	expect("[portal]\nworkers =", "[portal]\nworkers =12");
}

static void
only_the_line_of_that_section_counts(void **state)
{
	(void)state;
	expect(
	    "[mailer]\nworkers = 1\n[portal]\n#workers = 8\nworkers_x = 1\nworkers = 8\n[z]\nworkers = 2\n",
	    "[mailer]\nworkers = 1\n[portal]\n#workers = 8\nworkers_x = 1\nworkers = 12\n[z]\nworkers = 2\n");
}

static void
missing_line_is_added_at_the_end_of_its_section(void **state)
{
	(void)state;
	expect("[portal]\nmax_body = 1KiB\n\n[mailer]\nsenders = 3\n",
	       "[portal]\nmax_body = 1KiB\nworkers = 12\n\n[mailer]\nsenders = 3\n");
	expect("[portal]", "[portal]\nworkers = 12\n");
}

static void
missing_section_is_added(void **state)
{
	(void)state;
	expect("[mailer]\nsenders = 3\n", "[mailer]\nsenders = 3\n\n[portal]\nworkers = 12\n");
	expect("[mailer]\nsenders = 3", "[mailer]\nsenders = 3\n\n[portal]\nworkers = 12\n");
	expect("", "[portal]\nworkers = 12\n");
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
file_keeps_its_mode_and_is_read_back(void **state)
{
	char dir[] = "/tmp/isoloir-test-save-XXXXXX", path[64], *why = NULL;
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct conf *c;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/isoloir.conf", dir);
	write_file(path, "[portal]\nworkers = 3 ; few\n");
	chmod(path, 0640);
	assert_int_equal(save_setting(ctx, path, "portal", "workers", "12", &why), 0);
	c = conf_load(ctx, path, &why);
	assert_non_null(c);
	assert_int_equal(c->portal_workers, 12);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	unlink(path);
	assert_int_equal(save_setting(ctx, path, "portal", "workers", "12", &why), -1);
	assert_non_null(strstr(why, "No such file"));
	rmdir(dir);
	talloc_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(value_is_replaced_and_its_remark_stays),
	    cmocka_unit_test(only_the_line_of_that_section_counts),
	    cmocka_unit_test(missing_line_is_added_at_the_end_of_its_section),
	    cmocka_unit_test(missing_section_is_added),
	    cmocka_unit_test(file_keeps_its_mode_and_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
