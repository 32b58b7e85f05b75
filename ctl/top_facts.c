#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/queue/live.h"
#include "common/queue/policy.h"
#include "ctl/daemon.h"
#include "ctl/story.h"
#include "ctl/top.h"

#define RATE_S 10 /* mails a second are those of so many seconds */
#define LANES_SHOWN 30

static void
note_away(struct ctl *c, const char *what, const char *why)
{
	struct js *list = js_get(c->out, "away"), *row = js_object(c);

	js_set_text(row, "away", what);
	js_set_text(row, "why", why);
	js_push(list, row);
}

static void
add_count(struct js *list, const char *state, int64_t n)
{
	struct js *row = js_object(list);

	js_set_text(row, "state", state);
	js_set_number(row, "mails", n);
	js_push(list, row);
}

/* ---- Redis ---- */

static int64_t
waiting_in(const struct live_lane *l)
{
	return l->waiting[0] + l->waiting[1] + l->waiting[2];
}

/* The fullest first; all mails together before any. */
static int
compare_lanes(const void *a, const void *b)
{
	const struct live_lane *x = a, *y = b;
	bool x_all = strcmp(x->lane, POLICY_RELAY) == 0, y_all = strcmp(y->lane, POLICY_RELAY) == 0;

	if (x_all != y_all)
		return y_all - x_all;
	if (waiting_in(x) != waiting_in(y))
		return waiting_in(x) < waiting_in(y) ? 1 : -1;
	return strcmp(x->lane, y->lane);
}

static const char *
paused_text(TALLOC_CTX *ctx, const struct live_lane *l)
{
	if (l->paused)
		return "by hand";
	return l->until_ms > clock_now_ms() ? clock_iso(ctx, l->until_ms / 1000, "Europe/Paris") : "";
}

/* "450/60000" as "450/60s". */
static char *
windows_text(TALLOC_CTX *ctx, const char *windows)
{
	char *text = talloc_strdup(ctx, "");
	long long n, ms;
	int len;

	while (sscanf(windows, "%lld/%lld%n", &n, &ms, &len) == 2) {
		text = talloc_asprintf_append(text, "%s%lld/%llds", text[0] != '\0' ? "," : "", n, ms / 1000);
		windows += len + (windows[len] == ',');
	}
	return text;
}

static void
list_lane(struct js *list, const struct live_lane *l, int64_t all_waiting)
{
	bool all = strcmp(l->lane, POLICY_RELAY) == 0;
	struct js *row = js_object(list);

	js_set_text(row, "domain", all ? "(all)" : l->lane);
	js_set_number(row, "waiting", all ? all_waiting : waiting_in(l));
	js_set_number(row, "on_their_way", l->flying);
	js_set_text(row, "limit", l->most > 0 ? talloc_asprintf(row, "%lld", (long long)l->most) : "");
	js_set_text(row, "windows", windows_text(row, l->windows));
	js_set_text(row, "paused_until", paused_text(row, l));
	js_push(list, row);
}

static void
tell_live(struct ctl *c, struct live_depth *d)
{
	struct js *states = js_array(c), *lanes = js_array(c);
	int64_t ready = 0;

	for (size_t i = 0; i < d->n_lanes; i++)
		ready += strcmp(d->lanes[i].lane, POLICY_RELAY) != 0 ? waiting_in(&d->lanes[i]) : 0;
	add_count(states, "ready", ready);
	add_count(states, "leased", d->leased);
	add_count(states, "uncertain", d->uncertain);
	add_count(states, "held", d->held);
	add_count(states, "settling", d->settling);
	add_count(states, "dead", d->dead);
	js_set(c->out, "depth", states);
	qsort(d->lanes, d->n_lanes, sizeof(*d->lanes), compare_lanes);
	for (size_t i = 0; i < d->n_lanes && i < LANES_SHOWN; i++)
		list_lane(lanes, &d->lanes[i], ready);
	js_set(c->out, "domains", lanes);
}

/* ---- MariaDB ---- */

/* Ids begin with the milliseconds of their birth, so those of the last seconds are the end of the primary key. */
static int
add_rates(struct ctl *c, struct db *d)
{
	char from[LIVE_ID_SIZE];
	struct db_rows *rows;

	snprintf(from, sizeof(from), "%012llx%020d", (unsigned long long)(clock_now_ms() - RATE_S * 1000), 0);
	if (db_run(c->task, d, SQL_TOP_RATES, &rows, PARAMS(P((const char *)from), P(RATE_S))) == -1)
		return -1;
	js_set_text(c->out, "in_per_second", talloc_asprintf(c, "%.1f", (double)db_number(rows, 0, 0) / RATE_S));
	js_set_text(c->out, "out_per_second", talloc_asprintf(c, "%.1f", (double)db_number(rows, 0, 1) / RATE_S));
	js_set_text(c->out, "oldest", db_is_null(rows, 0, 2) ? "none waits" : story_delay(c, (clock_now_s() - db_number(rows, 0, 2)) * 1000));
	return 0;
}

/* What the rows know of how much waits, while Redis cannot tell. */
static int
add_states(struct ctl *c, struct db *d)
{
	struct js *states = js_array(c);
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_TOP_STATES, &rows, NO_PARAMS) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		add_count(states, db_text(rows, i, 0), db_number(rows, i, 1));
	js_set(c->out, "depth", states);
	return 0;
}

/* ---- the senders ---- */

static void
tell_senders(struct ctl *c, const struct js *answer)
{
	const struct js *workers = js_get(answer, "workers");
	struct js *list = js_array(c);

	for (size_t i = 0; i < js_size(workers); i++) {
		const struct js *w = js_at(workers, i);
		struct js *row = js_object(list);

		js_set_number(row, "sender", js_number(w, "index", -1));
		js_set_number(row, "pid", js_number(w, "pid", 0));
		js_set_text(row, "state", js_text(w, "state", ""));
		js_set_text(row, "step", js_text(w, "step", ""));
		js_set_text(row, "for", story_delay(row, js_number(w, "ms", 0)));
		js_set_number(row, "mails", js_number(w, "tasks", 0));
		js_push(list, row);
	}
	js_set(c->out, "senders", list);
}

/* ---- one look ---- */

int
top_look(struct ctl *c, struct db *d, struct store *s)
{
	struct live_depth depth;
	struct js *answer;
	const char *why;
	bool refused, no_redis;

	js_set_text(c->out, "at", story_time(c, clock_now_ms()));
	js_set(c->out, "away", js_array(c));
	no_redis = live_depth(c->task, s, &depth) == -1;
	if (no_redis)
		note_away(c, "Redis", c->task->err.text);
	task_forgive(c->task);
	if (add_rates(c, d) == -1 || (no_redis && add_states(c, d) == -1))
		note_away(c, "MariaDB", c->task->err.text);
	task_forgive(c->task);
	if (!no_redis)
		tell_live(c, &depth);
	answer = daemon_ask(c, "mailer", "status", &why, &refused);
	if (answer != NULL)
		tell_senders(c, answer);
	else
		note_away(c, "mailer", why);
	return js_size(js_get(c->out, "away")) == 0 ? EX_OK : EX_UNAVAILABLE;
}
