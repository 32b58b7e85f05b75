/*
 * One mail, top to bottom. Lease it from Redis; compose it from MySQL's truth; mark it, durably, when all but
 * its end is written; talk; make a verdict of the relay's reply; settle, MySQL first. The talk is libesmtp's,
 * which calls back: relay.h says when. Whatever fails before the mark leaves a mail that was not sent,
 * whatever fails after the verdict one that was settled; in between lies the one window in which a mail can
 * be of unknown fate, and then its row says so.
 */
#include "mailer/deliver.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/queue/policy.h"
#include "mailer/count.h"
#include "mailer/delivery.h"
#include "mailer/pace.h"
#include "mailer/settle.h"
#include "mailer/sweep.h"

#define GIVE_BACK_MS 1000 /* something of ours is away: let others try */
#define REFUSED_MS 60000  /* this mail cannot be composed as it is; somebody must look at the log */

static int64_t
lease_ms(const struct sender *s)
{
	return relay_patience_ms(s->conf);
}

static void
begin(struct delivery *d)
{
	d->task = task_new(d->sender, lease_ms(d->sender) + relay_end_patience_ms());
	d->taken_ms = clock_mono_ms();
	d->job = NULL;
	d->elector = NULL;
	d->answer = NULL;
	d->mark = MARK_NONE;
	d->lease.id[0] = '\0';
}

static void
end(struct delivery *d)
{
	if (d->lease.id[0] != '\0')
		worker_end(d->sender->worker);
	talloc_free(d->task);
	d->task = NULL;
}

/* ---- lease ---- */

/* Redis has forgotten everything: no mail goes before it knows again how fast they may. */
static enum step
tell_paces(struct delivery *d)
{
	struct sender *s = d->sender;

	d->wait_ms = GIVE_BACK_MS;
	if (pace_tell(d->task, s) == 0)
		return STEP_DONE;
	outage_note(strncmp(d->task->err.text, "Redis", 5) == 0 ? &s->store_away : &s->db_away, d->task, -1);
	return STEP_NONE;
}

static enum step
step_lease(struct delivery *d)
{
	struct sender *s = d->sender;
	bool found;
	int rc;

	task_step(d->task, "lease");
	rc = live_lease(d->task, s->store, s->owner, lease_ms(s), live_turn(s->turn++), policy_slot(d->relay->conf->zone, clock_now_s()), d->relay->conf->name,
	                s->conf->campaign_share, &d->lease, &found, &d->wait_ms);
	if (rc == 0 && !found && d->wait_ms == LIVE_BLIND)
		return tell_paces(d);
	s->lost_lease = s->lost_lease || rc == -1; /* the answer may have been lost, and not the lease */
	if (outage_note(&s->store_away, d->task, rc) == -1 || !found)
		return STEP_NONE;
	d->taken++;
	worker_begin(s->worker, d->task);
	fault_point("lease");
	return STEP_ON;
}

/* ---- compose ---- */

/* Redis or MySQL failed within the step; which one, the error says. What is refused concerns this mail alone
 * and must not hold up the others. */
static void
give_back(struct delivery *d)
{
	struct sender *s = d->sender;
	bool refused = d->task->err.kind == ERR_REFUSED, redis = strncmp(d->task->err.text, "Redis", 5) == 0;

	if (refused)
		log_task_error("mail cannot be composed", d->task);
	if (d->task->err.kind != ERR_NONE && !refused)
		outage_note(redis ? &s->store_away : &s->db_away, d->task, -1);
	task_forgive(d->task);
	outage_note(
	    &s->store_away, d->task,
	    settle_back(d->task, s, d->lease.id, d->lease.epoch, refused ? REFUSED_MS : GIVE_BACK_MS));
}

static enum step
step_compose(struct delivery *d)
{
	enum step said;

	task_step(d->task, "compose");
	said = prepare_mail(d);
	if (said == STEP_NONE)
		give_back(d);
	else
		outage_note(&d->sender->db_away, d->task, 0);
	fault_point("compose");
	return said;
}

/* The relay wants a mail: lease and compose until there is one to send, or none. */
static const struct relay_mail *
on_next(void *arg)
{
	static enum step (*const steps[])(struct delivery *) = {step_lease, step_compose};
	struct delivery *d = arg;
	enum step said = STEP_DONE;

	while (said == STEP_DONE && !worker_must_stop(d->sender->worker)) {
		sweep_maybe(d->sender);
		begin(d);
		said = STEP_ON;
		for (size_t i = 0; said == STEP_ON && i < sizeof(steps) / sizeof(*steps); i++)
			said = steps[i](d);
		if (said != STEP_ON)
			end(d);
	}
	if (said != STEP_ON)
		return NULL;
	task_step(d->task, "talk");
	return &d->mail;
}

/* ---- mark ---- */

/* Redis first, which knows whose lease it is; then the row, which is what counts after any crash. */
static void
step_mark(struct delivery *d)
{
	struct sender *s = d->sender;
	bool still = false, ours = false;

	task_step(d->task, "mark");
	fault_point("mark");
	d->mark = MARK_FAILED;
	if (outage_note(&s->store_away, d->task,
	                live_mark(d->task, s->store, &d->lease, relay_end_patience_ms(), &still)) == -1)
		return;
	fault_point("marking");
	if (still && outage_note(&s->db_away, d->task,
	                         job_mark(d->task, s->db, d->job->id, d->elector->id, d->relay->conf->name, &ours)) == -1)
		return;
	d->mark = still && ours ? MARK_MADE : MARK_LOST;
	fault_point("marked");
	task_step(d->task, "talk");
}

