#include "ctl/story.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/fold.h"

#define OFFICE_ZONE "Europe/Paris"
#define JOB_DIGITS 32
#define REQUEST_DIGITS 16
#define REFERENCE_SIGNS 7

/* ---- what is meant ---- */

static bool
is_hex(const char *text, size_t len, size_t wanted)
{
	return len == wanted && strspn(text, "0123456789abcdef") >= wanted;
}

/* "<id@host>", or without its brackets; false for the address of a person. */
static bool
read_message_id(TALLOC_CTX *ctx, const char *word, char **value_r)
{
	const char *id = word + (word[0] == '<'), *at = strchr(id, '@');

	if (at == NULL || !is_hex(id, (size_t)(at - id), JOB_DIGITS))
		return false;
	*value_r = talloc_strndup(ctx, id, JOB_DIGITS);
	return true;
}

static bool
read_reference(TALLOC_CTX *ctx, const char *word, char **value_r)
{
	char *signs = talloc_strdup(ctx, "");
	size_t n = 0;

	for (; *word != '\0'; word++) {
		if (*word == '-' || *word == ' ')
			continue;
		if (!isalnum((unsigned char)*word) || ++n > REFERENCE_SIGNS)
			return false;
		signs = talloc_asprintf_append(signs, "%s%c", n == 4 ? "-" : "", toupper((unsigned char)*word));
	}
	*value_r = signs;
	return n == REFERENCE_SIGNS;
}

enum story_subject
story_subject(TALLOC_CTX *ctx, const char *word, char **value_r)
{
	if (read_message_id(ctx, word, value_r))
		return STORY_JOB;
	*value_r = talloc_strdup(ctx, word);
	if (is_hex(word, strlen(word), JOB_DIGITS))
		return STORY_JOB;
	if (is_hex(word, strlen(word), REQUEST_DIGITS))
		return STORY_REQUEST;
	if (strchr(word, '@') == NULL)
		return read_reference(ctx, word, value_r) ? STORY_REFERENCE : STORY_NONE;
	*value_r = fold_identifier(ctx, word);
	return *value_r != NULL ? STORY_PERSON : STORY_NONE;
}

/* ---- what happened ---- */

void
story_add(struct story *s, TALLOC_CTX *ctx, const struct story_event *e)
{
	struct story_event *mine;

	s->events = talloc_realloc(ctx, s->events, struct story_event, (unsigned)(s->n + 1));
	mine = &s->events[s->n++];
	*mine = *e;
	mine->mail = talloc_strdup(ctx, e->mail != NULL ? e->mail : "");
	mine->what = talloc_strdup(ctx, e->what);
	mine->request = talloc_strdup(ctx, e->request != NULL ? e->request : "");
	mine->detail = talloc_strdup(ctx, e->detail != NULL ? e->detail : "");
}

/* Insertion: they come nearly in order, and qsort is not stable. */
void
story_sort(struct story *s)
{
	for (size_t i = 1; i < s->n; i++) {
		struct story_event e = s->events[i];
		size_t k = i;

		for (; k > 0 && s->events[k - 1].at_ms > e.at_ms; k--)
			s->events[k] = s->events[k - 1];
		s->events[k] = e;
	}
}

void
story_cut(struct story *s, int64_t until_ms)
{
	while (s->n > 0 && s->events[s->n - 1].at_ms > until_ms)
		s->n--;
}

char *
story_delay(TALLOC_CTX *ctx, int64_t ms)
{
	long long s = ms / 1000;

	if (s < 60)
		return talloc_asprintf(ctx, "%lld.%03lld s", s, (long long)(ms % 1000));
	if (s < 3600)
		return talloc_asprintf(ctx, "%lld min %02lld s", s / 60, s % 60);
	if (s < 86400)
		return talloc_asprintf(ctx, "%lld h %02lld min", s / 3600, s / 60 % 60);
	return talloc_asprintf(ctx, "%lld d %02lld h", s / 86400, s / 3600 % 24);
}

char *
story_time(TALLOC_CTX *ctx, int64_t at_ms)
{
	char *iso = clock_iso(ctx, at_ms / 1000, OFFICE_ZONE);
	size_t seconds = strlen("2026-11-05T17:00:00");

	return talloc_asprintf(ctx, "%.*s.%03d%s", (int)seconds, iso, (int)(at_ms % 1000), iso + seconds);
}

struct js *
story_json(TALLOC_CTX *ctx, const struct story *s)
{
	struct js *list = js_array(ctx);

	for (size_t i = 0; i < s->n; i++) {
		const struct story_event *e = &s->events[i];
		struct js *row = js_object(list);

		js_set_text(row, "at", story_time(row, e->at_ms));
		js_set_text(row, "after", i > 0 ? story_delay(row, e->at_ms - e[-1].at_ms) : "");
		js_set_text(row, "mail", e->mail);
		js_set_text(row, "what", e->what);
		js_set_text(row, "took", e->ms >= 0 ? story_delay(row, e->ms) : "");
		js_set_text(row, "request", e->request);
		js_set_text(row, "detail", e->detail);
		js_push(list, row);
	}
	return list;
}
