/*
 * What Prometheus is told: the rows of metrics.def. Numbers that processes gather while they come and go stand in memory that a master shares with
 * all its children: they count from its start, whoever dies meanwhile. Whoever counts waits for nobody, and none of it names a person.
 * Without metrics_open() (isoloirctl, unit tests) nothing is counted.
 */
#ifndef ISOLOIR_METRICS_H
#define ISOLOIR_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metrics_of { METRICS_PORTAL = 1, METRICS_MAILER = 2, METRICS_BOTH = 3 };
enum metrics_type { METRICS_GAUGE, METRICS_COUNTER, METRICS_HISTOGRAM };

enum metrics_kept {
#define ASKED(name, of, type, metric, sentence)
#define KEPT(name, of, type, metric, a, b, bounds, sentence) KEPT_##name,
#include "common/metrics.def"
#undef KEPT
#undef ASKED
	KEPT__MAX
};

/* The labels of what is kept, and the words that each may have. */
enum metrics_label { LABEL_NONE, LABEL_CLASS, LABEL_REPLY, LABEL_FAMILY, LABEL_OUTCOME, LABEL_STATUS, LABEL__MAX };

struct metrics_label_row {
	const char *name; /* NULL: there is no such label, and one number */
	const char *words[10];
	size_t n;
};
const struct metrics_label_row *metrics_label(enum metrics_label l);
/* Which of a label's words; -1: none of them. */
int metrics_word(enum metrics_label l, const char *word);

/* In the master, before it forks. */
void metrics_open(void);

/* One more; a and b: which word of the first and of the second label. Those that do not exist are not counted. */
void metrics_add(enum metrics_kept m, int a, int b);
/* So many milliseconds, in a histogram. */
void metrics_observe(enum metrics_kept m, int a, int64_t ms);

/* For whoever tells them. */
struct metrics_kept_row {
	enum metrics_label a, b;
	const int64_t *bounds_ms; /* NULL: no histogram */
	size_t n_bounds;
};
const struct metrics_kept_row *metrics_kept_row(enum metrics_kept m);
int64_t metrics_get(enum metrics_kept m, int a, int b);
/* In bucket i alone (the last one, i == n_bounds, has no upper bound); the sum of all in milliseconds. */
int64_t metrics_bucket(enum metrics_kept m, int a, size_t i);
int64_t metrics_sum_ms(enum metrics_kept m, int a);

#endif