static bool
on_mark(void *arg)
{
	struct delivery *d = arg;

	step_mark(d);
	return d->mark == MARK_MADE;
}

static void
on_progress(void *arg)
{
	struct delivery *d = arg;
	bool still;

	outage_note(&d->sender->store_away, d->task,
	            live_renew(d->task, d->sender->store, &d->lease, lease_ms(d->sender), &still));
}

/* ---- verdict ---- */

static void
step_verdict(struct delivery *d, const struct verdict_reply *r)
{
	static const struct verdict unmarked = {OUTCOME_AGAIN, BACKOFF_NONE, WHOM_PERSON,
	                                        "its leaving could not be noted, so it did not leave"};

	task_step(d->task, "verdict");
	d->reply = *r;
	d->verdict = verdict_of(r);
	if (d->mark == MARK_FAILED || d->mark == MARK_LOST)
		d->verdict = unmarked;
	else if (d->verdict.outcome == OUTCOME_AGAIN)
		snprintf(d->again, sizeof(d->again), "%s %d %s", verdict_stage_word(r->stage), r->code,
		         r->text);
	else
		d->heard = true;
	if (d->mark != MARK_FAILED && d->mark != MARK_LOST)
		count_attempt(d->job, r, d->verdict.outcome);
}

/* ---- settle ---- */

static int64_t
in_ms(const struct delivery *d, int64_t attempts)
{
	const struct conf *c = d->sender->conf;
	uint64_t chance;

	if (d->verdict.outcome == OUTCOME_UNCERTAIN)
		return queue_mail_may_double(d->job->mail) ? c->mail_uncertain : LIVE_NEVER_MS;
	if (d->verdict.outcome != OUTCOME_DEFER)
		return d->mark == MARK_FAILED ? GIVE_BACK_MS : 0;
	secret_random(&chance, sizeof(chance));
	return verdict_backoff_ms(d->verdict.backoff, c->mail_backoff, attempts, chance);
}

/* The whole story of one delivery, without an address and without a link. */
static void
tell(struct delivery *d, int64_t attempts, const char *outcome)
{
	char who[AUDIT_PSEUDONYM_SIZE];

	audit_pseudonym(d->sender->shared->keys, d->job->identifier, who);
	log_info("mail",
	         "job=%s mail=%s domain=%s who=%s attempt=%lld stage=%s reply=%d text=%s ms=%lld outcome=%s "
	         "why=%s",
	         d->job->id, queue_mail_word(d->job->mail), d->job->domain, who, (long long)attempts,
	         verdict_stage_word(d->reply.stage), d->reply.code, log_quote(d->task, d->reply.text),
	         (long long)(clock_mono_ms() - d->taken_ms), outcome,
	         log_quote(d->task, d->verdict.sentence));
}

/* Of a late worker whose lease is another's by now nothing counts but a 250. */
static bool
is_late(struct delivery *d)
{
	struct sender *s = d->sender;
	bool still = true;

	if (d->verdict.outcome == OUTCOME_SENT)
		return false;
	if (d->mark == MARK_LOST) {
		outage_note(&s->store_away, d->task, settle_back(d->task, s, d->lease.id, d->lease.epoch, 0));
		return true;
	}
	outage_note(&s->store_away, d->task, live_renew(d->task, s->store, &d->lease, lease_ms(s), &still));
	return !still;
}

static void
step_settle(struct delivery *d)
{
	int64_t attempts = d->job->attempts + (d->verdict.outcome != OUTCOME_AGAIN);
	struct settlement it = {.id = d->job->id,
	                        .epoch = d->lease.epoch,
	                        .job = d->job,
	                        .outcome = d->verdict.outcome,
	                        .attempts = attempts,
	                        .in_ms = in_ms(d, attempts),
	                        .asked_ms = verdict_asked_ms(d->verdict.backoff, d->sender->conf->mail_backoff),
	                        .times = attempt_times(d->sender->owner, d->taken_ms),
	                        .reply =
	                            talloc_asprintf(d->task, "%s %d %s", verdict_stage_word(d->reply.stage),
	                                            d->reply.code, d->reply.text)};

	task_step(d->task, "settle");
	fault_point("settle");
	if (is_late(d)) {
		tell(d, attempts, "late");
		return;
	}
	if (settle(d->task, d->sender, &it) == -1)
		log_warning("mail not settled", "job=%s outcome=%s", it.id, verdict_outcome_word(it.outcome));
	pace_note(d->task, d->sender, d->relay, &d->lease, &d->verdict, &d->reply);
	tell(d, attempts, verdict_outcome_word(it.outcome));
}

static void
on_done(void *arg, const struct verdict_reply *r)
{
	struct delivery *d = arg;

	step_verdict(d, r);
	step_settle(d);
	end(d);
}

/* ---- the session ---- */

int
deliver_session(struct sender *s, struct sender_relay *r, int64_t *wait_ms_r)
{
	static const struct relay_calls calls = {
	    .next = on_next, .mark = on_mark, .progress = on_progress, .done = on_done};
	struct delivery d = {.sender = s, .relay = r, .wait_ms = -1};
	struct task *t = task_new(s, 0);

	relay_talk(r->relay, &calls, &d);
	if (d.again[0] != '\0')
		outage_note(&r->away, t,
		            task_fail(t, ERR_RETRY, "%s: %s", r->conf->host, d.again));
	else if (d.heard)
		outage_note(&r->away, t, 0);
	talloc_free(t);
	*wait_ms_r = d.wait_ms;
	return d.taken;
}
