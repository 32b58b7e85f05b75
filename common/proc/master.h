/*
 * The master: listens, forks, counts, replaces, scales and answers; it never touches a request or a mail.
 * Mechanism only; its workers are in crew.c, what to do when is in policy.c, what operators may say in orders.c.
 *
 * Signals: TERM and INT drain, QUIT ends at once, HUP reloads, TTIN and TTOU add and remove a worker.
 */
#ifndef ISOLOIR_MASTER_H
#define ISOLOIR_MASTER_H

#include <signal.h>

#include "common/json.h"
#include "common/proc/board.h"
#include "common/proc/desk.h"
#include "common/proc/listen.h"
#include "common/proc/policy.h"
#include "common/proc/program.h"

/* What is replaced as a whole by a reload. */
struct generation {
	int number;
	const struct conf *conf;
	const void *loaded;
};

/* What the master alone knows of one worker, beside its slot on the board. */
struct child {
	bool asked; /* told to stop */
	bool killed;
	int64_t asked_ms, again_ms;
};

/* Where connections come in; NULL: the program does not listen, has no second address, or tells no metrics. */
struct master_listeners {
	struct listener *all, *hash, *metrics;
};

struct master {
	const struct program *p;
	struct generation *now;
	struct master_listeners listeners;
	struct board *board;
	struct desk *desk;
	struct beside *beside; /* NULL: no metrics */
	struct policy policy;
	struct child children[BOARD_SLOTS];
	struct policy_worker census[BOARD_SLOTS];
	int slots_used; /* the highest slot ever taken, plus one */
	int wanted;
	int64_t filed; /* what the settings file said last */
	int min, max;  /* bounds of the setting */
	int64_t started_ms, draining_since_ms;
	int64_t deaths;   /* workers that died of themselves, or were killed */
	int64_t restarts; /* workers replaced, dead or at the end of their tasks */
	bool sanitizer;   /* one of them ended with WORKER_EXIT_SANITIZER */
	int signal_fd;
	pid_t pid;
};

/* Read path and load all that the program needs, on ctx; NULL with a sentence that starts with file:line. */
struct generation *master_load(TALLOC_CTX *ctx, const struct program *p, const char *path, int number,
                               char **why_r);

/* Block what the master hears. Early, so that a worker's death or an operator's word is never missed. */
void master_hold_signals(void);

/* Before any fork. -1 with a sentence, and nothing is open. */
int master_listeners_open(TALLOC_CTX *ctx, const struct program *p, const struct conf *c,
                          struct master_listeners *l, char **why_r);
void master_listeners_close(struct master_listeners *l);

/* Takes generation and listeners over. NULL with a sentence. */
struct master *master_new(TALLOC_CTX *ctx, const struct program *p, struct generation *g,
                          const struct master_listeners *l, char **why_r);
/* Until it is told to stop and the last worker is gone. Returns the exit status. */
int master_run(struct master *m);

/* For orders.c. */
int master_reload(struct master *m, TALLOC_CTX *ctx, char **restart_r, char **why_r);
int master_set_wanted(struct master *m, TALLOC_CTX *ctx, int64_t wanted, char **why_r);
void master_stop(struct master *m);

#endif
