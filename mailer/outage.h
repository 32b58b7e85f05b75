/* Something outside is away: one line in the log when it goes, one when it is back, and longer and longer
 * pauses in between. */
#ifndef ISOLOIR_OUTAGE_H
#define ISOLOIR_OUTAGE_H

#include "common/base/task.h"

struct outage {
	const char *what; /* "MariaDB" */
	int64_t since_ms; /* clock_mono_ms(); 0: it is there */
	int64_t pause_ms;
};

/* Note what came of using it: rc 0 or -1 with the task's error. Returns rc, and forgives the task. */
int outage_note(struct outage *o, struct task *t, int rc);

/* How long to leave it alone: 0 when it is there; else 200 ms, doubled at each failure up to 10 s, give or
 * take a quarter. */
int64_t outage_pause_ms(const struct outage *o);

#endif
