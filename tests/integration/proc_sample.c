/*
 * The smallest daemon: a line in, a line out, one connection at a time. tests/integration/proc.mjs drives it
 * to see that master and workers keep their promises without a database or a page in the way. It borrows the
 * portal's settings.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/log.h"
#include "common/proc/board.h"
#include "common/proc/program.h"

/* While this file is there, workers die at their start. */
static bool
is_doomed(const struct conf *c)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/doom", c->run_dir);
	return access(path, F_OK) == 0;
}

/* The death of the master interrupts usleep(). */
static void
sleep_ms(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms, left;

	while ((left = until - clock_mono_ms()) > 0)
		usleep((useconds_t)left * 1000);
}

static void
do_hello(struct task *t, int64_t n)
{
	(void)t;
	(void)n;
}

static void
do_sleep(struct task *t, int64_t n)
{
	task_step(t, "sleep");
	sleep_ms(n);
}

static void
do_hang(struct task *t, int64_t n)
{
	(void)n;
	task_step(t, "hang");
	for (;;)
		pause();
}

static void
do_crash(struct task *t, int64_t n)
{
	task_step(t, "crash");
	must(n == -1);
}

static void
do_exit(struct task *t, int64_t n)
{
	task_step(t, "exit");
	_exit((int)n);
}

/* LeakSanitizer finds it when the worker ends. */
static void
do_leak(struct task *t, int64_t n)
{
	void *volatile lost = malloc(77);

	(void)t;
	(void)n;
	must(lost != NULL);
	lost = NULL;
}

/* A password hash that takes n ms. */
static void
do_hash(struct task *t, int64_t n)
{
	task_step(t, "hash");
	if (board_hash_enter(t) == -1)
		return;
	sleep_ms(n);
	board_hash_leave();
}

static const struct row {
	const char *word;
	void (*act)(struct task *t, int64_t n);
} rows[] = {
    {"hello", do_hello}, {"sleep", do_sleep}, {"hang", do_hang}, {"crash", do_crash},
    {"exit", do_exit},   {"hash", do_hash},   {"leak", do_leak},
};

static void
obey(struct task *t, char *line)
{
	char *space = strchr(line, ' ');
	int64_t n = 0;

	if (space != NULL) {
		*space = '\0';
		must(text_number(space + 1, 0, 100000, &n));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, line) == 0)
			rows[i].act(t, n);
}

static void
converse(struct worker *w, struct task *t, int fd)
{
	char line[64];
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n > 0) {
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		obey(t, line);
		dprintf(fd, "%s %d %s\n", t->err.kind == ERR_NONE ? "ok" : err_kind_name(t->err.kind),
		        (int)getpid(), w->conf->public_url);
	}
	close(fd);
}

static int
work(struct worker *w)
{
	if (is_doomed(w->conf))
		return 1;
	while (!worker_must_stop(w)) {
		int fd = accept(w->listen_fd, NULL, NULL);
		struct task *t;

		if (fd == -1)
			continue;
		t = task_new(NULL, w->conf->portal_deadline);
		worker_begin(w, t);
		converse(w, t, fd);
		worker_end(w);
		talloc_free(t);
	}
	return 0;
}

static void *
load(TALLOC_CTX *ctx, const struct conf *c, char **why_r)
{
	if (!text_ends(c->public_url, ".bad"))
		return talloc_strdup(ctx, "loaded");
	*why_r = talloc_asprintf(ctx, "%s:1: no address: %s", c->path, c->public_url);
	return NULL;
}

static const char *
where(const struct conf *c)
{
	return c->portal_listen;
}

static int64_t
workers(const struct conf *c)
{
	return c->portal_workers;
}

static int64_t
max_tasks(const struct conf *c)
{
	return c->portal_requests;
}

int
main(int argc, char **argv)
{
	static const struct program sample = {
	    .name = "proc_sample",
	    .word = "sample",
	    .summary = "a line in, a line out.",
	    .units = "workers",
	    .listen = where,
	    .workers = workers,
	    .max_tasks = max_tasks,
	    .setting = "portal.workers",
	    .load = load,
	    .work = work,
	};

	return program_main(argc, argv, &sample);
}
