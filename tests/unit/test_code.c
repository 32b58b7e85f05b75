/* Voting codes: two ways of writing one number, and what people type. belenios-tool(1), where it is installed, says what its own form is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/code.h"

#define ROUNDS 2000
static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const char *
plain(const struct code *c, char out[CODE_SIGNS + 1])
{
	char text[CODE_TEXT_SIZE];
	size_t n = 0;

	code_write(c, text);
	for (const char *s = text; *s != '\0'; s++)
		if (*s != '-')
			out[n++] = *s;
	out[n] = '\0';
	return out;
}

static bool
same(const struct code *a, const struct code *b)
{
	return a->number == b->number;
}

static void
both_forms_lose_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		char text[CODE_TEXT_SIZE], belenios[CODE_BELENIOS_SIZE];
		struct code c, from_text, from_belenios;

		code_draw(&c);
		code_write(&c, text);
		code_write_belenios(&c, belenios);
		assert_int_equal(strlen(text), CODE_TEXT_SIZE - 1);
		assert_int_equal(strlen(belenios), CODE_BELENIOS_SIZE - 1);
		assert_int_equal(strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"), CODE_TEXT_SIZE - 1);
		assert_int_equal(code_read(text, &from_text), CODE_RIGHT);
		assert_true(code_read_belenios(belenios, &from_belenios));
		assert_true(same(&c, &from_text) && same(&c, &from_belenios));
	}
}

/* Taken by belenios-tool 2.0, the least and the greatest among them; the elector's forms were computed apart, with tables of logarithms. */
static void
golden_vectors(void **state)
{
	static const struct {
		const char *belenios, *elector;
	} rows[] = {
	    {"111-111-111-111-11v", "000-000-000-000-000-000"},
	    {"zzz-zzz-zzz-zzz-zzn", "411-ECT-1CT-GEY-RWF-ZZY"},
	    {"wJ7-7B7-FcJ-Tpr-eNr", "3RS-N1J-YM0-7X9-XRK-5KQ"},
	    {"oMy-U5Y-oHn-Yah-5Mj", "374-TET-68E-RWS-8TA-EMF"},
	    {"bmw-ayS-9C2-r2Q-3GB", "2DB-W49-86S-12R-RWX-2QW"},
	    {"zPR-J35-i6N-S5i-3XV", "3ZN-RQ7-5KY-CS4-SJY-K6Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[CODE_TEXT_SIZE], belenios[CODE_BELENIOS_SIZE];
		struct code c, again;

		if (!code_read_belenios(rows[i].belenios, &c))
			fail_msg("%s is refused", rows[i].belenios);
		code_write(&c, text);
		assert_string_equal(text, rows[i].elector);
		assert_int_equal(code_read(text, &again), CODE_RIGHT);
		code_write_belenios(&again, belenios);
		assert_string_equal(belenios, rows[i].belenios);
	}
}

static void
a_wrong_credential_is_refused(void **state)
{
	static const char *const wrong[] = {"", "wJ7-7B7-FcJ-Tpr-eNs", "wJ77B7FcJTpreNr", "wJ7-7B7-FcJ-Tpr-eN", "wJ7-7B7-FcJ-Tpr-eNrr",
	                                    "0J7-7B7-FcJ-Tpr-eNr", "wJ7x7B7xFcJxTprxeNr"};
	struct code c;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(code_read_belenios(wrong[i], &c));
}

/* Each of the 18 places, each of the 31 other signs. */
static void
one_wrong_sign_is_always_noticed(void **state)
{
	(void)state;
	for (int round = 0; round < 100; round++) {
		char text[CODE_SIGNS + 1];
		struct code c, read;

		code_draw(&c);
		plain(&c, text);
		for (int at = 0; at < CODE_SIGNS; at++) {
			char right = text[at];

			for (const char *s = signs; *s != '\0'; s++) {
				text[at] = *s;
				assert_int_equal(code_read(text, &read), *s == right ? CODE_RIGHT : CODE_MISTYPED);
			}
			text[at] = right;
		}
	}
}

/* The check is linear: what a change about does depends on the two places and the two signs alone, and all of those are tried. */
static void
two_signs_changed_about_are_always_noticed(void **state)
{
	(void)state;
	for (int round = 0; round < 400; round++) {
		char text[CODE_SIGNS + 1];
		struct code c, read;

		code_draw(&c);
		plain(&c, text);
		for (int i = 0; i < CODE_SIGNS; i++)
			for (int j = i + 1; j < CODE_SIGNS; j++) {
				char a = text[i], b = text[j];

				text[i] = b;
				text[j] = a;
				assert_int_equal(code_read(text, &read), a == b ? CODE_RIGHT : CODE_MISTYPED);
				text[i] = a;
				text[j] = b;
			}
	}
}

static void
of_random_signs_one_in_254_passes(void **state)
{
	unsigned passed = 0, tries = 400000, seed = 7;

	(void)state;
	for (unsigned i = 0; i < tries; i++) {
		char text[CODE_SIGNS + 1] = "";
		struct code read;

		for (int at = 0; at < CODE_SIGNS; at++)
			text[at] = signs[(seed = seed * 1664525 + 1013904223) >> 27];
		passed += code_read(text, &read) == CODE_RIGHT;
	}
	assert_in_range(passed, tries / 254 * 8 / 10, tries / 254 * 12 / 10);
}

static void
it_is_read_as_people_type_it(void **state)
{
	static const struct {
		const char *typed;
		enum code_fault fault;
	} rows[] = {
	    {"", CODE_MISSING},
	    {" - ", CODE_MISSING},
	    {"000-000-000-000-000-000", CODE_RIGHT},
	    {"000000000000000000", CODE_RIGHT},
	    {" ooo OOO 000 000 000 000 ", CODE_RIGHT},
	    {"000\u2011000\u2013000\u00a0000\u202f000.000", CODE_RIGHT},
	    {"000-000-000-000-000-00", CODE_LONG_OR_SHORT},
	    {"000-000-000-000-000-0000", CODE_LONG_OR_SHORT},
	    {"000-000-000-000-000-00U", CODE_FOREIGN},
	    {"000-000-000-000-000-00é", CODE_FOREIGN},
	    {"000_000_000_000_000_000", CODE_FOREIGN},
	    {"000-000-000-000-000-001", CODE_MISTYPED},
	    {"ZZZ-ZZZ-ZZZ-ZZZ-ZZZ-ZZZ", CODE_MISTYPED},
	};
	struct code c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (code_read(rows[i].typed, &c) != rows[i].fault)
			fail_msg("%s: %d", rows[i].typed, (int)code_read(rows[i].typed, &c));
}

static void
look_alikes_and_case_do_not_matter(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		char text[CODE_SIGNS + 1];
		struct code c, read;

		code_draw(&c);
		plain(&c, text);
		for (char *s = text; *s != '\0'; s++)
			*s = *s == '0' ? "oO"[i % 2] : *s == '1' ? "iIlL"[i % 4] : *s >= 'A' ? (char)(*s - 'A' + 'a') : *s;
		assert_int_equal(code_read(text, &read), CODE_RIGHT);
		assert_true(same(&c, &read));
	}
}

