/* A text of the office: the first byte says which one. It is refused with file and line, or every word and address in it can stand in a page. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/prose.h"
#include "portal/search.h"

static void
check_text(const char *s)
{
	must(s != NULL && text_is_utf8(s, strlen(s)));
	for (; *s != '\0'; s++)
		must((unsigned char)*s >= ' ' || *s == '\t');
}

/* An address goes into href: nothing but https and paths of ours, and nothing that would end it. */
static void
check_span(const struct prose_span *s)
{
	check_text(s->text);
	if (s->kind == PROSE_WORDS)
		return;
	must(strpbrk(s->place, " \t\r\n") == NULL);
	must(s->kind == PROSE_LINK ? text_starts(s->place, "https://") : s->place[0] == '/' && s->place[1] != '/');
}

static void
check_section(TALLOC_CTX *ctx, const struct prose_section *s)
{
	check_text(s->title);
	must(s->title[0] == '\0' || s->anchor[strspn(s->anchor, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0');
	for (size_t b = 0; b < s->n; b++) {
		must(s->blocks[b].n > 0 && (s->blocks[b].is_list || s->blocks[b].n == 1));
		for (size_t l = 0; l < s->blocks[b].n; l++)
			for (size_t i = 0; i < s->blocks[b].lines[l].n; i++)
				check_span(&s->blocks[b].lines[l].spans[i]);
	}
	must(search_is_hit(search_section(ctx, s), search_words(ctx, s->title)));
}

static void
check_sentence(const char *why)
{
	static const char start[] = "fuzz.txt:";

	must(why != NULL && text_starts(why, start) && strspn(why + strlen(start), "0123456789") > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	enum text_name name = size > 0 ? (enum text_name)(data[0] % TEXT__MAX) : 0;
	size_t skip = size > 0;
	char *copy = talloc_memdup(ctx, data + skip, size - skip), *why = NULL;
	struct prose *p;

	p = prose_parse(ctx, name, "fuzz.txt", copy, size - skip, &why);
	if (p != NULL) {
		must(p->n >= 1);
		for (size_t i = 0; i < p->n; i++)
			check_section(ctx, &p->sections[i]);
	} else {
		check_sentence(why);
	}
	talloc_free(ctx);
	return 0;
}
