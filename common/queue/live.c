#include "common/queue/live.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/queue_lua.h"

#define PREFIX "isoloir:{mq}:"
#define CHUNK 500 /* ids in one call */

enum script {
#define X(name, word, text) SCRIPT_##name,
	QUEUE_LUA_ROWS(X)
#undef X
};

static const struct store_script scripts[] = {
#define X(name, word, text) {word, text},
    QUEUE_LUA_ROWS(X)
#undef X
};

/* PREFIX is the one key that every script gets; those that it makes of it share the hash tag. */
static int
run(struct task *t, struct store *s, enum script which, struct store_value *v, const char *const *args,
    size_t n)
{
	const char **parts = talloc_array(t, const char *, (unsigned)(n + 1));
	int rc;

	parts[0] = PREFIX;
	if (n > 0)
		memcpy(parts + 1, args, n * sizeof(*args));
	rc = store_eval(t, s, &scripts[which], v, 1, parts, n + 1);
	talloc_free(parts);
	return rc;
}
#define RUN(t, s, which, v, ...) run(t, s, SCRIPT_##which, v, STORE(__VA_ARGS__))

static const char *
number(struct task *t, int64_t n)
{
	return talloc_asprintf(t, "%lld", (long long)n);
}

static int
run_flag(struct task *t, int rc, const struct store_value *v, bool *flag_r)
{
	(void)t;
	if (rc == 0 && flag_r != NULL)
		*flag_r = v->kind == STORE_NUMBER && v->number == 1;
	return rc;
}

static const char *
item(const struct store_value *list, size_t i)
{
	return i < list->n && list->items[i].kind == STORE_TEXT ? list->items[i].text : "";
}

int
live_reserve(struct task *t, struct store *s, const char *cool, const char *id, int64_t ms,
             char holder[LIVE_ID_SIZE])
{
	struct store_value v;

	if (RUN(t, s, RESERVE, &v, cool, id, number(t, ms)) == -1)
		return -1;
	snprintf(holder, LIVE_ID_SIZE, "%s", v.kind == STORE_TEXT ? v.text : id);
	return 0;
}

int
live_put(struct task *t, struct store *s, const struct live_put *p)
{
	return RUN(t, s, PUT, NULL, p->id, p->place, number(t, p->in_ms), number(t, p->queue_class), p->lane,
	           p->mail, p->cool, number(t, p->cool_ms));
}

int
live_lease(struct task *t, struct store *s, const char *owner, int64_t ms, const char *classes, int slot,
           const char *relay, int64_t share, struct live_job *job_r, bool *found_r, int64_t *wait_ms_r)
{
	struct store_value v;

	*found_r = false;
	if (RUN(t, s, LEASE, &v, owner, number(t, ms), classes, number(t, slot), relay, number(t, share)) == -1)
		return -1;
	if (v.n < 5) {
		*wait_ms_r = v.n != 1 ? -1 : v.items[0].kind == STORE_TEXT ? LIVE_BLIND : v.items[0].number;
		return 0;
	}
	*found_r = true;
	snprintf(job_r->id, sizeof(job_r->id), "%s", item(&v, 0));
	snprintf(job_r->epoch, sizeof(job_r->epoch), "%s", item(&v, 1));
	job_r->queue_class = atoi(item(&v, 2));
	snprintf(job_r->lane, sizeof(job_r->lane), "%s", item(&v, 3));
	snprintf(job_r->mail, sizeof(job_r->mail), "%s", item(&v, 4));
	return 0;
}

int
live_pace(struct task *t, struct store *s, const char *const *pairs, size_t n_pairs)
{
	return run(t, s, SCRIPT_PACE, NULL, pairs, 2 * n_pairs);
}

int
live_is_paced(struct task *t, struct store *s, bool *known_r)
{
	struct store_value v = {0};

	return run_flag(t, store_run(t, s, &v, STORE("EXISTS", PREFIX "pace")), &v, known_r);
}

