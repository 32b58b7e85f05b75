/* What the master decides, with the clock in hand. */
#include "tests/unit/unit.h"

#include "common/proc/policy.h"

static void
first_death_is_replaced_at_once(void **state)
{
	struct policy p = {0};

	(void)state;
	assert_false(policy_death(&p, 1000000, 1, 10, 0));
	assert_int_equal(policy_forks(&p, 1000000, 1, 0), 1);
}

static void
all_dead_together_are_one_round(void **state)
{
	struct policy p = {0};

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_false(policy_death(&p, 1000000, 8, 10, 0));
	assert_int_equal(policy_forks(&p, 1000000, 8, 0), 8);
}

static void
early_deaths_wait_longer_and_longer_to_thirty_seconds(void **state)
{
	struct policy p = {0};
	int64_t now = 1000000, before = -1, most = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		policy_death(&p, now, 1, 10, 0);
		assert_true(p.delay_ms > before || p.delay_ms == POLICY_BACKOFF_MAX_MS);
		assert_int_equal(policy_forks(&p, now + p.delay_ms - 1, 1, 0), 0);
		assert_int_equal(policy_forks(&p, now + p.delay_ms, 1, 0), 1);
		before = p.delay_ms;
		most = p.delay_ms > most ? p.delay_ms : most;
		now += p.delay_ms + 10;
	}
	assert_int_equal(most, POLICY_BACKOFF_MAX_MS);
}

static void
four_early_deaths_are_still_replaced_within_a_second(void **state)
{
	struct policy p = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		policy_death(&p, 1000000, 1, 10, 0);
	assert_true(p.delay_ms < 1000);
}

static void
a_storm_is_told_once_and_tries_one_at_a_time(void **state)
{
	struct policy p = {0};
	int told = 0;

	(void)state;
	for (int i = 0; i < 40; i++)
		told += policy_death(&p, 1000000 + i, 4, 10, 0);
	assert_int_equal(told, 1);
	assert_true(p.storm);
	assert_int_equal(policy_forks(&p, 1000040 + p.delay_ms, 4, 0), 1);
	assert_int_equal(policy_forks(&p, 1000040 + p.delay_ms, 4, 1), 0);
}

static void
one_that_lives_ends_the_storm(void **state)
{
	struct policy p = {0};
	int64_t started;

	(void)state;
	for (int i = 0; i < 10; i++)
		policy_death(&p, 1000000, 1, 10, 0);
	started = p.not_before_ms;
	assert_false(policy_survivor(&p, started + 100, started));
	assert_false(policy_survivor(&p, started + 90000, 900000)); /* one from before tells nothing */
	assert_true(policy_survivor(&p, started + POLICY_EARLY_MS, started));
	assert_int_equal(policy_forks(&p, started + POLICY_EARLY_MS, 8, 0), 8);
}

static void
old_or_useful_workers_die_without_a_pause(void **state)
{
	struct policy p = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_false(policy_death(&p, 1000000, 1, POLICY_EARLY_MS, 0));
		assert_false(policy_death(&p, 1000000, 1, 10, 1));
	}
	assert_int_equal(policy_forks(&p, 1000000, 1, 0), 1);
}

static void
deaths_far_apart_do_not_add_up(void **state)
{
	struct policy p = {0};

	(void)state;
	for (int i = 1; i <= 50; i++) {
		assert_false(policy_death(&p, i * (POLICY_WINDOW_MS + 1000), 1, 10, 0));
		assert_int_equal(p.delay_ms, 0);
	}
}

static void
scaling_down_retires_the_idle_first(void **state)
{
	struct policy_worker w[] = {
	    {.state = POLICY_BUSY, .since_ms = 100},
	    {.state = POLICY_IDLE, .since_ms = 500},
	    {.state = POLICY_BUSY, .since_ms = 50},
	    {.state = POLICY_STARTING, .since_ms = 900},
	};
	static const int order[] = {1, 3, 2, 0, -1};

	(void)state;
	assert_int_equal(policy_plan(w, 4, 1).retire_present, 3);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		int chosen = policy_retire(w, 4, false);

		assert_int_equal(chosen, order[i]);
		if (chosen != -1)
			w[chosen].asked = true;
	}
}

