/*
 * A daemon is a program row: "a master and workers that each do one task at a time". The master listens,
 * forks, counts, replaces, scales and answers status; it never touches a request or a mail. Both daemons'
 * main() is one call.
 */
#ifndef ISOLOIR_PROGRAM_H
#define ISOLOIR_PROGRAM_H

#include "common/base/task.h"
#include "common/conf.h"
#include "common/metrics.h"

struct board_slot;

/* What one worker process knows of itself. */
struct worker {
	const struct conf *conf; /* of its generation */
	const void *loaded;      /* what program->load made, shared by fork */
	int listen_fd;           /* -1 for a program that does not listen */
	int hash_fd;             /* where connections wait that need a password hash; -1: there is no such address */
	int index;               /* its slot on the board */
	struct board_slot *slot;
};

/* What a program tells Prometheus (proc/scrape.h). */
struct program_metrics {
	enum metrics_of of;
	const char *(*listen)(const struct conf *); /* where: a path or an address of this host; an empty text: nowhere */
	const char *(*db_user)(const struct conf *);
	const char *const *steps; /* that its tasks take, in their order; NULL-ended */
};

struct program {
	const char *name;    /* "isoloir-portal": log, --help, --version */
	const char *word;    /* "portal": run_dir/WORD.ctl, run_dir/WORD.pid, `isoloirctl workers WORD` */
	const char *summary; /* one sentence for --help */
	const char *units;   /* what a worker is called: "workers", "senders" */

	/* Where the settings stand that the master needs. */
	const char *(*listen)(const struct conf *); /* NULL: does not listen */
	int64_t (*workers)(const struct conf *);
	/* Per worker before it is replaced, ±10 %; NULL or 0: never. */
	int64_t (*max_tasks)(const struct conf *);
	const char *setting; /* "portal.workers": the setting that workers --save rewrites (section.name) */

	/*
	 * In the master, before it forks and at each reload (and for -t): keys, theme: all that can be
	 * refused. On ctx. NULL: *why_r says "file:line: …" and at a reload the old one stays.
	 */
	void *(*load)(TALLOC_CTX *ctx, const struct conf *c, char **why_r);

	/* In the worker, with /dev/null on fd 0 and the log on fd 2: open connections, then work until
	 * worker_must_stop(). Returns the exit status. */
	int (*work)(struct worker *w);

	int64_t (*backlog)(const struct conf *); /* NULL: 1024 */

	/* A second address, for what needs a password hash (board.h tells why), and how many may wait there.
	 * NULL, or an empty text: there is none. */
	const char *(*listen_hash)(const struct conf *);
	int64_t (*backlog_hash)(const struct conf *, int hash_slots);

	const struct program_metrics *metrics; /* NULL: none */
};

/* Parses the command line (-h lists it), runs the master, returns the exit status (sysexits.h). */
int program_main(int argc, char **argv, const struct program *p);

/*
 * For workers. work() calls worker_must_stop() before it waits for each task; the first call also says that
 * it has started well (its connections are open), which is when a reload retires a worker of the generation
 * before. On SIGTERM a worker's listen_fd and hash_fd turn into /dev/null, so that a waiting accept() fails at
 * once (ENOTSOCK); SIGTERM is held back between worker_begin and worker_end. See proc/worker.h.
 */
bool worker_must_stop(const struct worker *w); /* SIGTERM came, or max_tasks is reached */
void worker_begin(struct worker *w,
                  const struct task *t); /* busy; the master kills it 2 s past t->deadline_ms */
void worker_end(struct worker *w);       /* idle again, one task more */

/* Called by the stop signal's handler, once set: the portal sets it to FCGX_ShutdownPending.
 * Async-signal-safe. */
extern void (*worker_stop_hook)(void);

#endif
