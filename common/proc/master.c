/* The master's loop: see master.h. */
#include "common/proc/master.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/log.h"
#include "common/proc/beside.h"
#include "common/proc/notify.h"
#include "common/proc/orders.h"
#include "common/proc/worker.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define TICK_MS 500     /* how late a hanging worker may be noticed */
#define TICK_SOON_MS 50 /* while workers come and go */
#define TICK_LEAST_MS 5
#define ASK_AGAIN_MS 1000

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

static bool
is_alive(const struct master *m, int i)
{
	return board_slot(m->board, i)->state != BOARD_FREE;
}

static bool
has_workers(const struct master *m)
{
	for (int i = 0; i < m->slots_used; i++)
		if (is_alive(m, i))
			return true;
	return false;
}

int
master_actual(const struct master *m)
{
	int n = 0;

	for (int i = 0; i < m->slots_used; i++)
		n += is_alive(m, i) && !m->children[i].asked;
	return n;
}

/* In the child: the master's files are not ours. */
_Noreturn static void
become_worker(struct master *m, int index, pid_t master)
{
	struct worker w = {
	    .conf = m->now->conf,
	    .loaded = m->now->loaded,
	    .listen_fd = m->listeners.all != NULL ? m->listeners.all->fd : -1,
	    .hash_fd = m->listeners.hash != NULL ? m->listeners.hash->fd : -1,
	    .index = index,
	    .slot = board_slot(m->board, index),
	};

	close(m->signal_fd);
	desk_forget(m->desk);
	if (m->listeners.metrics != NULL)
		close(m->listeners.metrics->fd);
	worker_run(m->p, &w, m->board, master);
}

static int64_t
draw_max_tasks(const struct master *m)
{
	uint32_t random;

	if (m->p->max_tasks == NULL)
		return 0;
	secret_random(&random, sizeof(random));
	return policy_jitter(m->p->max_tasks(m->now->conf), random);
}

/* False when the system has no process to give: then it is tried again at the next tick. */
static bool
fork_one(struct master *m)
{
	int i = board_take(m->board, m->now->number, draw_max_tasks(m));
	pid_t pid;

	if (i == -1)
		return false;
	m->children[i] = (struct child){.asked = false};
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_worker(m, i, m->pid);
	if (pid == -1) {
		log_error("fork failed", "why=\"%s\"", strerror(errno));
		board_give_back(m->board, i);
		return false;
	}
	board_slot(m->board, i)->pid = pid;
	if (i >= m->slots_used)
		m->slots_used = i + 1;
	log_debug("worker forked", "index=%d pid=%d generation=%d", i, (int)pid, m->now->number);
	return true;
}

static void
take_census(struct master *m)
{
	for (int i = 0; i < m->slots_used; i++) {
		const struct board_slot *s = board_slot(m->board, i);

		m->census[i] = (struct policy_worker){
		    .state = (enum policy_state)s->state,
		    .old = s->generation != m->now->number,
		    .asked = m->children[i].asked,
		    .started_ms = s->started_ms,
		    .since_ms = s->since_ms,
		    .deadline_ms = s->deadline_ms,
		    .asked_ms = m->children[i].asked_ms,
		};
	}
}

static void
ask_to_stop(struct master *m, int i)
{
	struct child *c = &m->children[i];

	c->asked = m->census[i].asked = true;
	c->asked_ms = c->again_ms = m->census[i].asked_ms = clock_mono_ms();
	kill(board_slot(m->board, i)->pid, SIGTERM);
}

/* One that was about to sleep when the signal came sleeps on: tell it again. */
static void
ask_again(struct master *m, int i, int64_t now)
{
	struct child *c = &m->children[i];

	if (!c->asked || c->killed || now - c->again_ms < ASK_AGAIN_MS)
		return;
	c->again_ms = now;
	kill(board_slot(m->board, i)->pid, SIGTERM);
}

static void
retire(struct master *m, bool old, int count)
{
	while (count-- > 0) {
		int i = policy_retire(m->census, (size_t)m->slots_used, old);

		if (i == -1)
			return;
		ask_to_stop(m, i);
	}
}

static int
count_starting(const struct master *m)
{
	int n = 0;

	for (int i = 0; i < m->slots_used; i++)
		n += m->census[i].state == POLICY_STARTING && !m->census[i].old;
	return n;
}

/* Log who hangs and kill it; its death is told when it is reaped. */
static void
kill_late(struct master *m, int i, int64_t now)
{
	const struct board_slot *s = board_slot(m->board, i);

	if (m->children[i].killed || !policy_is_late(&m->census[i], now, m->draining_since_ms))
		return;
	m->children[i].killed = true;
	log_error("worker too late", "index=%d pid=%d state=%s step=%s task=%s ms=%" PRId64 " doing=kill", i,
	          (int)s->pid, board_state_name((enum board_state)s->state), s->step, s->task,
	          now - s->since_ms);
	kill(s->pid, SIGKILL);
}

