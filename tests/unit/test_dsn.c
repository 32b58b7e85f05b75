/* What a report means, and whose signature an envelope sender carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/hash.h"
#include "mailer/dsn/report.h"
#include "mailer/dsn/verp.h"

static struct bounce_verdict
verdict(const char *action, const char *status, const char *diagnostic)
{
	int digits[3];

	classify_status(status, diagnostic, digits);
	return classify(classify_action(action), digits);
}

static enum bounce_class
class_of(const char *status, const char *diagnostic)
{
	return verdict("failed", status, diagnostic).class;
}

static void
nobody_there_is_hard(void **state)
{
	(void)state;
	assert_int_equal(class_of("5.1.1", ""), BOUNCE_HARD);
	assert_int_equal(verdict("failed", "5.1.1", "").needed, 1);
	assert_int_equal(verdict("failed", "5.1.10 (nobody)", "").needed, 1);
	assert_int_equal(verdict("Failed", "5.2.1", "").needed, 2);
	assert_int_equal(verdict("failed", "5.0.0", "").needed, 2);
}

static void
a_full_mailbox_never_suppresses(void **state)
{
	static const char *const reports[][2] = {
	    {"5.2.2", ""}, {"4.2.2", ""}, {"5.0.0", "smtp; 552 Mailbox full"}, {"5.0.0", "smtp; 550 5.2.2 quota"}, {"", "smtp; 452-4.2.2 over quota"}, {"4.0.0", "452 x"}};

	(void)state;
	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++) {
		assert_int_equal(class_of(reports[i][0], reports[i][1]), BOUNCE_SOFT);
		assert_int_equal(verdict("failed", reports[i][0], reports[i][1]).needed, 0);
	}
}

static void
policy_meets_us_and_not_the_person(void **state)
{
	(void)state;
	assert_int_equal(class_of("5.7.1", ""), BOUNCE_POLICY);
	assert_int_equal(class_of("5.1.8", ""), BOUNCE_POLICY);
	assert_int_equal(class_of("5.6.0", ""), BOUNCE_POLICY);
	assert_int_equal(class_of("4.4.7", ""), BOUNCE_SOFT);
}

static void
delay_is_recorded_and_success_is_not(void **state)
{
	(void)state;
	assert_int_equal(verdict("delayed", "4.4.1", "").class, BOUNCE_DELAYED);
	assert_int_equal(verdict("delivered", "2.0.0", "").class, BOUNCE_NONE);
	assert_int_equal(verdict("relayed", "2.0.0", "").class, BOUNCE_NONE);
	assert_int_equal(classify_action("perhaps"), DSN_ACTION_NONE);
}

static void
a_diagnostic_is_heard_only_when_the_status_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(class_of("5.1.1", "smtp; 552 5.2.2 full"), BOUNCE_HARD);
	assert_int_equal(class_of("5.0.0", "smtp; 550 5.7.1 no"), BOUNCE_POLICY);
	assert_int_equal(class_of("5.0.0", "smtp; 550 from 10.5.1.1.9 and 15.1.1"), BOUNCE_HARD);
	assert_int_equal(verdict("failed", "5.0.0", "smtp; 550 from 10.5.1.1.9 and 15.1.1").needed, 2);
}

#define JOB "0123456789abcdef0123456789abcdef"

static void
only_our_signature_counts(void **state)
{
	struct keys k = {.key = {[KEY_TOKEN] = "a key"}}, other = {.key = {[KEY_TOKEN] = "another"}};
	char words[VERP_WORDS_SIZE], job[VERP_JOB_SIZE], *address;

	(void)state;
	verp_words(&k, JOB, words);
	address = verp_address(NULL, "retours@exemple.fr", words);
	assert_true(strchr(address, '@') - address <= 64);
	assert_int_equal(verp_read_address(&k, address, job), VERP_GENUINE);
	assert_string_equal(job, JOB);
	assert_int_equal(verp_read_address(&other, address, job), VERP_FORGED);
	address[8] = address[8] == '1' ? '2' : '1';
	assert_int_equal(verp_read_address(&k, address, job), VERP_FORGED);
	assert_int_equal(verp_read_address(&k, "retours@exemple.fr", job), VERP_NONE);
	assert_int_equal(verp_read_address(&k, "a@b+c", job), VERP_NONE);
	talloc_free(address);
}

static void
a_bounce_address_leaves_room_for_what_is_added(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);

	(void)state;
	assert_null(verp_check(ctx, ""));
	assert_null(verp_check(ctx, "retours@exemple.fr"));
	assert_non_null(verp_check(ctx, "retours-de-courrier@exemple.fr"));
	assert_non_null(verp_check(ctx, "a+b@exemple.fr"));
	assert_non_null(verp_check(ctx, "exemple.fr"));
	talloc_free(ctx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_there_is_hard),
	    cmocka_unit_test(a_full_mailbox_never_suppresses),
	    cmocka_unit_test(policy_meets_us_and_not_the_person),
	    cmocka_unit_test(delay_is_recorded_and_success_is_not),
	    cmocka_unit_test(a_diagnostic_is_heard_only_when_the_status_says_nothing),
	    cmocka_unit_test(only_our_signature_counts),
	    cmocka_unit_test(a_bounce_address_leaves_room_for_what_is_added),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
