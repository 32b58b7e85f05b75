/* The master's loop: see master.h. */
#include "common/proc/master.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "common/proc/beside.h"
#include "common/proc/crew.h"
#include "common/proc/notify.h"
#include "common/proc/orders.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define TICK_MS 500     /* how late a hanging worker may be noticed */
#define TICK_SOON_MS 50 /* while workers come and go */
#define TICK_LEAST_MS 5

static const int heard[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD, SIGTTIN, SIGTTOU};

static sigset_t
heard_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(heard) / sizeof(*heard); i++)
		sigaddset(&set, heard[i]);
	return set;
}

void
master_hold_signals(void)
{
	sigset_t set = heard_set();

	sigaddset(&set, SIGUSR2); /* a worker's, until it is ready for it */
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a log that may not grow is no reason to die */
}

struct generation *
master_load(TALLOC_CTX *ctx, const struct program *p, const char *path, int number, char **why_r)
{
	struct generation *g = talloc_zero(ctx, struct generation);
	char *why = NULL;

	must(g != NULL);
	g->number = number;
	g->conf = conf_load(g, path, &why);
	if (g->conf != NULL)
		g->loaded = p->load(g, g->conf, &why);
	if (g->conf != NULL && g->loaded != NULL)
		return g;
	*why_r = talloc_strdup(ctx, why != NULL ? why : "the settings are refused");
	talloc_free(g);
	return NULL;
}

/* The bounds of the setting that says how many, from its row. */
static void
find_bounds(struct master *m)
{
	static const struct {
		const char *setting;
		int64_t min, max;
	} rows[] = {
#define SETTING(type, field, section, name, def, min, max, when, sentence) {section "." name, min, max},
#include "common/settings.def"
	};

	m->min = 1;
	m->max = BOARD_WORKERS_MAX;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].setting, m->p->setting) != 0 || rows[i].max > BOARD_WORKERS_MAX)
			continue;
		m->min = (int)rows[i].min;
		m->max = (int)rows[i].max;
	}
}

static int
open_outside(struct master *m, char **why_r)
{
	const char *run_dir = m->now->conf->run_dir;
	char *path = talloc_asprintf(m, "%s/%s.ctl", run_dir, m->p->word);
	sigset_t set = heard_set();

	m->desk = desk_open(m, path, orders_obey, m, why_r);
	if (m->desk == NULL)
		return -1;
	m->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	m->board = board_new(m, (int)m->now->conf->hash_slots, m->p->listen != NULL ? (size_t)m->now->conf->hash_memory : 0);
	if (m->signal_fd != -1 && m->board != NULL)
		return 0;
	*why_r = talloc_asprintf(m, "the system refuses: %s", strerror(errno));
	return -1;
}

int
master_listeners_open(TALLOC_CTX *ctx, const struct program *p, const struct conf *c, struct master_listeners *l,
                      char **why_r)
{
	const char *hash = p->listen_hash != NULL ? p->listen_hash(c) : "", *metrics = p->metrics != NULL ? p->metrics->listen(c) : "";
	int64_t backlog = p->backlog != NULL ? p->backlog(c) : LISTEN_BACKLOG_MIN;
	int64_t backlog_hash = hash[0] != '\0' ? p->backlog_hash(c, board_hash_slots_for((int)c->hash_slots)) : 0;

	*l = (struct master_listeners){NULL, NULL, NULL};
	if ((p->listen == NULL || (l->all = listen_open(ctx, p->listen(c), (int)backlog, true, why_r)) != NULL) &&
	    (hash[0] == '\0' || (l->hash = listen_open(ctx, hash, (int)backlog_hash, false, why_r)) != NULL) &&
	    (metrics[0] == '\0' || (l->metrics = listen_open_here(ctx, metrics, why_r)) != NULL))
		return 0;
	master_listeners_close(l);
	return -1;
}

/* Requests are refused; metrics are told to the end. */
static void
refuse(struct master_listeners *l)
{
	if (l->all != NULL)
		listen_close(l->all);
	if (l->hash != NULL)
		listen_close(l->hash);
}

void
master_listeners_close(struct master_listeners *l)
{
	refuse(l);
	if (l->metrics != NULL)
		listen_close(l->metrics);
}

/* Twice as many as hash at once, so that one is always ready for a slot that comes free; and a worker that they leave to all others. */
static void
set_seats(struct master *m)
{
	int most = 2 * board_hash_slots(m->board), left = m->wanted > 1 ? m->wanted - 1 : 1;

	board_set_seats(m->board, most < left ? most : left);
}

struct master *
master_new(TALLOC_CTX *ctx, const struct program *p, struct generation *g, const struct master_listeners *l,
           char **why_r)
{
	struct master *m = talloc_zero(ctx, struct master);

	must(m != NULL);
	m->p = p;
	m->now = talloc_steal(m, g);
	m->listeners = *l;
	m->pid = getpid();
	m->started_ms = clock_mono_ms();
	m->filed = p->workers(g->conf);
	m->wanted = (int)m->filed;
	find_bounds(m);
	if (open_outside(m, why_r) == 0) {
		m->beside = beside_new(m);
		set_seats(m);
		return m;
	}
	*why_r = talloc_steal(ctx, *why_r);
	talloc_free(m);
	return NULL;
}

