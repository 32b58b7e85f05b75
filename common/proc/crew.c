/* The workers as the master sees them: see crew.h. */
#include "common/proc/crew.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/log.h"
#include "common/proc/beside.h"
#include "common/proc/worker.h"

#define ASK_AGAIN_MS 1000

static bool
is_alive(const struct master *m, int i)
{
	return board_slot(m->board, i)->state != BOARD_FREE;
}

bool
crew_is_there(const struct master *m)
{
	for (int i = 0; i < m->slots_used; i++)
		if (is_alive(m, i))
			return true;
	return false;
}

int
crew_size(const struct master *m)
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

struct policy_plan
crew_settle(struct master *m)
{
	struct policy_plan plan;

	reap(m);
	take_census(m);
	plan = policy_plan(m->census, (size_t)m->slots_used, m->draining_since_ms != 0 ? 0 : m->wanted);
	retire(m, true, plan.retire_old);
	retire(m, false, plan.retire_present);
	look_after(m);
	fork_missing(m, plan.missing);
	beside_tend(m, m->draining_since_ms == 0 || crew_is_there(m));
	return plan;
}

bool
crew_is_restless(const struct master *m)
{
	for (int i = 0; i < m->slots_used; i++)
		if (is_alive(m, i) && (m->children[i].asked || m->census[i].old))
			return true;
	return false;
}

void
crew_kill(struct master *m)
{
	for (int i = 0; i < m->slots_used; i++) {
		if (!is_alive(m, i))
			continue;
		m->children[i].asked = m->children[i].killed = true;
		kill(board_slot(m->board, i)->pid, SIGKILL);
	}
}