int
live_took(struct task *t, struct store *s, const char *lane, int64_t at_ms, int64_t n)
{
	return RUN(t, s, TOOK, NULL, lane, number(t, at_ms), number(t, n));
}

int
live_trouble(struct task *t, struct store *s, const char *lane, const struct live_patience *p, int64_t *pause_ms_r)
{
	struct store_value v;

	if (RUN(t, s, TROUBLE, &v, lane, number(t, p->times), number(t, p->first_ms), number(t, p->most_ms), p->kind) == -1)
		return -1;
	*pause_ms_r = v.number;
	return 0;
}

int
live_refused(struct task *t, struct store *s, const char *lane, const char *epoch, int64_t *limit_r)
{
	struct store_value v;

	if (RUN(t, s, REFUSE, &v, lane, epoch) == -1)
		return -1;
	*limit_r = v.number;
	return 0;
}

const char *
live_turn(uint64_t n)
{
	static const char *const turns[10] = {"0 1 2", "0 1 2", "1 0 2", "0 1 2", "0 1 2",
	                                      "2 0 1", "0 1 2", "1 0 2", "0 1 2", "0 1 2"};

	return turns[n % 10];
}

int
live_renew(struct task *t, struct store *s, const struct live_job *j, int64_t ms, bool *still_r)
{
	struct store_value v = {0};

	return run_flag(t, RUN(t, s, RENEW, &v, j->id, j->epoch, number(t, ms)), &v, still_r);
}

int
live_mark(struct task *t, struct store *s, const struct live_job *j, int64_t ms, bool *still_r)
{
	struct store_value v = {0};

	return run_flag(t, RUN(t, s, MARK, &v, j->id, j->epoch, number(t, ms)), &v, still_r);
}

int
live_move(struct task *t, struct store *s, const struct live_move *m, bool *moved_r)
{
	const char **args = talloc_array(t, const char *, (unsigned)(5 + m->n_fields));
	struct store_value v = {0};
	int rc;

	args[0] = m->id;
	args[1] = m->from;
	args[2] = m->epoch;
	args[3] = m->to;
	args[4] = number(t, m->in_ms);
	if (m->n_fields > 0)
		memcpy(args + 5, m->fields, m->n_fields * sizeof(*m->fields));
	rc = run_flag(t, run(t, s, SCRIPT_MOVE, &v, args, 5 + m->n_fields), &v, moved_r);
	talloc_free(args);
	return rc;
}

int
live_finish(struct task *t, struct store *s, const char *id, const char *epoch, int64_t cool_ms,
            const char *cool)
{
	return RUN(t, s, FINISH, NULL, id, epoch != NULL ? epoch : "", number(t, cool_ms), cool);
}

int
live_leases(struct task *t, struct store *s, size_t from, size_t n, struct live_lease **list_r, size_t *n_r)
{
	struct store_value v;

	if (RUN(t, s, LEASES, &v, number(t, (int64_t)from), number(t, (int64_t)n)) == -1)
		return -1;
	*n_r = v.n / 4;
	*list_r = talloc_zero_array(t, struct live_lease, (unsigned)(*n_r + 1));
	for (size_t i = 0; i < *n_r; i++)
		(*list_r)[i] = (struct live_lease){item(&v, 4 * i), item(&v, 4 * i + 1), item(&v, 4 * i + 2),
		                                   strtoll(item(&v, 4 * i + 3), NULL, 10)};
	return 0;
}

int
live_takeover(struct task *t, struct store *s, const struct live_lease *l, const char *owner, int64_t ms,
              bool dead, struct live_job *job_r, bool *taken_r)
{
	struct store_value v;

	if (RUN(t, s, TAKEOVER, &v, l->id, l->epoch, owner, number(t, ms), dead ? "1" : "0") == -1)
		return -1;
	*taken_r = v.kind == STORE_TEXT && v.len > 0;
	if (!*taken_r)
		return 0;
	*job_r = (struct live_job){0};
	snprintf(job_r->id, sizeof(job_r->id), "%s", l->id);
	snprintf(job_r->epoch, sizeof(job_r->epoch), "%s", v.text);
	return 0;
}

