#include "mailer/html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Tags that stand within a line. */
static const char *const inner[] = {"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup"};

static const struct {
	const char *name, *text;
} entities[] = {
    {"&amp;", "&"},       {"&lt;", "<"},         {"&gt;", ">"},           {"&quot;", "\""},        {"&apos;", "'"},
    {"&#39;", "'"},       {"&nbsp;", "\u00a0"}, {"&#160;", "\u00a0"},   {"&#xa0;", "\u00a0"},    {"&#8239;", "\u202f"},
    {"&laquo;", "\u00ab"}, {"&raquo;", "\u00bb"}, {"&rsquo;", "\u2019"}, {"&hellip;", "\u2026"},
};

/* len bytes of s with the entities that we know decoded. */
static char *
decode(TALLOC_CTX *ctx, const char *s, size_t len)
{
	char *text = talloc_strndup(ctx, s, len), *to = text;

	for (const char *from = text; *from != '\0';) {
		size_t i = 0;

		while (i < sizeof(entities) / sizeof(*entities) && strncasecmp(from, entities[i].name, strlen(entities[i].name)) != 0)
			i++;
		if (i == sizeof(entities) / sizeof(*entities)) {
			*to++ = *from++;
			continue;
		}
		from += strlen(entities[i].name);
		memmove(to, entities[i].text, strlen(entities[i].text)); /* never longer than its name */
		to += strlen(entities[i].text);
	}
	*to = '\0';
	return text;
}

static char *
lower(TALLOC_CTX *ctx, const char *s, size_t len)
{
	char *text = talloc_strndup(ctx, s, len);

	for (char *p = text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The value after "=", quoted or bare; where it ends. */
static const char *
read_value(TALLOC_CTX *ctx, const char *at, const char **value_r)
{
	size_t len;

	while (is_space(*at))
		at++;
	if (*at == '"' || *at == '\'') {
		char quote[] = {*at, '\0'};

		len = strcspn(at + 1, quote);
		*value_r = decode(ctx, at + 1, len);
		return at + 1 + len + (at[1 + len] != '\0');
	}
	len = strcspn(at, " \t\r\n\f>");
	*value_r = decode(ctx, at, len);
	return at + len;
}

/* One attribute, or nothing; where it ends. */
static const char *
read_attribute(TALLOC_CTX *ctx, struct html_tag *tag, const char *at)
{
	struct html_attribute a = {.value = ""};
	size_t len;

	while (is_space(*at) || *at == '/')
		at++;
	len = strcspn(at, " \t\r\n\f=>/");
	if (len == 0)
		return *at == '=' ? at + 1 : at;
	a.name = lower(ctx, at, len);
	at += len;
	while (is_space(*at))
		at++;
	if (*at == '=')
		at = read_value(ctx, at + 1, &a.value);
	tag->attributes = talloc_realloc(ctx, tag->attributes, struct html_attribute, tag->n + 1);
	tag->attributes[tag->n++] = a;
	return at;
}

/* From "<" on; behind its ">". */
static const char *
read_tag(struct html *h, const char *at)
{
	size_t len = strcspn(at + 1, " \t\r\n\f>");
	struct html_tag *tag;
	const char *style;

	h->tags = talloc_realloc(h, h->tags, struct html_tag, h->n + 1);
	tag = &h->tags[h->n++];
	*tag = (struct html_tag){.name = lower(h, at + 1, len)};
	at += 1 + len;
	while (*at != '\0' && *at != '>')
		at = read_attribute(h, tag, at);
	style = html_attribute(tag, "style");
	if (style != NULL)
		h->style = talloc_asprintf_append(talloc_strdup(h, h->style), "%s;", style);
	return at + (*at == '>');
}

static bool
is_inner(const char *name)
{
	name += name[0] == '/';
	for (size_t i = 0; i < sizeof(inner) / sizeof(*inner); i++)
		if (strcmp(name, inner[i]) == 0)
			return true;
	return false;
}

static void
add_words(struct html *h, const char *text, size_t len)
{
	h->words = talloc_asprintf_append(talloc_strdup(h, h->words), "%s", decode(h, text, len));
}

/* What <style>, <script> and <title> hold is not read as tags. Where it ends. */
static const char *
read_raw(struct html *h, const char *name, const char *at)
{
	char *end = talloc_asprintf(h, "</%s", name);
	size_t len = 0;

	while (at[len] != '\0' && strncasecmp(at + len, end, strlen(end)) != 0)
		len++;
	if (strcmp(name, "style") == 0)
		h->style = talloc_asprintf_append(talloc_strdup(h, h->style), "%.*s", (int)len, at);
	return at + len;
}

static bool
is_raw(const char *name)
{
	return strcmp(name, "style") == 0 || strcmp(name, "script") == 0 || strcmp(name, "title") == 0;
}

struct html *
html_read(TALLOC_CTX *ctx, const char *page)
{
	struct html *h = talloc_zero(ctx, struct html);

	h->words = h->style = "";
	for (const char *at = page; *at != '\0';) {
		size_t len = strcspn(at, "<");
		const char *name;

		add_words(h, at, len);
		at += len;
		if (strncmp(at, "<!--", 4) == 0) {
			at = strstr(at, "-->") != NULL ? strstr(at, "-->") + 3 : at + strlen(at);
			continue;
		}
		if (*at == '\0')
			break;
		at = read_tag(h, at);
		name = h->tags[h->n - 1].name;
		if (is_raw(name))
			at = read_raw(h, name, at);
		if (!is_inner(name))
			add_words(h, "\n", 1);
	}
	return h;
}

const char *
html_attribute(const struct html_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->n; i++)
		if (strcmp(tag->attributes[i].name, name) == 0)
			return tag->attributes[i].value;
	return NULL;
}
