/*
 * The inside of a worker process, from fork to exit. program.h has what its work() calls.
 *
 * Signals: SIGTERM asks it to stop. It is held back from worker_begin to worker_end, so that no library meets
 * EINTR in a task. Its handler sets a flag, calls worker_stop_hook, and puts /dev/null in the place of
 * listen_fd and hash_fd: an accept() that waits, or is about to, fails at once, and no connection can be taken and
 * dropped. SIGUSR2 comes from the kernel when the master dies: the same, even in a task, and the kernel kills
 * the worker if it outlives its task's deadline, since no master will.
 */
#ifndef ISOLOIR_WORKER_H
#define ISOLOIR_WORKER_H

#include <signal.h>

#include "common/proc/board.h"
#include "common/proc/program.h"

/*
 * The exit status by which a sanitizer or valgrind says that it found something. Programs built with
 * sanitizers have it built in (worker.c); valgrind wants --error-exitcode=99 --errors-for-leak-kinds=definite
 * (talloc's inner pointers look possibly lost). The master then ends with EX_SOFTWARE, so that a test cannot
 * miss it.
 */
#define WORKER_EXIT_SANITIZER 99

/* After fork, in the child, with every signal still blocked: never returns. */
_Noreturn void worker_run(const struct program *p, struct worker *w, struct board *b, pid_t master);

/* The same for a child that is on no board: w->slot is its own, and it does no task. */
_Noreturn void worker_run_beside(int (*work)(struct worker *w), struct worker *w, pid_t master);

#endif
