/* What is kept of an attempt while MariaDB is away comes back as it was, and nonsense as unknown. */
#include "mailer/model/attempt.h"

#include <string.h>

#include "common/base/clock.h"
#include "unit.h"

static void
times_come_back_from_redis_as_they_were(void **state)
{
	struct attempt_times a = attempt_times("host.example 0f-boot 4711 99", clock_mono_ms() - 250), b;
	char *text = attempt_times_text(NULL, &a);

	(void)state;
	assert_string_equal(a.sender, "host.example/4711");
	assert_in_range(a.ms, 250, 2000);
	assert_in_range(clock_now_ms() - a.started_ms, 250, 2000);
	b = attempt_times_read(text);
	assert_memory_equal(&a.started_ms, &b.started_ms, sizeof(a.started_ms));
	assert_int_equal(a.ms, b.ms);
	assert_string_equal(a.sender, b.sender);
	talloc_free(text);
}

static void
what_cannot_be_read_is_unknown(void **state)
{
	static const char *const texts[] = {"", "x", "12", "-5 3 host/1", "0 0 ", "5 -3 host/1"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct attempt_times a = attempt_times_read(texts[i]);

		assert_int_equal(a.started_ms, 0);
		assert_string_equal(a.sender, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_come_back_from_redis_as_they_were),
	    cmocka_unit_test(what_cannot_be_read_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
