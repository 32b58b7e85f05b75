/*
 * isoloirctl domain: how fast mails may go to whom, and through which relay. The rows of mail_policy are the truth; the mailer tells them to Redis at each
 * sweep.
 */
#include "ctl/domain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/queue/policy.h"
#include "ctl/domain.h"
#include "ctl/office.h"

#define PATTERN_MAX 254

const char *const domain_policy_names[] = {"pattern", "concurrency", "windows", "night", "weekend", "paused", "relay", "reason", "changed_at", "changed_by"};

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

/* The relay that a word names, "" for the main one. */
static int
check_relay(struct ctl *c, const char *name)
{
	const char **names = talloc_array(c, const char *, (unsigned)c->conf->n_relays);

	for (size_t i = 0; i < c->conf->n_relays; i++)
		names[i] = c->conf->relays[i].name;
	return name[0] == '\0' ? EX_OK : ctl_word(c, "relay of the settings", name, names, c->conf->n_relays);
}

int
domain_check_pattern(struct ctl *c, const char *pattern)
{
	size_t len = strlen(pattern);

	if (strcmp(pattern, POLICY_RELAY) == 0 || strcmp(pattern, "*") == 0 || policy_class(pattern) != NULL)
		return EX_OK;
	if (text_starts(pattern, POLICY_RELAY ":"))
		return check_relay(c, pattern + strlen(POLICY_RELAY ":"));
	for (const char *p = pattern; *p != '\0'; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && strchr(".-*", *p) == NULL)
			return ctl_fail(c, EX_USAGE, "a domain has lower-case letters, digits, dots and hyphens, with * for any: %s", pattern);
	if (len > PATTERN_MAX || strchr(pattern, '.') == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no domain; there are also \"*\" for all others and " POLICY_RELAY " for all mails through the main relay, " POLICY_RELAY ":B for those through B, and @interactive, @notice and @campaign for those of a class", pattern);
	return EX_OK;
}

int
ctl_domain_list(struct ctl *c)
{
	struct db_rows *rows;

	if (db_run(c->task, ctl_db(c), SQL_POLICIES, &rows, NO_PARAMS) == -1)
		return ctl_trouble(c);
	js_set(c->out, "policies", ctl_rows(c, rows, domain_policy_names));
	if (rows->n == 0)
		ctl_say(c, "No domain has a pace of its own: mails go as fast as the senders and the relay can.");
	return EX_OK;
}

/* ---- changes ---- */

struct change {
	const char *pattern;
	int64_t conc, night, weekend, paused;
	const char *windows, *rate, *relay;
};

static int
take_windows(struct ctl *c, struct change *ch, const char *value)
{
	ch->windows = value;
	return policy_windows(c, value) != NULL ? EX_OK : ctl_fail(c, EX_USAGE, "windows takes up to five of number/time, as 500/1m,8000/10h; the longest is a day");
}

/* A window like others; which ones stay beside it is known when all words are read. */
static int
take_rate(struct ctl *c, struct change *ch, const char *value)
{
	ch->rate = value;
	return policy_rate(c, "", value) != NULL ? EX_OK : ctl_fail(c, EX_USAGE, "rate takes a number and s, m or h, as 20/s");
}

static int
take_relay(struct ctl *c, struct change *ch, const char *value)
{
	if (ch->pattern[0] == '@')
		return ctl_fail(c, EX_USAGE, "a relay goes through no other one");
	ch->relay = value;
	return check_relay(c, value);
}

/* What `domain set` takes: a number within its bounds, or what a function makes of it. */
static const struct key {
	const char *word;
	size_t offset;
	int64_t min, max;
	int (*take)(struct ctl *c, struct change *ch, const char *value);
} keys[] = {
    {"conc", offsetof(struct change, conc), 0, 512, NULL},
    {"rate", 0, 0, 0, take_rate},
    {"windows", 0, 0, 0, take_windows},
    {"night", offsetof(struct change, night), 1, 100, NULL},
    {"weekend", offsetof(struct change, weekend), 1, 100, NULL},
    {"relay", 0, 0, 0, take_relay},
};
#define N_KEYS (sizeof(keys) / sizeof(*keys))