int
live_due(struct task *t, struct store *s, const char *place, size_t max, struct live_due **list_r,
         size_t *n_r)
{
	struct store_value v;

	if (RUN(t, s, DUE, &v, place, number(t, (int64_t)max)) == -1)
		return -1;
	*n_r = v.n / 7;
	*list_r = talloc_zero_array(t, struct live_due, (unsigned)(*n_r + 1));
	for (size_t i = 0; i < *n_r; i++)
		(*list_r)[i] = (struct live_due){item(&v, 7 * i),     item(&v, 7 * i + 1), item(&v, 7 * i + 2), item(&v, 7 * i + 3),
		                                 item(&v, 7 * i + 4), item(&v, 7 * i + 5), item(&v, 7 * i + 6)};
	return 0;
}

/* Answers are pairs of texts. */
static void
add_pairs(const struct store_value *v, struct live_stray *list, size_t *n)
{
	for (size_t i = 0; i + 1 < v->n; i += 2)
		list[(*n)++] = (struct live_stray){item(v, i), item(v, i + 1)};
}

int
live_astray(struct task *t, struct store *s, const char *const *pairs, size_t n_pairs, struct live_stray **list_r, size_t *n_r)
{
	struct store_value v;

	*list_r = talloc_array(t, struct live_stray, (unsigned)(n_pairs + 1));
	*n_r = 0;
	for (size_t done = 0; done < n_pairs; done += CHUNK) {
		size_t some = n_pairs - done < CHUNK ? n_pairs - done : CHUNK;

		if (run(t, s, SCRIPT_ASTRAY, &v, pairs + 2 * done, 2 * some) == -1)
			return -1;
		add_pairs(&v, *list_r, n_r);
	}
	return 0;
}

static int
scan(struct task *t, struct store *s, const char *set, const char *cursor, struct store_value *v)
{
	const char *count = number(t, CHUNK);

	if (set[0] == '\0')
		return store_run(t, s, v, STORE("SCAN", cursor, "MATCH", PREFIX "job:*", "COUNT", count));
	return store_run(t, s, v, STORE("ZSCAN", talloc_asprintf(t, PREFIX "%s", set), cursor, "COUNT", count));
}

/* SCAN answers keys, ZSCAN members with their scores. */
int
live_scan(struct task *t, struct store *s, const char *set, const char **cursor, const char *const **ids_r, size_t *n_r)
{
	size_t step = set[0] == '\0' ? 1 : 2, skip = set[0] == '\0' ? strlen(PREFIX "job:") : 0;
	struct store_value v;
	const char **ids;

	*n_r = 0;
	if (scan(t, s, set, *cursor, &v) == -1)
		return -1;
	must(v.n == 2);
	*cursor = item(&v, 0);
	*ids_r = ids = talloc_array(t, const char *, (unsigned)v.items[1].n + 1);
	for (size_t i = 0; i < v.items[1].n; i += step)
		ids[(*n_r)++] = item(&v.items[1], i) + skip;
	return 0;
}

int
live_sets(struct task *t, struct store *s, const char *const **sets_r, size_t *n_r)
{
	static const char *const fixed[] = {"leased", "held", "uncertain", "settling", "dead"};
	struct store_value v;
	const char **sets;

	if (store_run(t, s, &v, STORE("KEYS", PREFIX "ready:*")) == -1) /* as many as domains */
		return -1;
	*sets_r = sets = talloc_array(t, const char *, (unsigned)(v.n + 6));
	*n_r = 0;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		sets[(*n_r)++] = fixed[i];
	for (size_t i = 0; i < v.n; i++)
		sets[(*n_r)++] = item(&v, i) + strlen(PREFIX);
	return 0;
}

