#include "mailer/settle.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "mailer/campaign.h"
#include "mailer/count.h"
#include "mailer/model/sql.h"

#define SETTLING_MS 2000  /* until MySQL is asked again */
#define STUBBORN_MS 60000 /* how long a 250 is held in memory while neither store can be written */

/* ---- MySQL ---- */

static int
finish_row(struct task *t, struct sender *s, const struct settlement *it, const char *state)
{
	return db_run(t, s->db, SQL_JOB_FINISH, NULL,
	              PARAMS(P(state), P(it->attempts), P(it->reply), P(it->id), P(state)));
}

static int
note_audit(struct task *t, struct sender *s, const struct settlement *it, const char *act)
{
	char who[AUDIT_PSEUDONYM_SIZE];
	struct audit_entry e = {
	    .election_id = it->job->election_id, .actor = "mailer", .act = act, .subject = who};

	audit_pseudonym(s->shared->keys, it->job->identifier, who);
	e.detail = talloc_asprintf(t, "%s %s", queue_mail_word(it->job->mail), it->job->reference);
	return audit_add(t, s->db, SQL_AUDIT_ADD, &e);
}

/* The link's time counts anew from each 250. */
static int
write_sent(struct task *t, struct sender *s, const struct settlement *it)
{
	const char *purpose = queue_mail_purpose(it->job->mail);

	if (finish_row(t, s, it, "sent") == -1 || note_audit(t, s, it, "mail sent") == -1)
		return -1;
	if (purpose == NULL)
		return 0;
	return db_run(t, s->db, SQL_LINK_SENT, NULL,
	              PARAMS(P(campaign_link_validity_s(s->conf, it->job->mail)), P(it->id), P(purpose)));
}

static int
write_dead(struct task *t, struct sender *s, const struct settlement *it)
{
	if (finish_row(t, s, it, "dead") == -1)
		return -1;
	return note_audit(t, s, it, "mail dead");
}

static int
write_back(struct task *t, struct sender *s, const struct settlement *it)
{
	return db_run(t, s->db, SQL_JOB_BACK, NULL,
	              PARAMS(P(it->attempts), P(it->in_ms), P(it->asked_ms), P(it->asked_ms), P(VERDICT_ASKED_PAUSE * s->conf->mail_backoff), P(it->reply), P(it->id)));
}

static int
write_uncertain(struct task *t, struct sender *s, const struct settlement *it)
{
	return db_run(t, s->db, SQL_JOB_UNCERTAIN, NULL,
	              PARAMS(P(it->attempts), P(it->in_ms), P(it->reply), P(it->id)));
}

static int
write_attempt(struct task *t, struct sender *s, const struct settlement *it)
{
	struct attempt a = {.job_id = it->id,
	                    .n = it->attempts + (it->outcome == OUTCOME_AGAIN),
	                    .outcome = verdict_outcome_word(it->outcome),
	                    .reply = it->reply,
	                    .times = it->times};

	return attempt_write(t, s->db, &a);
}

typedef int write_function(struct task *t, struct sender *s, const struct settlement *it);

static write_function *const writes[OUTCOME__MAX] = {
    [OUTCOME_SENT] = write_sent, [OUTCOME_AGAIN] = write_back,          [OUTCOME_DEFER] = write_back,
    [OUTCOME_DEAD] = write_dead, [OUTCOME_UNCERTAIN] = write_uncertain,
};

static int
settle_row(struct task *t, struct sender *s, const struct settlement *it)
{
	if (db_begin(t, s->db) == -1)
		return -1;
	if (writes[it->outcome](t, s, it) == 0 && write_attempt(t, s, it) == 0 && db_commit(t, s->db) == 0)
		return 0;
	db_rollback(s->db);
	return -1;
}

/* ---- Redis ---- */

static const char *
cool_key(struct task *t, struct sender *s, const struct job *j)
{
	return queue_cool(t, s->shared->keys, j->mail, j->election_id, j->identifier);
}

static int
move(struct task *t, struct sender *s, const struct settlement *it, const char *to, int64_t in_ms)
{
	struct live_move m = {it->id,
	                      it->epoch != NULL ? "leased" : "settling",
	                      it->epoch != NULL ? it->epoch : LIVE_NO_LEASE,
	                      to,
	                      in_ms,
	                      NULL,
	                      0};

	return live_move(t, s->store, &m, NULL);
}

