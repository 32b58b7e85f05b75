/* The default theme keeps its own rules, and its tables, its files and its manual page agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/tmpl.h"

#define STYLE_SIZE_MAX (24 * 1024) /* a third of it once compressed */
#define SCRIPT_SIZE_MAX (5 * 1024)

static const char *const page_files[] = {
#define PAGE(name, file) file,
#include "portal/pages.def"
#undef PAGE
};
#define N_PAGES (sizeof(page_files) / sizeof(*page_files))

static const struct name {
	const char *name, *sentence;
} names[] = {
#define NAME(name, sentence) {#name, sentence},
#include "portal/names.def"
#undef NAME
};
#define N_NAMES (sizeof(names) / sizeof(*names))

static const char *
source(TALLOC_CTX *ctx, const char *name)
{
	const char *top = getenv("srcdir");

	return talloc_asprintf(ctx, "%s/%s", top != NULL ? top : ".", name);
}

static char *
slurp(TALLOC_CTX *ctx, const char *path)
{
	char *text = talloc_zero_array(ctx, char, 256 * 1024);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 256 * 1024 - 1, f) > 0);
	fclose(f);
	return text;
}

static bool
is_wanted(const struct dirent *e)
{
	return text_ends(e->d_name, ".html");
}

/* Every template of one folder, one after the other in one text; calls see with each. */
static char *
folder(TALLOC_CTX *ctx, const char *name, void (*see)(const char *file, const char *text))
{
	const char *dir = source(ctx, name);
	char *all = talloc_strdup(ctx, "");
	DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char *text;

		if (!is_wanted(e))
			continue;
		text = slurp(ctx, talloc_asprintf(ctx, "%s/%s", dir, e->d_name));
		if (see != NULL)
			see(e->d_name, text);
		all = talloc_strdup_append_buffer(all, text);
	}
	closedir(d);
	return all;
}

static char *
all_templates(TALLOC_CTX *ctx, void (*see)(const char *file, const char *text))
{
	return talloc_asprintf(ctx, "%s%s", folder(ctx, "portal/theme/default", see),
	                       folder(ctx, "portal/theme/default/parts", see));
}

static int
setup(void **state)
{
	*state = talloc_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	return talloc_free(*state);
}

static void
the_theme_loads(void **state)
{
	const char *plain[N_NAMES];
	char *why;

	for (size_t i = 0; i < N_NAMES; i++)
		plain[i] = names[i].name;
	if (tmpl_load(*state, source(*state, "portal/theme/default"), page_files, N_PAGES, plain, N_NAMES,
	              &why) == NULL)
		fail_msg("%s", why);
}

static void
every_name_is_used_and_explained(void **state)
{
	const char *all = all_templates(*state, NULL),
		   *manual = slurp(*state, source(*state, "man/isoloir-theme.5"));

	for (size_t i = 0; i < N_NAMES; i++) {
		/* The election's short name is for themes that tell elections apart; ours has no use for it.
		 */
		if (strcmp(names[i].name, "election") != 0 &&
		    strstr(all, talloc_asprintf(*state, "%s}}", names[i].name)) == NULL)
			fail_msg("no template uses %s", names[i].name);
		if (strstr(manual, talloc_asprintf(*state, ".It Va %s\n", names[i].name)) == NULL)
			fail_msg("isoloir-theme(5) lacks %s", names[i].name);
		if (strstr(manual, names[i].sentence) == NULL)
			fail_msg("isoloir-theme(5) lacks the sentence of %s", names[i].name);
	}
}

static void
see_page(const char *file, const char *text)
{
	size_t i;

	if (text_starts(file, "nginx-"))
		return;
	for (i = 0; i < N_PAGES && strcmp(page_files[i], file) != 0; i++)
		;
	if (i == N_PAGES)
		fail_msg("portal/pages.def lacks %s", file);
	if (!text_starts(text, "{{>tete}}\n") || !text_ends(text, "{{>pied}}\n"))
		fail_msg("%s: a page begins with {{>tete}} and ends with {{>pied}}", file);
}

static void
every_page_is_listed_and_framed(void **state)
{
	folder(*state, "portal/theme/default", see_page);
}

/* The Content-Security-Policy would refuse them without a word. */
static void
see_inline(const char *file, const char *text)
{
	static const char *const refused[] = {" style=\"",  "<style",      " onclick=",
	                                      " onload=",   "javascript:", "<iframe",
	                                      "src=\"http", "href=\"//",   "autofocus"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (strstr(text, refused[i]) != NULL)
			fail_msg("%s: %s", file, refused[i]);
	for (const char *at = text; (at = strstr(at, "<script")) != NULL; at++)
		if (!text_starts(at, "<script src=\"/theme/"))
			fail_msg("%s: inline script", file);
}

static void
nothing_is_inline_or_from_elsewhere(void **state)
{
	all_templates(*state, see_inline);
}

/* Posted forms: an address of ours and the token, in each. One that only asks (method="get") carries none: its address would show it. */
static void
see_forms(const char *file, const char *text)
{
	for (const char *at = text; (at = strstr(at, "<form")) != NULL; at++) {
		const char *end = strstr(at, "</form>"),
			   *token = strstr(at, "name=\"csrf\" value=\"{{csrf}}\"");
		const char *action = strstr(at, "method=\"post\" action=\"{{");
		bool asks = text_starts(strchr(at, '>') != NULL ? strstr(at, "method=") : "", "method=\"get\" action=\"{{base}}");

		if (asks && (token == NULL || token > end))
			continue;
		if (end == NULL || token == NULL || token > end || action == NULL || action > end)
			fail_msg("%s: a form without method, action or csrf", file);
	}
}

static void
every_form_carries_the_token(void **state)
{
	all_templates(*state, see_forms);
}

static void
assets_stay_small(void **state)
{
	const char *style = slurp(*state, source(*state, "portal/theme/default/style.css"));

	assert_in_range(strlen(style), 1, STYLE_SIZE_MAX);
	assert_null(strstr(style, "http"));
	assert_null(strstr(style, "@import"));
	assert_in_range(strlen(slurp(*state, source(*state, "portal/theme/default/script.js"))), 1,
	                SCRIPT_SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_theme_loads, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_name_is_used_and_explained, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_page_is_listed_and_framed, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_is_inline_or_from_elsewhere, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_form_carries_the_token, setup, teardown),
	    cmocka_unit_test_setup_teardown(assets_stay_small, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