int
live_check(struct task *t, struct store *s, const char *set, const char *const *ids, size_t n, struct live_stray **list_r,
           size_t *n_r)
{
	const char **args = talloc_array(t, const char *, (unsigned)(n + 1));
	struct store_value v;

	*list_r = talloc_array(t, struct live_stray, (unsigned)(n + 1));
	*n_r = 0;
	args[0] = set;
	memcpy(args + 1, ids, n * sizeof(*ids));
	if (run(t, s, SCRIPT_CHECK, &v, args, n + 1) == -1)
		return -1;
	add_pairs(&v, *list_r, n_r);
	return 0;
}

int
live_expel(struct task *t, struct store *s, const char *id, const char *set)
{
	return set[0] != '\0' ? RUN(t, s, EXPEL, NULL, id, set) : RUN(t, s, EXPEL, NULL, id);
}

int
live_figures(struct task *t, struct store *s, const char *const *lanes, size_t n_lanes, struct live_figure **list_r, size_t *n_r)
{
	struct store_value v;

	if (run(t, s, SCRIPT_FIGURES, &v, lanes, n_lanes) == -1)
		return -1;
	*n_r = v.n / 4;
	*list_r = talloc_array(t, struct live_figure, (unsigned)(*n_r + 1));
	for (size_t i = 0; i < *n_r; i++)
		(*list_r)[i] = (struct live_figure){item(&v, 4 * i), item(&v, 4 * i + 1), item(&v, 4 * i + 2), v.items[4 * i + 3].number};
	return 0;
}

int
live_look_at_all(struct task *t, struct store *s)
{
	return store_run(t, s, NULL, STORE("DEL", PREFIX "whole"));
}

int
live_forget(struct task *t, struct store *s, const char *cool)
{
	return RUN(t, s, FORGET, NULL, cool);
}

int
live_trim(struct task *t, struct store *s, int64_t older_ms, size_t max)
{
	return RUN(t, s, TRIM, NULL, number(t, older_ms), number(t, (int64_t)max));
}

int
live_claim(struct task *t, struct store *s, const char *name, const char *owner, int64_t ms, bool *got_r)
{
	struct store_value v;

	if (store_run(
		t, s, &v,
		STORE("SET", talloc_asprintf(t, PREFIX "%s", name), owner, "NX", "PX", number(t, ms))) == -1)
		return -1;
	*got_r = v.kind == STORE_TEXT;
	return 0;
}

static bool
read_word(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f != NULL && fgets(out, (int)size, f) != NULL;

	if (f != NULL)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = '\0';
	return ok;
}

/* Field 22 of /proc/PID/stat, in clock ticks since boot; the name before it may hold spaces and brackets.
 * False: no such process, or a zombie. */
static bool
start_time(long pid, unsigned long long *ticks_r)
{
	char path[40], line[1024], state;
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (!read_word(path, line, sizeof(line)) || (rest = strrchr(line, ')')) == NULL)
		return false;
	return sscanf(rest,
	              ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
	              &state, ticks_r) == 2 &&
	       state != 'Z' && state != 'X';
}

static void
here(char host[128], char boot[64])
{
	if (gethostname(host, 128) == -1)
		snprintf(host, 128, "localhost");
	host[127] = '\0';
	if (!read_word("/proc/sys/kernel/random/boot_id", boot, 64))
		snprintf(boot, 64, "-");
}

const char *
live_owner(TALLOC_CTX *ctx)
{
	char host[128], boot[64];
	unsigned long long ticks = 0;

	here(host, boot);
	start_time((long)getpid(), &ticks);
	return talloc_asprintf(ctx, "%s %s %ld %llu", host, boot, (long)getpid(), ticks);
}

bool
live_owner_is_dead(const char *owner)
{
	char host[128], boot[64], its_host[128], its_boot[64];
	unsigned long long ticks, its_ticks;
	long pid;

	if (sscanf(owner, "%127s %63s %ld %llu", its_host, its_boot, &pid, &its_ticks) != 4)
		return false;
	here(host, boot);
	if (strcmp(host, its_host) != 0)
		return false;
	if (strcmp(boot, its_boot) != 0)
		return true;
	return !start_time(pid, &ticks) || ticks != its_ticks;
}
