#include "common/name.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"

static char *
cut(char *key)
{
	if (strlen(key) > NAME_KEY_MAX)
		key[NAME_KEY_MAX] = '\0';
	return key;
}

/* fold_words leaves letters that are not Latin as they are: they sort by nothing here. */
static char *
words(TALLOC_CTX *ctx, const char *text)
{
	char *s = fold_words(ctx, text), *out = s;

	if (s == NULL)
		return talloc_strdup(ctx, "");
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80)
			*out++ = *p;
	*out = '\0';
	return text_trim(ctx, s);
}

/* « de La Tour » is at L, « d’Artagnan » at A; « De » alone is a name, and so is « D ». */
static const char *
without_particle(const char *name)
{
	static const char *const particles[] = {"de ", "d "};

	for (size_t i = 0; i < sizeof(particles) / sizeof(*particles); i++)
		if (text_starts(name, particles[i]))
			return name + strlen(particles[i]);
	return name;
}

/* One word of all, so that « Le Goff », « LE-GOFF » and « Legoff » stand together. */
static char *
joined(TALLOC_CTX *ctx, const char *text)
{
	char *s = talloc_strdup(ctx, without_particle(words(ctx, text))), *out = s;

	for (const char *p = s; *p != '\0'; p++)
		if (*p != ' ')
			*out++ = *p;
	*out = '\0';
	return s;
}

char *
name_key(TALLOC_CTX *ctx, const char *family, const char *given)
{
	return cut(talloc_asprintf(ctx, "%s %s", joined(ctx, family), joined(ctx, given)));
}

char *
name_prefix(TALLOC_CTX *ctx, const char *typed)
{
	const char *comma = strchr(typed, ',');
	char *family = joined(ctx, comma != NULL ? talloc_strndup(ctx, typed, (size_t)(comma - typed)) : typed);

	if (family[0] == '\0')
		return text_trim(ctx, typed)[0] == '\0' ? family : NULL;
	return cut(comma != NULL ? talloc_asprintf(ctx, "%s %s", family, joined(ctx, comma + 1)) : family);
}

/* The words as they were typed, on ctx: a hyphen or an apostrophe holds a name together. */
static char **
split(TALLOC_CTX *ctx, const char *typed, size_t *n_r)
{
	char *rest = talloc_strdup(ctx, typed), *word;
	char **list = talloc_array(ctx, char *, (unsigned)strlen(typed) + 1);

	for (*n_r = 0; (word = strsep(&rest, " \t")) != NULL;)
		if (words(ctx, word)[0] != '\0')
			list[(*n_r)++] = word;
	return list;
}

static char *
together(TALLOC_CTX *ctx, char **list, size_t from, size_t to)
{
	char *s = talloc_strdup(ctx, "");

	for (size_t i = from; i < to; i++)
		s = talloc_asprintf_append_buffer(s, "%s%s", i > from ? " " : "", list[i]);
	return s;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of the roll, without those that begin like another: no two ranges of keys share a row. */
static size_t
disjoint(char **list, size_t n)
{
	size_t kept = 0;

	qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !text_starts(list[i], list[kept - 1]))
			list[kept++] = list[i];
	return kept;
}

size_t
name_readings(TALLOC_CTX *ctx, const char *typed, char *list_r[NAME_READINGS_MAX])
{
	size_t n = 0, n_words;
	char **word = split(ctx, typed, &n_words), *alone = name_prefix(ctx, typed);

	if (alone == NULL)
		return 0;
	list_r[n++] = alone;
	for (size_t i = 1; strchr(typed, ',') == NULL && i < n_words && n + 2 <= NAME_READINGS_MAX; i++) {
		const char *first = together(ctx, word, 0, i), *last = together(ctx, word, i, n_words);

		list_r[n++] = name_key(ctx, first, last);
		list_r[n++] = name_key(ctx, last, first);
	}
	return disjoint(list_r, n);
}

const char *
name_article(size_t i)
{
	static const char *const articles[] = {"la ", "le ", "les ", "l’", "du ", "des "};

	return i < sizeof(articles) / sizeof(*articles) ? articles[i] : NULL;
}

char *
name_posting_key(TALLOC_CTX *ctx, const char *posting)
{
	return cut(words(ctx, posting));
}

char *
name_after(TALLOC_CTX *ctx, const char *prefix)
{
	return talloc_asprintf(ctx, "%s~", prefix);
}
