/*
 * For mails.mjs: queue_cost SOCKET turns N puts N jobs by the scripts of the queue, takes and settles each, then pushes as many words, all over one connection:
 * microseconds each of a put, of a lease with its end, and of an LPUSH, in one line. queue_cost SOCKET put: puts jobs whose ids stand on standard input, for a
 * campaign's lane, with the key of a cool-down each.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/queue/live.h"

static struct store *store;

static void
check(struct task *t, int rc, const char *doing)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", doing, t->err.text);
	exit(1);
}

/* The key is as long as a real one. */
static void
put(const char *id, int queue_class)
{
	struct task *t = task_new(NULL, 0);
	struct live_put p = {id, "ready", 0, queue_class, "ac-nantes.fr", queue_class == 2 ? "opening" : "activation", id, INT64_C(31) * 86400 * 1000};

	check(t, live_put(t, store, &p), "put");
	talloc_free(t);
}

static void
turn(long long i)
{
	struct task *t = task_new(NULL, 0);
	struct live_job job;
	bool found;
	int64_t wait_ms;

	(void)i;
	check(t, live_lease(t, store, "somebody", 60000, "0 1 2", 0, "", 100, &job, &found, &wait_ms), "lease");
	if (!found) {
		fprintf(stderr, "nothing to take\n");
		exit(1);
	}
	check(t, live_finish(t, store, job.id, job.epoch, 120000, job.id), "finish");
	talloc_free(t);
}

static void
push(long long i)
{
	struct task *t = task_new(NULL, 0);

	check(t, store_run(t, store, NULL, STORE("LPUSH", "bare", talloc_asprintf(t, "%032llx", i))), "LPUSH");
	talloc_free(t);
}

static void
put_numbered(long long i)
{
	char id[LIVE_ID_SIZE];

	snprintf(id, sizeof(id), "%032llx", i);
	put(id, 0);
}

static double
each_us(void (*what)(long long i), long long n)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long long i = 0; i < n; i++)
		what(i);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / (double)n;
}

static void
measure(long long n)
{
	struct task *t = task_new(NULL, 0);
	double put_us, turn_us;

	check(t, live_pace(t, store, NULL, 0), "pace");
	put_us = each_us(put_numbered, n);
	turn_us = each_us(turn, n);
	printf("%.1f %.1f %.1f\n", put_us, turn_us, each_us(push, n));
	talloc_free(t);
}

int
main(int argc, char **argv)
{
	char line[100];

	if (argc < 3) {
		fprintf(stderr, "queue_cost SOCKET turns N | queue_cost SOCKET put\n");
		return 64;
	}
	hash_init();
	log_open("queue_cost", NULL, LEVEL_WARNING);
	store = store_new(NULL, argv[1], 5000);
	if (argc > 3)
		measure(atoll(argv[3]));
	while (argc == 3 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		put(line, 2);
	}
	talloc_free(store);
	return 0;
}
