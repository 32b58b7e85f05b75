#include "common/metrics.h"

#include <string.h>
#include <sys/mman.h>

#include "common/base/task.h"

#define CELLS_MAX 512

static _Atomic int64_t *cells; /* CELLS_MAX, shared; NULL: nothing is counted */

static const int64_t bounds_REQUEST[] = {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15000};
static const int64_t bounds_DELIVERY[] = {500,    1000,   2000,   5000,    10000,   20000,    30000,   60000,
                                          120000, 300000, 600000, 1800000, 3600000, 14400000, 86400000};

#define BOUNDS_NONE NULL, 0
#define BOUNDS_REQUEST bounds_REQUEST, sizeof(bounds_REQUEST) / sizeof(*bounds_REQUEST)
#define BOUNDS_DELIVERY bounds_DELIVERY, sizeof(bounds_DELIVERY) / sizeof(*bounds_DELIVERY)

static const struct metrics_kept_row rows[KEPT__MAX] = {
#define ASKED(name, of, type, metric, sentence)
#define KEPT(name, of, type, metric, a, b, bounds, sentence) [KEPT_##name] = {LABEL_##a, LABEL_##b, BOUNDS_##bounds},
#include "common/metrics.def"
#undef KEPT
#undef ASKED
};

/* The classes in the order of enum queue_class; the families are the second number of an enhanced code (RFC 3463). */
static const struct metrics_label_row labels[LABEL__MAX] = {
    [LABEL_NONE] = {NULL, {""}, 1},
    [LABEL_CLASS] = {"class", {"interactive", "notice", "campaign"}, 3},
    [LABEL_REPLY] = {"reply", {"cut", "2xx", "4xx", "5xx"}, 4},
    [LABEL_FAMILY] = {"family", {"none", "x.0", "x.1", "x.2", "x.3", "x.4", "x.5", "x.6", "x.7"}, 9},
    [LABEL_OUTCOME] = {"outcome", {"sent", "again", "ready", "dead", "uncertain", "unknown", "not_needed", "capped", "suppressed", "dropped"}, 10},
    [LABEL_STATUS] = {"status", {"2xx", "3xx", "4xx", "5xx"}, 4},
};

const struct metrics_label_row *
metrics_label(enum metrics_label l)
{
	return &labels[l];
}

int
metrics_word(enum metrics_label l, const char *word)
{
	for (size_t i = 0; i < labels[l].n; i++)
		if (strcmp(labels[l].words[i], word) == 0)
			return (int)i;
	return -1;
}

const struct metrics_kept_row *
metrics_kept_row(enum metrics_kept m)
{
	return &rows[m];
}

/* A histogram has its buckets, the last of which has no bound, and the sum of what was observed. */
static size_t
width(enum metrics_kept m)
{
	return rows[m].bounds_ms != NULL ? rows[m].n_bounds + 2 : 1;
}

static size_t
count_cells(enum metrics_kept m)
{
	return labels[rows[m].a].n * labels[rows[m].b].n * width(m);
}

/* The first cell of a metric and of its words a and b. */
static size_t
place(enum metrics_kept m, int a, int b)
{
	size_t at = 0;

	for (int i = 0; i < (int)m; i++)
		at += count_cells((enum metrics_kept)i);
	return at + ((size_t)a * labels[rows[m].b].n + (size_t)b) * width(m);
}

static bool
exists(enum metrics_kept m, int a, int b)
{
	return cells != NULL && a >= 0 && (size_t)a < labels[rows[m].a].n && b >= 0 && (size_t)b < labels[rows[m].b].n;
}

void
metrics_open(void)
{
	void *mem;

	must(place(KEPT__MAX - 1, 0, 0) + count_cells(KEPT__MAX - 1) <= CELLS_MAX);
	mem = mmap(NULL, CELLS_MAX * sizeof(*cells), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cells = mem != MAP_FAILED ? mem : NULL;
}

void
metrics_add(enum metrics_kept m, int a, int b)
{
	if (exists(m, a, b))
		cells[place(m, a, b)]++;
}

void
metrics_observe(enum metrics_kept m, int a, int64_t ms)
{
	const struct metrics_kept_row *r = &rows[m];
	size_t i = 0;

	if (!exists(m, a, 0))
		return;
	ms = ms > 0 ? ms : 0; /* a clock may have been put back */
	while (i < r->n_bounds && ms > r->bounds_ms[i])
		i++;
	cells[place(m, a, 0) + i]++;
	cells[place(m, a, 0) + r->n_bounds + 1] += ms;
}

int64_t
metrics_get(enum metrics_kept m, int a, int b)
{
	return exists(m, a, b) ? cells[place(m, a, b)] : 0;
}

int64_t
metrics_bucket(enum metrics_kept m, int a, size_t i)
{
	return exists(m, a, 0) ? cells[place(m, a, 0) + i] : 0;
}

int64_t
metrics_sum_ms(enum metrics_kept m, int a)
{
	return metrics_bucket(m, a, rows[m].n_bounds + 1);
}
