#include "mailer/verdict.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum reply_class {
	CLASS_SILENCE,
	CLASS_DONE,
	CLASS_CLOSING,
	CLASS_FULL,
	CLASS_GREY,
	CLASS_PERSON,
	CLASS_LATER,
	CLASS_POLICY,
	CLASS_NEVER,
	CLASS_MUDDLE,
	CLASS_ODD,
	CLASS_ANY
};

#define ANY (-1)
#define NONE (-2)
static const struct reading {
	enum reply_class class;
	int low, high, subject, detail;
	const char *word;
} readings[] = {
#define READ(class, low, high, subject, detail, word) {CLASS_##class, low, high, subject, detail, word},
#include "mailer/verdict.def"
};

static const struct row {
	enum verdict_stage stage;
	enum reply_class class;
	struct verdict verdict;
} rows[] = {
#define ROW(stage, class, outcome, backoff, whom, sentence) \
	{STAGE_##stage, CLASS_##class, {OUTCOME_##outcome, BACKOFF_##backoff, WHOM_##whom, sentence}},
#include "mailer/verdict.def"
};

static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; strlen(text) >= len; text++)
		if (strncasecmp(text, word, len) == 0)
			return true;
	return false;
}

/* An enhanced code of another class than the reply's own tells nothing: a 5.7.1 after a 450 is a 450. */
static bool
fits_enhanced(const struct reading *g, const struct verdict_reply *r)
{
	bool has = r->enhanced[0] == r->code / 100;

	if (g->subject == NONE)
		return !has;
	return (g->subject == ANY || (has && g->subject == r->enhanced[1])) && (g->detail == ANY || (has && g->detail == r->enhanced[2]));
}

static enum reply_class
class_of(const struct verdict_reply *r)
{
	if (r->code / 100 == 2)
		return r->complete ? CLASS_DONE : CLASS_ODD;
	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++) {
		const struct reading *g = &readings[i];

		if (r->code >= g->low && r->code <= g->high && fits_enhanced(g, r) && has_word(r->text, g->word))
			return g->class;
	}
	return CLASS_ODD;
}

struct verdict
verdict_of(const struct verdict_reply *r)
{
	enum reply_class class = class_of(r);
	size_t i = 0;

	while (rows[i].stage != r->stage || (rows[i].class != class && rows[i].class != CLASS_ANY))
		i++; /* each stage ends with an ANY row */
	return rows[i].verdict;
}

int64_t
verdict_backoff_ms(enum verdict_backoff b, int64_t unit_ms, int64_t attempts, uint64_t chance)
{
	static const struct {
		int64_t least, first, most;
	} bounds[BACKOFF__MAX] = {
#define X(name, least, first, most, asked) {least, first, most},
	    VERDICT_BACKOFFS(X)
#undef X
	};
	int64_t bound = bounds[b].first, least = bounds[b].least * unit_ms;

	for (int64_t n = 1; n < attempts && bound < bounds[b].most; n++)
		bound *= 2;
	if (bound > bounds[b].most)
		bound = bounds[b].most;
	return bound == 0 ? 0 : least + (int64_t)(chance % (uint64_t)(bound * unit_ms - least + 1));
}

int64_t
verdict_asked_ms(enum verdict_backoff b, int64_t unit_ms)
{
	static const int64_t asked[BACKOFF__MAX] = {
#define X(name, least, first, most, asked) asked,
	    VERDICT_BACKOFFS(X)
#undef X
	};

	return asked[b] * unit_ms;
}

const char *
verdict_stage_word(enum verdict_stage s)
{
	static const char *const words[STAGE__MAX] = {
#define X(name, word) word,
	    VERDICT_STAGES(X)
#undef X
	};

	return words[s];
}

const char *
verdict_outcome_word(enum verdict_outcome o)
{
	static const char *const words[OUTCOME__MAX] = {
#define X(name, word) word,
	    VERDICT_OUTCOMES(X)
#undef X
	};

	return words[o];
}
