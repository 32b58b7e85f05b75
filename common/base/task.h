/*
 * A task: one request, one mail, one command. It carries what every layer needs to answer for its
 * work: where to allocate, when to give up, what went wrong, under which id the log tells of it, and
 * which step it is in. A task is a talloc context; what is allocated on it dies with it.
 */
#ifndef ISOLOIR_TASK_H
#define ISOLOIR_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* What kind of wrong the world is. The user being wrong is never one of these: that is a plain value. */
enum err_kind {
	ERR_NONE,
	ERR_RETRY,     /* absent or busy: the same again later may work */
	ERR_UNCERTAIN, /* a write may have happened, or not */
	ERR_REFUSED,   /* the other side will never accept it as it is */
	ERR_LATE,      /* our own deadline passed */
	ERR__MAX
};

struct err {
	enum err_kind kind;
	char text[320];
};

struct task {
	char id[17];         /* 16 hexadecimal digits: the request id of the log, the audit and the pages */
	int64_t started_ms;  /* clock_mono_ms() */
	int64_t deadline_ms; /* clock_mono_ms() at which the task must have ended; 0: none */
	const char *step;    /* static text */
	struct err err;      /* the first failure */
};

/* A new task on parent (which may be NULL), to end within timeout_ms (0: no limit). Never NULL. */
struct task *task_new(TALLOC_CTX *parent, int64_t timeout_ms);

/* Name the step that begins now; `step` is static text. Also shown on the board (proc/board.h). */
void task_step(struct task *t, const char *step);

/* Called at each task_step, once set: how the board learns of steps without base knowing the board. */
extern void (*task_step_hook)(const struct task *t);

/* Milliseconds left before the deadline, at least 0; INT64_MAX without one. */
int64_t task_left_ms(const struct task *t);

/*
 * Note that the world is wrong and return -1, so that a caller may `return task_fail(…)`. The first
 * failure of a task is kept, later ones are consequences; task_forgive() forgets it.
 */
int task_fail(struct task *t, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
void task_forgive(struct task *t);

const char *err_kind_name(enum err_kind kind);

/* We are wrong: say where and abort; the master replaces the worker. */
#define must(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))
_Noreturn void must_fail(const char *what, const char *file, int line);

/* What must_fail and the fatal signals call with their last words, once set (the board keeps them). */
extern void (*must_hook)(const char *last_words);

#endif
