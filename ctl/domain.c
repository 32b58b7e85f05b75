/*
 * isoloirctl domain: how fast mails may go to whom. The rows of mail_policy are the truth; the mailer tells them to Redis at each sweep, where this looks
 * for what goes on just now.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/queue/live.h"
#include "common/queue/policy.h"
#include "ctl/office.h"

#define PATTERN_MAX 254

static const char *const policy_names[] = {"pattern", "concurrency", "windows", "night", "weekend", "paused", "reason", "changed_at", "changed_by"};
static const char *const reply_names[] = {"state", "last_reply", "mails", "since_at"};

/* What `domain set` takes, and how far a number may go. */
static const struct key {
	const char *word;
	int64_t min, max; /* 0, 0: windows */
} keys[] = {{"conc", 0, 512}, {"windows", 0, 0}, {"night", 1, 100}, {"weekend", 1, 100}};
#define N_KEYS (sizeof(keys) / sizeof(*keys))

/* Ready profiles: PROFILE(name, pattern, conc, windows, night, weekend, sentence) */
static const struct profile {
	const char *name, *pattern;
	int64_t conc;
	const char *windows;
	int64_t night, weekend;
	const char *reason;
} profiles[] = {
#define PROFILE(name, pattern, conc, windows, night, weekend, reason) {name, pattern, conc, windows, night, weekend, reason},
#include "ctl/profiles.def"
#undef PROFILE
};
#define N_PROFILES (sizeof(profiles) / sizeof(*profiles))

static int
check_pattern(struct ctl *c, const char *pattern)
{
	size_t len = strlen(pattern);

	if (strcmp(pattern, POLICY_RELAY) == 0 || strcmp(pattern, POLICY_CAMPAIGN) == 0 || strcmp(pattern, "*") == 0)
		return EX_OK;
	for (const char *p = pattern; *p != '\0'; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && strchr(".-*", *p) == NULL)
			return ctl_fail(c, EX_USAGE, "a domain has lower-case letters, digits, dots and hyphens, with * for any: %s", pattern);
	if (len > PATTERN_MAX || strchr(pattern, '.') == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no domain; there are also \"*\" for all others, " POLICY_RELAY " for all mails together and " POLICY_CAMPAIGN
		                            " for those of campaigns", pattern);
	return EX_OK;
}

int
ctl_domain_list(struct ctl *c)
{
	struct db_rows *rows;

	if (db_run(c->task, ctl_db(c), SQL_POLICIES, &rows, NO_PARAMS) == -1)
		return ctl_trouble(c);
	js_set(c->out, "policies", ctl_rows(c, rows, policy_names));
	if (rows->n == 0)
		ctl_say(c, "No domain has a pace of its own: mails go as fast as the senders and the relay can.");
	return EX_OK;
}

/* ---- show ---- */

static int
count(struct ctl *c, struct store *s, const char *command, const char *key, const char *from, int64_t *n_r)
{
	struct store_value v;
	const char *full = talloc_asprintf(c, "isoloir:{mq}:%s", key);
	int rc = from != NULL ? store_run(c->task, s, &v, STORE(command, full, from, "+inf")) : store_run(c->task, s, &v, STORE(command, full));

	*n_r = rc == 0 ? v.number : 0;
	return rc;
}

/* How many went in each window, of how many. */
static int
show_windows(struct ctl *c, struct store *s, const char *lane, const char *text)
{
	struct js *list = js_array(c);
	char *pairs = policy_windows(c, text), *texts = talloc_strdup(c, text), *pair, *word;

	while (pairs != NULL && pairs[0] != '\0' && (pair = strsep(&pairs, ",")) != NULL && (word = strsep(&texts, ",")) != NULL) {
		int64_t ms = strtoll(strchr(pair, '/') + 1, NULL, 10), n;
		struct js *row = js_object(c);

		if (count(c, s, "ZCOUNT", talloc_asprintf(c, "took:%s", lane), talloc_asprintf(c, "(%lld", (long long)(clock_now_ms() - ms)), &n) == -1)
			return -1;
		js_set_text(row, "window", word);
		js_set_number(row, "went", n);
		js_push(list, row);
	}
	js_set(c->out, "windows", list);
	return 0;
}

