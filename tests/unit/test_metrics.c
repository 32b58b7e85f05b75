/* What is counted for Prometheus: in the right place, once, whoever counts it. */
#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "common/metrics.h"

static void
nothing_is_counted_before_it_is_opened(void **state)
{
	(void)state;
	metrics_add(KEPT_HASHES, 0, 0);
	metrics_observe(KEPT_HTTP_SECONDS, 0, 7);
	assert_int_equal(metrics_get(KEPT_HASHES, 0, 0), 0);
	assert_int_equal(metrics_bucket(KEPT_HTTP_SECONDS, 0, 1), 0);
	metrics_open();
	assert_int_equal(metrics_get(KEPT_HASHES, 0, 0), 0);
}

static void
a_bucket_holds_its_bound_and_the_last_one_all_beyond(void **state)
{
	const struct metrics_kept_row *r = metrics_kept_row(KEPT_MAIL_DELIVERY);
	size_t last = r->n_bounds;

	(void)state;
	metrics_observe(KEPT_MAIL_DELIVERY, 1, r->bounds_ms[2]);
	metrics_observe(KEPT_MAIL_DELIVERY, 1, r->bounds_ms[2] + 1);
	metrics_observe(KEPT_MAIL_DELIVERY, 1, r->bounds_ms[last - 1] + 1);
	metrics_observe(KEPT_MAIL_DELIVERY, 1, -5000); /* the clock was put back meanwhile */
	assert_int_equal(metrics_bucket(KEPT_MAIL_DELIVERY, 1, 0), 1);
	assert_int_equal(metrics_bucket(KEPT_MAIL_DELIVERY, 1, 2), 1);
	assert_int_equal(metrics_bucket(KEPT_MAIL_DELIVERY, 1, 3), 1);
	assert_int_equal(metrics_bucket(KEPT_MAIL_DELIVERY, 1, last), 1);
	assert_int_equal(metrics_sum_ms(KEPT_MAIL_DELIVERY, 1), 2 * r->bounds_ms[2] + 1 + r->bounds_ms[last - 1] + 1);
	assert_int_equal(metrics_sum_ms(KEPT_MAIL_DELIVERY, 0), 0);
	assert_int_equal(metrics_sum_ms(KEPT_MAIL_DELIVERY, 2), 0);
}

static void
bounds_grow(void **state)
{
	(void)state;
	for (int m = 0; m < KEPT__MAX; m++) {
		const struct metrics_kept_row *r = metrics_kept_row((enum metrics_kept)m);

		for (size_t i = 1; i < r->n_bounds; i++)
			assert_true(r->bounds_ms[i - 1] < r->bounds_ms[i]);
	}
}

/* Each place is told by one number, and no two places share one. */
static void
each_word_has_a_place_of_its_own(void **state)
{
	(void)state;
	for (size_t a = 0; a < metrics_label(LABEL_REPLY)->n; a++)
		for (size_t b = 0; b < metrics_label(LABEL_FAMILY)->n; b++)
			for (size_t n = 0; n <= a * 10 + b; n++)
				metrics_add(KEPT_MAIL_ATTEMPTS, (int)a, (int)b);
	for (size_t a = 0; a < metrics_label(LABEL_REPLY)->n; a++)
		for (size_t b = 0; b < metrics_label(LABEL_FAMILY)->n; b++)
			assert_int_equal(metrics_get(KEPT_MAIL_ATTEMPTS, (int)a, (int)b), a * 10 + b + 1);
	assert_int_equal(metrics_get(KEPT_HASHES, 0, 0), 0);
	assert_int_equal(metrics_get(KEPT_MAIL_OUTCOMES, 0, 0), 0);
}

static void
a_word_that_is_none_is_not_counted(void **state)
{
	(void)state;
	assert_int_equal(metrics_word(LABEL_OUTCOME, "lost"), -1);
	assert_int_equal(metrics_word(LABEL_OUTCOME, "dead"), 3);
	metrics_add(KEPT_MAIL_OUTCOMES, 0, metrics_word(LABEL_OUTCOME, "lost"));
	metrics_add(KEPT_HTTP_REQUESTS, -2, 0);
	metrics_add(KEPT_HTTP_REQUESTS, 4, 0);
	for (int b = 0; b < (int)metrics_label(LABEL_OUTCOME)->n; b++)
		assert_int_equal(metrics_get(KEPT_MAIL_OUTCOMES, 0, b), 0);
	for (int a = 0; a < (int)metrics_label(LABEL_STATUS)->n; a++)
		assert_int_equal(metrics_get(KEPT_HTTP_REQUESTS, a, 0), 0);
}

static void
what_children_count_outlives_them(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			for (int n = 0; n < 5000; n++)
				metrics_add(KEPT_HASHES, 0, 0);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	assert_int_equal(metrics_get(KEPT_HASHES, 0, 0), 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_counted_before_it_is_opened),
	    cmocka_unit_test(a_bucket_holds_its_bound_and_the_last_one_all_beyond),
	    cmocka_unit_test(bounds_grow),
	    cmocka_unit_test(each_word_has_a_place_of_its_own),
	    cmocka_unit_test(a_word_that_is_none_is_not_counted),
	    cmocka_unit_test(what_children_count_outlives_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
