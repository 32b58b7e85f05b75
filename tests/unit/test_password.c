/* Passwords that people choose, in both profiles, and how long any of them takes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/fold.h"
#include "portal/policy/password.h"

static struct guess_list *list;

static int
setup(void **state)
{
	const char *top = getenv("srcdir");
	char *why;

	(void)state;
	list = guess_load(story, talloc_asprintf(story, "%s/conf/blocklist.txt", top != NULL ? top : "."), &why);
	if (list == NULL)
		print_error("%s\n", why);
	return list != NULL ? 0 : -1;
}

/* What is said of it, typed by M. Jean LE GOFF-DUPONT. */
static struct password_verdict
judge(enum conf_profile profile, const char *password)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct password_try t = {
	    .password = fold_password(ctx, password),
	    .name = "M. Jean LE GOFF-DUPONT",
	    .identifier = "jean.legoff@ac-nantes.fr",
	    .academy = "Nantes",
	    .election = "Élections professionnelles 2026",
	    .list = list,
	};
	struct password_verdict v;

	password_judge(ctx, profile, &t, &v);
	talloc_free(ctx);
	return v;
}

static bool
is_accepted(const char *password)
{
	return judge(CONF_PROFILE_ELECTIONSPRO, password).accepted;
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
	char *longest = talloc_strdup(story, "Brouette-7 sardine ");

	(void)state;
	assert_false(is_accepted("éééééé-Aa1"));
	while (text_length(longest) < 256)
		longest = talloc_strdup_append(longest, text_length(longest) % 2 ? "é" : "ü");
	assert_true(is_accepted(longest));
	assert_true(judge(CONF_PROFILE_CNIL80, longest).accepted);
	longest = talloc_strdup_append(longest, "x");
	assert_false(is_accepted(longest));
	assert_false(judge(CONF_PROFILE_CNIL80, longest).accepted);
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

/* E: electionspro takes it, C: cnil80 takes it. */
static const struct choice {
	const char *password, *taken;
} choices[] = {
    /* What a rule of four kinds makes people type. */
    {"Motdepasse1!", ""},
    {"Motdepasse-2026", ""},
    {"MotDePasse123!", ""},
    {"M0tdep@sse2026", ""},
    {"Mot de passe 1!", ""},
    {"Azertyuiop1!", ""},
    {"Azertyuiop123!", ""},
    {"Qsdfghjklm1!", ""},
    {"1&2é3\"4'5(Aa", ""},
    {"Wxcvbn,;:!12Aa", ""},
    {"Aqwzsxedcrfv1!", ""},
    {"1q2w3e4r5T6Y!", ""},
    {"Password1234!", ""},
    {"P@ssw0rd2026!", ""},
    {"Aaaaaaaaaaa1!", ""},
    {"Aa1!Aa1!Aa1!", ""},
    {"Abcdefghijkl1!", ""},
    {"123456789Aa!", ""},
    {"Chatchatchat1!", ""},
    {"密码密码密码密码密码Aa1!", ""},
    {"Ab3Ab3Ab3Ab3Ab3", ""},
    /* These elections, the job, the place. */
    {"Elections2026!", ""},
    {"ElectionsPro-2026", ""},
    {"Élections-2026!", ""},
    {"Jevote-2026!!", ""},
    {"Education-2026", ""},
    {"Professeur-1985!", ""},
    {"Lycee-Aristide1", ""},
    {"Rentree-2026!", ""},
    {"Rentrée2026-26!", ""},
    {"Vacances-2026!", ""},
    {"Toussaint2025!", ""},
    {"Academie44000!", ""},
    {"Nantes44-2024!", ""},
    {"Ac-nantes-2026!", ""},
    {"Marseille13013!", ""},
    /* Loves, clubs, dates. */
    {"Bonjour-2026", ""},
    {"Bonjour123456!", ""},
    {"Bienvenue2024!", ""},
    {"Soleil1234567!", ""},
    {"Doudou-2015!!", ""},
    {"Jetaime-123456", ""},
    {"Camille&Lucas2015", ""},
    {"PSG-champion2024", ""},
    {"AllezlOM-1993!", ""},
    {"Peugeot-206-Gti", ""},
    {"Chocolat-noir-1", ""},
    {"Camembert-2026!", ""},
    {"Harrypotter-7", ""},
    {"Marianne-2026!", ""},
    {"LiberteEgalite1!", ""},
    {"Juillet1789!", ""},
    {"14Juillet1789!", ""},
    {"01/02/1975Aa!", ""},
    /* Sentences that everybody knows. */
    {"Metro-boulot-dodo1", ""},
    {"Il était une fois 1!", ""},
    {"Je pense donc je suis !1", ""},
    {"Allons-enfants-de-la-patrie-1", ""},
    {"Correct-Horse-Battery-Staple1", ""},
    {"le le le le le le le", ""},
    {"la la la la la la la la la la la", ""},
    /* One's own. */
    {"Dupont-agrafe 42", ""},
    {"L3g0ff-2026-A!", ""},
    /* Good ones. */
    {"Cheval-agr 4", "EC"},
    {"xK9#mQ2$vL7p", "EC"},
    {"R7!tq-9wLx_2zB", "EC"},
    {"Brouette_47_Sardine", "EC"},
    {"gris-Volet-lampe-12", "EC"},
    {"Tuile*Goéland*Poivre*9", "EC"},
    {"Grenouille-Électrique 33", "EC"},
    {"Un vieux Chêne-7 sur la lande", "EC"},
    {"Trois canards-9 sous la Pluie", "EC"},
    {"Пароль-на-выборы-2026 Aa", "EC"},
    /* Good in one of the CNIL's other forms. */
    {"Brouette47Sardine", "C"},
    {"Brouette47Étourdie", "C"},
    {"la pluie tombe sur le toit gris", "C"},
    {"le chat de la voisine mange des radis", "C"},
    {"mon chien aime les os et les balles", "C"},
    /* In none. */
    {"brouettesardinemoulin", ""},
    {"brouette sardine moulin cahier étagère violon", ""}, /* six words */
    {"Brouette47Sar", ""},                               /* thirteen, of three kinds */
    {"            ", ""},
    {"", ""},
};

static void
passwords_that_people_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		const struct choice *c = &choices[i];

		if (is_accepted(c->password) != (strchr(c->taken, 'E') != NULL))
			fail_msg("electionspro: %s", c->password);
		if (judge(CONF_PROFILE_CNIL80, c->password).accepted != (strchr(c->taken, 'C') != NULL))
			fail_msg("cnil80: %s", c->password);
	}
}

