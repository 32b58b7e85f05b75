#include "common/proc/beside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/proc/exporter.h"
#include "common/proc/worker.h"

#define ASK_AGAIN_MS 1000
#define STOP_MS 5000   /* told to stop, it is killed after this */
#define HANGS_MS 30000 /* so is one that gives no sign of life for so long */
#define SOCKETS_MS 200 /* how often the kernel is asked how many connections wait */

struct beside {
	struct shared {
		struct board_slot slot; /* its own; it is on no board, since it does no task */
		struct scrape_master says;
	} *shared;
	pid_t pid; /* 0: there is none */
	int generation;
	bool killed;
	int64_t asked_ms, again_ms; /* 0: not told to stop */
	int64_t sockets_ms;
	struct policy policy;
};

struct beside *
beside_new(struct master *m)
{
	struct beside *b;
	void *mem;

	if (m->listeners.metrics == NULL)
		return NULL;
	mem = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	metrics_open();
	b = talloc_zero(m, struct beside);
	must(b != NULL);
	b->shared = mem;
	b->shared->says.started_s = clock_now_s();
	return b;
}

/* ---- in the child ---- */

/* What only the child of this fork reads. */
static struct {
	int listen_fd;
	struct scrape_source from;
} mine;

static int
work(struct worker *w)
{
	return exporter_run(w, mine.listen_fd, &mine.from);
}

/* The master's files are not ours. Above all not the sockets where requests come in: they would seem open when the master has closed them. */
_Noreturn static void
become_exporter(struct master *m)
{
	struct worker w = {.conf = m->now->conf, .listen_fd = -1, .hash_fd = -1, .index = -1, .slot = &m->beside->shared->slot};

	close(m->signal_fd);
	desk_forget(m->desk);
	if (m->listeners.all != NULL && m->listeners.all->fd != -1)
		close(m->listeners.all->fd);
	if (m->listeners.hash != NULL && m->listeners.hash->fd != -1)
		close(m->listeners.hash->fd);
	mine.listen_fd = m->listeners.metrics->fd;
	mine.from = (struct scrape_source){m->p, m->now->conf, m->board, &m->beside->shared->says};
	worker_run_beside(work, &w, m->pid);
}

/* ---- in the master ---- */

static void
tell_socket(const struct listener *l, struct scrape_socket *s)
{
	int waiting = 0, limit = 0;

	if (l != NULL && l->fd != -1 && listen_backlog(l, &waiting, &limit)) {
		s->waiting = waiting;
		s->limit = limit;
		return;
	}
	s->limit = 0;
}

static void
tell(struct master *m)
{
	struct scrape_master *says = &m->beside->shared->says;
	int64_t now = clock_mono_ms();

	says->generation = m->now->number;
	says->wanted = m->wanted;
	says->deaths = m->deaths;
	says->restarts = m->restarts;
	says->storm = m->policy.storm;
	if (now - m->beside->sockets_ms < SOCKETS_MS)
		return;
	m->beside->sockets_ms = now;
	tell_socket(m->listeners.all, &says->all);
	tell_socket(m->listeners.hash, &says->hash);
}

static void
fork_exporter(struct master *m)
{
	struct beside *b = m->beside;
	pid_t pid;

	memset(&b->shared->slot, 0, sizeof(b->shared->slot));
	b->shared->slot.started_ms = clock_mono_ms();
	board_turn(&b->shared->slot, BOARD_STARTING);
	b->killed = false;
	b->asked_ms = b->again_ms = 0;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_exporter(m);
	if (pid == -1) {
		log_error("fork failed", "why=\"%s\"", strerror(errno));
		return;
	}
	b->pid = pid;
	b->generation = m->now->number;
	log_debug("metrics forked", "pid=%d generation=%d", (int)pid, b->generation);
}

static void
ask_to_stop(struct beside *b, int64_t now)
{
	if (b->asked_ms == 0)
		b->asked_ms = now;
	if (now - b->again_ms < ASK_AGAIN_MS)
		return;
	b->again_ms = now;
	kill(b->pid, SIGTERM);
}

static void
kill_late(struct beside *b, int64_t now)
{
	int64_t silent_ms = now - b->shared->slot.since_ms;
	bool late = (b->asked_ms != 0 && now - b->asked_ms > STOP_MS) || silent_ms > HANGS_MS;

	if (b->killed || !late)
		return;
	b->killed = true;
	log_error("metrics too late", "pid=%d ms=%" PRId64 " doing=kill", (int)b->pid, silent_ms);
	kill(b->pid, SIGKILL);
}

void
beside_tend(struct master *m, bool wanted)
{
	struct beside *b = m->beside;
	int64_t now = clock_mono_ms();

	if (b == NULL)
		return;
	tell(m);
	if (b->pid == 0) {
		if (wanted && policy_forks(&b->policy, now, 1, 0) > 0)
			fork_exporter(m);
		return;
	}
	if (!wanted || b->generation != m->now->number)
		ask_to_stop(b, now);
	kill_late(b, now);
	policy_survivor(&b->policy, now, b->shared->slot.started_ms);
}

bool
beside_bury(struct master *m, pid_t pid, int status)
{
	struct beside *b = m->beside;
	int64_t now = clock_mono_ms();

	if (b == NULL || b->pid != pid)
		return false;
	b->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_SANITIZER)
		m->sanitizer = true;
	if (b->asked_ms != 0 && status == 0)
		return true;
	log_error("metrics died", "pid=%d status=%d signal=%d lived_ms=%" PRId64 " doing=\"another one\"", (int)pid,
	          WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0, now - b->shared->slot.started_ms);
	policy_death(&b->policy, now, 1, now - b->shared->slot.started_ms, 0);
	return true;
}

bool
beside_is_alive(const struct master *m)
{
	return m->beside != NULL && m->beside->pid != 0;
}

void
beside_kill(struct master *m)
{
	if (!beside_is_alive(m))
		return;
	m->beside->killed = true;
	kill(m->beside->pid, SIGKILL);
}
