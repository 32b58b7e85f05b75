/* The office's markup: what it means, what is refused and where; and the search over it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "common/fold.h"
#include "common/prose.h"
#include "portal/search.h"

static struct prose *
parse_as(enum text_name name, const char *text)
{
	char *why = NULL;
	struct prose *t = prose_parse(story, name, "essai.txt", text, strlen(text), &why);

	if (t == NULL)
		fail_msg("%s", why);
	return t;
}

static struct prose *
parse(const char *text)
{
	return parse_as(TEXT_EDITO, text);
}

/* A line as it reads, links in brackets. */
static char *
shown(const struct prose_line *l)
{
	static const char *const marks[][2] = {{"", ""}, {"[", "]"}, {"{", "}"}};
	char *out = talloc_strdup(story, "");

	for (size_t i = 0; i < l->n; i++)
		out = talloc_asprintf_append(out, "%s%s%s", marks[l->spans[i].kind][0], l->spans[i].text,
		                             marks[l->spans[i].kind][1]);
	return out;
}

static void
blank_lines_end_paragraphs_and_line_ends_do_not(void **state)
{
	struct prose *t = parse("Une ligne\r\nqui continue.\r\n\r\n\r\nUne autre.");

	(void)state;
	assert_int_equal(t->n, 1);
	assert_int_equal(t->sections[0].n, 2);
	assert_string_equal(shown(&t->sections[0].blocks[0].lines[0]), "Une ligne qui continue.");
	assert_string_equal(shown(&t->sections[0].blocks[1].lines[0]), "Une autre.");
}

static void
items_make_one_list_until_a_paragraph(void **state)
{
	const struct prose_section *s = &parse("Avant\n- un\n- deux\n  suite\n\n- trois\nAprès\n- autre")->sections[0];

	(void)state;
	assert_int_equal(s->n, 4);
	assert_true(s->blocks[1].is_list && !s->blocks[2].is_list && s->blocks[3].is_list);
	assert_int_equal(s->blocks[1].n, 3);
	assert_string_equal(shown(&s->blocks[1].lines[1]), "deux suite");
	assert_string_equal(shown(&s->blocks[2].lines[0]), "Après");
}

static void
a_heading_ends_a_list(void **state)
{
	struct prose *t = parse("- un\n- deux\n## Titre\n- trois");

	(void)state;
	assert_int_equal(t->sections[0].n, 1);
	assert_int_equal(t->sections[0].blocks[0].n, 2);
	assert_int_equal(t->sections[1].n, 1);
	assert_string_equal(shown(&t->sections[1].blocks[0].lines[0]), "trois");
}

static void
headings_have_a_place_in_the_page_that_stays(void **state)
{
	struct prose *t = parse("Tête\n## Je n’ai rien reçu\u00a0!\nmots\u00a0: mail spam\n\nAttendez.\n## 2 œufs\nancre: oeufs\nmots: a\nb");

	(void)state;
	assert_int_equal(t->n, 3);
	assert_string_equal(t->sections[0].title, "");
	assert_string_equal(t->sections[1].title, "Je n’ai rien reçu\u00a0!");
	assert_string_equal(t->sections[1].anchor, "je-n-ai-rien-recu");
	assert_string_equal(t->sections[1].words, "mail spam");
	assert_string_equal(t->sections[2].anchor, "oeufs");
	assert_string_equal(parse("## 2 œufs")->sections[1].anchor, "q-2-oeufs");
	assert_string_equal(shown(&t->sections[2].blocks[0].lines[0]), "b");
}

