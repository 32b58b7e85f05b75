/* What a word on the command line may mean to trace, and the order of a story. */
#include "ctl/story.h"

#include "unit.h"

#define ID "019a0123456789abcdef0123456789ab"

static void
each_word_means_one_thing(void **state)
{
	static const struct {
		const char *word;
		enum story_subject subject;
		const char *value;
	} rows[] = {
	    {ID, STORY_JOB, ID},
	    {"<" ID "@vote.example>", STORY_JOB, ID},
	    {ID "@vote.example", STORY_JOB, ID},
	    {"a21967cc6d386298", STORY_REQUEST, "a21967cc6d386298"},
	    {"K7M-2QX4", STORY_REFERENCE, "K7M-2QX4"},
	    {"k7m2qx4", STORY_REFERENCE, "K7M-2QX4"},
	    {"K7M 2QX4", STORY_REFERENCE, "K7M-2QX4"},
	    {" Elise.Martin@AC-Nantes.fr ", STORY_PERSON, "elise.martin@ac-nantes.fr"},
	    {"019A0123456789ABCDEF0123456789AB", STORY_NONE, NULL},
	    {"K7M-2QX", STORY_NONE, NULL},
	    {"K7M-2QX44", STORY_NONE, NULL},
	    {"K7M/2QX4", STORY_NONE, NULL},
	    {"<>", STORY_NONE, NULL},
	    {"@", STORY_NONE, NULL},
	    {"", STORY_NONE, NULL},
	};
	TALLOC_CTX *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *value = NULL;

		assert_int_equal(story_subject(ctx, rows[i].word, &value), rows[i].subject);
		if (rows[i].value != NULL)
			assert_string_equal(value, rows[i].value);
	}
	talloc_free(ctx);
}

static void
a_story_is_in_the_order_of_time_and_ends_where_it_is_cut(void **state)
{
	static const int64_t times[] = {5000, 1000, 3000, 3000, 9000};
	static const char *const names[] = {"d", "a", "b", "c", "e"}, *const sorted[] = {"a", "b", "c", "d", "e"};
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct story s = {0};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		story_add(&s, ctx, &(struct story_event){.at_ms = times[i], .what = names[i], .ms = -1});
	story_sort(&s);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(s.events[i].what, sorted[i]);
	story_cut(&s, 5000);
	assert_int_equal(s.n, 4);
	assert_string_equal(js_text(js_at(story_json(ctx, &s), 1), "after", ""), "2.000 s");
	story_cut(&s, 0);
	assert_int_equal(s.n, 0);
	story_sort(&s);
	talloc_free(ctx);
}

static void
delays_and_times_are_told_as_people_read_them(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {{0, "0.000 s"},          {412, "0.412 s"},         {59999, "59.999 s"},      {60000, "1 min 00 s"},
	            {182000, "3 min 02 s"},  {3600000, "1 h 00 min"},  {86399000, "23 h 59 min"}, {86400000, "1 d 00 h"},
	            {273600000, "3 d 04 h"}};
	TALLOC_CTX *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(story_delay(ctx, rows[i].ms), rows[i].text);
	assert_string_equal(story_time(ctx, INT64_C(1764115200007)), "2025-11-26T01:00:00.007+01:00");
	talloc_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_word_means_one_thing),
	    cmocka_unit_test(a_story_is_in_the_order_of_time_and_ends_where_it_is_cut),
	    cmocka_unit_test(delays_and_times_are_told_as_people_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