static void
a_refusal_says_what_makes_it_easy(void **state)
{
	static const struct {
		const char *password;
		enum guess_why why;
	} rows[] = {
	    {"Ac-nantes-2026!", GUESS_PERSON}, {"L3g0ff-2026-A!", GUESS_PERSON},   {"Motdepasse1!", GUESS_WORD},  {"Wxcvbn,;:!12Aa", GUESS_KEYS},
	    {"1&2é3\"4'5(Aa", GUESS_KEYS},     {"Abcdefghijkl1!", GUESS_SEQUENCE}, {"Aa1!Aa1!Aa1!", GUESS_REPEAT}, {"01/02/1975Aa!", GUESS_DATE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct guess g = judge(CONF_PROFILE_ELECTIONSPRO, rows[i].password).guess;

		if (!g.easy || !g.why[rows[i].why])
			fail_msg("%s", rows[i].password);
	}
	assert_false(judge(CONF_PROFILE_ELECTIONSPRO, "Bonjour123456!").guess.why[GUESS_PERSON]);
}

static void
rules_are_told_untried_and_the_costly_one_waits_for_the_list(void **state)
{
	struct password_try t = {"Motdepasse-2026", "M. Jean LE GOFF", "jean.legoff@ac-nantes.fr", "Nantes", "Élections", NULL};
	struct password_verdict v;

	(void)state;
	password_judge(story, CONF_PROFILE_CNIL80, NULL, &v);
	assert_int_equal(v.n, 4);
	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.rules[i].state, RULE_UNTRIED);
	password_judge(story, CONF_PROFILE_ELECTIONSPRO, &t, &v);
	assert_true(v.accepted);
	assert_int_equal(v.rules[0].state, RULE_KEPT);
	assert_int_equal(v.rules[v.n - 1].state, RULE_UNTRIED);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The best of three, so that only what the password itself costs counts. */
static double
cost_ms(const char *password)
{
	double best = 1e9;

	for (int i = 0; i < 3; i++) {
		double began = cpu_ms(), took;

		judge(CONF_PROFILE_ELECTIONSPRO, password);
		took = cpu_ms() - began;
		best = took < best ? took : best;
	}
	return best;
}

/* Those on which the library alone takes up to a second. */
static void
no_password_takes_longer_than_fifty_milliseconds(void **state)
{
	static const char *const seeds[] = {"0o", "85", "74", "02120212", "5$7+", "4@8({[<3610!1l|0$5+7%2", "1", "a", "01/02/1990 ", "elections",
	                                    "é", "4e0s7", "la la ", "azertyuiop", "legoff", "密", "\t", "-_"};

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++)
		for (size_t length = 16; length <= 256; length *= 2) {
			char *password = talloc_strdup(story, "");

			while (strlen(password) < length)
				password = talloc_strdup_append(password, seeds[i]);
			if (cost_ms(password) > 50)
				fail_msg("%zu of %s", length, seeds[i]);
		}
}

static void
refuses(const char *text, const char *why_ends)
{
	char path[] = "/tmp/isoloir-test-blocklist-XXXXXX", *why;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_null(guess_load(story, path, &why));
	assert_string_equal(why, talloc_asprintf(story, "%s%s", path, why_ends));
	unlink(path);
}

static void
a_list_that_is_wrong_is_refused_with_its_line(void **state)
{
	static const char letters[] = ": a word takes small letters from a to z and single spaces, three signs at least";
	char *why;

	(void)state;
	refuses("# fine\nsoleil\n\nÉté\n", talloc_asprintf(story, ":4%s", letters));
	refuses("ab\n", talloc_asprintf(story, ":1%s", letters));
	refuses("deux  espaces\n", talloc_asprintf(story, ":1%s", letters));
	refuses("soleil2\n", talloc_asprintf(story, ":1%s", letters));
	refuses(talloc_asprintf(story, "soleil\n#%0400d\n", 7), ":2: longer than any password");
	assert_null(guess_load(story, "/nulle/part", &why));
	assert_string_equal(why, "/nulle/part: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule_is_its_own),
	    cmocka_unit_test(length_counts_characters_not_bytes),
	    cmocka_unit_test(ones_own_name_is_refused_however_written),
	    cmocka_unit_test(passwords_that_people_choose),
	    cmocka_unit_test(a_refusal_says_what_makes_it_easy),
	    cmocka_unit_test(rules_are_told_untried_and_the_costly_one_waits_for_the_list),
	    cmocka_unit_test(no_password_takes_longer_than_fifty_milliseconds),
	    cmocka_unit_test(a_list_that_is_wrong_is_refused_with_its_line),
	};

	return cmocka_run_group_tests_name("password", tests, setup, NULL);
}
