/*
 * A page of a theme, and after a line "====" a part of it. Either it is refused with file and line, or whatever a value holds is
 * escaped in what it makes.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/tmpl.h"

#define MARK "\x01" /* stands before each sign of the value that could break out; no page holds it */
#define PAGE_MAX 2048

static const char *const names[] = {"titre", "vide", "liste", "item"};
static const char evil[] = MARK "<" MARK ">" MARK "\"" MARK "'" MARK "&";

static struct tmpl_data *
fill(TALLOC_CTX *ctx)
{
	struct tmpl_data *d = tmpl_data_new(ctx);

	tmpl_text(d, "titre", evil);
	for (int i = 0; i < 2; i++)
		tmpl_text(tmpl_item(d, "liste"), "item", evil);
	return d;
}

static void
check_page(const char *html, size_t len)
{
	must(strlen(html) == len);
	for (const char *at = html; (at = strchr(at, MARK[0])) != NULL; at++)
		must(strchr("<>\"'", at[1]) == NULL && (at[1] != '&' || strchr(at, ';') != NULL));
}

/* "DIR/page.html:12: what is wrong" */
static void
check_sentence(const char *why)
{
	const char *colon;

	must(why != NULL && text_starts(why, fuzz_folder()));
	colon = strchr(why, ':');
	must(colon != NULL && strspn(colon + 1, "0123456789") > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const files[] = {"page.html"};
	static const char cut[] = "\n====\n";
	TALLOC_CTX *ctx = talloc_new(NULL);
	const uint8_t *part = memmem(data, size, cut, strlen(cut));
	size_t first = part != NULL ? (size_t)(part - data) + 1 : size, second = part != NULL ? first + strlen(cut) - 1 : size, len;
	struct tmpl_set *set = NULL;
	char *why = NULL, *html;

	if (size > PAGE_MAX || memchr(data, MARK[0], size) != NULL)
		goto out;
	fuzz_file("page.html", data, first);
	fuzz_file("parts/part.html", data + second, size - second);
	set = tmpl_load(ctx, fuzz_folder(), files, 1, names, sizeof(names) / sizeof(*names), &why);
	if (set != NULL) {
		html = tmpl_render(ctx, set, "page.html", fill(ctx), &len);
		check_page(html, len);
	} else {
		check_sentence(why);
	}
out:
	talloc_free(ctx);
	return 0;
}
