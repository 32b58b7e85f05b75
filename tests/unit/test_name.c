#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "common/name.h"

static void
a_roll_is_in_the_order_of_a_french_index(void **state)
{
	static const struct {
		const char *family, *given, *key;
	} rows[] = {
	    {"Abadie", "Zoé", "abadie zoe"},
	    {"d’Artagnan", "Charles", "artagnan charles"},
	    {"DU BELLAY", "Joachim", "dubellay joachim"},
	    {"Dupont", "Jean", "dupont jean"},
	    {"DUPONT", "Jean-Noël", "dupont jeannoel"},
	    {"Dupont-Moretti", "Anne", "dupontmoretti anne"},
	    {"de La Fontaine", "Jean", "lafontaine jean"},
	    {"Le Goff", "Yves", "legoff yves"},
	    {"LEFÈVRE-GARNIER", "Sophie", "lefevregarnier sophie"},
	    {"Œhler", "Ça", "oehler ca"},
	    {"Strauß", "Éva", "strauss eva"},
	    {"Teriʻi", "Hina", "terii hina"},
	    {"", "", " "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(name_key(story, rows[i].family, rows[i].given), rows[i].key);
}

static void
people_type_names_in_many_ways(void **state)
{
	static const struct {
		const char *typed, *family, *given;
	} rows[] = {
	    {"dupont", "Dupont", "Jean"},        {" DUPONT ", "Dupont", "Jean"},      {"Dupont, je", "Dupont", "Jean"},
	    {"dupont m", "Dupont-Moretti", "A"}, {"dupont-mor", "Dupont-Moretti", "A"}, {"d'arta", "d’Artagnan", "C"},
	    {"D’ARTA", "d’Artagnan", "C"},       {"arta", "d’Artagnan", "C"},         {"la fontaine", "de La Fontaine", "J"},
	    {"de la fon", "de La Fontaine", "J"}, {"legoff", "Le Goff", "Yves"},      {"le-goff", "LE GOFF", "Yves"},
	    {"lefevre", "Lefèvre", "S"},         {"oeh", "Œhler", "X"},               {"", "Dupont", "Jean"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *key = name_key(story, rows[i].family, rows[i].given), *prefix = name_prefix(story, rows[i].typed);

		assert_non_null(prefix);
		assert_int_equal(strncmp(key, prefix, strlen(prefix)), 0);
		assert_true(strcmp(prefix, key) <= 0 && strcmp(key, name_after(story, prefix)) < 0);
	}
	assert_null(name_prefix(story, "--- !"));
	assert_null(name_prefix(story, "\xff"));
}

/* Each reading begins the key, or none does. */
static bool
is_found(const char *typed, const char *family, const char *given)
{
	char *list[NAME_READINGS_MAX];
	const char *key = name_key(story, family, given);
	size_t n = name_readings(story, typed, list), hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += strncmp(key, list[i], strlen(list[i])) == 0;
	assert_true(hits <= 1);
	return hits == 1;
}

static void
name_and_forename_are_typed_in_either_order(void **state)
{
	static const struct {
		const char *typed, *family, *given;
		bool found;
	} rows[] = {
	    {"Dupont Marie", "Dupont", "Marie", true},
	    {"marie  dupont", "Dupont", "Marie", true},
	    {"dupont ma", "Dupont", "Marie", true},
	    {"Dupont, ma", "Dupont", "Marie", true},
	    {"Dupont, ma", "Dupontma", "Anne", false},
	    {"dupont mo", "Dupont-Moretti", "Anne", true},
	    {"Anne Dupont-Moretti", "Dupont-Moretti", "Anne", true},
	    {"dupont moretti anne", "Dupont-Moretti", "Anne", true},
	    {"jean pierre martin", "Martin", "Jean-Pierre", true},
	    {"Gaël de La Tour du Pin", "de La Tour du Pin", "Gaël", true},
	    {"d'Orgeval Aliénor", "d’Orgeval", "Aliénor", true},
	    {"la fontaine", "de La Fontaine", "Jean", true},
	    {"Jean de la Fontaine", "de La Fontaine", "Jean", true},
	    {"fontaine", "de La Fontaine", "Jean", false},
	    {"Hina Teriʻi", "Teri’i", "Hina", true},
	    {"marie dup", "Dupont", "Marie", false},
	    {"", "Dupont", "Marie", true},
	    {"--- !", "Dupont", "Marie", false},
	    {"\xff", "Dupont", "Marie", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (is_found(rows[i].typed, rows[i].family, rows[i].given) != rows[i].found)
			fail_msg("« %s » and %s %s", rows[i].typed, rows[i].given, rows[i].family);
}

static void
readings_are_in_order_and_share_no_key(void **state)
{
	static const char *const typed[] = {"Jean", "Jean Jean", "a a a a", "Zoé Abadie", "un deux trois quatre cinq six sept huit neuf", "d d", "l’ l’"};
	char *list[NAME_READINGS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(*typed); i++) {
		size_t n = name_readings(story, typed[i], list);

		assert_in_range(n, 1, NAME_READINGS_MAX);
		for (size_t j = 1; j < n; j++)
			assert_true(strcmp(name_after(story, list[j - 1]), list[j]) < 0);
	}
}

static void
an_article_leads_to_who_was_meant(void **state)
{
	bool found = false;

	(void)state;
	for (size_t i = 0; name_article(i) != NULL; i++)
		found |= is_found(talloc_asprintf(story, "%sfontaine", name_article(i)), "de La Fontaine", "Jean");
	assert_true(found);
}

static void
what_is_long_fits_the_column(void **state)
{
	char name[301];

	(void)state;
	memset(name, 'a', 300);
	name[300] = '\0';
	assert_int_equal(strlen(name_key(story, name, "b")), NAME_KEY_MAX);
	assert_int_equal(strlen(name_prefix(story, name)), NAME_KEY_MAX);
	assert_int_equal(strlen(name_posting_key(story, name)), NAME_KEY_MAX);
}

static void
postings_are_words(void **state)
{
	(void)state;
	assert_string_equal(name_posting_key(story, "Lycée Jean-Moulin, Nantes"), "lycee jean moulin nantes");
	assert_string_equal(name_posting_key(story, "École de l’Île"), "ecole de l ile");
	assert_string_equal(name_posting_key(story, ""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_roll_is_in_the_order_of_a_french_index),
	    cmocka_unit_test(people_type_names_in_many_ways),
	    cmocka_unit_test(name_and_forename_are_typed_in_either_order),
	    cmocka_unit_test(readings_are_in_order_and_share_no_key),
	    cmocka_unit_test(an_article_leads_to_who_was_meant),
	    cmocka_unit_test(what_is_long_fits_the_column),
	    cmocka_unit_test(postings_are_words),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
