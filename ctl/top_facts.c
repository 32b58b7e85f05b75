#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
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

/* A lane, as the figures tell it. */
struct lane {
	const char *name, *windows;
	int64_t waiting, flying, limit;
	int64_t until_ms; /* refusals pause it until then; since 1970 */
	bool by_hand;     /* so is it paused */
};

static void
add_count(struct js *list, const char *state, int64_t n)
{
	struct js *row = js_object(list);

	js_set_text(row, "state", state);
	js_set_number(row, "mails", n);
	js_push(list, row);
}

/* ---- Redis ---- */

/* The fullest first; the relays before any domain. */
static int
compare_lanes(const void *a, const void *b)
{
	const struct lane *x = a, *y = b;
	bool x_relay = text_starts(x->name, POLICY_RELAY), y_relay = text_starts(y->name, POLICY_RELAY);

	if (x_relay != y_relay)
		return y_relay - x_relay;
	if (x->waiting != y->waiting)
		return x->waiting < y->waiting ? 1 : -1;
	return strcmp(x->name, y->name);
}

static const char *
paused_text(TALLOC_CTX *ctx, const struct lane *l)
{
	if (l->by_hand)
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
list_lane(struct js *list, const struct lane *l)
{
	struct js *row = js_object(list);

	js_set_text(row, "domain", l->name);
	js_set_number(row, "waiting", l->waiting);
	js_set_number(row, "on_their_way", l->flying);
	js_set_number(row, "limit", l->limit);
	js_set_text(row, "windows", windows_text(row, l->windows));
	js_set_text(row, "paused_until", paused_text(row, l));
	js_push(list, row);
}

static void
take_figure(struct lane *l, const struct live_figure *f)
{
	const struct {
		const char *what;
		int64_t *to;
	} rows[] = {{"in_flight", &l->flying}, {"limit", &l->limit}, {"waiting", &l->waiting}, {"until", &l->until_ms}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].what, f->what) == 0)
			*rows[i].to = f->n;
	if (strcmp(f->what, "windows") == 0)
		l->windows = f->which;
	if (strcmp(f->what, "paused") == 0 && strcmp(f->which, "hand") == 0)
		l->by_hand = f->n == 1;
}

static void
tell_states(struct ctl *c, const struct live_figure *list, size_t n)
{
	static const char *const states[] = {"ready", "leased", "uncertain", "held", "settling", "dead"};
	struct js *depth = js_array(c);

	for (size_t s = 0; s < sizeof(states) / sizeof(*states); s++) {
		int64_t mails = 0;

		for (size_t i = 0; i < n; i++)
			mails += strcmp(list[i].what, "jobs") == 0 && strcmp(list[i].whom, states[s]) == 0 ? list[i].n : 0;
		add_count(depth, states[s], mails);
	}
	js_set(c->out, "depth", depth);
}

/* The figures of a lane follow each other, and come after all others. */
static void
tell_domains(struct ctl *c, const struct live_figure *list, size_t n)
{
	struct lane *lanes = talloc_array(c, struct lane, (unsigned)n + 1);
	struct js *domains = js_array(c);
	size_t n_lanes = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].what, "in_flight") == 0)
			lanes[n_lanes++] = (struct lane){.name = list[i].whom, .windows = ""};
		if (n_lanes > 0)
			take_figure(&lanes[n_lanes - 1], &list[i]);
	}
	qsort(lanes, n_lanes, sizeof(*lanes), compare_lanes);
	for (size_t i = 0; i < n_lanes && i < LANES_SHOWN; i++)
		list_lane(domains, &lanes[i]);
	js_set(c->out, "domains", domains);
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
	struct live_figure *figures;
	struct js *answer;
	const char *why;
	size_t n_figures;
	bool refused, no_redis;

	js_set_text(c->out, "at", story_time(c, clock_now_ms()));
	js_set(c->out, "away", js_array(c));
	no_redis = live_figures(c->task, s, NULL, 0, &figures, &n_figures) == -1;
	if (no_redis)
		note_away(c, "Redis", c->task->err.text);
	task_forgive(c->task);
	if (add_rates(c, d) == -1 || (no_redis && add_states(c, d) == -1))
		note_away(c, "MariaDB", c->task->err.text);
	task_forgive(c->task);
	if (!no_redis) {
		tell_states(c, figures, n_figures);
		tell_domains(c, figures, n_figures);
	}
	answer = daemon_ask(c, "mailer", "status", &why, &refused);
	if (answer != NULL)
		tell_senders(c, answer);
	else
		note_away(c, "mailer", why);
	return js_size(js_get(c->out, "away")) == 0 ? EX_OK : EX_UNAVAILABLE;
}
