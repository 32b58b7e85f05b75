#include "portal/form.h"

#include <string.h>
#include <strings.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "portal/request.h"

#define FIELDS_MAX 40

static const struct row {
	const char *word;
	size_t max;
	bool kept;
} rows[FIELD__MAX] = {
#define FIELD(name, word, max, kept, sentence) {word, max, kept},
#include "portal/forms.def"
#undef FIELD
};

const char *
form_text(const struct request *r, enum field f)
{
	return r->form.value[f] != NULL ? r->form.value[f] : "";
}

bool
form_has(const struct request *r, enum field f)
{
	return r->form.value[f] != NULL;
}

const char *
form_word(enum field f)
{
	return rows[f].word;
}

bool
form_is_kept(enum field f)
{
	return rows[f].kept;
}

/* In place: "+" and "%xx". The length, or -1 for a broken escape or a NUL. */
static long
unescape(char *s)
{
	char *out = s, pair[3] = "";
	unsigned char byte;

	for (; *s != '\0'; s++) {
		byte = (unsigned char)*s;
		if (*s == '+') {
			byte = ' ';
		} else if (*s == '%') {
			pair[0] = s[1];
			pair[1] = s[1] != '\0' ? s[2] : '\0';
			if (!text_unhex(pair, &byte, 1) || byte == '\0')
				return -1;
			s += 2;
		}
		*out++ = (char)byte;
	}
	*out = '\0';
	return 0;
}

static int
find_field(const char *word)
{
	for (int i = 0; i < FIELD__MAX; i++)
		if (strcmp(rows[i].word, word) == 0)
			return i;
	return FIELD__MAX;
}

void
form_put(struct request *r, const char *word, const char *value)
{
	int f = find_field(word);

	if (f != FIELD__MAX && rows[f].kept)
		r->form.value[f] = value;
}

/* One "name=value"; 400 for what no browser sends of itself: broken escapes, bad UTF-8, a field twice. */
static int
take_pair(struct request *r, char *pair)
{
	char *value = strchr(pair, '=');
	int f;

	if (value == NULL)
		value = pair + strlen(pair);
	else
		*value++ = '\0';
	if (unescape(pair) == -1 || unescape(value) == -1)
		return 400;
	if (!text_is_utf8(pair, strlen(pair)) || !text_is_utf8(value, strlen(value)))
		return 400;
	f = find_field(pair);
	if (f == FIELD__MAX)
		return 0;
	if (r->form.value[f] != NULL)
		return 400;
	r->form.too_long[f] = strlen(value) > rows[f].max;
	r->form.value[f] = r->form.too_long[f] && !rows[f].kept ? "" : value;
	return 0;
}

int
form_parse(struct request *r, char *body, size_t len)
{
	char *next = body;
	int fields = 0;

	if (memchr(body, '\0', len) != NULL)
		return 400;
	while (len > 0 && next != NULL) {
		char *pair = strsep(&next, "&");
		int status;

		if (++fields > FIELDS_MAX)
			return 400;
		status = pair[0] != '\0' ? take_pair(r, pair) : 0;
		if (status != 0)
			return status;
	}
	return 0;
}

/* The one kind of body that a page of ours sends; its name is case-insensitive and parameters may follow (RFC 9110, 8.3.1). */
static bool
is_form(const char *type)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t len = strcspn(type, "; \t");

	return len == strlen(form) && strncasecmp(type, form, len) == 0;
}

int
form_read(struct request *r)
{
	size_t max = (size_t)r->portal->conf->portal_body_max;
	char *body;
	long len;

	if (!is_form(request_param(r, "CONTENT_TYPE")))
		return 415;
	body = secret_alloc(r->task, max + 1);
	len = request_body(r, body, max);
	if (len < 0)
		return len == -1 ? 413 : 400;
	return form_parse(r, body, (size_t)len);
}

const char *
form_query(struct request *r, const char *word)
{
	char *rest = talloc_strdup(r->task, r->query), *pair;
	size_t len = strlen(word);

	while ((pair = strsep(&rest, "&")) != NULL) {
		if (!text_starts(pair, word) || pair[len] != '=')
			continue;
		pair += len + 1;
		return unescape(pair) == 0 && text_is_utf8(pair, strlen(pair)) ? pair : NULL;
	}
	return "";
}
