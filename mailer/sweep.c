#include "mailer/sweep.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "mailer/asked.h"
#include "mailer/campaign.h"
#include "mailer/model/job.h"
#include "mailer/model/sql.h"
#include "mailer/pace.h"
#include "mailer/settle.h"

#define PAGE 500
#define HELD_MS 60000                     /* for how long the sweeper leases what it takes over */
#define WHOLE_MS (INT64_C(5) * 60 * 1000) /* every row is looked at this often even if nothing was lost */
#define DEAD_SHOWN_MS (INT64_C(7) * 86400 * 1000)

/* ---- leases that nobody holds ---- */

/* An open attempt comes back as uncertain, any other as what the row says. */
static int
put_right(struct task *t, struct sender *s, const struct live_job *lease)
{
	struct live_move m = {lease->id, "leased", lease->epoch, NULL, 0, NULL, 0};
	struct settlement it = {.id = lease->id, .epoch = lease->epoch, .outcome = OUTCOME_UNCERTAIN};
	struct job_place right;
	struct job *j;

	if (job_find(t, s->db, lease->id, &j) == -1)
		return -1;
	if (j == NULL)
		return live_finish(t, s->store, lease->id, lease->epoch, 0, "");
	right = job_place(j);
	if (right.place == NULL)
		return settle_out(t, s, j, lease->epoch);
	if (j->attempt_open && strcmp(j->state, "uncertain") != 0) {
		it.job = j;
		it.attempts = j->attempts + 1;
		it.in_ms = queue_mail_may_double(j->mail) ? s->conf->mail_uncertain : LIVE_NEVER_MS;
		it.reply = "dot 0 its sender died";
		return settle(t, s, &it);
	}
	m.to = right.place;
	m.in_ms = right.in_ms > 0 ? right.in_ms : 0;
	return live_move(t, s->store, &m, NULL);
}

static int
return_lease(struct task *t, struct sender *s, const struct live_lease *l, bool dead, size_t *n)
{
	struct live_job mine;
	bool taken;

	if (live_takeover(t, s->store, l, s->owner, HELD_MS, dead, &mine, &taken) == -1)
		return -1;
	*n += taken;
	if (taken)
		fault_point("takeover");
	return taken ? put_right(t, s, &mine) : 0;
}

/* own: only those in this process' name, of which it knows nothing. */
static int
return_leases(struct task *t, struct sender *s, bool own)
{
	struct live_lease *list;
	size_t n, back = 0;

	for (size_t from = 0;; from += PAGE) {
		if (live_leases(t, s->store, from, PAGE, &list, &n) == -1)
			return -1;
		for (size_t i = 0; i < n; i++) {
			bool mine = strcmp(list[i].owner, s->owner) == 0;
			bool dead = mine || (!own && live_owner_is_dead(list[i].owner));

			if ((dead || (!own && list[i].left_ms <= 0)) &&
			    return_lease(t, s, &list[i], dead, &back) == -1)
				return -1;
		}
		if (n < PAGE)
			break;
	}
	if (back > 0)
		log_info("leases returned", "n=%zu", back);
	return 0;
}

static int
return_dead(struct task *t, struct sender *s)
{
	return return_leases(t, s, false);
}

/* ---- uncertain mails whose time has come ---- */

