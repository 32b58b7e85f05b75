#include "mailer/verdict.h"

#include <stddef.h>

enum reply_class {
	CLASS_SILENCE,
	CLASS_DONE,
	CLASS_LATER,
	CLASS_POLICY,
	CLASS_NEVER,
	CLASS_MUDDLE,
	CLASS_ODD,
	CLASS_ANY
};

static const struct row {
	enum verdict_stage stage;
	enum reply_class class;
	struct verdict verdict;
} rows[] = {
#define ROW(stage, class, outcome, backoff, sentence) \
	{STAGE_##stage, CLASS_##class, {OUTCOME_##outcome, BACKOFF_##backoff, sentence}},
#include "mailer/verdict.def"
#undef ROW
};

static bool
is_policy(const struct verdict_reply *r)
{
	if (r->enhanced[0] == 5)
		return r->enhanced[1] == 7;
	return r->code == 530 || r->code == 534 || r->code == 535 || r->code == 538;
}

static enum reply_class
class_of(const struct verdict_reply *r)
{
	if (r->code == 0)
		return CLASS_SILENCE;
	if (r->code / 100 == 2)
		return r->complete ? CLASS_DONE : CLASS_ODD;
	if (r->code / 100 == 4)
		return CLASS_LATER;
	if (r->code == 503)
		return CLASS_MUDDLE;
	if (r->code / 100 == 5)
		return is_policy(r) ? CLASS_POLICY : CLASS_NEVER;
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
		int64_t first, most;
	} bounds[BACKOFF__MAX] = {
#define X(name, first, most) {first, most},
	    VERDICT_BACKOFFS(X)
#undef X
	};
	int64_t bound = bounds[b].first;

	for (int64_t n = 1; n < attempts && bound < bounds[b].most; n++)
		bound *= 2;
	if (bound > bounds[b].most)
		bound = bounds[b].most;
	return bound == 0 ? 0 : (int64_t)(chance % (uint64_t)(bound * unit_ms + 1));
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
