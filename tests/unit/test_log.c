/* A log that cannot be written stops nobody, and says afterwards what it lacks. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"

static char path[] = "/tmp/isoloir-log.XXXXXX";

static int
open_log(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	return fd != -1 && close(fd) == 0 && truncate(path, 0) == 0 ? log_open("test", path, LEVEL_INFO) : -1;
}

static int
remove_log(void **state)
{
	(void)state;
	return unlink(path);
}

/* As on a disk that has no room for more than this. */
static void
room_for(rlim_t bytes)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes < l.rlim_max ? bytes : l.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static const char *
read_log(void)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static int
lines_of(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
lines_lost_on_a_full_disk_are_counted_when_there_is_room_again(void **state)
{
	const char *text;

	(void)state;
	log_info("before", "n=1");
	room_for(strlen(read_log()));
	for (int i = 0; i < 3; i++)
		log_info("meanwhile", "n=%d", i);
	assert_null(strstr(read_log(), "meanwhile"));
	room_for(RLIM_INFINITY);
	log_info("after", "n=1");
	log_info("after", "n=2");
	text = read_log();
	assert_non_null(strstr(text, "warning test["));
	assert_non_null(strstr(text, "log lines lost: n=3 why=\""));
	assert_int_equal(lines_of(text), 4);
}

static void
a_line_cut_short_does_not_swallow_the_next(void **state)
{
	const char *text;

	(void)state;
	room_for(strlen(read_log()) + 10);
	log_info("cut", "n=1");
	room_for(RLIM_INFINITY);
	log_info("whole", "n=1");
	text = read_log();
	assert_null(strstr(text, "cut: n=1"));
	assert_non_null(strstr(text, "log lines lost: n=1 why=\"No space left on device\"\n"));
	assert_non_null(strstr(text, " whole: n=1\n"));
	assert_int_equal(lines_of(text), 3);
}

static int
empty_log(void **state)
{
	(void)state;
	return truncate(path, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(lines_lost_on_a_full_disk_are_counted_when_there_is_room_again, empty_log),
	    cmocka_unit_test_setup(a_line_cut_short_does_not_swallow_the_next, empty_log),
	};

	return cmocka_run_group_tests_name("log", tests, open_log, remove_log);
}
