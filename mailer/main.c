/* isoloir-mailer: one master, and senders that each deliver one mail at a time. deliver.c is the path of one
 * mail. */
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "common/queue/policy.h"
#include "common/schema.h"
#include "mailer/compose.h"
#include "mailer/count.h"
#include "mailer/deliver.h"
#include "mailer/dsn/verp.h"
#include "mailer/model/sql.h"
#include "mailer/sender.h"
#include "mailer/sweep.h"

/* How long an idle sender sleeps before it looks again: a voter waits for the first mail, nobody for the last
 * look. */
#define IDLE_FIRST_MS 50
#define IDLE_MOST_MS 500

static int64_t
count_senders(const struct conf *c)
{
	return c->mailer_senders;
}

/* A sender is never replaced for its age. */
static int64_t
no_limit(const struct conf *c)
{
	(void)c;
	return 0;
}

static void *
load(TALLOC_CTX *ctx, const struct conf *c, char **why_r)
{
	struct sender_shared *shared = talloc_zero(ctx, struct sender_shared);
	struct relay *probe;

	shared->keys = keys_load(shared, c->keys_dir, why_r);
	if (shared->keys == NULL)
		return NULL;
	*why_r = verp_check(ctx, c->mail_bounce);
	if (*why_r != NULL)
		return NULL;
	shared->theme = compose_load(shared, c->mail_theme, why_r);
	if (shared->theme == NULL)
		return NULL;
	shared->signer = signer_new(shared, c, why_r);
	if (shared->signer == NULL)
		return NULL;
	for (size_t i = 0; i < c->n_relays; i++) {
		probe = relay_new(ctx, c, &c->relays[i], why_r); /* for what it may refuse; each sender makes its own */
		if (probe == NULL)
			return NULL;
		talloc_free(probe);
	}
	return shared;
}

static void
sleep_ms(int64_t ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL); /* SIGTERM ends it early */
}

static int64_t
longest_pause(const struct sender *s)
{
	int64_t db_ms = outage_pause_ms(&s->db_away), store_ms = outage_pause_ms(&s->store_away);

	return db_ms > store_ms ? db_ms : store_ms;
}

/* *why_r: what is wrong with one of them. */
static void
open_relays(struct sender *s, char **why_r)
{
	s->n_relays = s->conf->n_relays;
	s->relays = talloc_zero_array(s, struct sender_relay, (unsigned)s->n_relays);
	for (size_t i = 0; i < s->n_relays && *why_r == NULL; i++) {
		struct sender_relay *r = &s->relays[i];

		r->conf = &s->conf->relays[i];
		r->lane = policy_relay_lane(s, r->conf->name);
		r->away.what = r->conf->name[0] == '\0' ? "relay" : talloc_asprintf(s, "relay:%s", r->conf->name);
		r->relay = relay_new(s, s->conf, r->conf, why_r);
	}
}

static struct sender *
sender_new(struct worker *w, char **why_r)
{
	struct sender *s = talloc_zero(NULL, struct sender);

	s->worker = w;
	s->conf = w->conf;
	s->shared = w->loaded;
	s->db = db_new(s, s->conf, s->conf->db_mailer_user, mailer_sql, SQL__MAX);
	s->store = store_new(s, s->conf->redis_queue, s->conf->redis_timeout);
	s->owner = live_owner(s);
	s->turn = (uint64_t)w->index;
	s->db_away.what = "MariaDB";
	s->store_away.what = "Redis";
	open_relays(s, why_r);
	return s;
}

/* A session with each relay that is not left alone just now. Returns how many mails were taken up; *wait_ms_r: until a relay may have one, -1 unknown. */
static int
take_turns(struct sender *s, int64_t *wait_ms_r)
{
	int taken = 0;

	*wait_ms_r = -1;
	s->relay_turn++;
	for (size_t i = 0; i < s->n_relays; i++) {
		struct sender_relay *r = &s->relays[(s->relay_turn + i) % s->n_relays];
		int64_t wait_ms = r->not_before_ms - clock_mono_ms();

		if (wait_ms <= 0) {
			taken += deliver_session(s, r, &wait_ms);
			r->not_before_ms = r->away.since_ms != 0 ? clock_mono_ms() + outage_pause_ms(&r->away) : 0;
		}
		if (wait_ms >= 0 && (*wait_ms_r < 0 || wait_ms < *wait_ms_r))
			*wait_ms_r = wait_ms;
	}
	return taken;
}

/* Deliver what is due; sleep longer and longer while nothing is, and while something is away. */
static void
deliver(struct sender *s)
{
	int64_t idle_ms = IDLE_FIRST_MS, wait_ms, pause_ms;

	while (!worker_must_stop(s->worker)) {
		int taken = take_turns(s, &wait_ms);

		pause_ms = longest_pause(s);
		if (taken > 0 && pause_ms == 0) {
			idle_ms = IDLE_FIRST_MS;
			continue;
		}
		if (pause_ms == 0)
			pause_ms = wait_ms >= 0 && wait_ms < idle_ms ? wait_ms + 1 : idle_ms;
		sleep_ms(pause_ms);
		idle_ms = idle_ms * 3 / 2 < IDLE_MOST_MS ? idle_ms * 3 / 2 : IDLE_MOST_MS;
	}
}

/* A schema that does not fit is said once, at the start; a server that is away does not keep us from starting. */
static bool
is_schema_wrong(const struct conf *c)
{
	struct task *t = task_new(NULL, c->db_timeout);
	bool wrong = schema_check(t, c, c->db_mailer_user) == -1 && t->err.kind == ERR_REFUSED;

	if (wrong)
		log_task_error("sender cannot start", t);
	talloc_free(t);
	return wrong;
}

static int
work(struct worker *w)
{
	char *why = NULL;
	struct sender *s = sender_new(w, &why);
	int status = EX_OK;

	if (why != NULL) {
		log_error("sender cannot start", "why=%s", log_quote(s, why));
		status = EX_CONFIG;
	} else if (is_schema_wrong(w->conf)) {
		status = EX_CONFIG;
	} else {
		deliver(s);
	}
	talloc_free(s);
	return status;
}

static const char *
metrics_address(const struct conf *c)
{
	return c->mailer_metrics;
}

static const char *
db_user(const struct conf *c)
{
	return c->db_mailer_user;
}

static const struct program_metrics metrics = {METRICS_MAILER, metrics_address, db_user, count_steps};

static const struct program mailer = {
    .name = "isoloir-mailer",
    .word = "mailer",
    .summary = "Delivers the mails of the portal Élections, each once, through one SMTP relay.",
    .units = "senders",
    .workers = count_senders,
    .max_tasks = no_limit,
    .setting = "mailer.senders",
    .load = load,
    .work = work,
    .metrics = &metrics,
};

int
main(int argc, char **argv)
{
	hash_init();
	compose_init();
	return program_main(argc, argv, &mailer);
}
