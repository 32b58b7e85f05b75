#include "tests/unit/unit.h"

#include <string.h>

#include "common/base/text.h"
#include "portal/browser.h"
#include "portal/device.h"
#include "portal/warning.h"

static void
a_browser_is_named_in_a_few_words(void **state)
{
	static const struct {
		const char *user_agent, *label;
	} rows[] = {
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox sous Windows"},
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge sous Windows"},
	    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome sous Windows"},
	    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari sur iPhone"},
	    {"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox sur iPad"},
	    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari sur Mac"},
	    {"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "Samsung Internet sur Android"},
	    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome sous ChromeOS"},
	    {"Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0", "Firefox sous Linux"},
	    {"Lynx/2.9.0 libwww-FM/2.14", "Un navigateur"},
	    {"w3m/0.5.3 (Linux i686)", "Un navigateur sous Linux"},
	    {"", "Un navigateur"},
	    {"<script>alert(1)</script> \xff\xfe", "Un navigateur"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(browser_label(story, rows[i].user_agent), rows[i].label);
}

static void
a_cookie_is_read_as_it_was_written(void **state)
{
	struct device d = {.id = "0123456789abcde", .n = 0}, again;

	(void)state;
	for (; d.n <= DEVICE_MARKS_MAX; d.n++) {
		memset(d.marks, 'a' + (int)d.n, d.n * DEVICE_MARK_SIZE);
		assert_true(device_parse(device_format(story, &d), &again));
		assert_int_equal(again.n, d.n);
		assert_memory_equal(again.id, d.id, DEVICE_ID_SIZE);
		assert_memory_equal(again.marks, d.marks, d.n * DEVICE_MARK_SIZE);
	}
}

static void
what_is_no_cookie_of_ours_is_refused(void **state)
{
	struct device d, full = {.n = DEVICE_MARKS_MAX};
	char *whole = device_format(story, &full);

	(void)state;
	assert_false(device_parse("", &d));
	assert_false(device_parse("AAAA", &d));
	assert_false(device_parse(talloc_asprintf(story, "%sAAAA", whole), &d));
	assert_false(device_parse(talloc_asprintf(story, "%.*s", (int)strlen(whole) - 1, whole), &d));
	whole[3] = '=';
	assert_false(device_parse(whole, &d));
}

static void
mark(struct device *d, char c)
{
	unsigned char m[DEVICE_MARK_SIZE];

	memset(m, c, sizeof(m));
	device_add_mark(d, m);
}

static void
the_oldest_of_five_electors_is_forgotten(void **state)
{
	struct device d = {.n = 0};

	(void)state;
	for (const char *c = "abcde"; *c != '\0'; c++)
		mark(&d, *c);
	assert_int_equal(d.n, DEVICE_MARKS_MAX);
	for (size_t i = 0; i < d.n; i++)
		assert_int_equal(d.marks[i][0], "edcb"[i]);
	mark(&d, 'c');
	assert_int_equal(d.n, DEVICE_MARKS_MAX);
	for (size_t i = 0; i < d.n; i++)
		assert_int_equal(d.marks[i][0], "cedb"[i]);
}

static void
the_warning_comes_two_minutes_before_or_half_way(void **state)
{
	(void)state;
	assert_int_equal(warning_delay_s(1200), 1080);
	assert_int_equal(warning_delay_s(240), 120);
	assert_int_equal(warning_delay_s(60), 30);
	assert_int_equal(warning_delay_s(0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_browser_is_named_in_a_few_words),
	    cmocka_unit_test(a_cookie_is_read_as_it_was_written),
	    cmocka_unit_test(what_is_no_cookie_of_ours_is_refused),
	    cmocka_unit_test(the_oldest_of_five_electors_is_forgotten),
	    cmocka_unit_test(the_warning_comes_two_minutes_before_or_half_way),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
