#include "ctl/dates.h"

#include "common/base/clock.h"

#define OFFICE_ZONE "Europe/Paris"

enum moves { NEVER, ALWAYS, HELD };

static const struct {
	const char *word;
	bool needed;
	enum moves moves;
	const char *sentence;
} rows[] = {
#define DATE(name, word, needed, moves, sentence) {word, needed, moves, sentence},
#include "ctl/dates.def"
};

static const struct {
	enum date earlier, later;
	bool equal;
	const char *why;
} orders[] = {
#define ORDER(earlier, later, equal, why) {DATE_##earlier, DATE_##later, equal, why},
#include "ctl/dates.def"
};

const char *
date_word(enum date d)
{
	return rows[d].word;
}

char *
date_text(TALLOC_CTX *ctx, int64_t at_s)
{
	struct clock_local l;

	if (at_s == 0 || !clock_local(at_s, OFFICE_ZONE, &l))
		return talloc_strdup(ctx, "not told");
	return talloc_asprintf(ctx, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, l.hour, l.minute);
}

char *
dates_contradiction(TALLOC_CTX *ctx, const int64_t dates[DATE__MAX])
{
	for (int d = 0; d < DATE__MAX; d++)
		if (rows[d].needed && dates[d] == 0)
			return talloc_asprintf(ctx, "%s must be told: when %s", rows[d].word, rows[d].sentence);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		int64_t earlier = dates[orders[i].earlier], later = dates[orders[i].later];

		if (earlier == 0 || later == 0 || earlier < later || (orders[i].equal && earlier == later))
			continue;
		return talloc_asprintf(ctx, "%s (%s) must come before %s (%s): %s", rows[orders[i].earlier].word,
		                       date_text(ctx, earlier), rows[orders[i].later].word, date_text(ctx, later), orders[i].why);
	}
	return NULL;
}

/* Whoever types a time means the minute: the present one is not over yet. */
static bool
is_past(int64_t at_s, int64_t now_s)
{
	return at_s < now_s - now_s % 60;
}

static char *
move_refusal(TALLOC_CTX *ctx, enum date d, int64_t before, int64_t after, bool suspended, int64_t now_s)
{
	bool may_move = rows[d].moves == ALWAYS || (rows[d].moves == HELD && suspended);

	if (before != 0 && before <= now_s && !may_move)
		return talloc_asprintf(ctx, "%s (%s) has passed and cannot become %s: since then %s", rows[d].word,
		                       date_text(ctx, before), date_text(ctx, after), rows[d].sentence);
	if (after != 0 && is_past(after, now_s))
		return talloc_asprintf(ctx, "%s cannot become %s: that has passed, it is %s", rows[d].word, date_text(ctx, after),
		                       date_text(ctx, now_s));
	return NULL;
}

char *
dates_refusal(TALLOC_CTX *ctx, const int64_t before[DATE__MAX], const int64_t after[DATE__MAX], bool suspended, int64_t now_s)
{
	for (int d = 0; d < DATE__MAX; d++) {
		char *why = before[d] != after[d] ? move_refusal(ctx, (enum date)d, before[d], after[d], suspended, now_s) : NULL;

		if (why != NULL)
			return why;
	}
	return dates_contradiction(ctx, after);
}
