/* The operators' words: see orders.def. */
#include "common/proc/orders.h"

#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/log.h"
#include "common/proc/crew.h"
#include "common/proc/save.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* One order under way: what was said, and the answer. */
struct order {
	struct master *m;
	struct js *out;
	int64_t n;
	bool save;
	char *why; /* the order could not be obeyed */
};

static void
status_backlog(struct order *o)
{
	int pending, limit;

	if (listen_backlog(o->m->listeners.all, &pending, &limit)) {
		js_set_number(o->out, "pending", pending);
		js_set_number(o->out, "limit", limit);
	}
	if (listen_backlog(o->m->listeners.hash, &pending, &limit)) {
		js_set_number(o->out, "hash_pending", pending);
		js_set_number(o->out, "hash_limit", limit);
	}
}

static void
obey_workers(struct order *o)
{
	js_set_number(o->out, "wanted", o->m->wanted);
	js_set_number(o->out, "actual", crew_size(o->m));
	js_set_text(o->out, "units", o->m->p->units);
}

static void
obey_status(struct order *o)
{
	const struct master *m = o->m;

	js_set_text(o->out, "program", m->p->name);
	js_set_text(o->out, "version", PACKAGE_VERSION);
	js_set_number(o->out, "pid", m->pid);
	js_set_number(o->out, "uptime_s", (clock_mono_ms() - m->started_ms) / 1000);
	js_set_text(o->out, "settings", m->now->conf->path);
	js_set_number(o->out, "generation", m->now->number);
	obey_workers(o);
	js_set_number(o->out, "restarts", m->restarts);
	js_set_number(o->out, "deaths", m->deaths);
	js_set_bool(o->out, "storm", m->policy.storm);
	js_set_bool(o->out, "draining", m->draining_since_ms != 0);
	js_set_text(o->out, "listening", m->listeners.all != NULL ? m->listeners.all->name : NULL);
	js_set_text(o->out, "listening_hash", m->listeners.hash != NULL ? m->listeners.hash->name : NULL);
	if (m->listeners.metrics != NULL)
		js_set_text(o->out, "listening_metrics", m->listeners.metrics->name);
	status_backlog(o);
	js_set_number(o->out, "hash_slots", board_hash_slots(m->board));
	js_set_number(o->out, "hash_busy", board_hash_busy(m->board));
	js_set_number(o->out, "hash_waiting", board_hash_waiting(m->board));
	js_set_number(o->out, "hash_seats", board_seats(m->board));
	js_set_number(o->out, "hash_seats_taken", board_seats_taken(m->board));
	js_set_number(o->out, "hash_unseated", board_unseated(m->board));
	js_set(o->out, "workers", board_json(o->out, m->board));
}

/* "portal.workers" into its section and name. */
static void
save_wanted(struct order *o)
{
	const char *setting = o->m->p->setting, *dot = strchr(setting, '.'), *path = o->m->now->conf->path;
	char *section = talloc_strndup(o->out, setting, (size_t)(dot - setting));
	char *value = talloc_asprintf(o->out, "%d", o->m->wanted), *why = NULL;

	if (path == NULL)
		why = talloc_strdup(o->out, "there is no settings file to save into");
	else if (save_setting(o->out, path, section, dot + 1, value, &why) == 0)
		o->m->filed = o->m->wanted;
	if (why == NULL) {
		js_set_text(o->out, "saved", path);
		return;
	}
	log_warning("setting not saved", "why=%s", log_quote(o->out, why));
	o->why = talloc_asprintf(o->out, "%d %s are wanted now, but not saved: %s", o->m->wanted,
	                         o->m->p->units, why);
}

static void
want(struct order *o, int64_t n)
{
	if (master_set_wanted(o->m, o->out, n, &o->why) == -1)
		return;
	if (o->save)
		save_wanted(o);
	obey_workers(o);
}

static void
obey_workers_set(struct order *o)
{
	want(o, o->n);
}

static void
obey_workers_more(struct order *o)
{
	want(o, o->m->wanted + o->n);
}

static void
obey_workers_less(struct order *o)
{
	want(o, o->m->wanted - o->n);
}

static void
obey_reload(struct order *o)
{
	char *restart = NULL;

	if (master_reload(o->m, o->out, &restart, &o->why) == -1)
		return;
	js_set_number(o->out, "generation", o->m->now->number);
	js_set_text(o->out, "restart_needed", restart);
}

static void
obey_stop(struct order *o)
{
	master_stop(o->m);
}

static void obey_help(struct order *o);

static const struct row {
	const char *words;
	void (*obey)(struct order *o);
	const char *sentence;
} rows[] = {
#define ORDER(words, function, sentence) {words, obey_##function, sentence},
#include "common/proc/orders.def"
#undef ORDER
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

static void
obey_help(struct order *o)
{
	struct js *all = js_object(o->out);

	for (size_t i = 0; i < N_ROWS; i++)
		js_set_text(all, rows[i].words, rows[i].sentence);
	js_set(o->out, "orders", all);
}

/* The next word of *at, which is moved past it; its length, 0 at the end. */
static size_t
next_word(const char **at, const char **word_r)
{
	size_t len;

	*at += strspn(*at, " \t");
	*word_r = *at;
	len = strcspn(*at, " \t");
	*at += len;
	return len;
}

/* "+<n>" against "+2": the literal part must be equal, <n> takes the digits. */
static bool
fits_word(const char *pattern, size_t plen, const char *word, size_t len, int64_t *n_r)
{
	char digits[16];

	if (plen < 3 || strncmp(pattern + plen - 3, "<n>", 3) != 0)
		return plen == len && strncmp(pattern, word, len) == 0;
	plen -= 3;
	if (len <= plen || len - plen >= sizeof(digits) || strncmp(pattern, word, plen) != 0)
		return false;
	memcpy(digits, word + plen, len - plen);
	digits[len - plen] = '\0';
	return digits[0] != '-' && text_number(digits, 0, 1000000, n_r);
}

static bool
fits(const char *pattern, const char *line, struct order *o)
{
	const char *want_word, *word;
	size_t plen, len = next_word(&line, &word);

	while ((plen = next_word(&pattern, &want_word)) > 0) {
		bool optional = want_word[0] == '[';

		if (optional && plen - 2 == len && strncmp(want_word + 1, word, len) == 0)
			o->save = true;
		else if (optional)
			continue;
		else if (!fits_word(want_word, plen, word, len, &o->n))
			return false;
		len = next_word(&line, &word);
	}
	return len == 0;
}

static char *
unknown(struct order *o, const char *line)
{
	char *why = talloc_asprintf(o->out, "no such order: %s; there are", log_quote(o->out, line));

	for (size_t i = 0; i < N_ROWS; i++)
		why = talloc_asprintf_append_buffer(why, "%s \"%s\"", i == 0 ? "" : ",", rows[i].words);
	return why;
}

static void
obey(struct order *o, const char *line)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		o->save = false;
		if (fits(rows[i].words, line, o)) {
			rows[i].obey(o);
			return;
		}
	}
	o->why = unknown(o, line);
}

char *
orders_obey(TALLOC_CTX *ctx, void *master, const char *line)
{
	struct order o = {.m = master, .out = js_object(ctx)};
	struct js *answer = js_object(o.out);
	char *text;

	js_set_bool(o.out, "ok", true);
	obey(&o, line);
	js_set_bool(answer, "ok", false);
	js_set_text(answer, "error", o.why);
	text = js_write(ctx, o.why != NULL ? answer : o.out);
	talloc_free(o.out);
	return text;
}
