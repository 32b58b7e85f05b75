/* A server that hangs holds everybody up once, and afterwards one alone. */
#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "common/breaker.h"

#define TIMEOUT_MS 3000
#define NOW 1000000

static struct breaker *
after_a_time_out(void)
{
	struct breaker *b = breaker_new("the server");

	breaker_failed(b, NOW - TIMEOUT_MS, NOW, "no answer");
	return b;
}

static int
let_through(struct breaker *b, int64_t now_ms, int callers)
{
	int n = 0;

	while (callers-- > 0)
		n += breaker_lets(b, now_ms, TIMEOUT_MS);
	return n;
}

static void
a_server_that_answers_is_asked_by_everybody(void **state)
{
	struct breaker *b = breaker_new("the server");

	(void)state;
	breaker_answered(b, NOW);
	assert_int_equal(let_through(b, NOW, 8), 8);
	assert_true(breaker_lets(NULL, NOW, TIMEOUT_MS));
}

static void
after_a_time_out_all_fail_at_once_for_a_second(void **state)
{
	struct breaker *b = after_a_time_out();

	(void)state;
	assert_int_equal(let_through(b, NOW, 8), 0);
	assert_int_equal(let_through(b, NOW + BREAKER_PAUSE_MS - 1, 8), 0);
}

static void
then_one_alone_tries(void **state)
{
	struct breaker *b = after_a_time_out();
	int64_t later = NOW + BREAKER_PAUSE_MS;

	(void)state;
	assert_int_equal(let_through(b, later, 8), 1);
	assert_int_equal(let_through(b, later + TIMEOUT_MS - 1, 8), 0);
	breaker_failed(b, later, later + TIMEOUT_MS, "no answer");
	assert_int_equal(let_through(b, later + TIMEOUT_MS, 8), 0);
	assert_int_equal(let_through(b, later + TIMEOUT_MS + BREAKER_PAUSE_MS, 8), 1);
}

static void
its_answer_opens_for_everybody(void **state)
{
	struct breaker *b = after_a_time_out();

	(void)state;
	assert_int_equal(let_through(b, NOW + BREAKER_PAUSE_MS, 8), 1);
	breaker_answered(b, NOW + BREAKER_PAUSE_MS + 5);
	assert_int_equal(let_through(b, NOW + BREAKER_PAUSE_MS + 5, 8), 8);
}

static void
one_that_dies_trying_is_followed_by_another(void **state)
{
	struct breaker *b = after_a_time_out();

	(void)state;
	assert_int_equal(let_through(b, NOW + BREAKER_PAUSE_MS, 8), 1);
	assert_int_equal(let_through(b, NOW + BREAKER_PAUSE_MS + TIMEOUT_MS, 8), 1);
}

static void
a_refusal_at_once_keeps_nobody_from_asking(void **state)
{
	struct breaker *b = breaker_new("the server");

	(void)state;
	breaker_failed(b, NOW - BREAKER_SLOW_MS + 1, NOW, "connection refused");
	assert_int_equal(let_through(b, NOW, 8), 8);
	b = after_a_time_out();
	breaker_failed(b, NOW, NOW + 1, "connection refused");
	assert_int_equal(let_through(b, NOW + 1, 8), 8);
}

static void
what_one_process_knows_all_know(void **state)
{
	struct breaker *b = breaker_new("the server");
	int status;

	(void)state;
	if (fork() == 0) {
		breaker_failed(b, NOW - TIMEOUT_MS, NOW, "no answer");
		_exit(0);
	}
	wait(&status);
	assert_int_equal(let_through(b, NOW + 1, 8), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_server_that_answers_is_asked_by_everybody),
	    cmocka_unit_test(after_a_time_out_all_fail_at_once_for_a_second),
	    cmocka_unit_test(then_one_alone_tries),
	    cmocka_unit_test(its_answer_opens_for_everybody),
	    cmocka_unit_test(one_that_dies_trying_is_followed_by_another),
	    cmocka_unit_test(a_refusal_at_once_keeps_nobody_from_asking),
	    cmocka_unit_test(what_one_process_knows_all_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