static int
show_pause(struct ctl *c, struct store *s, const char *lane)
{
	struct store_value v;

	if (store_run(c->task, s, &v, STORE("HGET", talloc_asprintf(c, "isoloir:{mq}:trouble:%s", lane), "until")) == -1)
		return -1;
	if (v.kind == STORE_TEXT && strtoll(v.text, NULL, 10) > clock_now_ms())
		js_set_text(c->out, "pauses_until", clock_iso(c, strtoll(v.text, NULL, 10) / 1000, "Europe/Paris"));
	return 0;
}

static int
show_live(struct ctl *c, const char *lane, const struct db_rows *rows, size_t row)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);
	const char *flight = strcmp(lane, POLICY_RELAY) == 0 ? "leased" : talloc_asprintf(c, "flight:%s", lane);
	int64_t flying;

	if (count(c, s, "ZCARD", flight, NULL, &flying) == -1 || show_pause(c, s, lane) == -1)
		return -1;
	js_set_number(c->out, "on_their_way", flying);
	return row != POLICY_NONE ? show_windows(c, s, lane, db_text(rows, row, 2)) : 0;
}

/* The pace that holds for a domain, what it has used of it, and what its mails met in the last day. */
int
ctl_domain_show(struct ctl *c)
{
	const char *lane = c->args[0];
	struct db *d = ctl_db(c);
	struct db_rows *rows, *replies, *waiting;
	size_t row;
	int rc = check_pattern(c, lane);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_POLICIES, &rows, NO_PARAMS) == -1 || db_run(c->task, d, SQL_DOMAIN_REPLIES, &replies, PARAMS(P(lane), P(lane), P(lane))) == -1 ||
	    db_run(c->task, d, SQL_DOMAIN_WAITING, &waiting, PARAMS(P(lane), P(lane), P(lane))) == -1)
		return ctl_trouble(c);
	row = policy_find(rows, lane);
	js_set_text(c->out, "domain", lane);
	if (row != POLICY_NONE)
		js_set(c->out, "policy", ctl_row(c, rows, row, policy_names));
	js_set_number(c->out, "waiting", db_number(waiting, 0, 0));
	js_set(c->out, "last_day", ctl_rows(c, replies, reply_names));
	return show_live(c, lane, rows, row) == 0 ? EX_OK : ctl_trouble(c);
}

/* ---- changes ---- */

struct change {
	const char *pattern;
	int64_t conc, night, weekend, paused;
	const char *windows;
};

/* "night=25" into the change; what is not said stays. */
static int
take_word(struct ctl *c, struct change *ch, const char *word)
{
	int64_t *const numbers[N_KEYS] = {&ch->conc, NULL, &ch->night, &ch->weekend};
	const char *equals = strchr(word, '='), *words[N_KEYS], *near;
	char *name = talloc_strndup(c, word, equals != NULL ? (size_t)(equals - word) : strlen(word));

	for (size_t i = 0; i < N_KEYS; i++) {
		words[i] = keys[i].word;
		if (strcmp(keys[i].word, name) != 0 || equals == NULL)
			continue;
		if (numbers[i] == NULL) {
			ch->windows = equals + 1;
			return policy_windows(c, ch->windows) != NULL ? EX_OK
			           : ctl_fail(c, EX_USAGE, "windows takes up to five of number/time, as 500/1m,8000/10h; the longest is a day");
		}
		return text_number(equals + 1, keys[i].min, keys[i].max, numbers[i])
		           ? EX_OK
		           : ctl_fail(c, EX_USAGE, "%s takes a number from %lld to %lld", name, (long long)keys[i].min, (long long)keys[i].max);
	}
	near = text_nearest(name, words, N_KEYS);
	return ctl_fail(c, EX_USAGE, "conc=N, windows=…, night=PERCENT or weekend=PERCENT, not %s%s%s%s", word, near != NULL ? "; did you mean " : "",
	                near != NULL ? near : "", near != NULL ? "=…?" : "");
}