/* A 250 wins wherever the job stands by now; everything else only while the lease is ours. */
static int
settle_live(struct task *t, struct sender *s, const struct settlement *it)
{
	const char *cool = cool_key(t, s, it->job);

	if (it->outcome == OUTCOME_SENT)
		return live_finish(t, s->store, it->id, NULL, s->conf->mail_cooldown, cool);
	if (it->outcome == OUTCOME_UNCERTAIN)
		return move(t, s, it, "uncertain", it->in_ms);
	if (it->outcome != OUTCOME_DEAD)
		return move(t, s, it, "ready", it->in_ms);
	if (move(t, s, it, "dead", 0) == -1)
		return -1;
	return live_forget(t, s->store, cool);
}

/* What is known stands in Redis until MySQL can be told. */
static int
park(struct task *t, struct sender *s, const struct settlement *it)
{
	const char *fields[] = {"verdict",  verdict_outcome_word(it->outcome),
	                        "attempts", talloc_asprintf(t, "%lld", (long long)it->attempts),
	                        "due",      talloc_asprintf(t, "%lld", (long long)it->in_ms),
	                        "asked",    talloc_asprintf(t, "%lld", (long long)it->asked_ms),
	                        "reply",    it->reply,
	                        "times",    attempt_times_text(t, &it->times)};
	const char *epoch = it->outcome == OUTCOME_SENT ? LIVE_ANY_LEASE : it->epoch;
	struct live_move m = {it->id, "leased", epoch, "settling", SETTLING_MS, fields, sizeof(fields) / sizeof(*fields)};

	if (it->epoch == NULL) {
		m.from = "settling";
		m.epoch = LIVE_NO_LEASE;
	}
	return live_move(t, s->store, &m, NULL);
}

/* Once the row is settled, a Redis that is away costs nothing: the sweeper finds a lease whose row says all.
 */
static int
settle_once(struct task *t, struct sender *s, const struct settlement *it)
{
	int rc;

	if (settle_row(t, s, it) == 0) {
		outage_note(&s->db_away, t, 0);
		count_outcome(it->job->mail, verdict_outcome_word(it->outcome));
		fault_point("settled");
		outage_note(&s->store_away, t, settle_live(t, s, it));
		return 0;
	}
	if (t->err.kind == ERR_REFUSED)
		log_task_error("settling refused", t);
	outage_note(&s->db_away, t, -1);
	fault_point("parking");
	rc = outage_note(&s->store_away, t, park(t, s, it));
	fault_point("parked");
	return rc;
}

int
settle(struct task *t, struct sender *s, const struct settlement *it)
{
	int64_t until = clock_mono_ms() + STUBBORN_MS;
	bool precious = it->outcome == OUTCOME_SENT || it->outcome == OUTCOME_UNCERTAIN;

	while (settle_once(t, s, it) == -1) {
		struct timespec pause = {.tv_nsec = 500 * 1000 * 1000};

		if (!precious || clock_mono_ms() > until)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int
settle_without(struct task *t, struct sender *s, const struct job *j, const char *epoch, const char *state)
{
	struct settlement it = {.id = j->id, .epoch = epoch, .job = j, .attempts = j->attempts, .reply = ""};
	bool dead = strcmp(state, "dead") == 0;
	int rc;

	if (dead) {
		it.outcome = OUTCOME_DEAD;
		it.reply = "its deadline passed";
		return settle(t, s, &it);
	}
	rc = outage_note(&s->db_away, t, finish_row(t, s, &it, state));
	if (rc == -1)
		return -1;
	count_outcome(j->mail, state);
	fault_point("closed");
	return outage_note(&s->store_away, t,
	                   live_finish(t, s->store, j->id, epoch, s->conf->mail_cooldown, cool_key(t, s, j)));
}

int
settle_out(struct task *t, struct sender *s, const struct job *j, const char *epoch)
{
	int64_t cool = strcmp(j->state, "sent") == 0 ? s->conf->mail_cooldown : 0;

	return live_finish(t, s->store, j->id, epoch, cool, cool_key(t, s, j));
}

int
settle_back(struct task *t, struct sender *s, const char *id, const char *epoch, int64_t in_ms)
{
	struct live_move m = {id, "leased", epoch, "ready", in_ms, NULL, 0};

	return live_move(t, s->store, &m, NULL);
}