static void
each_sign_has_its_word(void **state)
{
	(void)state;
	for (const char *s = signs; *s != '\0'; s++) {
		assert_true(strlen(code_word(*s)) > 1);
		if (*s >= 'A')
			assert_int_equal(code_word(*s)[0], *s);
	}
	assert_string_equal(code_word('7'), "sept");
	assert_string_equal(code_word('K'), "K comme Kléber");
	assert_string_equal(code_word('U'), "");
	assert_string_equal(code_word('\0'), "");
}

static void
the_hash_is_of_code_election_and_key(void **state)
{
	unsigned char first[HASH_SIZE], other[HASH_SIZE];
	struct keys keys = {0}, others = {0};
	struct code c, d;

	(void)state;
	code_draw(&c);
	d.number = c.number ^ 1;
	others.key[KEY_PEPPER][31] = 1;
	code_hash(&keys, 1, &c, first);
	code_hash(&keys, 1, &c, other);
	assert_memory_equal(first, other, HASH_SIZE);
	code_hash(&keys, 2, &c, other);
	assert_memory_not_equal(first, other, HASH_SIZE);
	code_hash(&keys, 1, &d, other);
	assert_memory_not_equal(first, other, HASH_SIZE);
	code_hash(&others, 1, &c, other);
	assert_memory_not_equal(first, other, HASH_SIZE);
}

