/*
 * isoloirctl domain show: the pace that holds for a domain or a relay, what is used of it, what waits and since when, what the other side answered, and when
 * the queue to it may be empty. Rows tell of mails, Redis of what goes on just now.
 */
#include "ctl/domain.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/queue.h"
#include "common/queue/name.h"
#include "common/queue/policy.h"
#include "common/store.h"

#define KEY "isoloir:{mq}:"
#define RATE_S 600       /* over how long the recent rate is taken */
#define REPLIES_SHOWN 20

/* What is looked at. */
struct view {
	struct ctl *c;
	struct db *d;
	struct store *s;
	const char *name, *domain, *lane; /* as asked; "" for a relay; the lane in which such mails stand */
	const struct conf_relay *relay;
	bool is_relay; /* all that goes through the relay, and not a domain */
	const struct db_rows *policies;
	size_t row; /* of the pace that holds, POLICY_NONE */
	int64_t waiting, last_due_ms, windows_s;
};

/* The relay of a lane, by the rows. */
static const char *
relay_of(const struct view *v, const char *lane)
{
	size_t row = policy_find(v->policies, lane);
	const char *name = row != POLICY_NONE ? db_text(v->policies, row, 6) : "";

	return conf_relay_find(v->c->conf, name) != NULL ? name : "";
}

static int
find_lane(struct view *v)
{
	struct db_rows *known;

	v->is_relay = v->name[0] == '@';
	v->domain = v->is_relay ? "" : v->name;
	if (db_run(v->c->task, v->d, SQL_POLICIES, (struct db_rows **)(uintptr_t)&v->policies, NO_PARAMS) == -1 ||
	    db_run(v->c->task, v->d, SQL_DOMAIN_KNOWN, &known, PARAMS(P(v->name))) == -1)
		return -1;
	v->lane = v->is_relay || db_number(known, 0, 0) > 0 ? v->name : QUEUE_LANE_OTHER;
	v->row = policy_find(v->policies, v->lane);
	v->relay = conf_relay_find(v->c->conf, v->is_relay ? text_starts(v->name, POLICY_RELAY ":") ? v->name + strlen(POLICY_RELAY ":") : "" : relay_of(v, v->lane));
	must(v->relay != NULL);
	return 0;
}

static void
show_pace(struct view *v)
{
	struct ctl *c = v->c;

	js_set_text(c->out, "domain", v->name);
	if (strcmp(v->lane, v->name) != 0)
		js_set_text(c->out, "lane", v->lane);
	js_set_text(c->out, "relay", v->relay->name[0] != '\0' ? v->relay->name : "main");
	js_set_text(c->out, "relay_host", v->relay->host);
	if (v->row != POLICY_NONE)
		js_set(c->out, "policy", ctl_row(c, v->policies, v->row, domain_policy_names));
}

/* ---- rows ---- */

/* Is a row of domain and lane one of those that are looked at? went: through which relay it went, NULL: as its lane would now. */
static bool
is_meant(const struct view *v, const struct db_rows *rows, size_t i, const char *went)
{
	return !v->is_relay || strcmp(went != NULL ? went : relay_of(v, db_text(rows, i, 1)), v->relay->name) == 0;
}

