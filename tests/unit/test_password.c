#include "tests/unit/unit.h"

#include <string.h>

#include "portal/pages/password.h"

/* Does the page accept it, for M. Jean LE GOFF-DUPONT? */
static bool
is_accepted(const char *password)
{
	struct request r = {.task = task_new(NULL, 0)};
	struct password_try t = {password, "M. Jean LE GOFF-DUPONT", "jean.legoff@ac-nantes.fr"};
	bool ok;

	r.reply.data = tmpl_data_new(r.task);
	ok = password_rules(&r, &t);
	talloc_free(r.task);
	return ok;
}

static void
each_rule_is_its_own(void **state)
{
	(void)state;
	assert_true(is_accepted("Cheval-agrafe 42"));
	assert_false(is_accepted("Cheval-ag 4"));         /* eleven */
	assert_true(is_accepted("Cheval-agr 4"));         /* twelve */
	assert_false(is_accepted("CHEVAL-AGRAFE 42"));    /* no lower case */
	assert_false(is_accepted("cheval-agrafe 42"));    /* no capital */
	assert_false(is_accepted("Cheval-agrafe xx"));    /* no digit */
	assert_false(is_accepted("Cheval agrafe 42"));    /* a space is not special */
	assert_false(is_accepted("Éheval-agrafe 42"));    /* É is not an unaccented capital */
	assert_false(is_accepted("CHEVAL-AGRAFÉ é42"));   /* é is not an unaccented small letter */
	assert_false(is_accepted("Chevalagrafeé42"));     /* é is not special */
	assert_true(is_accepted("Chevalagrafe42€"));
}

static void
length_counts_characters_not_bytes(void **state)
{
	char *longest = talloc_strdup(story, "Aa1-");

	(void)state;
	assert_false(is_accepted("éééééé-Aa1"));
	for (int i = 0; i < 252; i++)
		longest = talloc_strdup_append(longest, i % 2 ? "é" : "ü");
	assert_true(is_accepted(longest));
	assert_false(is_accepted(talloc_strdup_append(longest, "x")));
}

static void
ones_own_name_is_refused_however_written(void **state)
{
	(void)state;
	assert_false(is_accepted("Dupont-agrafe 42"));
	assert_false(is_accepted("xX-DÛPONT-agrafe 42"));
	assert_false(is_accepted("agrafe 42 JeAn!"));
	assert_false(is_accepted("Legoff-agrafe 42"));
	assert_true(is_accepted("Le-cheval agrafe 42")); /* a particle is no name */
}

static void
common_ones_are_refused(void **state)
{
	static const char *const common[] = {"Motdepasse1!", "Motdepasse2026!", "Azertyuiop1!", "Password1234!",
	                                     "Elections2026!", "ElectionsPro-2026"};

	(void)state;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		assert_false(is_accepted(common[i]));
	assert_false(is_accepted("Aaaaaaaaaaa1!"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule_is_its_own),
	    cmocka_unit_test(length_counts_characters_not_bytes),
	    cmocka_unit_test(ones_own_name_is_refused_however_written),
	    cmocka_unit_test(common_ones_are_refused),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