static void
an_old_one_goes_only_when_a_new_one_is_ready(void **state)
{
	struct policy_worker w[] = {
	    {.state = POLICY_IDLE, .old = true},
	    {.state = POLICY_BUSY, .old = true},
	    {.state = POLICY_STARTING},
	    {.state = POLICY_STARTING},
	};
	struct policy_plan plan = policy_plan(w, 2, 2);

	(void)state;
	assert_int_equal(plan.missing, 2);
	assert_int_equal(plan.retire_old, 0);
	plan = policy_plan(w, 4, 2);
	assert_int_equal(plan.missing, 0);
	assert_int_equal(plan.retire_old, 0);
	w[2].state = POLICY_IDLE;
	assert_int_equal(policy_plan(w, 4, 2).retire_old, 1);
	assert_int_equal(policy_retire(w, 4, true), 0);
	w[0].asked = true;
	assert_int_equal(policy_plan(w, 4, 2).retire_old, 0);
	w[3].state = POLICY_BUSY;
	assert_int_equal(policy_plan(w, 4, 2).retire_old, 1);
}

static void
stopping_retires_every_one(void **state)
{
	struct policy_worker w[] = {
	    {.state = POLICY_IDLE, .old = true},
	    {.state = POLICY_BUSY},
	    {.state = POLICY_FREE},
	};
	struct policy_plan plan = policy_plan(w, 3, 0);

	(void)state;
	assert_int_equal(plan.missing, 0);
	assert_int_equal(plan.retire_old, 1);
	assert_int_equal(plan.retire_present, 1);
}

static void
a_task_past_its_deadline_is_late_after_two_seconds(void **state)
{
	struct policy_worker w = {.state = POLICY_BUSY, .since_ms = 1000, .deadline_ms = 16000};

	(void)state;
	assert_false(policy_is_late(&w, 17999, 0));
	assert_true(policy_is_late(&w, 18000, 0));
	w.deadline_ms = 0;
	assert_false(policy_is_late(&w, 10000000, 0));
	assert_false(policy_is_late(&w, 10000000, 10000000 - POLICY_DRAIN_MS));
	assert_true(policy_is_late(&w, 10000001, 10000000 - POLICY_DRAIN_MS));
}

static void
an_idle_worker_is_late_only_when_it_was_asked_to_stop(void **state)
{
	struct policy_worker w = {.state = POLICY_IDLE, .since_ms = 1000};

	(void)state;
	assert_false(policy_is_late(&w, 100000000, 0));
	w.asked = true;
	w.asked_ms = 100000000;
	assert_false(policy_is_late(&w, 100000000 + POLICY_STOP_MS, 0));
	assert_true(policy_is_late(&w, 100000001 + POLICY_STOP_MS, 0));
}

static void
jitter_stays_within_a_tenth(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		int64_t n = policy_jitter(1000, i * 2654435761u);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	assert_in_range(least, 900, 910);
	assert_in_range(most, 1090, 1100);
	assert_int_equal(policy_jitter(0, 12345), 0);
	assert_int_equal(policy_jitter(5, 12345), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_death_is_replaced_at_once),
	    cmocka_unit_test(all_dead_together_are_one_round),
	    cmocka_unit_test(early_deaths_wait_longer_and_longer_to_thirty_seconds),
	    cmocka_unit_test(four_early_deaths_are_still_replaced_within_a_second),
	    cmocka_unit_test(a_storm_is_told_once_and_tries_one_at_a_time),
	    cmocka_unit_test(one_that_lives_ends_the_storm),
	    cmocka_unit_test(old_or_useful_workers_die_without_a_pause),
	    cmocka_unit_test(deaths_far_apart_do_not_add_up),
	    cmocka_unit_test(scaling_down_retires_the_idle_first),
	    cmocka_unit_test(an_old_one_goes_only_when_a_new_one_is_ready),
	    cmocka_unit_test(stopping_retires_every_one),
	    cmocka_unit_test(a_task_past_its_deadline_is_late_after_two_seconds),
	    cmocka_unit_test(an_idle_worker_is_late_only_when_it_was_asked_to_stop),
	    cmocka_unit_test(jitter_stays_within_a_tenth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
