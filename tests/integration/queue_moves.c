/*
 * For queue_moves.mjs: queue_moves SOCKET brings a job to each place of the live queue, by the scripts alone, and tries each move of each script on it.
 * One line a try: script, from, to, where the job stands afterwards ("out": nowhere), and in how many sets.
 */
#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "common/log.h"
#include "common/queue/live.h"

#define ID "0123456789abcdef0123456789abcdef"
#define PREFIX "isoloir:{mq}:"

static const char *const places[] = {"out", "ready", "leased", "held", "uncertain", "settling", "dead"};
#define N_PLACES (sizeof(places) / sizeof(*places))

struct world {
	struct task *task;
	struct store *store;
	struct live_job lease;
};

static void
check(const struct world *w, int rc, const char *doing)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s: %s\n", doing, w->task->err.text);
	exit(1);
}

static void
put(struct world *w, const char *place)
{
	struct live_put p = {ID, place, 0, 0, "ac-nantes.fr", "activation", "cool", 1000};

	check(w, live_put(w->task, w->store, &p), "put");
}

static void
lease(struct world *w)
{
	bool found;
	int64_t wait_ms;

	w->lease = (struct live_job){.id = ID, .epoch = "1"};
	check(w, live_lease(w->task, w->store, "nobody", 60000, "0 1 2", 0, "", 100, &w->lease, &found, &wait_ms), "lease");
	snprintf(w->lease.id, sizeof(w->lease.id), "%s", ID);
}

static void
move(struct world *w, const char *to)
{
	struct live_move m = {ID, "", LIVE_ANY_LEASE, to, 0, NULL, 0};

	check(w, live_move(w->task, w->store, &m, NULL), "move");
}

/* An empty queue that knows of no pace, and the job in one place. */
static void
bring(struct world *w, const char *place)
{
	check(w, store_run(w->task, w->store, NULL, STORE("FLUSHALL")), "FLUSHALL");
	check(w, live_pace(w->task, w->store, NULL, 0), "pace");
	if (strcmp(place, "out") == 0)
		return;
	put(w, "ready");
	if (strcmp(place, "ready") == 0)
		return;
	lease(w);
	if (strcmp(place, "leased") != 0)
		move(w, place);
}

static const char *
stands(struct world *w, size_t *sets_r)
{
	struct store_value place, score;
	const char *const *sets;
	size_t n;

	check(w, store_run(w->task, w->store, &place, STORE("HGET", PREFIX "job:" ID, "place")), "place");
	check(w, live_sets(w->task, w->store, &sets, &n), "sets");
	*sets_r = 0;
	for (size_t i = 0; i < n; i++) {
		check(w, store_run(w->task, w->store, &score, STORE("ZSCORE", talloc_asprintf(w->task, PREFIX "%s", sets[i]), ID)), "score");
		*sets_r += score.kind == STORE_TEXT;
	}
	if (place.kind != STORE_TEXT)
		return "out";
	return talloc_strndup(w->task, place.text, strcspn(place.text, ":"));
}

/* ---- what each script tries; to is "" where it has no choice ---- */

static void
try_put(struct world *w, const char *to)
{
	put(w, to);
}

static void
try_lease(struct world *w, const char *to)
{
	(void)to;
	lease(w);
}

static void
try_renew(struct world *w, const char *to)
{
	bool still;

	(void)to;
	check(w, live_renew(w->task, w->store, &w->lease, 1000, &still), "renew");
}

static void
try_mark(struct world *w, const char *to)
{
	bool still;

	(void)to;
	check(w, live_mark(w->task, w->store, &w->lease, 1000, &still), "mark");
}

static void
try_takeover(struct world *w, const char *to)
{
	struct live_lease l = {ID, w->lease.epoch, "nobody", 0};
	struct live_job mine;
	bool taken;

	(void)to;
	check(w, live_takeover(w->task, w->store, &l, "sweeper", 1000, true, &mine, &taken), "takeover");
}

static void
try_move(struct world *w, const char *to)
{
	move(w, to);
}

static void
try_finish(struct world *w, const char *to)
{
	(void)to;
	check(w, live_finish(w->task, w->store, ID, NULL, 0, "cool"), "finish");
}

static void
try_expel(struct world *w, const char *to)
{
	(void)to;
	check(w, live_expel(w->task, w->store, ID, ""), "expel");
}

static void
try_trim(struct world *w, const char *to)
{
	(void)to;
	check(w, live_trim(w->task, w->store, -1000, 10), "trim");
}

static const struct script {
	const char *name;
	void (*run)(struct world *w, const char *to);
	bool chooses;
} scripts[] = {
    {"put", try_put, true},     {"lease", try_lease, false},   {"renew", try_renew, false}, {"mark", try_mark, false}, {"takeover", try_takeover, false},
    {"move", try_move, true},   {"finish", try_finish, false}, {"expel", try_expel, false}, {"trim", try_trim, false},
};

static void
try(struct world *w, const struct script *s, const char *from, const char *to)
{
	const char *now;
	size_t sets;

	w->task = task_new(NULL, 0);
	bring(w, from);
	if (strcmp(stands(w, &sets), from) != 0) {
		fprintf(stderr, "no way to bring a job to %s\n", from);
		exit(1);
	}
	s->run(w, to);
	now = stands(w, &sets);
	printf("%s %s %s %s %zu\n", s->name, from, to[0] != '\0' ? to : "-", now, sets);
	talloc_free(w->task);
}

int
main(int argc, char **argv)
{
	struct world w = {.store = store_new(NULL, argc > 1 ? argv[1] : "", 1000)};

	hash_init();
	log_open("queue_moves", NULL, LEVEL_WARNING);
	for (size_t s = 0; s < sizeof(scripts) / sizeof(*scripts); s++)
		for (size_t from = 0; from < N_PLACES; from++)
			for (size_t to = 0; to < (scripts[s].chooses ? N_PLACES : 1); to++)
				try(&w, &scripts[s], places[from], scripts[s].chooses ? places[to] : "");
	talloc_free(w.store);
	return 0;
}
