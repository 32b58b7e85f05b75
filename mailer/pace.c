#include "mailer/pace.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "common/queue/name.h"
#include "common/queue/policy.h"
#include "mailer/model/sql.h"

#define NIGHT_FROM 22
#define NIGHT_UNTIL 6
#define MINUTE_MS 60000

int
pace_slot(const struct conf *c, int64_t now_s)
{
	struct clock_local l;

	if (!clock_local(now_s, c->mail_zone, &l))
		return 0;
	if (l.hour >= NIGHT_FROM || l.hour < NIGHT_UNTIL)
		return 1;
	return l.weekday == 0 || l.weekday == 6 ? 2 : 0;
}

/* columns of PACES: pattern, concurrency, windows, night, weekend, paused */
static char *
write_pace(TALLOC_CTX *ctx, const struct db_rows *rows, size_t i)
{
	const char *windows = policy_windows(ctx, db_text(rows, i, 2));

	return talloc_asprintf(ctx, "%lld|100,%lld,%lld|%s|%lld", (long long)db_number(rows, i, 1), (long long)db_number(rows, i, 3),
	                       (long long)db_number(rows, i, 4), windows != NULL ? windows : "", (long long)db_number(rows, i, 5));
}

/* Campaigns without a pace of their own: their share of the senders, so that one is there for a voter however slowly a relay takes the others' mails. */
static char *
campaign_pace(TALLOC_CTX *ctx, const struct conf *c)
{
	int64_t most = c->mailer_senders * c->campaign_share / 100;

	return talloc_asprintf(ctx, "%lld|100,100,100||0", (long long)(most > 0 ? most : 1));
}

/* The domains of the roll, the lane of all others, and all mails together. */
static int
tell_lanes(struct task *t, struct sender *s, const struct db_rows *rows, const struct db_rows *domains)
{
	static const char *const beside[] = {QUEUE_LANE_OTHER, POLICY_RELAY, POLICY_CAMPAIGN};
	const size_t n_beside = sizeof(beside) / sizeof(*beside);
	const char **pairs = talloc_array(t, const char *, (unsigned)(2 * (domains->n + n_beside)));
	size_t n = 0;

	for (size_t i = 0; i < domains->n + n_beside; i++) {
		const char *lane = i < domains->n ? db_text(domains, i, 0) : beside[i - domains->n];
		size_t row = policy_find(rows, lane);

		if (row == POLICY_NONE && strcmp(lane, POLICY_CAMPAIGN) != 0)
			continue;
		pairs[n++] = lane;
		pairs[n++] = row != POLICY_NONE ? write_pace(t, rows, row) : campaign_pace(t, s->conf);
	}
	return live_pace(t, s->store, pairs, n / 2);
}

/* By the minute: what is told of one that has just begun may be too much, never too little. */
static int
tell_history(struct task *t, struct sender *s)
{
	struct db_rows *rows;

	if (db_run(t, s->db, SQL_PACE_HISTORY, &rows, NO_PARAMS) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		int64_t at_ms = (db_number(rows, i, 1) + 1) * MINUTE_MS - 1;

		if (live_took(t, s->store, db_text(rows, i, 0), at_ms, db_number(rows, i, 2)) == -1 ||
		    live_took(t, s->store, POLICY_RELAY, at_ms, db_number(rows, i, 2)) == -1 ||
		    live_took(t, s->store, POLICY_CAMPAIGN, at_ms, db_number(rows, i, 3)) == -1)
			return -1;
	}
	if (rows->n > 0)
		log_info("pace rebuilt", "minutes=%zu", rows->n);
	return 0;
}

int
pace_tell(struct task *t, struct sender *s)
{
	struct db_rows *rows, *lanes;
	bool known = false;

	if (live_is_paced(t, s->store, &known) == -1 || db_run(t, s->db, SQL_PACES, &rows, NO_PARAMS) == -1 ||
	    db_run(t, s->db, SQL_PACE_LANES, &lanes, NO_PARAMS) == -1)
		return -1;
	if (!known && rows->n > 0 && tell_history(t, s) == -1)
		return -1;
	return tell_lanes(t, s, rows, lanes);
}