static int
resume_uncertain(struct task *t, struct sender *s)
{
	struct live_due *list;
	size_t n;

	if (live_due(t, s->store, "uncertain", PAGE, &list, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct live_move m = {list[i].id, "uncertain", LIVE_NO_LEASE, "ready", 0, NULL, 0};

		if (db_run(t, s->db, SQL_JOB_RESUME, NULL, PARAMS(P(list[i].id))) == -1)
			return -1;
		fault_point("resume");
		if (live_move(t, s->store, &m, NULL) == -1)
			return -1;
		log_info("mail sent again", "job=%s why=\"its fate is unknown, and twice does no harm\"",
		         list[i].id);
	}
	return 0;
}

/* ---- verdicts that wait for MySQL ---- */

static bool
find_outcome(const char *word, enum verdict_outcome *o_r)
{
	for (int i = 0; i < OUTCOME__MAX; i++) {
		if (strcmp(verdict_outcome_word((enum verdict_outcome)i), word) != 0)
			continue;
		*o_r = (enum verdict_outcome)i;
		return true;
	}
	return false;
}

static int
settle_again(struct task *t, struct sender *s, const struct live_due *l)
{
	struct settlement it = {.id = l->id,
	                        .reply = l->reply,
	                        .attempts = strtoll(l->attempts, NULL, 10),
	                        .in_ms = strtoll(l->due, NULL, 10),
	                        .asked_ms = strtoll(l->asked, NULL, 10),
	                        .times = attempt_times_read(l->times)};
	struct live_move back = {l->id, "settling", LIVE_NO_LEASE, "ready", 0, NULL, 0};
	struct job *j;

	if (job_find(t, s->db, l->id, &j) == -1)
		return -1;
	if (j == NULL || j->finished)
		return j == NULL ? live_finish(t, s->store, l->id, NULL, 0, "") : settle_out(t, s, j, NULL);
	if (!find_outcome(l->verdict, &it.outcome)) /* of another version: its row tells */
		return live_move(t, s->store, &back, NULL);
	it.job = j;
	return settle(t, s, &it);
}

static int
settle_waiting(struct task *t, struct sender *s)
{
	struct live_due *list;
	size_t n;

	if (live_due(t, s->store, "settling", PAGE, &list, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (settle_again(t, s, &list[i]) == -1)
			return -1;
	return 0;
}

/* ---- rows that Redis does not know ---- */

static int
inject(struct task *t, struct sender *s, const struct job *j)
{
	struct job_place right = job_place(j);
	struct live_put p = {.id = j->id,
	                     .place = right.place,
	                     .in_ms = right.in_ms,
	                     .queue_class = queue_mail_class(j->mail),
	                     .lane = j->lane,
	                     .mail = queue_mail_word(j->mail),
	                     .cool = queue_cool(t, s->shared->keys, j->mail, j->election_id, j->identifier),
	                     .cool_ms = j->campaign_id == 0 ? QUEUE_RESERVED_MS : 0};

	if (j->attempt_open && strcmp(j->state, "uncertain") != 0) {
		struct attempt lost = {.job_id = j->id, .n = j->attempts + 1, .outcome = "uncertain", .reply = "dot 0 Redis lost it meanwhile"};

		p.in_ms = queue_mail_may_double(j->mail) ? s->conf->mail_uncertain : LIVE_NEVER_MS;
		if (db_run(t, s->db, SQL_JOB_UNCERTAIN, NULL,
		           PARAMS(P(j->attempts + 1), P(p.in_ms), P(lost.reply), P(j->id))) == -1 ||
		    attempt_write(t, s->db, &lost) == -1)
			return -1;
	}
	return live_put(t, s->store, &p);
}

/* Parked where its row no longer says, because Redis was away when an operator decided. */
static int
bring_back(struct task *t, struct sender *s, const struct job *j)
{
	struct job_place right = job_place(j);
	struct live_move m = {j->id, "", LIVE_ANY_LEASE, right.place, right.in_ms > 0 ? right.in_ms : 0, NULL, 0};

	return live_move(t, s->store, &m, NULL);
}

static const struct job *
by_id(const struct job *list, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].id, id) == 0)
			return &list[i];
	return NULL;
}

/* The page of rows after `after`, which moves on; *n_r of them were looked at, *put_r queued anew or moved. */
static int
inject_page(struct task *t, struct sender *s, char after[LIVE_ID_SIZE], size_t *n_r, size_t *put_r)
{
	struct live_stray *astray;
	const char **pairs;
	struct job *list;
	size_t n_astray;

	if (job_page(t, s->db, after, &list, n_r) == -1)
		return -1;
	pairs = talloc_array(t, const char *, (unsigned)(2 * *n_r + 1));
	for (size_t i = 0; i < *n_r; i++) {
		pairs[2 * i] = list[i].id;
		pairs[2 * i + 1] = job_place(&list[i]).place;
	}
	if (live_astray(t, s->store, pairs, *n_r, &astray, &n_astray) == -1)
		return -1;
	for (size_t i = 0; i < n_astray; i++) {
		const struct job *j = by_id(list, *n_r, astray[i].id);

		if ((astray[i].place[0] == '\0' ? inject(t, s, j) : bring_back(t, s, j)) == -1)
			return -1;
	}
	if (*n_r > 0)
		memcpy(after, list[*n_r - 1].id, LIVE_ID_SIZE);
	*put_r += n_astray;
	return 0;
}

