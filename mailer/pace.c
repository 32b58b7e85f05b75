#include "mailer/pace.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "common/queue/name.h"
#include "common/queue/policy.h"
#include "mailer/model/sql.h"

#define MINUTE_MS 60000

/* ---- what Redis is told ---- */

/* A row may name a relay that these settings lack, as on one host of several: its mails go through the main one rather than nowhere. */
static const char *
known_relay(struct sender *s, const char *name)
{
	if (conf_relay_find(s->conf, name) != NULL)
		return name;
	if (!s->relay_missed)
		log_warning("relay unknown", "name=%s doing=\"its mails go through the main one\"", name);
	s->relay_missed = true;
	return "";
}

/* Campaigns without a number of their own: their share of the senders, so that one is there for a voter however slowly a relay takes the others' mails. */
static int64_t
campaign_most(const struct conf *c)
{
	int64_t most = c->mailer_senders * c->campaign_share / 100;

	return most > 0 ? most : 1;
}

/* columns of PACES: pattern, concurrency, windows, night, weekend, paused, relay */
static char *
write_pace(TALLOC_CTX *ctx, struct sender *s, const struct db_rows *rows, size_t i)
{
	const char *windows = policy_windows(ctx, db_text(rows, i, 2));
	int64_t most = db_number(rows, i, 1);

	if (most == 0 && strcmp(db_text(rows, i, 0), POLICY_CAMPAIGN) == 0)
		most = campaign_most(s->conf);
	return talloc_asprintf(ctx, "%lld|100,%lld,%lld|%s|%lld|%s", (long long)most, (long long)db_number(rows, i, 3),
	                       (long long)db_number(rows, i, 4), windows != NULL ? windows : "", (long long)db_number(rows, i, 5),
	                       known_relay(s, db_text(rows, i, 6)));
}

/* The domains of the roll, the lane of all others, those of the relays. */
static const char *
lane_at(const struct sender *s, const struct db_rows *domains, size_t i)
{
	if (i < domains->n)
		return db_text(domains, i, 0);
	return i == domains->n ? QUEUE_LANE_OTHER : s->relays[i - domains->n - 1].lane;
}

/* All of these, and the classes. */
static int
tell_lanes(struct task *t, struct sender *s, const struct db_rows *rows, const struct db_rows *domains)
{
	size_t n = 0, n_lanes = domains->n + 1 + s->n_relays;
	const char **pairs = talloc_array(t, const char *, (unsigned)(2 * (n_lanes + POLICY_CLASSES)));

	for (size_t i = 0; i < n_lanes; i++) {
		const char *lane = lane_at(s, domains, i);
		size_t row = policy_find(rows, lane);

		if (row == POLICY_NONE)
			continue;
		pairs[n++] = lane;
		pairs[n++] = write_pace(t, s, rows, row);
	}
	for (size_t i = 0; i < POLICY_CLASSES; i++) {
		size_t row = policy_find(rows, policy_classes[i]);

		if (row == POLICY_NONE && strcmp(policy_classes[i], POLICY_CAMPAIGN) != 0)
			continue;
		pairs[n++] = policy_classes[i];
		pairs[n++] = row != POLICY_NONE ? write_pace(t, s, rows, row) : talloc_asprintf(t, "%lld|100,100,100||0|", (long long)campaign_most(s->conf));
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
		    live_took(t, s->store, policy_relay_lane(t, db_text(rows, i, 3)), at_ms, db_number(rows, i, 2)) == -1 ||
		    live_took(t, s->store, POLICY_CAMPAIGN, at_ms, db_number(rows, i, 4)) == -1)
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

/* ---- what replies teach ---- */

/* What refuses by policy is asked again after a quarter of an hour at the earliest. */
static const struct live_patience policy = {"policy", 3, 900 * 1000, 4 * 3600 * 1000};

/* What is merely overloaded, or away, sooner: a domain after two units of mailer.backoff, a relay, which all others wait for, within seconds. */
static struct live_patience
patience_of(const struct sender *s, const struct verdict *v)
{
	if (v->backoff == BACKOFF_POLICY)
		return policy;
	if (v->whom == WHOM_RELAY)
		return (struct live_patience){"away", 6, 500, 8000};
	return (struct live_patience){"load", 8, 2 * s->conf->mail_backoff, 60 * s->conf->mail_backoff};
}

/* Each reply counts once: a refusal of policy is no sign of load. */
static int
note_refusal(struct task *t, struct sender *s, const char *lane, const struct live_job *j, const struct verdict *v, int64_t *pause_ms_r)
{
	struct live_patience p = patience_of(s, v);
	int64_t limit = 0;

	if (v->backoff != BACKOFF_POLICY && live_refused(t, s->store, lane, j->epoch, &limit) == -1)
		return -1;
	return live_trouble(t, s->store, lane, &p, pause_ms_r);
}

void
pace_note(struct task *t, struct sender *s, const struct sender_relay *r, const struct live_job *j, const struct verdict *v,
          const struct verdict_reply *reply)
{
	const char *lane = v->whom == WHOM_RELAY ? r->lane : j->lane;
	int64_t pause_ms = 0;

	if (v->whom == WHOM_PERSON)
		return;
	if (outage_note(&s->store_away, t, note_refusal(t, s, lane, j, v, &pause_ms)) == 0 && pause_ms > 0)
		log_warning(v->whom == WHOM_RELAY ? "relay paused" : "domain paused", "lane=%s seconds=%lld reply=%s", lane, (long long)pause_ms / 1000,
		            log_quote(t, reply->text));
}
