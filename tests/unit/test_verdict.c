/* What becomes of a mail: the traps of SMTP and of libesmtp, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* What relays and domains were seen to say. */
static void
replies_are_told_apart_by_code_enhanced_code_and_words(void **state)
{
	static const struct {
		int code, enhanced[3];
		const char *text;
		enum verdict_outcome outcome;
		enum verdict_backoff backoff;
		enum verdict_whom whom;
	} told[] = {
	    {450, {4, 7, 1}, "4.7.1 try again in five minutes", OUTCOME_DEFER, BACKOFF_GREY, WHOM_PERSON},
	    {451, {0}, "Greylisting in action, please come back later", OUTCOME_DEFER, BACKOFF_GREY, WHOM_PERSON},
	    {450, {4, 2, 0}, "4.2.0 Recipient address rejected: GreyListed, see http://postgrey", OUTCOME_DEFER, BACKOFF_GREY, WHOM_PERSON},
	    {451, {4, 7, 1}, "4.7.1 too many messages from you", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_DOMAIN},
	    {450, {4, 7, 1}, "4.7.1 Rate limited", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_DOMAIN},
	    {451, {4, 7, 500}, "4.7.500 server busy", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_DOMAIN},
	    {554, {5, 7, 1}, "5.7.1 greylisted for good", OUTCOME_DEFER, BACKOFF_POLICY, WHOM_DOMAIN},
	    {552, {5, 2, 2}, "5.2.2 mailbox full", OUTCOME_DEFER, BACKOFF_FULL, WHOM_PERSON},
	    {552, {0}, "storage exceeded", OUTCOME_DEFER, BACKOFF_FULL, WHOM_PERSON},
	    {452, {4, 2, 2}, "4.2.2 over there is no room", OUTCOME_DEFER, BACKOFF_FULL, WHOM_PERSON},
	    {550, {5, 2, 2}, "5.2.2 user is over quota", OUTCOME_DEFER, BACKOFF_FULL, WHOM_PERSON},
	    {550, {0}, "the mailbox is full", OUTCOME_DEFER, BACKOFF_FULL, WHOM_PERSON},
	    {552, {5, 3, 4}, "5.3.4 message too big", OUTCOME_DEAD, BACKOFF_NONE, WHOM_PERSON},
	    {452, {4, 3, 1}, "4.3.1 insufficient system storage", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_DOMAIN},
	    {450, {4, 2, 1}, "4.2.1 mailbox disabled for now", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_PERSON},
	    {450, {4, 1, 1}, "4.1.1 not known yet", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_PERSON},
	    {450, {5, 7, 1}, "5.7.1 contradicts itself", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_DOMAIN},
	    {421, {4, 7, 0}, "4.7.0 too much to do", OUTCOME_DEFER, BACKOFF_BUSY, WHOM_RELAY},
	    {550, {5, 1, 1}, "5.1.1 nobody there", OUTCOME_DEAD, BACKOFF_NONE, WHOM_PERSON},
	    {530, {4, 7, 0}, "who are you", OUTCOME_DEFER, BACKOFF_POLICY, WHOM_DOMAIN},
	};
	static const enum verdict_stage stages[] = {STAGE_RCPT, STAGE_DATA, STAGE_DOT};

	(void)state;
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		for (size_t k = 0; k < sizeof(stages) / sizeof(*stages); k++) {
			struct verdict_reply r = {.stage = stages[k], .code = told[i].code};
			struct verdict v;

			for (int n = 0; n < 3; n++)
				r.enhanced[n] = told[i].enhanced[n];
			strncpy(r.text, told[i].text, sizeof(r.text) - 1);
			v = verdict_of(&r);
			assert_int_equal(v.outcome, told[i].outcome);
			assert_int_equal(v.backoff, told[i].backoff);
			assert_int_equal(v.whom, told[i].whom);
		}
	}
}

static void
a_lost_connection_is_the_relays(void **state)
{
	(void)state;
	for (int stage = 0; stage < STAGE__MAX; stage++) {
		struct verdict_reply r = {.stage = (enum verdict_stage)stage};

		assert_int_equal(verdict_of(&r).whom, WHOM_RELAY);
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

/* What waits for a domain, its policy or the relay does not go sooner because a person is impatient. */
static void
asking_again_helps_a_full_mailbox_at_once_and_greylisting_after_its_wait(void **state)
{
	(void)state;
	for (int b = 0; b < BACKOFF__MAX; b++) {
		int64_t ms = verdict_asked_ms((enum verdict_backoff)b, 30000);

		assert_int_equal(ms, b == BACKOFF_FULL ? 30000 : b == BACKOFF_GREY ? 300000 : 0);
	}
}

/* With mailer.backoff at its 30 seconds: five minutes, and half an hour. */
static void
who_is_greylisted_or_full_is_not_tried_too_soon(void **state)
{
	static const struct {
		enum verdict_backoff backoff;
		int64_t attempts, least_s, most_s;
	} rows[] = {
	    {BACKOFF_GREY, 1, 300, 360}, {BACKOFF_GREY, 3, 300, 1440}, {BACKOFF_GREY, 50, 300, 1800},
	    {BACKOFF_FULL, 1, 1800, 3600}, {BACKOFF_FULL, 50, 1800, 14400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t least = INT64_MAX, most = 0;

		for (uint64_t chance = 0; chance < UINT64_C(40000000000); chance += 9999991) {
			int64_t ms = verdict_backoff_ms(rows[i].backoff, 30000, rows[i].attempts, chance);

			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		assert_in_range(least, rows[i].least_s * 1000, rows[i].least_s * 1000 + (rows[i].most_s - rows[i].least_s) * 20);
		assert_in_range(most, rows[i].most_s * 1000 - (rows[i].most_s - rows[i].least_s) * 20, rows[i].most_s * 1000);
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
	    cmocka_unit_test(replies_are_told_apart_by_code_enhanced_code_and_words),
	    cmocka_unit_test(a_lost_connection_is_the_relays),
	    cmocka_unit_test(every_stage_and_code_has_a_verdict),
	    cmocka_unit_test(backoff_doubles_to_a_bound_and_is_drawn_by_lot),
	    cmocka_unit_test(asking_again_helps_a_full_mailbox_at_once_and_greylisting_after_its_wait),
	    cmocka_unit_test(who_is_greylisted_or_full_is_not_tried_too_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
