#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/text.h"

static void
hexadecimal_comes_back(void **state)
{
	unsigned char bytes[4] = {0x00, 0x7f, 0x80, 0xff}, back[4];

	(void)state;
	assert_string_equal(text_hex(story, bytes, 4), "007f80ff");
	assert_true(text_unhex("007F80ff", back, 4));
	assert_memory_equal(bytes, back, 4);
	assert_false(text_unhex("007f80f", back, 4));
	assert_false(text_unhex("007f80fg", back, 4));
}

static void
base64url_comes_back_and_is_canonical(void **state)
{
	unsigned char bytes[16], back[16];

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		for (size_t i = 0; i < len; i++)
			bytes[i] = (unsigned char)(251 * i + len);
		assert_true(text_unbase64url(text_base64url(story, bytes, len), back, len));
		assert_memory_equal(bytes, back, len);
	}
	assert_true(text_unbase64url("AA", back, 1));
	assert_false(text_unbase64url("AB", back, 1)); /* a stray bit */
	assert_false(text_unbase64url("A+", back, 1));
	assert_false(text_unbase64url("AAA", back, 1));
}

static void
only_well_formed_utf8_passes(void **state)
{
	static const char *const good[] = {"", "a", "é", "€", "😀", "\u00a0"};
	static const char *const bad[] = {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	assert_false(text_is_utf8("a\0b", 3));
	assert_int_equal(text_length("élève"), 5);
}

static void
trimming_takes_french_spaces_too(void **state)
{
	(void)state;
	assert_string_equal(text_trim(story, " \t a b \u00a0\u202f\n"), "a b");
	assert_string_equal(text_trim(story, "   "), "");
	assert_string_equal(text_trim(story, "à"), "à");
}

static void
numbers_are_whole_and_bounded(void **state)
{
	int64_t n;

	(void)state;
	assert_true(text_number("42", 0, 100, &n));
	assert_int_equal(n, 42);
	assert_false(text_number("42 ", 0, 100, &n));
	assert_false(text_number(" 42", 0, 100, &n));
	assert_false(text_number("101", 0, 100, &n));
	assert_false(text_number("99999999999999999999", 0, INT64_MAX, &n));
	assert_false(text_number("", 0, 100, &n));
}

static void
the_nearest_word_is_the_one_meant(void **state)
{
	static const char *const words[] = {"portal.workers", "portal.listen", "mailer.senders"};

	(void)state;
	assert_string_equal(text_nearest("portal.worker", words, 3), "portal.workers");
	assert_string_equal(text_nearest("portal.lisetn", words, 3), "portal.listen");
	assert_null(text_nearest("colour", words, 3));
	assert_int_equal(text_distance("abc", "acb"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
}

static void
an_address_holds_any_text(void **state)
{
	(void)state;
	assert_string_equal(text_url(story, "CSA-1.b_c~"), "CSA-1.b_c~");
	assert_string_equal(text_url(story, "d’Orgeval & fils/?#%+"), "d%E2%80%99Orgeval%20%26%20fils%2F%3F%23%25%2B");
	assert_string_equal(text_url(story, ""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hexadecimal_comes_back),
	    cmocka_unit_test(base64url_comes_back_and_is_canonical),
	    cmocka_unit_test(only_well_formed_utf8_passes),
	    cmocka_unit_test(trimming_takes_french_spaces_too),
	    cmocka_unit_test(numbers_are_whole_and_bounded),
	    cmocka_unit_test(the_nearest_word_is_the_one_meant),
	    cmocka_unit_test(an_address_holds_any_text),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
