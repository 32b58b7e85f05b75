/* What can be believed and kept of a relay's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mailer/reply.h"

static const char *
kept(const char *text)
{
	static struct verdict_reply r;

	reply_keep_text(&r, text);
	return r.text;
}

static void
one_printable_line_is_kept_and_no_address(void **state)
{
	char long_one[1000];

	(void)state;
	assert_string_equal(kept(NULL), "");
	assert_string_equal(kept("2.0.0 taken"), "2.0.0 taken");
	assert_string_equal(kept("  two\r\n lines\tof \xc3\xa9 it  \r\n"), "two lines of it");
	assert_string_equal(kept("<elise.martin@ac-nantes.fr>: no such user"), "* no such user");
	assert_string_equal(kept("550 5.1.1 elise@a.fr and bob@b.fr unknown"), "550 5.1.1 * and * unknown");
	assert_string_equal(kept("@"), "*");
	memset(long_one, 'x', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	assert_true(strlen(kept(long_one)) < sizeof(((struct verdict_reply *)NULL)->text));
}

static void
check_enhanced(const char *text, int class, int subject, int detail, int want_class, int want_subject, int want_detail)
{
	struct verdict_reply r = {.enhanced = {class, subject, detail}};

	strcpy(r.text, text);
	reply_find_enhanced(&r);
	assert_int_equal(r.enhanced[0], want_class);
	assert_int_equal(r.enhanced[1], want_subject);
	assert_int_equal(r.enhanced[2], want_detail);
}

static void
an_enhanced_code_is_one_that_can_be(void **state)
{
	(void)state;
	check_enhanced("no code", 5, 1, 1, 5, 1, 1);
	check_enhanced("4.2.2 full", 0, 0, 0, 4, 2, 2);
	check_enhanced("4.2.2 full", 5, 7, 1, 5, 7, 1);
	check_enhanced("3.2.2 no such class", 0, 0, 0, 0, 0, 0);
	check_enhanced("version 4.2.2", 0, 0, 0, 0, 0, 0);
	check_enhanced("4.2", 0, 0, 0, 0, 0, 0);
	check_enhanced("", 5, 4294967, 1, 0, 0, 0);
	check_enhanced("", 5, -1, 1, 0, 0, 0);
}

/* 'w': whole lines of replies; 'c': the last one is cut off, or more is to come; 'n': nonsense. */
static void
check_wire(const char *bytes, size_t len, char want)
{
	struct reply_wire w = {0, false};

	for (size_t i = 0; i < len; i++)
		reply_wire_byte(&w, bytes[i]);
	assert_int_equal(w.nonsense ? 'n' : reply_wire_is_whole(&w) ? 'w' : 'c', want);
}
#define WIRE(bytes, want) check_wire(bytes, sizeof(bytes) - 1, want)

static void
a_reply_is_three_digits_and_a_line(void **state)
{
	char endless[2000] = "250 ";

	(void)state;
	WIRE("", 'w');
	WIRE("220 relay\r\n250-relay\r\n250 DSN\r\n", 'w');
	WIRE("250\r\n", 'w');
	WIRE("250\n", 'w');
	WIRE("250 tak", 'c');
	WIRE("25", 'c');
	WIRE(" 250 taken\r\n", 'n');
	WIRE("4294967546 taken\r\n", 'n');
	WIRE("150 odd\r\n", 'n');
	WIRE("650 odd\r\n", 'n');
	WIRE("2a0 odd\r\n", 'n');
	WIRE("\r\n", 'n');
	WIRE("250 a\0b\r\n", 'n');
	WIRE("250 fine\r\nHTTP/1.1 400\r\n250 fine\r\n", 'n');
	memset(endless + 4, 'x', sizeof(endless) - 4);
	check_wire(endless, sizeof(endless), 'n');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_printable_line_is_kept_and_no_address),
	    cmocka_unit_test(an_enhanced_code_is_one_that_can_be),
	    cmocka_unit_test(a_reply_is_three_digits_and_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