/* As the row stands, or as one that was never written. */
static int
read_change(struct ctl *c, struct db *d, struct change *ch)
{
	struct db_rows *rows;

	*ch = (struct change){.pattern = c->args[0], .night = 100, .weekend = 100, .windows = ""};
	if (check_pattern(c, ch->pattern) != EX_OK)
		return EX_USAGE;
	if (db_run(c->task, d, SQL_POLICY_GET, &rows, PARAMS(P(ch->pattern))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return EX_OK;
	ch->conc = db_number(rows, 0, 1);
	ch->windows = db_text(rows, 0, 2);
	ch->night = db_number(rows, 0, 3);
	ch->weekend = db_number(rows, 0, 4);
	ch->paused = db_number(rows, 0, 5);
	return EX_OK;
}

static int
write_change(struct ctl *c, struct db *d, const struct change *ch, const char *act)
{
	const char *reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "", *who = ctl_operator(c);
	char *detail = talloc_asprintf(c, "%s conc=%lld windows=%s night=%lld weekend=%lld", ch->pattern, (long long)ch->conc, ch->windows,
	                               (long long)ch->night, (long long)ch->weekend);

	ctl_say(c, "%s%s: %s%s", detail, ch->paused ? " paused" : "", act, ctl_has(c, OPTION_DRY_RUN) ? " (--dry-run: not written)." : ". The mailer goes by it from its next sweep on.");
	if (ctl_has(c, OPTION_DRY_RUN))
		return EX_OK;
	if (db_begin(c->task, d) == -1 ||
	    db_run(c->task, d, SQL_POLICY_PUT, NULL,
	           PARAMS(P(ch->pattern), P(ch->conc), P(ch->windows), P(ch->night), P(ch->weekend), P(ch->paused), P(reason), P(who))) == -1 ||
	    office_audit(c, d, 0, act, detail) == -1 || db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

int
ctl_domain_set(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct change ch;
	int rc = read_change(c, d, &ch);

	for (size_t i = 1; i < c->n_args && rc == EX_OK; i++)
		rc = take_word(c, &ch, c->args[i]);
	return rc == EX_OK ? write_change(c, d, &ch, "domain pace set") : rc;
}

static int
pause_or_not(struct ctl *c, int64_t paused, const char *act)
{
	struct db *d = ctl_db(c);
	struct change ch;
	int rc = read_change(c, d, &ch);

	ch.paused = paused;
	return rc == EX_OK ? write_change(c, d, &ch, act) : rc;
}

int
ctl_domain_pause(struct ctl *c)
{
	return pause_or_not(c, 1, "domain paused");
}

int
ctl_domain_resume(struct ctl *c)
{
	return pause_or_not(c, 0, "domain resumed");
}

/* No row of its own any more: a wider pattern holds, or none. */
int
ctl_domain_reset(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;

	if (check_pattern(c, c->args[0]) != EX_OK)
		return EX_USAGE;
	if (ctl_has(c, OPTION_DRY_RUN))
		return ctl_domain_show(c);
	if (db_begin(c->task, d) == -1 || db_run(c->task, d, SQL_POLICY_DROP, &rows, PARAMS(P(c->args[0]))) == -1)
		return ctl_trouble(c);
	if (rows->affected == 0)
		return ctl_fail(c, EX_NOUSER, "%s has no pace of its own", c->args[0]);
	if (office_audit(c, d, 0, "domain pace reset", c->args[0]) == -1 || db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s has no pace of its own any more.", c->args[0]);
	return EX_OK;
}

int
ctl_domain_profile(struct ctl *c)
{
	struct db *d = ctl_db(c);
	const char *names[N_PROFILES], *near;

	for (size_t i = 0; i < N_PROFILES; i++) {
		const struct profile *p = &profiles[i];
		struct change ch = {p->pattern, p->conc, p->night, p->weekend, 0, p->windows};

		names[i] = p->name;
		if (strcmp(p->name, c->args[0]) != 0)
			continue;
		if (!ctl_has(c, OPTION_REASON))
			c->option[OPTION_REASON] = p->reason;
		return write_change(c, d, &ch, "domain pace set");
	}
	near = text_nearest(c->args[0], names, N_PROFILES);
	return ctl_fail(c, EX_USAGE, "no profile is called %s; did you mean %s?", c->args[0], near != NULL ? near : names[0]);
}