static int
take_value(struct ctl *c, struct change *ch, const struct key *key, const char *value)
{
	if (key->take != NULL)
		return key->take(c, ch, value);
	if (text_number(value, key->min, key->max, (int64_t *)(void *)((char *)ch + key->offset)))
		return EX_OK;
	return ctl_fail(c, EX_USAGE, "%s takes a number from %lld to %lld", key->word, (long long)key->min, (long long)key->max);
}

/* "night=25" into the change; what is not said stays. */
static int
take_word(struct ctl *c, struct change *ch, const char *word)
{
	const char *equals = strchr(word, '='), *words[N_KEYS], *near;
	char *name = talloc_strndup(c, word, equals != NULL ? (size_t)(equals - word) : strlen(word));

	for (size_t i = 0; i < N_KEYS; i++) {
		words[i] = keys[i].word;
		if (equals != NULL && strcmp(keys[i].word, name) == 0)
			return take_value(c, ch, &keys[i], equals + 1);
	}
	near = text_nearest(name, words, N_KEYS);
	return ctl_fail(c, EX_USAGE, "conc=N, rate=N/s, windows=…, night=PERCENT, weekend=PERCENT or relay=NAME, not %s%s%s%s", word,
	                near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "=…?" : "");
}

static int
take_words(struct ctl *c, struct change *ch)
{
	for (size_t i = 1; i < c->n_args; i++)
		if (take_word(c, ch, c->args[i]) != EX_OK)
			return EX_USAGE;
	if (ch->rate == NULL)
		return EX_OK;
	ch->windows = policy_rate(c, ch->windows, ch->rate);
	return ch->windows != NULL ? EX_OK : ctl_fail(c, EX_USAGE, "five windows at most, that of rate among them");
}

/* As the row stands, or as one that was never written. */
static int
read_change(struct ctl *c, struct db *d, struct change *ch)
{
	struct db_rows *rows;

	*ch = (struct change){.pattern = c->args[0], .night = 100, .weekend = 100, .windows = "", .relay = ""};
	if (domain_check_pattern(c, ch->pattern) != EX_OK)
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
	ch->relay = db_text(rows, 0, 6);
	return EX_OK;
}

static int
write_change(struct ctl *c, struct db *d, const struct change *ch, const char *act)
{
	const char *reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "", *who = ctl_operator(c);
	char *detail = talloc_asprintf(c, "%s conc=%lld windows=%s night=%lld weekend=%lld%s%s", ch->pattern, (long long)ch->conc, ch->windows,
	                               (long long)ch->night, (long long)ch->weekend, ch->relay[0] != '\0' ? " relay=" : "", ch->relay);

	ctl_say(c, "%s%s: %s%s", detail, ch->paused ? " paused" : "", act, ctl_has(c, OPTION_DRY_RUN) ? " (--dry-run: not written)." : ". The mailer goes by it from its next sweep on.");
	if (ctl_has(c, OPTION_DRY_RUN))
		return EX_OK;
	if (db_begin(c->task, d) == -1 ||
	    db_run(c->task, d, SQL_POLICY_PUT, NULL,
	           PARAMS(P(ch->pattern), P(ch->conc), P(ch->windows), P(ch->night), P(ch->weekend), P(ch->paused), P(ch->relay), P(reason), P(who))) == -1 ||
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

	if (rc == EX_OK)
		rc = take_words(c, &ch);
	return rc == EX_OK ? write_change(c, d, &ch, "domain pace set") : rc;
}

int
domain_pause(struct ctl *c, int64_t paused, const char *act)
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
	return domain_pause(c, 1, "domain paused");
}

int
ctl_domain_resume(struct ctl *c)
{
	return domain_pause(c, 0, "domain resumed");
}

/* No row of its own any more: a wider pattern holds, or none. */
int
ctl_domain_reset(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;

	if (domain_check_pattern(c, c->args[0]) != EX_OK)
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
		struct change ch = {.pattern = p->pattern, .conc = p->conc, .night = p->night, .weekend = p->weekend, .windows = p->windows, .relay = ""};

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
