/* One worker process: see worker.h. */
#include "common/proc/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/proc/policy.h"

void (*worker_stop_hook)(void);

#if defined(__SANITIZE_ADDRESS__)
/* LeakSanitizer and UndefinedBehaviorSanitizer share these with AddressSanitizer when built together. */
const char *__asan_default_options(void);
const char *__lsan_default_options(void);
const char *__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "exitcode=99:abort_on_error=0";
}

const char *
__lsan_default_options(void)
{
	return "exitcode=99";
}

const char *
__ubsan_default_options(void)
{
	return "exitcode=99:print_stacktrace=1";
}
#endif

/* Signal handlers reach these alone. */
static volatile sig_atomic_t stop_asked;
static int stop_fds[2] = {-1, -1}, stop_null_fd = -1; /* where connections come in, and what is put there */
static timer_t stop_timer;
static const struct board_slot *stop_slot;

/* The signal mask that work() has between its tasks: the portal's lets SIGTERM in only while it waits. */
static sigset_t between_tasks;

static void
on_stop(int sig)
{
	int saved = errno;

	(void)sig;
	stop_asked = 1;
	for (size_t i = 0; i < sizeof(stop_fds) / sizeof(*stop_fds); i++)
		if (stop_fds[i] != -1)
			dup2(stop_null_fd, stop_fds[i]);
	if (worker_stop_hook != NULL)
		worker_stop_hook();
	errno = saved;
}

/* Nobody is left to kill us if our task hangs: let the kernel do it. */
static void
on_orphaned(int sig)
{
	int64_t at = stop_slot->deadline_ms, now = clock_mono_ms();
	struct itimerspec when = {.it_interval = {0, 0}};

	at = (at != 0 ? at : now + POLICY_DRAIN_MS) + POLICY_LATE_MS;
	when.it_value.tv_sec = at / 1000;
	when.it_value.tv_nsec = at % 1000 * 1000000 + 1;
	timer_settime(stop_timer, TIMER_ABSTIME, &when, NULL);
	on_stop(sig);
}

static void
hear(int sig, void (*handler)(int))
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(sig, &sa, NULL);
}

/* What the terminal or an operator sends to the whole group is for the master to judge. */
static void
set_signals(void)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGTTIN, SIGTTOU, SIGUSR1};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	hear(SIGTERM, on_stop);
	hear(SIGUSR2, on_orphaned);
}

static void
unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* SIGUSR2 and not SIGTERM, which is held back in tasks. */
static void
die_with(pid_t master)
{
	struct sigevent kill_me = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};

	must(timer_create(CLOCK_MONOTONIC, &kill_me, &stop_timer) == 0);
	prctl(PR_SET_PDEATHSIG, SIGUSR2);
	if (getppid() != master)
		_exit(EX_OK);
}

/* A worker's standard error is the log, so that a sanitizer's report or a library's complaint is not lost. */
static void
set_standard_files(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	must(null != -1);
	stop_null_fd = null;
	dup2(null, STDIN_FILENO);
	if (log_fd() == STDERR_FILENO)
		return;
	dup2(null, STDOUT_FILENO);
	dup2(log_fd(), STDERR_FILENO);
}

_Noreturn void
worker_run_beside(int (*work)(struct worker *w), struct worker *w, pid_t master)
{
	int status;

	set_standard_files();
	stop_fds[0] = w->listen_fd;
	stop_fds[1] = w->hash_fd;
	stop_slot = w->slot;
	set_signals();
	die_with(master);
	unblock_all();
	status = work(w);
	board_turn(w->slot, BOARD_STOPPING);
	/* exit, not _exit: the leak check runs there */
	exit(status);
}

_Noreturn void
worker_run(const struct program *p, struct worker *w, struct board *b, pid_t master)
{
	board_mine(b, w->index);
	hash_gate.enter = board_hash_enter;
	hash_gate.memory = board_hash_memory;
	hash_gate.leave = board_hash_leave;
	worker_run_beside(p->work, w, master);
}

bool
worker_must_stop(const struct worker *w)
{
	struct board_slot *s = w->slot;

	if (stop_asked || (s->max_tasks != 0 && s->tasks >= s->max_tasks)) {
		if (s->state == BOARD_IDLE || s->state == BOARD_STARTING)
			board_turn(s, BOARD_STOPPING);
		return true;
	}
	if (s->state == BOARD_STARTING)
		board_turn(s, BOARD_IDLE);
	return false;
}

void
worker_begin(struct worker *w, const struct task *t)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, &between_tasks);
	board_begin(w->slot, t);
}

void
worker_end(struct worker *w)
{
	w->slot->tasks++;
	board_turn(w->slot, BOARD_IDLE);
	sigprocmask(SIG_SETMASK, &between_tasks, NULL);
}
