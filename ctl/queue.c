/*
 * isoloirctl queue: the live queue from Redis beside the durable rows from MariaDB. When one of the two is
 * away the other is still shown, since that is when somebody looks; the status tells.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/store.h"
#include "ctl/ctl.h"

#define PREFIX "isoloir:{mq}:"
#define OFFICE_ZONE "Europe/Paris"
#define LANES_SHOWN 50

static const char *const classes[] = {"interactive", "notice", "campaign"}; /* by their numbers in queue.h */
static const char *const places[] = {"leased", "uncertain", "settling", "held", "dead"};

static const char *const count_names[] = {"state",      "mail", "domain", "jobs", "oldest_created_at",
                                          "next_due_at"};
static const char *const recent_names[] = {
    "reference", "mail", "state", "identifier", "attempts", "created_at", "finished_at", "last_reply", "id"};
static const char *const row_names[] = {
    "id",           "election",   "reference", "mail",        "identifier",  "state",     "attempts",
    "attempt_open", "created_at", "due_at",    "deadline_at", "finished_at", "last_reply"};

static const char *const note_names[] = {"decided_at", "who", "act", "reason"};

/* A score of Redis: milliseconds since 1970. */
static void
set_score(struct js *row, const char *name, const char *score)
{
	js_set_text(row, name, clock_iso(row, (int64_t)(strtod(score, NULL) / 1000), OFFICE_ZONE));
}

/* One sorted set as a row; an empty one is left out. */
static int
add_set(struct ctl *c, struct store *s, struct js *list, const char *set, const char *place,
        const char *class, const char *lane)
{
	const char *key = talloc_asprintf(c, PREFIX "%s", set);
	struct store_value size, first;
	struct js *row;

	if (store_run(c->task, s, &size, STORE("ZCARD", key)) == -1 ||
	    store_run(c->task, s, &first, STORE("ZRANGE", key, "0", "0", "WITHSCORES")) == -1)
		return -1;
	if (size.number == 0 || first.n < 2)
		return 0;
	row = js_object(c);
	js_set_text(row, "place", place);
	js_set_text(row, "class", class);
	js_set_text(row, "lane", lane);
	js_set_number(row, "jobs", size.number);
	set_score(row, "first_due_at", first.items[1].text);
	js_push(list, row);
	return 0;
}

/* key: of the lanes of one class and relay. */
static int
add_lanes_of(struct ctl *c, struct store *s, struct js *list, int class, const char *key)
{
	const char *last = talloc_asprintf(c, "%d", LANES_SHOWN - 1);
	struct store_value lanes;

	if (store_run(c->task, s, &lanes, STORE("ZRANGE", key, "0", last)) == -1)
		return -1;
	for (size_t i = 0; i < lanes.n; i++) {
		const char *lane = lanes.items[i].text, *set = talloc_asprintf(c, "ready:%d:%s", class, lane);

		if (add_set(c, s, list, set, "ready", classes[class], lane) == -1)
			return -1;
	}
	return 0;
}

/* Each relay has a list of its own. */
static int
add_lanes(struct ctl *c, struct store *s, struct js *list, int class)
{
	struct store_value keys;

	if (store_run(c->task, s, &keys, STORE("KEYS", talloc_asprintf(c, PREFIX "lanes:%d*", class))) == -1)
		return -1;
	for (size_t i = 0; i < keys.n; i++)
		if (add_lanes_of(c, s, list, class, keys.items[i].text) == -1)
			return -1;
	return 0;
}

static int
add_live(struct ctl *c, struct store *s)
{
	struct js *list = js_array(c);

	for (int i = 0; i < (int)(sizeof(classes) / sizeof(*classes)); i++)
		if (add_lanes(c, s, list, i) == -1)
			return -1;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (add_set(c, s, list, places[i], places[i], "", "") == -1)
			return -1;
	js_set(c->out, "live", list);
	return 0;
}

