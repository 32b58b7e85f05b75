/*
 * isoloirctl queue fsck and rebuild. The invariant of the live queue: each job has one hash, and stands in the one set that the hash names; and each
 * unfinished row has a job. What breaks it is taken out of Redis by --repair, and comes back by its row.
 */
#include "common/queue/live.h"
#include "common/queue/name.h"
#include "ctl/office.h"

#define WRONG_SHOWN 50

struct check {
	struct ctl *c;
	struct store *store;
	struct js *list;
	size_t jobs, wrong, repaired;
};

static int
note_wrong(struct check *k, struct task *t, const struct live_stray *w, const char *set)
{
	struct js *row = js_object(k->c);

	if (k->wrong++ < WRONG_SHOWN) {
		js_set_text(row, "id", w->id);
		js_set_text(row, "wrong", w->place);
		js_push(k->list, row);
	}
	if (!ctl_has(k->c, OPTION_REPAIR))
		return 0;
	k->repaired++;
	return live_expel(t, k->store, w->id, set);
}

static int
check_page(struct check *k, struct task *t, const char *set, const char **cursor)
{
	const char *const *ids;
	struct live_stray *wrong;
	size_t n, n_wrong;

	if (live_scan(t, k->store, set, cursor, &ids, &n) == -1 || live_check(t, k->store, set, ids, n, &wrong, &n_wrong) == -1)
		return -1;
	k->jobs += set[0] == '\0' ? n : 0;
	for (size_t i = 0; i < n_wrong; i++)
		if (note_wrong(k, t, &wrong[i], set) == -1)
			return -1;
	return 0;
}

/* set "": all hashes. A job that moves meanwhile may be met twice, never missed. */
static int
check_set(struct check *k, const char *set)
{
	char cursor[24] = "0";

	do {
		struct task *t = task_new(k->c, 0);
		const char *at = cursor;
		int rc = check_page(k, t, set, &at);

		snprintf(cursor, sizeof(cursor), "%s", at);
		if (rc == -1)
			k->c->task->err = t->err;
		talloc_free(t);
		if (rc == -1)
			return -1;
	} while (cursor[0] != '0' || cursor[1] != '\0');
	return 0;
}

static int
check_live(struct check *k)
{
	const char *const *sets;
	size_t n;

	if (check_set(k, "") == -1 || live_sets(k->c->task, k->store, &sets, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (check_set(k, sets[i]) == -1)
			return -1;
	return 0;
}

/* Rows without a job, or with one that is parked elsewhere, a page at a time. */
static int
check_rows(struct check *k, struct task *t, struct db *d, char after[QUEUE_ID_SIZE], size_t *n_r)
{
	struct live_stray *astray;
	struct db_rows *rows;
	const char **pairs;
	size_t n;

	if (db_run(t, d, SQL_QUEUE_PLACES, &rows, PARAMS(P((const char *)after))) == -1)
		return -1;
	*n_r = rows->n;
	pairs = talloc_array(t, const char *, (unsigned)(2 * rows->n + 1));
	for (size_t i = 0; i < 2 * rows->n; i++)
		pairs[i] = db_text(rows, i / 2, i % 2);
	if (live_astray(t, k->store, pairs, rows->n, &astray, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		astray[i].place = talloc_asprintf(t, "its row waits, and Redis %s%s", astray[i].place[0] != '\0' ? "has it in " : "does not know it",
		                                  astray[i].place);
		if (note_wrong(k, t, &astray[i], "") == -1)
			return -1;
	}
	if (rows->n > 0)
		snprintf(after, QUEUE_ID_SIZE, "%s", db_text(rows, rows->n - 1, 0));
	return 0;
}

static int
check_all_rows(struct check *k)
{
	struct db *d = ctl_db(k->c);
	char after[QUEUE_ID_SIZE] = "";
	size_t n;

	do {
		struct task *t = task_new(k->c, 0);
		int rc = check_rows(k, t, d, after, &n);

		if (rc == -1)
			k->c->task->err = t->err;
		talloc_free(t);
		if (rc == -1)
			return -1;
	} while (n > 0);
	return 0;
}

int
ctl_queue_fsck(struct ctl *c)
{
	struct check k = {.c = c, .store = store_new(c, c->conf->redis_queue, c->conf->redis_timeout), .list = js_array(c)};

	if (check_live(&k) == -1 || check_all_rows(&k) == -1 || (k.repaired > 0 && live_look_at_all(c->task, k.store) == -1))
		return ctl_trouble(c);
	if (k.repaired > 0 && office_audit(c, ctl_db(c), 0, "queue repaired", talloc_asprintf(c, "%zu taken out of Redis", k.repaired)) == -1)
		return ctl_trouble(c);
	js_set_number(c->out, "jobs", (int64_t)k.jobs);
	js_set(c->out, "wrong", k.list);
	if (k.wrong == 0) {
		ctl_say(c, "%zu job%s, each in its one set, and each waiting row has one.", k.jobs, k.jobs == 1 ? "" : "s");
		return EX_OK;
	}
	if (k.repaired > 0) {
		ctl_say(c, "%zu taken out of Redis; the next sweep queues them by their rows.", k.repaired);
		return EX_OK;
	}
	return ctl_fail(c, EX_DATAERR, "%zu thing%s wrong; `isoloirctl queue fsck --repair` mends that by the rows", k.wrong, k.wrong == 1 ? " is" : "s are");
}

int
ctl_queue_rebuild(struct ctl *c)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);

	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "Every row would be looked at; nothing was changed (--dry-run). `isoloirctl queue fsck` tells which ones Redis lacks.");
		return EX_OK;
	}
	if (office_audit(c, ctl_db(c), 0, "queue rebuilt", "at the next sweep") == -1 || live_look_at_all(c->task, s) == -1)
		return ctl_trouble(c);
	ctl_say(c, "At the next sweep every row that Redis lacks is queued.");
	return EX_OK;
}
