/*
 * isoloirctl queue pause, resume and drain: all mails, or those of a class. The pause is a row of mail_policy, so that an emptied Redis does not forget
 * it; the mailer's sweep tells Redis. A drain waits until that was told and nothing is on its way any more.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/queue/policy.h"
#include "common/store.h"
#include "ctl/daemon.h"
#include "ctl/domain.h"

#define LOOK_MS 200
#define TELL_MS 2000
#define PREFIX "isoloir:{mq}:"

/* All mails are those of each class, whichever relay they go through. */
static int
pause_or_resume(struct ctl *c, int64_t paused, const char *act)
{
	const char *one = ctl_has(c, OPTION_CLASS) ? talloc_asprintf(c, "@%s", c->option[OPTION_CLASS]) : NULL;
	int rc = EX_OK;

	if (one != NULL && policy_class(one) == NULL)
		return ctl_fail(c, EX_USAGE, "--class takes interactive, notice or campaign");
	for (size_t i = 0; i < POLICY_CLASSES && rc == EX_OK; i++) {
		if (one != NULL && strcmp(one, policy_classes[i]) != 0)
			continue;
		c->args[0] = policy_classes[i];
		rc = domain_pause(c, paused, act);
	}
	if (rc == EX_OK)
		ctl_say(c, "%s%s %s%s", one != NULL ? "Mails of the class " : "All mails", one != NULL ? one + 1 : "", paused ? "wait until `isoloirctl queue resume`" : "may go",
		        ctl_has(c, OPTION_DRY_RUN) ? " (--dry-run: not written)." : ". The mailer goes by it from its next sweep on.");
	return rc;
}

int
ctl_queue_pause(struct ctl *c)
{
	return pause_or_resume(c, 1, "queue paused");
}

int
ctl_queue_resume(struct ctl *c)
{
	return pause_or_resume(c, 0, "queue resumed");
}

/* ---- drain ---- */

struct state {
	bool told;       /* Redis knows of the pause */
	int64_t leased;  /* jobs that senders have in hand */
	int64_t open;    /* mails whose end may have left, by their rows */
	int64_t waiting; /* verdicts that MariaDB was not told yet */
};

static volatile sig_atomic_t stopped;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static int
count(struct ctl *c, struct task *t, struct store *s, const char *set, int64_t *n_r)
{
	struct store_value v = {0};

	if (store_run(t, s, &v, STORE("ZCARD", talloc_asprintf(c, PREFIX "%s", set))) == -1)
		return -1;
	*n_r = v.number;
	return 0;
}

/* The fourth part of what pace.lua was told is whether all is paused. */
static bool
says_paused(const char *pace)
{
	for (int i = 0; i < 3 && pace != NULL; i++) {
		pace = strchr(pace, '|');
		pace = pace != NULL ? pace + 1 : NULL;
	}
	return pace != NULL && pace[0] == '1';
}

static int
look(struct ctl *c, struct task *t, struct store *s, struct db *d, struct state *now)
{
	struct store_value pace = {0};
	struct db_rows *open;

	if (store_run(t, s, &pace, STORE("HMGET", PREFIX "pace", policy_classes[0], policy_classes[1], policy_classes[2])) == -1 ||
	    count(c, t, s, "leased", &now->leased) == -1 || count(c, t, s, "settling", &now->waiting) == -1)
		return -1;
	now->told = pace.n == POLICY_CLASSES;
	for (size_t i = 0; i < pace.n; i++)
		now->told = now->told && pace.items[i].kind == STORE_TEXT && says_paused(pace.items[i].text);
	now->open = 0;
	if (!now->told || now->leased > 0 || now->waiting > 0) /* the rows are asked last: it takes a moment where a million wait */
		return 0;
	if (db_run(t, d, SQL_QUEUE_OPEN, &open, NO_PARAMS) == -1)
		return -1;
	now->open = db_number(open, 0, 0);
	return 0;
}

static bool
is_drained(const struct state *s)
{
	return s->told && s->leased == 0 && s->open == 0 && s->waiting == 0;
}

static void
tell(const struct state *s, int64_t *next_ms)
{
	if (clock_mono_ms() < *next_ms)
		return;
	*next_ms = clock_mono_ms() + TELL_MS;
	if (!s->told)
		fputs("isoloirctl: the mailer has not heard of the pause yet\n", stderr);
	else
		fprintf(stderr, "isoloirctl: %lld in hand, %lld perhaps gone and not settled, %lld verdicts to be written\n", (long long)s->leased,
		        (long long)s->open, (long long)s->waiting);
}

static int
wait_until_drained(struct ctl *c, struct state *now)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);
	struct db *d = ctl_db(c);
	struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	int64_t next_ms = clock_mono_ms() + TELL_MS;

	while (!stopped) {
		struct task *t = task_new(c, 0);
		int rc = look(c, t, s, d, now);

		if (rc == -1)
			c->task->err = t->err;
		talloc_free(t);
		if (rc == -1)
			return ctl_trouble(c);
		if (is_drained(now))
			return EX_OK;
		tell(now, &next_ms);
		nanosleep(&pause, NULL);
	}
	return ctl_fail(c, EX_TEMPFAIL, "not waited for to the end; the queue stays paused, `isoloirctl queue resume` lets it go on");
}

/* Who else should tell Redis of the pause, and finish what is in hand? */
static int
need_mailer(struct ctl *c)
{
	const char *why;
	bool refused;

	if (daemon_ask(c, "mailer", "status", &why, &refused) != NULL)
		return EX_OK;
	return ctl_fail(c, EX_UNAVAILABLE, "a drain needs the mailer to finish what it has in hand: %s", why);
}

int
ctl_queue_drain(struct ctl *c)
{
	struct sigaction on_stop = {.sa_handler = stop};
	struct state now = {0};
	int rc = need_mailer(c);

	if (rc == EX_OK)
		rc = pause_or_resume(c, 1, "queue drained");
	if (rc != EX_OK || ctl_has(c, OPTION_DRY_RUN))
		return rc;
	sigaction(SIGINT, &on_stop, NULL);
	sigaction(SIGTERM, &on_stop, NULL);
	rc = wait_until_drained(c, &now);
	js_set_number(c->out, "in_hand", now.leased);
	js_set_number(c->out, "open", now.open);
	js_set_number(c->out, "unwritten", now.waiting);
	if (rc == EX_OK)
		ctl_say(c, "Nothing is on its way, and nothing will be until `isoloirctl queue resume`. The portal goes on taking mails.");
	return rc;
}
