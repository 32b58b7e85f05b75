/* Mailed links: derived anew at each try, worth nothing without the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/token.h"

static struct keys keys;
static const unsigned char selector[TOKEN_SELECTOR_SIZE] = "sixteen bytes...";

static void
a_retry_derives_the_same_link(void **state)
{
	char first[TOKEN_TEXT_SIZE], second[TOKEN_TEXT_SIZE];

	(void)state;
	token_derive(&keys, selector, 7, "activation", first);
	token_derive(&keys, selector, 7, "activation", second);
	assert_string_equal(first, second);
	assert_int_equal(strlen(first), 43);
	assert_int_equal(strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
	                 43);
}

static void
the_selector_can_be_read_back(void **state)
{
	char token[TOKEN_TEXT_SIZE];
	unsigned char found[TOKEN_SELECTOR_SIZE];

	(void)state;
	token_derive(&keys, selector, 7, "activation", token);
	assert_true(token_selector(token, found));
	assert_memory_equal(found, selector, sizeof(found));
	assert_true(token_is_genuine(&keys, token, 7, "activation"));
}

static void
a_link_is_good_for_one_elector_one_purpose_and_one_key(void **state)
{
	struct keys other = keys;
	char token[TOKEN_TEXT_SIZE];

	(void)state;
	other.key[KEY_TOKEN][0] ^= 1;
	token_derive(&keys, selector, 7, "activation", token);
	assert_false(token_is_genuine(&keys, token, 8, "activation"));
	assert_false(token_is_genuine(&keys, token, 7, "reissue"));
	assert_false(token_is_genuine(&other, token, 7, "activation"));
}

static void
no_changed_sign_passes(void **state)
{
	char token[TOKEN_TEXT_SIZE];

	(void)state;
	token_derive(&keys, selector, 7, "activation", token);
	for (size_t i = 0; i < sizeof(token) - 1; i++) {
		char right = token[i];

		token[i] = right == 'A' ? 'B' : 'A';
		assert_false(token_is_genuine(&keys, token, 7, "activation"));
		token[i] = right;
	}
}

static void
what_is_no_token_is_refused(void **state)
{
	static const char *const texts[] = {"",
	                                    "A",
	                                    "../../../../etc/passwd",
	                                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	                                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	                                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"};
	unsigned char found[TOKEN_SELECTOR_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_false(token_selector(texts[i], found));
		assert_false(token_is_genuine(&keys, texts[i], 7, "activation"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_retry_derives_the_same_link),
	    cmocka_unit_test(the_selector_can_be_read_back),
	    cmocka_unit_test(a_link_is_good_for_one_elector_one_purpose_and_one_key),
	    cmocka_unit_test(no_changed_sign_passes),
	    cmocka_unit_test(what_is_no_token_is_refused),
	};

	hash_init();
	memset(keys.key[KEY_TOKEN], 0x5a, KEY_SIZE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
