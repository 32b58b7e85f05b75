/* Templates: what is filled in is escaped, what is wrong is refused at load, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/tmpl.h"

static const char *const names[] = {"titre", "nom", "erreurs", "champ", "message", "ouvert", "lien"};
#define N_NAMES (sizeof(names) / sizeof(*names))

/* One test's theme: a directory of its own, gone with the test. */
struct theme {
	char dir[64];
	char *why;
};

static int
setup(void **state)
{
	struct theme *t = talloc_zero(NULL, struct theme);

	snprintf(t->dir, sizeof(t->dir), "/tmp/isoloir-tmpl-XXXXXX");
	*state = t;
	return mkdtemp(t->dir) == NULL || mkdir(talloc_asprintf(t, "%s/parts", t->dir), 0700) == -1;
}

static int
teardown(void **state)
{
	struct theme *t = *state;
	char *rm = talloc_asprintf(t, "rm -r '%s'", t->dir);
	int status = system(rm);

	talloc_free(t);
	return status;
}

static void
put_bytes(struct theme *t, const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(talloc_asprintf(t, "%s/%s", t->dir, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
given(struct theme *t, const char *name, const char *text)
{
	put_bytes(t, name, text, strlen(text));
}

static struct tmpl_set *
load(struct theme *t, const char *file)
{
	return tmpl_load(t, t->dir, &file, 1, names, N_NAMES, &t->why);
}

static void
expect(struct theme *t, const char *file, const struct tmpl_data *d, const char *page)
{
	struct tmpl_set *set = load(t, file);
	size_t len;

	assert_null(t->why);
	assert_string_equal(tmpl_render(t, set, file, d, &len), page);
	assert_int_equal(len, strlen(page));
}

static void
expect_refused(struct theme *t, const char *file, const char *place, const char *words)
{
	char *start = talloc_asprintf(t, "%s/%s: ", t->dir, place);

	assert_null(load(t, file));
	assert_non_null(t->why);
	assert_true(text_starts(t->why, start));
	assert_non_null(strstr(t->why, words));
}

static void
texts_are_escaped_in_pages(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_text(d, "nom", "<b>\"L'été\" & Cie</b>");
	given(*state, "a.html", "<p title=\"{{nom}}\">{{ nom }}{{titre}}</p>");
	expect(*state, "a.html", d,
	       "<p title=\"&lt;b&gt;&quot;L&#39;été&quot; &amp; Cie&lt;/b&gt;\">"
	       "&lt;b&gt;&quot;L&#39;été&quot; &amp; Cie&lt;/b&gt;</p>");
}

static void
texts_stay_as_they_are_in_mails(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_text(d, "nom", "Anne & l'\"autre\" <x>");
	given(*state, "a.txt", "{{>salut}}");
	given(*state, "parts/salut.txt", "Bonjour {{nom}}\n");
	expect(*state, "a.txt", d, "Bonjour Anne & l'\"autre\" <x>\n");
}

static void
filled_in_text_is_never_read_as_a_template(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_text(d, "nom", "{{titre}}{{#ouvert}}");
	tmpl_text(d, "titre", "secret");
	given(*state, "a.html", "{{nom}}");
	expect(*state, "a.html", d, "{{titre}}{{#ouvert}}");
}

static void
empty_counts_as_not_set(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_text(d, "nom", "");
	tmpl_text(d, "titre", NULL);
	tmpl_switch(d, "ouvert", false);
	tmpl_switch(d, "lien", true);
	given(*state, "a.html",
	      "{{#nom}}1{{/nom}}{{^nom}}2{{/nom}}{{#titre}}3{{/titre}}{{#ouvert}}4{{/ouvert}}"
	      "{{^erreurs}}5{{/erreurs}}{{#lien}}6{{/lien}}{{^lien}}7{{/lien}}");
	expect(*state, "a.html", d, "256");
}

static void
lists_give_one_block_an_item(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state), *item;

	tmpl_text(d, "titre", "T");
	tmpl_text(d, "message", "around");
	item = tmpl_item(d, "erreurs");
	tmpl_text(item, "champ", "a");
	tmpl_format(item, "message", "%d < 2", 1);
	item = tmpl_item(d, "erreurs");
	tmpl_text(item, "champ", "b");
	given(*state, "a.html", "{{#erreurs}}[{{champ}}:{{message}}:{{titre}}]{{/erreurs}}{{message}}");
	expect(*state, "a.html", d, "[a:1 &lt; 2:T][b:around:T]around");
}

static void
an_item_may_switch_off_what_is_on_around_it(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_switch(d, "ouvert", true);
	tmpl_switch(tmpl_item(d, "erreurs"), "ouvert", false);
	given(*state, "a.html", "{{#erreurs}}{{^ouvert}}off{{/ouvert}}{{/erreurs}}{{#ouvert}}on{{/ouvert}}");
	expect(*state, "a.html", d, "offon");
}

static void
signs_alone_on_a_line_leave_no_line(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_switch(d, "ouvert", true);
	tmpl_text(d, "nom", "N");
	given(*state, "a.txt",
	      "a\n  {{#ouvert}}\nb {{#ouvert}}c{{/ouvert}}\n\t{{/ouvert}}  \n{{nom}}\n{{>p}}\nz\n");
	given(*state, "parts/p.txt", "p\n");
	expect(*state, "a.txt", d, "a\nb c\nN\np\nz\n");
}

static void
a_text_may_be_changed_before_the_page_goes(void **state)
{
	struct tmpl_data *d = tmpl_data_new(*state);

	tmpl_text(d, "nom", "first");
	tmpl_text(d, "nom", "second");
	given(*state, "a.html", "{{nom}}");
	expect(*state, "a.html", d, "second");
}

static void
long_pages_are_whole(void **state)
{
	char *text = talloc_array(*state, char, 200001);
	struct tmpl_data *d = tmpl_data_new(*state);

	memset(text, 'x', 200000);
	text[200000] = '\0';
	tmpl_text(d, "nom", text);
	given(*state, "a.html", "{{nom}}{{nom}}");
	expect(*state, "a.html", d, talloc_asprintf(*state, "%s%s", text, text));
}

static void
an_unknown_variable_is_refused_with_the_nearest(void **state)
{
	given(*state, "a.html", "one\ntwo {{nom}}\n{{#ouvert}}\n{{mesage}}{{/ouvert}}\n");
	expect_refused(*state, "a.html", "a.html:4", "did you mean \"message\"?");
}

static void
a_wrong_part_is_named_where_it_is_wrong(void **state)
{
	given(*state, "a.html", "\n{{>tete}}\n");
	expect_refused(*state, "a.html", "a.html:2", "parts/tete.html: No such file");
	given(*state, "parts/tete.html", "\n\n{{/nom}}\n");
	expect_refused(*state, "a.html", "parts/tete.html:3", "closes nothing");
}

static void
a_part_within_itself_is_refused(void **state)
{
	given(*state, "a.html", "{{>x}}");
	given(*state, "parts/x.html", "{{>y}}");
	given(*state, "parts/y.html", "\n{{>x}}");
	expect_refused(*state, "a.html", "parts/y.html:2", "contains itself");
}

static void
a_missing_page_is_refused(void **state)
{
	assert_null(load(*state, "b.html"));
	assert_non_null(strstr(((struct theme *)*state)->why, "b.html: cannot be read: No such file"));
}

static void
malformed_files_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text, *place, *words;
	} rows[] = {
	    {"\n{{#nom}}\n{{^ouvert}}{{/nom}}", "a.html:3", "closes \"ouvert\", opened on line 3"},
	    {"\n{{#nom}}\n\n", "a.html:2", "never closed"},
	    {"\n{{nom}\n}}", "a.html:2", "without"},
	    {"{{nom", "a.html:1", "without"},
	    {"{{{nom}}}", "a.html:1", "not a sign"},
	    {"{{&nom}}", "a.html:1", "not a sign"},
	    {"{{!nom}}", "a.html:1", "not a sign"},
	    {"{{}}", "a.html:1", "not a sign"},
	    {"{{>../a}}", "a.html:1", "not a sign"},
	    {"a\nb\xff\n", "a.html:2", "not UTF-8"},
	    {"{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}}{{#nom}"
	     "}"
	     "{{#nom}}{{#nom}}{{#nom}}{{#nom}}\n{{#nom}}",
	     "a.html:2", "more than 16"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		given(*state, "a.html", rows[i].text);
		expect_refused(*state, "a.html", rows[i].place, rows[i].words);
	}
	put_bytes(*state, "a.html", "a\n\0b", 4);
	expect_refused(*state, "a.html", "a.html:2", "not UTF-8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(texts_are_escaped_in_pages, setup, teardown),
	    cmocka_unit_test_setup_teardown(texts_stay_as_they_are_in_mails, setup, teardown),
	    cmocka_unit_test_setup_teardown(filled_in_text_is_never_read_as_a_template, setup, teardown),
	    cmocka_unit_test_setup_teardown(empty_counts_as_not_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(lists_give_one_block_an_item, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_item_may_switch_off_what_is_on_around_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(signs_alone_on_a_line_leave_no_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_text_may_be_changed_before_the_page_goes, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_pages_are_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_unknown_variable_is_refused_with_the_nearest, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_wrong_part_is_named_where_it_is_wrong, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_part_within_itself_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_missing_page_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(malformed_files_are_refused_with_their_line, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
