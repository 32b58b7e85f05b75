#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"

static const struct hash_cost light = {.memory = 8 << 20, .passes = 1};
static const struct hash_cost heavier = {.memory = 8 << 20, .passes = 2};

static void
hmac_is_hmac_over_counted_parts(void **state)
{
	unsigned char key[KEY_SIZE] = {0}, a[HASH_SIZE], b[HASH_SIZE];
	struct hash_part ab_c[] = {{"ab", 2}, {"c", 1}}, a_bc[] = {{"a", 1}, {"bc", 2}}, none[1] = {{NULL, 0}};

	(void)state;
	hash_keyed(key, ab_c, 2, a);
	hash_keyed(key, a_bc, 2, b);
	assert_memory_not_equal(a, b, HASH_SIZE);
	hash_keyed(key, none, 0, a); /* HMAC-SHA-256 of nothing under a key of zeros */
	assert_string_equal(text_hex(story, a, HASH_SIZE),
	                    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
sha256_is_sha256(void **state)
{
	unsigned char out[HASH_SIZE];

	(void)state;
	hash_sha256("abc", 3, out); /* FIPS 180-4's own example */
	assert_string_equal(text_hex(story, out, HASH_SIZE),
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static char lent[8 << 20];
static bool inside;

static int
enter(struct task *t)
{
	(void)t;
	inside = true;
	return 0;
}

static void *
memory(size_t *len_r)
{
	assert_true(inside);
	*len_r = sizeof(lent);
	return lent;
}

static void
leave(void)
{
	inside = false;
}

/* Sixty-four bytes in the middle of it: one alone may be what it was by chance. */
static bool
is_untouched(void)
{
	for (size_t i = 0; i < 64; i++)
		if (lent[sizeof(lent) / 2 + i] != 0x5a)
			return false;
	return true;
}

/* In memory that holds anything at all, and again in what the hash before left there. */
static void
a_hash_in_lent_memory_is_the_same_hash(void **state)
{
	struct task *t = task_new(NULL, 0);
	struct keys k = {0};
	char own[HASH_PASSWORD_SIZE], stored[HASH_PASSWORD_SIZE];
	bool right;

	(void)state;
	assert_int_equal(hash_password(t, &k, light, "Un mot de passe 1!", own), 0);
	memset(lent, 0x5a, sizeof(lent));
	hash_gate = (struct hash_gate){enter, memory, leave};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hash_password_check(t, &k, light, own, "Un mot de passe 1!", &right), 0);
		assert_true(right);
		assert_int_equal(hash_password(t, &k, heavier, "Un mot de passe 1!", stored), 0);
	}
#ifndef __SANITIZE_ADDRESS__
	assert_false(is_untouched());
#endif
	memset(lent, 0x5a, sizeof(lent));
	assert_int_equal(hash_password(t, &k, (struct hash_cost){.memory = 9 << 20, .passes = 1}, "x", stored), 0);
	assert_true(is_untouched()); /* what needs more maps its own */
	hash_gate = (struct hash_gate){NULL, NULL, NULL};
	assert_int_equal(hash_password_check(t, &k, heavier, stored, "x", &right), 0);
	assert_true(right);
	talloc_free(t);
}

static void
only_the_right_password_under_the_right_pepper_opens(void **state)
{
	struct task *t = task_new(NULL, 0);
	struct keys k = {0}, other = {0};
	char stored[HASH_PASSWORD_SIZE];
	bool right;

	(void)state;
	other.key[KEY_PEPPER][0] = 1;
	assert_int_equal(hash_password(t, &k, light, "Un mot de passe 1!", stored), 0);
	assert_true(text_starts(stored, "$argon2id$"));
	assert_int_equal(hash_password_check(t, &k, light, stored, "Un mot de passe 1!", &right), 0);
	assert_true(right);
	assert_int_equal(hash_password_check(t, &k, light, stored, "un mot de passe 1!", &right), 0);
	assert_false(right);
	assert_int_equal(hash_password_check(t, &other, light, stored, "Un mot de passe 1!", &right), 0);
	assert_false(right);
	assert_int_equal(hash_password_check(t, &k, light, NULL, "Un mot de passe 1!", &right), 0);
	assert_false(right);
	talloc_free(t);
}

static void
an_older_cost_is_noticed(void **state)
{
	struct task *t = task_new(NULL, 0);
	struct keys k = {0};
	char stored[HASH_PASSWORD_SIZE];

	(void)state;
	assert_int_equal(hash_password(t, &k, light, "x", stored), 0);
	assert_false(hash_password_is_old(stored, light));
	assert_true(hash_password_is_old(stored, heavier));
	talloc_free(t);
}

static int
full(struct task *t)
{
	return task_fail(t, ERR_RETRY, "no slot");
}

static void
no_slot_is_said_not_waited_for_ever(void **state)
{
	struct task *t = task_new(NULL, 0);
	struct keys k = {0};
	char stored[HASH_PASSWORD_SIZE];

	(void)state;
	hash_gate.enter = full;
	assert_int_equal(hash_password(t, &k, light, "x", stored), -1);
	assert_int_equal(t->err.kind, ERR_RETRY);
	hash_gate.enter = NULL;
	talloc_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hmac_is_hmac_over_counted_parts),
	    cmocka_unit_test(sha256_is_sha256),
	    cmocka_unit_test(a_hash_in_lent_memory_is_the_same_hash),
	    cmocka_unit_test(only_the_right_password_under_the_right_pepper_opens),
	    cmocka_unit_test(an_older_cost_is_noticed),
	    cmocka_unit_test(no_slot_is_said_not_waited_for_ever),
	};

	hash_init();
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