static int
add_query(struct ctl *c, struct db *d, int which, const char *name, const char *const *columns)
{
	struct db_rows *rows;

	if (db_run(c->task, d, which, &rows, NO_PARAMS) == -1)
		return -1;
	js_set(c->out, name, ctl_rows(c, rows, columns));
	return 0;
}

int
ctl_queue(struct ctl *c)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);
	struct db *d = ctl_db(c);
	bool no_live = add_live(c, s) == -1;
	bool no_rows = add_query(c, d, SQL_QUEUE_COUNTS, "unfinished", count_names) == -1 ||
	               add_query(c, d, SQL_QUEUE_RECENT, "recent", recent_names) == -1;

	if (!no_live && !no_rows && js_size(js_get(c->out, "unfinished")) == 0)
		ctl_say(c, "No mail waits.");
	return no_live || no_rows ? ctl_trouble(c) : EX_OK;
}

/* The job's hash, in which "place" names its set; what is due when in that set. */
static int
add_job(struct ctl *c, struct store *s, struct js *row, const char *id)
{
	const char *key = talloc_asprintf(c, PREFIX "job:%s", id), *place = NULL, *set;
	struct js *job = js_object(c);
	struct store_value v, score;

	if (store_run(c->task, s, &v, STORE("HGETALL", key)) == -1)
		return -1;
	for (size_t i = 0; i + 1 < v.n; i += 2) {
		js_set_text(job, v.items[i].text, v.items[i + 1].text);
		if (strcmp(v.items[i].text, "place") == 0)
			place = v.items[i + 1].text;
	}
	if (place != NULL) {
		set = talloc_asprintf(c, PREFIX "%s", place);
		if (store_run(c->task, s, &score, STORE("ZSCORE", set, id)) == -1)
			return -1;
		if (score.kind == STORE_TEXT)
			set_score(job, "due_at", score.text);
	}
	js_set(row, "live", job);
	return 0;
}

/* What came back of it, beside its state: that of a mail that was taken stays "sent". */
static int
add_bounces(struct ctl *c, const char *id)
{
	static const char *const names[] = {"came_at", "class", "status", "action", "proof", "diagnostic"};
	struct db_rows *rows;

	if (db_run(c->task, ctl_db(c), SQL_BOUNCES_OF_JOB, &rows, PARAMS(P(id))) == -1)
		return -1;
	if (rows->n > 0)
		js_set(c->out, "bounces", ctl_rows(c, rows, names));
	return 0;
}

static int
show_one(struct ctl *c, struct store *s, const struct db_rows *found)
{
	struct js *row = ctl_row(c, found, 0, row_names);
	int rc = add_job(c, s, row, db_text(found, 0, 0));
	struct db_rows *notes;

	js_set(c->out, "mail", row);
	if (rc == 0 && (rc = db_run(c->task, ctl_db(c), SQL_NOTES, &notes, PARAMS(P(db_text(found, 0, 0))))) == 0)
		js_set(c->out, "decisions", ctl_rows(c, notes, note_names));
	if (add_bounces(c, db_text(found, 0, 0)) == -1)
		rc = -1;
	return rc == -1 ? ctl_trouble(c) : EX_OK;
}

int
ctl_queue_show(struct ctl *c)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);
	struct db_rows *found;

	if (db_run(c->task, ctl_db(c), SQL_QUEUE_LOOK, &found, PARAMS(P(c->args[0]), P(c->args[0]))) == -1)
		return ctl_trouble(c);
	if (found->n == 0)
		return ctl_fail(c, EX_NOUSER, "no mail has the id or reference %s", c->args[0]);
	if (found->n == 1)
		return show_one(c, s, found);
	js_set(c->out, "mails", ctl_rows(c, found, row_names));
	ctl_say(c, "Several mails share this reference; `isoloirctl queue show ID` shows one.");
	return EX_OK;
}