/* Parked although its row is final: its 250 came while Redis was away. */
static int
drop_final(struct task *t, struct sender *s, const char *set)
{
	const char *cursor = "0", *const *ids;
	size_t n;

	do {
		if (live_scan(t, s->store, set, &cursor, &ids, &n) == -1)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct job *j;

			if (job_find(t, s->db, ids[i], &j) == -1)
				return -1;
			if (j != NULL && j->finished && settle_out(t, s, j, NULL) == -1)
				return -1;
		}
	} while (strcmp(cursor, "0") != 0);
	return 0;
}

/* Ids sort by age: what was put in the last minutes is looked at each time, all of it when Redis was emptied
 * or some minutes have gone by. */
static int
inject_absent(struct task *t, struct sender *s)
{
	char after[LIVE_ID_SIZE] = "";
	size_t n, put = 0;
	bool all;

	if (live_claim(t, s->store, "whole", s->owner, WHOLE_MS, &all) == -1)
		return -1;
	if (!all) {
		snprintf(after, sizeof(after), "%012llx%020d",
		         (unsigned long long)(clock_now_ms() - 2 * WHOLE_MS), 0);
	}
	do {
		struct task *page = task_new(t, 0);
		int rc = inject_page(page, s, after, &n, &put);

		if (rc == -1)
			task_fail(t, page->err.kind, "%s", page->err.text);
		talloc_free(page);
		if (rc == -1)
			return -1;
	} while (n == PAGE);
	if (put > 0)
		log_info("mails queued anew", "n=%zu", put);
	return all ? drop_final(t, s, "uncertain") : 0;
}

/* ---- housekeeping ---- */

static int
seal_audit(struct task *t, struct sender *s)
{
	size_t n;

	if (audit_seal_pending(t, s->db, SQL_AUDIT_LAST, &n) == 0)
		return 0;
	if (!db_is_duplicate(s->db))
		return -1;
	task_forgive(t); /* another sealer was there first */
	return 0;
}

static int
purge(struct task *t, struct sender *s)
{
	if (live_trim(t, s->store, DEAD_SHOWN_MS, PAGE) == -1)
		return -1;
	if (db_run(t, s->db, SQL_CLAIM_DRAFT_PURGE, NULL, NO_PARAMS) == -1)
		return -1;
	return db_run(t, s->db, SQL_JOB_PURGE, NULL, NO_PARAMS);
}

/* ---- the sweep ---- */

static const struct chore {
	const char *step;
	int (*run)(struct task *t, struct sender *s);
} chores[] = {
    {"leases", return_dead},   {"pace", pace_tell},         {"settling", settle_waiting}, {"uncertain", resume_uncertain}, {"asked", asked_forward},
    {"absent", inject_absent}, {"campaigns", campaign_feed}, {"audit", seal_audit},       {"purge", purge},
};

static void
note_trouble(struct task *t, struct sender *s)
{
	if (t->err.kind == ERR_REFUSED)
		log_task_error("sweep refused", t);
	else
		outage_note(text_starts(t->err.text, "Redis") ? &s->store_away : &s->db_away, t, -1);
	task_forgive(t);
}

/* A chore that fails keeps no other one back. */
static void
run_chores(struct sender *s)
{
	for (size_t i = 0; i < sizeof(chores) / sizeof(*chores); i++) {
		struct task *t = task_new(s, 0);

		task_step(t, chores[i].step);
		if (chores[i].run(t, s) == -1)
			note_trouble(t, s);
		talloc_free(t);
	}
}

static bool
find_lost(struct task *t, struct sender *s)
{
	if (return_leases(t, s, true) == 0)
		return true;
	note_trouble(t, s);
	return false;
}

void
sweep_maybe(struct sender *s)
{
	int64_t now = clock_mono_ms(), every = s->conf->mail_sweep;
	struct task *t;
	bool mine;

	if (s->swept_ms != 0 && now - s->swept_ms < every && !s->lost_lease)
		return;
	t = task_new(s, 0);
	if (s->lost_lease)
		s->lost_lease = !find_lost(t, s);
	s->swept_ms = now;
	if (outage_note(&s->store_away, t, live_claim(t, s->store, "sweeper", s->owner, every, &mine)) == 0 &&
	    mine)
		run_chores(s);
	talloc_free(t);
}
