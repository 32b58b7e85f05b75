/*
 * The texts of the office (texts.def): plain text with a little markup, and no way to HTML. A blank line ends a paragraph; "## " begins a
 * heading, "- " an item of a list, which lines indented by two spaces continue; a bare https:// address becomes a link, and so does the bare path of
 * one of the portal's pages (/assistance), under that page's name. After a heading, "mots : …" adds words by which a search finds it,
 * and "ancre : …" gives its part of the address, which otherwise is made of the heading. See isoloir-theme(5).
 */
#ifndef ISOLOIR_PROSE_H
#define ISOLOIR_PROSE_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

#define PROSE_SIZE_MAX (64 * 1024)

enum text_name {
#define TEXT(name, word, questions, sentence) TEXT_##name,
#include "common/texts.def"
	TEXT__MAX
};

struct text_row {
	const char *word, *sentence;
	bool questions; /* then each heading has an answer */
};
extern const struct text_row text_rows[TEXT__MAX];

/* False: no text has that name; then *near_r is the nearest that there is, or NULL. */
bool text_name_find(const char *word, enum text_name *name_r, const char **near_r);

struct prose_span {
	enum { PROSE_WORDS, PROSE_LINK, PROSE_PAGE } kind;
	const char *text;  /* what is read */
	const char *place; /* LINK: the address, PAGE: the path below the portal's base */
};
struct prose_line {
	struct prose_span *spans;
	size_t n;
};
/* A paragraph has one line, a list one an item. */
struct prose_block {
	bool is_list;
	struct prose_line *lines;
	size_t n;
};
struct prose_section {
	const char *title, *anchor, *words; /* title "": what stands before the first heading */
	struct prose_block *blocks;
	size_t n;
};
struct prose {
	struct prose_section *sections; /* at least that first one */
	size_t n;
};

/* Parse len bytes, on ctx. NULL: *why_r says "file:line: …". */
struct prose *prose_parse(TALLOC_CTX *ctx, enum text_name name, const char *file, const char *text, size_t len,
                          char **why_r);

#endif
