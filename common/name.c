#include "common/name.h"

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