static void
look_after(struct master *m)
{
	int64_t now = clock_mono_ms();

	for (int i = 0; i < m->slots_used; i++) {
		if (!is_alive(m, i))
			continue;
		ask_again(m, i, now);
		kill_late(m, i, now);
		if (policy_survivor(&m->policy, now, m->census[i].started_ms))
			log_info("storm over", "index=%d", i);
	}
}

/* "status=70" or "signal=11 (Segmentation fault)". */
static const char *
how_it_ended(char *buf, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "signal=%d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, size, "status=%d%s", WEXITSTATUS(status),
		         WEXITSTATUS(status) == WORKER_EXIT_SANITIZER ? " (sanitizer report)" : "");
	return buf;
}

static void
log_death(const struct board_slot *s, int i, int status, int64_t lived_ms)
{
	bool busy = s->state == BOARD_BUSY;
	char how[80], *words = log_quote(NULL, s->words);

	log_error(
	    "worker died",
	    "index=%d pid=%d %s state=%s step=%s task=%s tasks=%" PRId64 " lived_ms=%" PRId64 " words=%s", i,
	    (int)s->pid, how_it_ended(how, sizeof(how), status), board_state_name((enum board_state)s->state),
	    busy ? s->step : "-", busy ? s->task : "-", (int64_t)s->tasks, lived_ms, words);
	talloc_free(words);
}

/* It ended as it should: with 0, because it was asked to or had done its share. */
static bool
is_good_end(const struct master *m, int i, int status)
{
	const struct board_slot *s = board_slot(m->board, i);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	return m->children[i].asked || (s->max_tasks != 0 && s->tasks >= s->max_tasks);
}

static void
bury(struct master *m, int i, int status)
{
	const struct board_slot *s = board_slot(m->board, i);
	int64_t now = clock_mono_ms(), lived = now - s->started_ms;
	bool good = is_good_end(m, i, status);

	if (board_free_of(m->board, s->pid))
		log_info("hash slot freed", "index=%d pid=%d", i, (int)s->pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_SANITIZER)
		m->sanitizer = true;
	m->restarts += !m->children[i].asked;
	m->deaths += !good;
	if (good)
		log_debug("worker ended", "index=%d pid=%d tasks=%" PRId64, i, (int)s->pid,
		          (int64_t)s->tasks);
	else
		log_death(s, i, status, lived);
	if (!good && !m->children[i].asked && policy_death(&m->policy, now, m->wanted, lived, s->tasks))
		log_error("storm",
		          "early_deaths=%d doing=\"one try at a time, at longer and longer intervals\"",
		          m->policy.early);
	board_give_back(m->board, i);
}

static int
slot_of(const struct master *m, pid_t pid)
{
	for (int i = 0; i < m->slots_used; i++)
		if (is_alive(m, i) && board_slot(m->board, i)->pid == pid)
			return i;
	return -1;
}

static void
reap(struct master *m)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!beside_bury(m, pid, status) && (i = slot_of(m, pid)) != -1)
			bury(m, i, status);
}

static void
fork_missing(struct master *m, int missing)
{
	int n = policy_forks(&m->policy, clock_mono_ms(), missing, count_starting(m));

	while (n-- > 0 && fork_one(m))
		;
}

/* Bring what is to what is wanted. */
static struct policy_plan
settle(struct master *m)
{
	struct policy_plan plan;

	reap(m);
	take_census(m);
	plan = policy_plan(m->census, (size_t)m->slots_used, m->draining_since_ms != 0 ? 0 : m->wanted);
	retire(m, true, plan.retire_old);
	retire(m, false, plan.retire_present);
	look_after(m);
	fork_missing(m, plan.missing);
	beside_tend(m, m->draining_since_ms == 0 || has_workers(m));
	return plan;
}

static bool
is_restless(const struct master *m)
{
	for (int i = 0; i < m->slots_used; i++)
		if (is_alive(m, i) && (m->children[i].asked || m->census[i].old))
			return true;
	return false;
}

/* How long nothing is to be done unless something happens. */
static int
pause_ms(const struct master *m, const struct policy_plan *plan)
{
	int64_t until_fork = m->policy.not_before_ms - clock_mono_ms();
	int64_t pause = is_restless(m) ? TICK_SOON_MS : TICK_MS;

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
	log_info("draining", "%s=%d", m->p->units, master_actual(m));
	refuse(&m->listeners);
}

static void
kill_all(struct master *m)
{
	master_stop(m);
	beside_kill(m);
	for (int i = 0; i < m->slots_used; i++) {
		if (!is_alive(m, i))
			continue;
		m->children[i].asked = m->children[i].killed = true;
		kill(board_slot(m->board, i)->pid, SIGKILL);
	}
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
	default: /* SIGCHLD: settle() looks */
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
	return m->draining_since_ms != 0 && !has_workers(m) && !beside_is_alive(m) && desk_is_quiet(m->desk);
}

int
master_run(struct master *m)
{
	log_info("started", "version=%s %s=%d listening=%s settings=%s", PACKAGE_VERSION, m->p->units,
	         m->wanted, m->listeners.all != NULL ? m->listeners.all->name : "-", text_or_empty(m->now->conf->path));
	for (;;) {
		struct policy_plan plan = settle(m);

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
