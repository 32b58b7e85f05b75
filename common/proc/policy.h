/*
 * What the master decides, as pure functions: they get the time, they fork and kill nothing. master.c does
 * what they say; tests/unit/test_policy.c plays whole nights with them in a millisecond.
 */
#ifndef ISOLOIR_POLICY_H
#define ISOLOIR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_EARLY_MS 5000   /* a worker that dies younger and without one task done died early */
#define POLICY_WINDOW_MS 60000 /* early deaths further apart than this have nothing to do with each other */
#define POLICY_STORM_ROUNDS 4  /* every worker dead early this many times over: a storm */
#define POLICY_BACKOFF_FIRST_MS 50  /* pause after the second round of early deaths; doubles with each */
#define POLICY_BACKOFF_MAX_MS 30000 /* never wait longer than this between two tries */
#define POLICY_LATE_MS 2000         /* a worker is killed this long after the deadline of its task */
#define POLICY_START_MS 60000       /* longest time a worker may take to open its connections */
#define POLICY_STOP_MS 10000        /* an idle worker that was told to stop is killed after this */
#define POLICY_DRAIN_MS 30000       /* so is, when the program stops, one at a task that has no deadline */

/* What is remembered of the deaths. All zero at first. */
struct policy {
	int64_t not_before_ms; /* when the next fork may be */
	int64_t last_early_ms;
	int64_t delay_ms;
	int early; /* early deaths that belong together */
	bool storm;
};

/* A worker died unasked; it lived so long and did so many tasks. True when a storm begins with it: log it
 * once. */
bool policy_death(struct policy *p, int64_t now_ms, int wanted, int64_t lived_ms, int64_t tasks);

/* A worker forked at started_ms is alive at now_ms. True when that ends a storm. */
bool policy_survivor(struct policy *p, int64_t now_ms, int64_t started_ms);

/*
 * How many of the missing to fork now: all; none before the pause is over; one at a time in a storm.
 * starting: how many have not yet asked for work.
 */
int policy_forks(const struct policy *p, int64_t now_ms, int missing, int starting);

enum policy_state {
	POLICY_FREE,
	POLICY_STARTING,
	POLICY_IDLE,
	POLICY_BUSY,
	POLICY_STOPPING, /* it knows that it must end */
	POLICY_STATE__MAX
};

/* One living worker as the master sees it. */
struct policy_worker {
	enum policy_state state;
	bool old;   /* of an earlier generation */
	bool asked; /* told to stop */
	int64_t started_ms;
	int64_t since_ms;    /* in this state */
	int64_t deadline_ms; /* of its task; 0: none */
	int64_t asked_ms;
};

/* How many to fork and to retire, so as to have `wanted` of the present generation. */
struct policy_plan {
	int missing, retire_old, retire_present;
};
struct policy_plan policy_plan(const struct policy_worker *w, size_t n, int wanted);

/*
 * Choose one of the n that is old (or present) and not yet asked, to be retired: an idle one first, else the
 * busy one that is nearest to its end. -1: there is none.
 */
int policy_retire(const struct policy_worker *w, size_t n, bool old);

/* Must it be killed? draining_since_ms: 0 while the program is not stopping. */
bool policy_is_late(const struct policy_worker *w, int64_t now_ms, int64_t draining_since_ms);

/* max give or take a tenth, so that workers that started together do not end together. 0 stays 0. */
int64_t policy_jitter(int64_t max, uint32_t random);

#endif