/* How long nothing is to be done unless something happens. */
static int
pause_ms(const struct master *m, const struct policy_plan *plan)
{
	int64_t until_fork = m->policy.not_before_ms - clock_mono_ms();
	int64_t pause = crew_is_restless(m) ? TICK_SOON_MS : TICK_MS;

	if (plan->missing > 0 && until_fork > 0 && until_fork < pause)
		pause = until_fork;
	return (int)(pause < TICK_LEAST_MS ? TICK_LEAST_MS : pause);
}

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static void
take_over(struct master *m, struct generation *g)
{
	struct generation *before = m->now;
	int64_t filed = m->p->workers(g->conf);

	/* A number set by hand stays, unless the file now says another than it did. */
	if (filed != m->filed)
		m->wanted = (int)filed;
	m->filed = filed;
	m->now = g;
	set_seats(m);
	if (strcmp(text_or_empty(before->conf->log_file), text_or_empty(g->conf->log_file)) != 0 ||
	    before->conf->log_level != g->conf->log_level)
		if (log_open(m->p->name, g->conf->log_file, (enum log_level)g->conf->log_level) == -1)
			log_error("log file not opened", "why=\"%s\"", strerror(errno));
	talloc_free(before);
}

int
master_reload(struct master *m, TALLOC_CTX *ctx, char **restart_r, char **why_r)
{
	struct generation *g;

	if (m->draining_since_ms != 0) {
		*why_r = talloc_strdup(ctx, "the program is stopping");
		return -1;
	}
	if (log_reopen() == -1)
		log_error("log file not reopened", "why=\"%s\"", strerror(errno));
	notify_reloading();
	g = master_load(m, m->p, m->now->conf->path, m->now->number + 1, why_r);
	notify_ready();
	if (g == NULL) {
		*why_r = talloc_steal(ctx, *why_r);
		log_error("reload refused", "why=%s doing=\"the old settings stay\"", log_quote(ctx, *why_r));
		return -1;
	}
	*restart_r = conf_restart_needed(ctx, m->now->conf, g->conf);
	take_over(m, g);
	log_info("reloaded", "generation=%d wanted=%d restart_needed=\"%s\"", m->now->number, m->wanted,
	         *restart_r);
	return 0;
}

int
master_set_wanted(struct master *m, TALLOC_CTX *ctx, int64_t wanted, char **why_r)
{
	if (m->draining_since_ms != 0) {
		*why_r = talloc_strdup(ctx, "the program is stopping");
		return -1;
	}
	if (wanted < m->min || wanted > m->max) {
		*why_r = talloc_asprintf(ctx, "%" PRId64 " %s: there may be %d to %d", wanted, m->p->units,
		                         m->min, m->max);
		return -1;
	}
	log_info("scaled", "%s=%" PRId64 " before=%d", m->p->units, wanted, m->wanted);
	m->wanted = (int)wanted;
	set_seats(m);
	return 0;
}

/* New connections are refused from now on; those that wait on a socket that was given to us wait there for
 * our successor. */
void
master_stop(struct master *m)
{
	if (m->draining_since_ms != 0)
		return;
	m->draining_since_ms = clock_mono_ms();
	notify_stopping();
	log_info("draining", "%s=%d", m->p->units, crew_size(m));
	refuse(&m->listeners);
}

static void
kill_all(struct master *m)
{
	master_stop(m);
	beside_kill(m);
	crew_kill(m);
}

static void
add_workers(struct master *m, int n)
{
	TALLOC_CTX *ctx = talloc_new(m);
	char *why = NULL;

	if (master_set_wanted(m, ctx, m->wanted + n, &why) == -1)
		log_warning("not scaled", "why=%s", log_quote(ctx, why));
	talloc_free(ctx);
}

static void
reload_on_signal(struct master *m)
{
	TALLOC_CTX *ctx = talloc_new(m);
	char *restart, *why;

	/* Either end of it is in the log. */
	if (master_reload(m, ctx, &restart, &why) == -1)
		log_debug("still", "generation=%d", m->now->number);
	talloc_free(ctx);
}

static void
hear(struct master *m, int sig)
{
	switch (sig) {
	case SIGTERM:
	case SIGINT:
		master_stop(m);
		break;
	case SIGQUIT:
		kill_all(m);
		break;
	case SIGHUP:
		reload_on_signal(m);
		break;
	case SIGTTIN:
		add_workers(m, 1);
		break;
	case SIGTTOU:
		add_workers(m, -1);
		break;
	default: /* SIGCHLD: crew_settle() looks */
		break;
	}
}

static void
hear_all(struct master *m)
{
	struct signalfd_siginfo info;

	while (read(m->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		hear(m, (int)info.ssi_signo);
}

static void
await(struct master *m, int timeout_ms)
{
	struct pollfd fds[DESK_FDS + 1] = {{.fd = m->signal_fd, .events = POLLIN}};
	nfds_t n = 1 + desk_poll(m->desk, fds + 1);

	if (poll(fds, n, timeout_ms) == -1 && errno != EINTR)
		log_error("poll failed", "why=\"%s\"", strerror(errno));
}

static bool
is_over(const struct master *m)
{
	return m->draining_since_ms != 0 && !crew_is_there(m) && !beside_is_alive(m) && desk_is_quiet(m->desk);
}

int
master_run(struct master *m)
{
	log_info("started", "version=%s %s=%d listening=%s settings=%s", PACKAGE_VERSION, m->p->units,
	         m->wanted, m->listeners.all != NULL ? m->listeners.all->name : "-", text_or_empty(m->now->conf->path));
	for (;;) {
		struct policy_plan plan = crew_settle(m);

		if (is_over(m))
			break;
		await(m, pause_ms(m, &plan));
		hear_all(m);
		desk_serve(m->desk);
	}
	desk_close(m->desk);
	if (m->listeners.metrics != NULL)
		listen_close(m->listeners.metrics);
	close(m->signal_fd);
	log_info("ended", "deaths=%" PRId64, m->deaths);
	return m->sanitizer ? EX_SOFTWARE : EX_OK;
}
