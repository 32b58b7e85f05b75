/* Searching the help: the words of a question and its answer against those that somebody typed. Pure; case, accents and plural do not count. */
#ifndef ISOLOIR_SEARCH_H
#define ISOLOIR_SEARCH_H

#include "common/prose.h"

/* The words that count, each between spaces, on ctx; " " when none does. The same for what is searched and for what is typed. */
char *search_words(TALLOC_CTX *ctx, const char *text);

/* All that search_words finds in a section: heading, extra words, answer. */
char *search_section(TALLOC_CTX *ctx, const struct prose_section *s);

/* Does each wanted word begin one of these? */
bool search_is_hit(const char *words, const char *wanted);

#endif