/* Runs a shell command and leaves its first line in answer; its exit status. */
static int
tool(const char *command, char answer[128])
{
	FILE *f = popen(command, "r");

	assert_non_null(f);
	if (fgets(answer, 128, f) == NULL)
		answer[0] = '\0';
	return pclose(f);
}

#define TOOL "belenios-tool setup generate-credentials --uuid AAAAAAAAAAAAAA --group BELENIOS-2048"

static void
skip_without_tool(void)
{
	char answer[128];

	if (tool("command -v belenios-tool", answer) != 0)
		skip();
}

static void
what_belenios_draws_is_read(void **state)
{
	char dir[] = "/tmp/isoloir-code.XXXXXX", command[512], line[128];
	FILE *f;
	int n = 0;

	(void)state;
	skip_without_tool();
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), TOOL " --count 200 --dir %s >/dev/null && cat %s/*.privcreds; rm -rf %s", dir, dir, dir);
	assert_non_null(f = popen(command, "r"));
	for (; fgets(line, sizeof(line), f) != NULL; n++) {
		char *belenios = strchr(line, ' ') + 1, again[CODE_BELENIOS_SIZE], text[CODE_TEXT_SIZE];
		struct code c, read;

		belenios[strcspn(belenios, "\n")] = '\0';
		if (!code_read_belenios(belenios, &c))
			fail_msg("%s is refused", belenios);
		code_write(&c, text);
		assert_int_equal(code_read(text, &read), CODE_RIGHT);
		code_write_belenios(&read, again);
		assert_string_equal(again, belenios);
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(n, 200);
}

static void
what_we_draw_is_taken_by_belenios(void **state)
{
	char belenios[CODE_BELENIOS_SIZE], command[256], answer[128];
	struct code c;

	(void)state;
	skip_without_tool();
	for (int i = 0; i < 5; i++) {
		code_draw(&c);
		code_write_belenios(&c, belenios);
		snprintf(command, sizeof(command), TOOL " --derive %s 2>&1", belenios);
		assert_int_equal(tool(command, answer), 0);
		belenios[CODE_BELENIOS_SIZE - 2] = belenios[CODE_BELENIOS_SIZE - 2] == '2' ? '3' : '2';
		snprintf(command, sizeof(command), TOOL " --derive %s 2>&1", belenios);
		assert_int_not_equal(tool(command, answer), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_forms_lose_nothing),
	    cmocka_unit_test(golden_vectors),
	    cmocka_unit_test(a_wrong_credential_is_refused),
	    cmocka_unit_test(one_wrong_sign_is_always_noticed),
	    cmocka_unit_test(two_signs_changed_about_are_always_noticed),
	    cmocka_unit_test(of_random_signs_one_in_254_passes),
	    cmocka_unit_test(it_is_read_as_people_type_it),
	    cmocka_unit_test(look_alikes_and_case_do_not_matter),
	    cmocka_unit_test(each_sign_has_its_word),
	    cmocka_unit_test(the_hash_is_of_code_election_and_key),
	    cmocka_unit_test(what_belenios_draws_is_read),
	    cmocka_unit_test(what_we_draw_is_taken_by_belenios),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
