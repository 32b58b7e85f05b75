/* What becomes of a mail: the traps of SMTP and of libesmtp, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailer/verdict.h"

static enum verdict_outcome
outcome(enum verdict_stage stage, int code, int enh_class, int enh_subject, bool complete)
{
	struct verdict_reply r = {
	    .stage = stage, .code = code, .enhanced = {enh_class, enh_subject, 0}, .complete = complete};

	return verdict_of(&r).outcome;
}

static void
sent_takes_a_250_and_a_complete_recipient(void **state)
{
	(void)state;
	assert_int_equal(outcome(STAGE_DOT, 250, 0, 0, true), OUTCOME_SENT);
	assert_int_equal(outcome(STAGE_DOT, 250, 0, 0, false), OUTCOME_UNCERTAIN);
	assert_int_equal(outcome(STAGE_DATA, 250, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_RCPT, 250, 0, 0, true), OUTCOME_DEFER);
}

static void
silence_after_the_dot_is_uncertain_and_before_it_is_not(void **state)
{
	(void)state;
	assert_int_equal(outcome(STAGE_DOT, 0, 0, 0, false), OUTCOME_UNCERTAIN);
	assert_int_equal(outcome(STAGE_DOT, 354, 0, 0, false), OUTCOME_UNCERTAIN);
	assert_int_equal(outcome(STAGE_DATA, 0, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_RCPT, 0, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_MAIL, 0, 0, 0, false), OUTCOME_DEFER);
}

static void
a_450_never_becomes_permanent(void **state)
{
	(void)state;
	assert_int_equal(outcome(STAGE_RCPT, 450, 4, 2, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_DATA, 450, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_DOT, 421, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_DOT, 503, 5, 5, false),
	                 OUTCOME_DEFER); /* what BDAT LAST gets after a refused chunk */
	assert_int_equal(outcome(STAGE_RCPT, 503, 5, 5, false), OUTCOME_DEFER);
}

static void
a_refused_person_is_dead_a_refusal_of_policy_is_not(void **state)
{
	(void)state;
	assert_int_equal(outcome(STAGE_RCPT, 550, 5, 1, false), OUTCOME_DEAD);
	assert_int_equal(outcome(STAGE_RCPT, 550, 0, 0, false), OUTCOME_DEAD);
	assert_int_equal(outcome(STAGE_RCPT, 550, 5, 7, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_RCPT, 530, 0, 0, false), OUTCOME_DEFER);
	assert_int_equal(outcome(STAGE_DATA, 554, 5, 6, false), OUTCOME_DEAD);
	assert_int_equal(outcome(STAGE_DOT, 554, 5, 6, false), OUTCOME_DEAD);
	assert_int_equal(outcome(STAGE_DOT, 554, 5, 7, false), OUTCOME_DEFER);
}

static void
the_relays_own_trouble_costs_no_mail_an_attempt(void **state)
{
	static const int codes[] = {0, 220, 421, 450, 535, 550, 554};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		assert_int_equal(outcome(STAGE_CONNECT, codes[i], 0, 0, false), OUTCOME_AGAIN);
		assert_int_equal(outcome(STAGE_HELLO, codes[i], 0, 0, false), OUTCOME_AGAIN);
		if (codes[i] != 0)
			assert_int_equal(outcome(STAGE_MAIL, codes[i], 0, 0, false), OUTCOME_AGAIN);
	}
}

static void
every_stage_and_code_has_a_verdict(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE__MAX; stage++) {
		for (int code = 0; code < 600; code++) {
			struct verdict_reply r = {
			    .stage = (enum verdict_stage)stage, .code = code, .complete = true};
			struct verdict v = verdict_of(&r);

			assert_true(v.outcome < OUTCOME__MAX && v.sentence != NULL);
			assert_true(v.outcome != OUTCOME_SENT || (stage == STAGE_DOT && code / 100 == 2));
			assert_true(v.outcome != OUTCOME_UNCERTAIN || stage == STAGE_DOT);
			assert_true(v.outcome != OUTCOME_DEAD || code / 100 == 5);
		}
	}
}

static void
backoff_doubles_to_a_bound_and_is_drawn_by_lot(void **state)
{
	(void)state;
	assert_int_equal(verdict_backoff_ms(BACKOFF_NONE, 1000, 3, 12345), 0);
	assert_int_equal(verdict_backoff_ms(BACKOFF_BUSY, 1000, 1, 2000), 2000);
	assert_int_equal(verdict_backoff_ms(BACKOFF_BUSY, 1000, 1, 2001), 0);
	assert_int_equal(verdict_backoff_ms(BACKOFF_BUSY, 1000, 3, 8000), 8000);
	for (uint64_t chance = 0; chance < 1000000; chance += 997) {
		int64_t ms = verdict_backoff_ms(BACKOFF_BUSY, 1000, 1000, chance);

		assert_true(ms >= 0 && ms <= 120 * 1000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sent_takes_a_250_and_a_complete_recipient),
	    cmocka_unit_test(silence_after_the_dot_is_uncertain_and_before_it_is_not),
	    cmocka_unit_test(a_450_never_becomes_permanent),
	    cmocka_unit_test(a_refused_person_is_dead_a_refusal_of_policy_is_not),
	    cmocka_unit_test(the_relays_own_trouble_costs_no_mail_an_attempt),
	    cmocka_unit_test(every_stage_and_code_has_a_verdict),
	    cmocka_unit_test(backoff_doubles_to_a_bound_and_is_drawn_by_lot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