/* columns: domain, lane, mails, oldest, last due (both in seconds) */
static int
show_waiting(struct view *v)
{
	int64_t oldest_s = 0;
	struct db_rows *rows;

	if (db_run(v->c->task, v->d, SQL_DOMAIN_WAITING, &rows, PARAMS(P(v->domain), P(v->domain))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		int64_t since_s = db_number(rows, i, 3), due_ms = db_number(rows, i, 4) * 1000;

		if (!is_meant(v, rows, i, NULL))
			continue;
		v->waiting += db_number(rows, i, 2);
		oldest_s = oldest_s == 0 || since_s < oldest_s ? since_s : oldest_s;
		v->last_due_ms = due_ms > v->last_due_ms ? due_ms : v->last_due_ms;
	}
	js_set_number(v->c->out, "waiting", v->waiting);
	if (v->waiting > 0)
		js_set_text(v->c->out, "waiting_since", clock_iso(v->c, oldest_s, "Europe/Paris"));
	return 0;
}

/* One reply, of however many domains. */
struct reply {
	const char *state, *head, *text;
	int64_t mails, since_s;
};

static void
add_reply(struct reply *list, size_t *n, const struct db_rows *rows, size_t i)
{
	struct reply it = {db_text(rows, i, 3), db_text(rows, i, 4), db_text(rows, i, 5), db_number(rows, i, 6), db_number(rows, i, 7)};

	for (size_t k = 0; k < *n; k++) {
		if (strcmp(list[k].state, it.state) != 0 || strcmp(list[k].head, it.head) != 0)
			continue;
		list[k].mails += it.mails;
		list[k].since_s = it.since_s < list[k].since_s ? it.since_s : list[k].since_s;
		return;
	}
	list[(*n)++] = it;
}

static int
by_mails(const void *a, const void *b)
{
	int64_t x = ((const struct reply *)a)->mails, y = ((const struct reply *)b)->mails;

	return (x < y) - (x > y);
}

/* columns: domain, lane, relay, state, stage with code and enhanced code, one such reply, mails, since when */
static int
show_replies(struct view *v, int which, const char *name, bool went)
{
	struct js *out = js_array(v->c);
	struct db_rows *rows;
	struct reply *list;
	size_t n = 0;

	if (db_run(v->c->task, v->d, which, &rows, PARAMS(P(v->domain), P(v->domain))) == -1)
		return -1;
	list = talloc_array(v->c, struct reply, (unsigned)rows->n + 1);
	for (size_t i = 0; i < rows->n; i++)
		if (is_meant(v, rows, i, went && strcmp(db_text(rows, i, 3), "sent") == 0 ? db_text(rows, i, 2) : NULL))
			add_reply(list, &n, rows, i);
	qsort(list, n, sizeof(*list), by_mails);
	for (size_t i = 0; i < n && i < REPLIES_SHOWN; i++) {
		struct js *row = js_object(v->c);

		js_set_text(row, "state", list[i].state);
		js_set_text(row, "last_reply", list[i].text);
		js_set_number(row, "mails", list[i].mails);
		js_set_text(row, "since_at", clock_iso(v->c, list[i].since_s, "Europe/Paris"));
		js_push(out, row);
	}
	js_set(v->c->out, name, out);
	return 0;
}

/* ---- Redis ---- */

static int
count(struct view *v, const char *command, const char *set, const char *from, int64_t *n_r)
{
	struct store_value found;
	const char *full = talloc_asprintf(v->c, KEY "%s:%s", set, v->lane);
	int rc = from != NULL ? store_run(v->c->task, v->s, &found, STORE(command, full, from, "+inf"))
	                      : store_run(v->c->task, v->s, &found, STORE(command, full));

	*n_r = rc == 0 ? found.number : 0;
	return rc;
}

/* A number in one of the lane's hashes; 0 when absent. */
static int
field(struct view *v, const char *hash, const char *name, int64_t *n_r)
{
	struct store_value found;

	if (store_run(v->c->task, v->s, &found, STORE("HGET", talloc_asprintf(v->c, KEY "%s:%s", hash, v->lane), name)) == -1)
		return -1;
	*n_r = found.kind == STORE_TEXT ? strtoll(found.text, NULL, 10) : 0;
	return 0;
}

static void
set_ms(struct view *v, const char *name, int64_t at_ms)
{
	js_set_text(v->c->out, name, clock_iso(v->c, at_ms / 1000, "Europe/Paris"));
}

/* How many are on their way, of how many that the replies allow just now, and the pause of a breaker. */
static int
show_flight(struct view *v)
{
	int64_t flying, limit, shrunk_ms, until_ms, conc = v->row != POLICY_NONE ? db_number(v->policies, v->row, 1) : 0;

	if (count(v, "ZCARD", "flight", NULL, &flying) == -1 || field(v, "limit", "at", &limit) == -1 || field(v, "limit", "shrunk", &shrunk_ms) == -1 ||
	    field(v, "trouble", "until", &until_ms) == -1)
		return -1;
	limit = limit == 0 ? 1 : conc > 0 && conc < limit ? conc : limit;
	js_set_number(v->c->out, "on_their_way", flying);
	js_set_number(v->c->out, "limit", until_ms > 0 ? 1 : limit);
	if (shrunk_ms > 0)
		set_ms(v, "refused_at", shrunk_ms);
	if (until_ms > clock_now_ms())
		set_ms(v, "pauses_until", until_ms);
	return 0;
}

/* The window as the night or the weekend makes it, what went in it, and how long what waits takes by it. */
static int
show_window(struct view *v, struct js *list, const char *word, int64_t n, int64_t ms)
{
	static const int columns[] = {-1, 3, 4};
	int column = columns[policy_slot(v->relay->zone, clock_now_s())];
	int64_t limit = n * (column != -1 ? db_number(v->policies, v->row, (size_t)column) : 100) / 100, went, more;
	struct js *row = js_object(v->c);

	limit = limit > 0 ? limit : 1;
	if (count(v, "ZCOUNT", "took", talloc_asprintf(v->c, "(%lld", (long long)(clock_now_ms() - ms)), &went) == -1)
		return -1;
	js_set_text(row, "window", word);
	js_set_number(row, "went", went);
	js_set_number(row, "of", limit);
	js_push(list, row);
	more = v->waiting - (limit > went ? limit - went : 0);
	if (more > 0 && (more + limit - 1) / limit * ms / 1000 > v->windows_s)
		v->windows_s = (more + limit - 1) / limit * ms / 1000;
	return 0;
}

static int
show_windows(struct view *v)
{
	const char *text = v->row != POLICY_NONE ? db_text(v->policies, v->row, 2) : "";
	char *pairs = policy_windows(v->c, text), *words = talloc_strdup(v->c, text), *pair, *word;
	struct js *list = js_array(v->c);

	while (pairs != NULL && pairs[0] != '\0' && (pair = strsep(&pairs, ",")) != NULL && (word = strsep(&words, ",")) != NULL)
		if (show_window(v, list, word, strtoll(pair, NULL, 10), strtoll(strchr(pair, '/') + 1, NULL, 10)) == -1)
			return -1;
	if (v->row != POLICY_NONE)
		js_set(v->c->out, "windows", list);
	return 0;
}

/* ---- when it may be empty ---- */

/*
 * By the slowest of: the windows as they are now, the rate of the last ten minutes, and when the last mail that was put off is due. Nothing is foretold of
 * what is paused, or of mails that wait while none goes and no window says how fast they might.
 */
static int
show_forecast(struct view *v)
{
	bool paused = v->row != POLICY_NONE && db_number(v->policies, v->row, 5) != 0;
	int64_t sent = 0, seconds = v->windows_s, due_s = v->last_due_ms / 1000 - clock_now_s();
	struct db_rows *rows;

	if (db_run(v->c->task, v->d, SQL_DOMAIN_RATE, &rows, PARAMS(P((int64_t)RATE_S), P(v->domain), P(v->domain))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (is_meant(v, rows, i, db_text(rows, i, 2)))
			sent += db_number(rows, i, 3);
	js_set_number(v->c->out, "sent_in_10_minutes", sent);
	if (v->waiting == 0 || paused || (sent == 0 && seconds == 0))
		return 0;
	if (sent > 0 && v->waiting * RATE_S / sent > seconds)
		seconds = v->waiting * RATE_S / sent;
	set_ms(v, "empty_at", (clock_now_s() + (due_s > seconds ? due_s : seconds)) * 1000);
	return 0;
}

/* All mails of a class, whatever their domain and relay: a pace of their own beside. */
static int
show_class(struct view *v)
{
	struct db_rows *rows;
	int64_t flying, since_s = 0;

	if (db_run(v->c->task, v->d, SQL_MAILS_WAITING, &rows, NO_PARAMS) == -1 || count(v, "ZCARD", "flight", NULL, &flying) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		enum queue_mail mail;

		if (!queue_mail_find(db_text(rows, i, 0), &mail) || strcmp(policy_classes[queue_mail_class(mail)], v->name) != 0)
			continue;
		v->waiting += db_number(rows, i, 1);
		since_s = since_s == 0 || db_number(rows, i, 2) < since_s ? db_number(rows, i, 2) : since_s;
	}
	js_set_text(v->c->out, "class", v->name + 1);
	if (v->row != POLICY_NONE)
		js_set(v->c->out, "policy", ctl_row(v->c, v->policies, v->row, domain_policy_names));
	js_set_number(v->c->out, "waiting", v->waiting);
	if (v->waiting > 0)
		set_ms(v, "waiting_since", since_s * 1000);
	js_set_number(v->c->out, "on_their_way", flying);
	return show_windows(v);
}

int
ctl_domain_show(struct ctl *c)
{
	struct view v = {.c = c, .d = ctl_db(c), .s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout), .name = c->args[0]};
	int rc = domain_check_pattern(c, v.name);

	if (rc != EX_OK)
		return rc;
	if (find_lane(&v) == -1)
		return ctl_trouble(c);
	if (policy_class(v.name) != NULL)
		return show_class(&v) == 0 ? EX_OK : ctl_trouble(c);
	show_pace(&v);
	if (show_waiting(&v) == -1 || show_flight(&v) == -1 || show_windows(&v) == -1 || show_forecast(&v) == -1 ||
	    show_replies(&v, SQL_DOMAIN_DEFERRED, "put_off", false) == -1 || show_replies(&v, SQL_DOMAIN_REPLIES, "last_day", true) == -1)
		return ctl_trouble(c);
	return EX_OK;
}
