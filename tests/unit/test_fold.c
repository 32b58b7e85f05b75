#include "tests/unit/unit.h"

#include <string.h>

#include "common/fold.h"

static void
an_identifier_has_one_form(void **state)
{
	static const struct {
		const char *typed, *folded;
	} rows[] = {
	    {"jean.dupont@ac-nantes.fr", "jean.dupont@ac-nantes.fr"},
	    {"  Jean.DUPONT@AC-Nantes.fr ", "jean.dupont@ac-nantes.fr"},
	    {"jean.dupont @ ac-nantes.fr", "jean.dupont@ac-nantes.fr"},
	    {"\u00a0jean@ac-nantes.fr\u202f", "jean@ac-nantes.fr"},
	    {"jean@école.fr", "jean@xn--cole-9oa.fr"},
	    {"jean@ÉCOLE.fr", "jean@xn--cole-9oa.fr"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(fold_identifier(story, rows[i].typed), rows[i].folded);
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const typed[] = {"",           "jean",     "@ac-nantes.fr", "jean@",        "jean@nantes",
	                                    "a..b@c.fr",  ".a@c.fr",  "a.@c.fr",       "été@c.fr",     "a@c_d.fr",
	                                    "a\"b@c.fr",  "a@b.fr\x01", "\xff@c.fr",   "a@-c.fr"};

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++)
		assert_null(fold_identifier(story, typed[i]));
}

static void
a_long_identifier_is_refused_not_cut(void **state)
{
	char typed[400];

	(void)state;
	memset(typed, 'a', sizeof(typed));
	memcpy(typed + 65, "@ac-nantes.fr", 14);
	assert_null(fold_identifier(story, typed));
	memcpy(typed + 64, "@ac-nantes.fr", 14);
	assert_non_null(fold_identifier(story, typed));
}

static void
a_password_keeps_all_but_its_normal_form(void **state)
{
	(void)state;
	assert_string_equal(fold_password(story, "e\u0301te\u0301 A1!"), "été A1!");
	assert_string_equal(fold_password(story, " Ｆull ﬁ "), " Ｆull ﬁ ");
	assert_null(fold_password(story, "\xff"));
}

static void
an_answer_is_the_same_however_it_is_written(void **state)
{
	static const char *const typed[] = {"Saint-Étienne", "saint etienne", "SAINT ÉTIENNE!", "  Saint’Etienne ",
	                                    "Sa\u00a0int-E\u0301tienne"};

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++)
		assert_string_equal(fold_answer(story, typed[i]), "saintetienne");
	assert_string_equal(fold_answer(story, "  - !"), "");
	assert_string_equal(fold_answer(story, "Straße № ２"), "strasseno2");
}

static void
a_plain_text_has_no_accents_and_keeps_its_case(void **state)
{
	(void)state;
	assert_string_equal(fold_plain(story, "Éte\u0301 à Nîmes"), "Ete a Nimes");
	assert_string_equal(fold_plain(story, "L’Œuf, sœur, Æthusa"), "L'Oeuf, soeur, Aethusa");
	assert_string_equal(fold_plain(story, "5€"), "5\xac"); /* one byte a sign */
	assert_string_equal(fold_plain(story, "œþÆ€œœa"), "oe\xfe" "Ae\xac" "oeoea");
	assert_string_equal(fold_plain(story, ""), "");
	assert_null(fold_plain(story, "\xff"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identifier_has_one_form),
	    cmocka_unit_test(what_is_no_address_is_refused),
	    cmocka_unit_test(a_long_identifier_is_refused_not_cut),
	    cmocka_unit_test(a_password_keeps_all_but_its_normal_form),
	    cmocka_unit_test(an_answer_is_the_same_however_it_is_written),
	    cmocka_unit_test(a_plain_text_has_no_accents_and_keeps_its_case),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