static void
addresses_become_links_and_sentences_keep_their_signs(void **state)
{
	static const char *const rows[][2] = {
	    {"Voyez https://www.cnil.fr/fr.", "Voyez [https://www.cnil.fr/fr]."},
	    {"(https://a.example/x?y=1&z=2), puis", "([https://a.example/x?y=1&z=2]), puis"},
	    {"«\u00a0https://a.example\u00a0»", "«\u00a0[https://a.example]\u00a0»"},
	    {"Écrivez\u00a0: /assistance.", "Écrivez\u00a0: {Formulaire de demande d’assistance}."},
	    {"1er/2nd degré, et/ou, / seul", "1er/2nd degré, et/ou, / seul"},
	    {"xhttps://a.example", "xhttps://a.example"},
	    {"a < b et b > a & c", "a < b et b > a & c"},
	    {"https://a.example/1 https://a.example/2", "[https://a.example/1] [https://a.example/2]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(shown(&parse(rows[i][0])->sections[0].blocks[0].lines[0]), rows[i][1]);
}

static void
what_cannot_be_meant_is_refused_with_its_line(void **state)
{
	static const struct {
		enum text_name name;
		const char *text, *why;
	} rows[] = {
	    {TEXT_EDITO, "a\n\n<b>gras</b>", "essai.txt:3: HTML is not understood and would be shown as it stands: <b>gras</b>"},
	    {TEXT_EDITO, "a\n<!-- x", "essai.txt:2: HTML is not understood and would be shown as it stands: <!-- x"},
	    {TEXT_EDITO, "a\n### b", "essai.txt:2: a heading begins with \"## \", there is but this one kind"},
	    {TEXT_EDITO, "## ", "essai.txt:1: a heading has 1 to 200 characters"},
	    {TEXT_EDITO, "a\n- \n", "essai.txt:2: an item without words"},
	    {TEXT_EDITO, "a\x01", "essai.txt:1: a control character"},
	    {TEXT_EDITO, "a\xff", "essai.txt:1: the text is not UTF-8"},
	    {TEXT_EDITO, "b\n\nvoir http://a.example\nc", "essai.txt:3: links are https:// alone"},
	    {TEXT_EDITO, "https://banque.fr@mal.example/", "essai.txt:1: https://banque.fr@mal.example/ is no address that a link may have"},
	    {TEXT_EDITO, "https://x", "essai.txt:1: https://x is no address that a link may have"},
	    {TEXT_EDITO, "/asistance", "essai.txt:1: the portal has no page /asistance; did you mean /assistance?"},
	    {TEXT_EDITO, "## A\nb\n## À\nc", "essai.txt:4: the heading \"À\" has the same place in the page as an earlier one: give it an "
	                                      "\"ancre : …\""},
	    {TEXT_EDITO, "## A\nancre: É", "essai.txt:2: \"ancre\" takes at most 60 lower-case letters, digits and hyphens"},
	    {TEXT_FAQ, "## A\n\n## B\nb", "essai.txt:3: the question \"A\" has no answer"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *why = NULL;

		assert_null(prose_parse(story, rows[i].name, "essai.txt", rows[i].text, strlen(rows[i].text), &why));
		assert_string_equal(why, rows[i].why);
	}
}

static void
a_text_that_is_too_long_is_refused(void **state)
{
	char *text = talloc_zero_array(story, char, PROSE_SIZE_MAX + 2), *why = NULL;

	(void)state;
	memset(text, 'a', PROSE_SIZE_MAX + 1);
	assert_null(prose_parse(story, TEXT_EDITO, "essai.txt", text, PROSE_SIZE_MAX + 1, &why));
	assert_non_null(prose_parse(story, TEXT_EDITO, "essai.txt", text, PROSE_SIZE_MAX, &why));
}

static void
words_are_folded_one_by_one(void **state)
{
	(void)state;
	assert_string_equal(fold_words(story, "  L’Œuvre d’ÉTÉ,  n°\u00a02\u00a0! "), "l oeuvre d ete n 2");
	assert_string_equal(fold_words(story, " … "), "");
	assert_null(fold_words(story, "\xff"));
}

static void
a_search_takes_all_its_words_and_forgives_accents_case_and_plural(void **state)
{
	static const struct {
		const char *typed;
		bool hit;
	} rows[] = {
	    {"mot de passe", true}, {"MOTS DE PASSE OUBLIÉS", true}, {"oublie", true}, {"j'ai oublié mon mot de passe", true},
	    {"code", true},         {"pass", true},                  {"oublie captcha", false}, {"asse", false},
	    {"lettre", true},       {"assistance", true},            {"", true},                {"de la", true},
	};
	const struct prose_section *s =
	    &parse_as(TEXT_FAQ, "## Mot de passe oublié\u00a0?\nmots\u00a0: code perdu\n\n- Demandez une lettre : /assistance.")->sections[1];
	const char *words = search_section(story, s);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (search_is_hit(words, search_words(story, rows[i].typed)) != rows[i].hit)
			fail_msg("\"%s\" in \"%s\"", rows[i].typed, words);
}

static void
each_page_that_a_text_may_name_is_a_route(void **state)
{
	static const char *const paths[] = {
#define TEXT_PAGE(path, label) path,
#include "common/texts.def"
	};
	static const char *const routes[] = {
#define ROUTE(method, path, who, pace, show, handle) path,
#include "portal/routes.def"
#undef ROUTE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		size_t j = 0;

		while (j < sizeof(routes) / sizeof(*routes) && strcmp(routes[j], paths[i]) != 0)
			j++;
		if (j == sizeof(routes) / sizeof(*routes))
			fail_msg("no route %s", paths[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blank_lines_end_paragraphs_and_line_ends_do_not),
	    cmocka_unit_test(items_make_one_list_until_a_paragraph),
	    cmocka_unit_test(a_heading_ends_a_list),
	    cmocka_unit_test(headings_have_a_place_in_the_page_that_stays),
	    cmocka_unit_test(addresses_become_links_and_sentences_keep_their_signs),
	    cmocka_unit_test(what_cannot_be_meant_is_refused_with_its_line),
	    cmocka_unit_test(a_text_that_is_too_long_is_refused),
	    cmocka_unit_test(words_are_folded_one_by_one),
	    cmocka_unit_test(a_search_takes_all_its_words_and_forgives_accents_case_and_plural),
	    cmocka_unit_test(each_page_that_a_text_may_name_is_a_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
