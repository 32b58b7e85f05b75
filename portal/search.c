#include "portal/search.h"

#include <string.h>

#include "common/fold.h"

#define STEM_MIN 3 /* "pas" keeps its s, "mots" loses it */

/* In half of all sentences, so that they tell nothing; folded. */
static const char *const empty_words[] = {
    "a",   "ai",  "au",  "aux", "avec", "c",   "ce",   "ces", "comment", "d",   "dans", "de",  "des", "du",  "elle", "en",
    "est", "et",  "il",  "ils", "j",    "je",  "l",    "la",  "le",      "les", "leur", "m",   "ma",  "me",  "mes",  "mon",
    "n",   "ne",  "nos", "nous", "on",  "ou",  "par",  "pas", "pour",    "qu",  "que",  "quel", "quelle", "qui", "s", "sa",
    "se",  "ses", "si",  "son", "sont", "sur", "t",    "te",  "tu",      "un",  "une",  "vos", "votre", "vous", "y",
};

static bool
is_empty_word(const char *word)
{
	for (size_t i = 0; i < sizeof(empty_words) / sizeof(*empty_words); i++)
		if (strcmp(empty_words[i], word) == 0)
			return true;
	return false;
}

/* "mots" is "mot", "réseaux" "réseau". */
static void
drop_plural(char *word)
{
	size_t len = strlen(word);

	if (len > STEM_MIN && (word[len - 1] == 's' || word[len - 1] == 'x'))
		word[len - 1] = '\0';
}

char *
search_words(TALLOC_CTX *ctx, const char *text)
{
	char *rest = fold_words(ctx, text), *words = talloc_strdup(ctx, " ");

	for (char *word; rest != NULL && (word = strsep(&rest, " ")) != NULL;) {
		if (word[0] == '\0' || is_empty_word(word))
			continue;
		drop_plural(word);
		words = talloc_asprintf_append_buffer(words, "%s ", word);
	}
	return words;
}

char *
search_section(TALLOC_CTX *ctx, const struct prose_section *s)
{
	char *text = talloc_asprintf(ctx, "%s %s ", s->title, s->words);

	for (size_t b = 0; b < s->n; b++)
		for (size_t l = 0; l < s->blocks[b].n; l++)
			for (size_t i = 0; i < s->blocks[b].lines[l].n; i++)
				text = talloc_asprintf_append_buffer(text, "%s ", s->blocks[b].lines[l].spans[i].text);
	return search_words(ctx, text);
}

bool
search_is_hit(const char *words, const char *wanted)
{
	for (const char *word = wanted; word[0] == ' ' && word[1] != '\0'; word += 1 + strcspn(word + 1, " ")) {
		size_t len = 1 + strcspn(word + 1, " "); /* with the space before it */
		const char *at = words;

		while ((at = strchr(at, ' ')) != NULL && strncmp(at, word, len) != 0)
			at++;
		if (at == NULL)
			return false;
	}
	return true;
}
