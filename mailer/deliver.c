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
#include "common/queue/live.h"
#include "common/queue/policy.h"
#include "mailer/campaign.h"
#include "mailer/compose.h"
#include "mailer/count.h"
#include "mailer/dsn/verp.h"
#include "mailer/model/answer.h"
#include "mailer/model/elector.h"
#include "mailer/model/job.h"
#include "mailer/model/sql.h"
#include "mailer/model/suppression.h"
#include "mailer/pace.h"
#include "mailer/settle.h"
#include "mailer/sign.h"
#include "mailer/sweep.h"

#define GIVE_BACK_MS 1000 /* something of ours is away: let others try */
#define REFUSED_MS 60000  /* this mail cannot be composed as it is; somebody must look at the log */

/* One session; and of the mail that is on its way just now: */
struct delivery {
	struct sender *sender;
	struct sender_relay *relay;
	int taken;
	int64_t wait_ms;
	bool heard;      /* the relay judged at least one mail */
	char again[300]; /* why the relay would have none, "" */

	struct task *task;
	struct live_job lease;
	struct job *job;
	struct elector *elector;
	struct answer *answer; /* NULL: a mail of its kind carries none */
	struct relay_mail mail;
	struct verdict_reply reply;
	struct verdict verdict;
	enum {
		MARK_NONE,
		MARK_MADE,
		MARK_FAILED,
		MARK_LOST
	} mark; /* MARK_LOST: the mail is another's by now */
	int64_t taken_ms;
};

/* What a step says: on with the next one; this mail is done with, take another; no more for now. */
enum step { STEP_ON, STEP_DONE, STEP_NONE };

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

/* The row decides, not the lease: final, held, of unknown fate, too late. */
static enum step
check_row(struct delivery *d)
{
	struct sender *s = d->sender;
	struct job_place right;
	struct live_move m = {d->lease.id, "leased", d->lease.epoch, NULL, 0, NULL, 0};

	if (job_find(d->task, s->db, d->lease.id, &d->job) == -1)
		return STEP_NONE;
	if (d->job == NULL) /* not committed yet, or purged; the sweeper queues what it finds */
		return live_finish(d->task, s->store, d->lease.id, d->lease.epoch, 0, "") == 0 ? STEP_DONE
		                                                                               : STEP_NONE;
	right = job_place(d->job);
	if (right.place == NULL)
		return settle_out(d->task, s, d->job, d->lease.epoch) == 0 ? STEP_DONE : STEP_NONE;
	if (strcmp(right.place, "ready") != 0) {
		m.to = right.place;
		return live_move(d->task, s->store, &m, NULL) == 0 ? STEP_DONE : STEP_NONE;
	}
	if (d->job->deadline_s > clock_now_s())
		return STEP_ON;
	return settle_without(d->task, s, d->job, d->lease.epoch, "dead") == 0 ? STEP_DONE : STEP_NONE;
}

/* The mail ends here without an attempt. */
static enum step
end_without(struct delivery *d, const char *state)
{
	if (settle_without(d->task, d->sender, d->job, d->lease.epoch, state) == -1)
		return STEP_NONE;
	log_info("mail", "job=%s mail=%s domain=%s outcome=%s", d->job->id, queue_mail_word(d->job->mail),
	         d->job->domain, state);
	return STEP_DONE;
}

/* Of a campaign that is paused the mail waits, of one that is cancelled it ends here. */
static enum step
check_campaign(struct delivery *d)
{
	struct live_move hold = {d->lease.id, "leased", d->lease.epoch, "held", 0, NULL, 0};
	enum campaign_word word;

	if (campaign_judge(d->task, d->sender->db, d->job, &word) == -1)
		return STEP_NONE;
	if (word == CAMPAIGN_OVER)
		return end_without(d, "dropped");
	if (word == CAMPAIGN_WAITS)
		return live_move(d->task, d->sender->store, &hold, NULL) == 0 ? STEP_DONE : STEP_NONE;
	return STEP_ON;
}

/* Who forgot a password that never was needs the link of a first visit: that mail, with its own cool-down and cap, and not this one. */
static enum step
activate_instead(struct delivery *d)
{
	struct sender *s = d->sender;
	struct queue q = {.db = s->db, .store = s->store, .keys = s->shared->keys, .link_validity = s->conf->link_validity,
	                  .first_sql = SQL_QUEUE_INSERT};

	if (queue_put(d->task, &q, QUEUE_MAIL_ACTIVATION, d->job->election_id, d->job->identifier) == -1)
		return STEP_NONE;
	return end_without(d, "not_needed");
}

/* A password changed since the link was asked for has ended all links: this one would be a new one. */
static enum step
check_changed(struct delivery *d)
{
	return d->job->created_ms < d->elector->changed_s * 1000 ? end_without(d, "not_needed") : STEP_ON;
}

static bool
is_test(const struct job *j)
{
	return j->campaign_id != 0 && j->elector_id == 0;
}

/* Does its link make an account of a first visit? */
static bool
opens_account(enum queue_mail mail)
{
	const char *purpose = queue_mail_purpose(mail);

	return purpose != NULL && strcmp(purpose, queue_mail_purpose(QUEUE_MAIL_ACTIVATION)) == 0;
}

/* Its address is nobody's, or another person's. A campaign's mail follows whom it means: the next lease reads the new address. */
static enum step
follow(struct delivery *d)
{
	bool moved;

	if (campaign_readdress(d->task, d->sender->db, d->job, &moved) == -1)
		return STEP_NONE;
	if (!moved)
		return end_without(d, "unknown");
	return settle_back(d->task, d->sender, d->lease.id, d->lease.epoch, 0) == 0 ? STEP_DONE : STEP_NONE;
}

/* For whom? Nobody on the roll, or nothing to activate any more: the mail ends here, and outside nothing
 * shows. */
static enum step
check_elector(struct delivery *d)
{
	struct sender *s = d->sender;

	if (queue_mail_is_to_anybody(d->job->mail))
		return elector_anybody(d->task, s->db, d->job->election_id, &d->elector) == 0 ? STEP_ON : STEP_NONE;
	if (is_test(d->job)) {
		if (elector_anybody(d->task, s->db, d->job->election_id, &d->elector) == -1)
			return STEP_NONE;
		campaign_specimen(d->elector);
		return STEP_ON;
	}
	if (elector_find(d->task, s->db, d->job->election_id, d->job->identifier, &d->elector) == -1)
		return STEP_NONE;
	if (d->elector == NULL || (d->job->campaign_id != 0 && d->job->elector_id != d->elector->id))
		return follow(d);
	if (opens_account(d->job->mail) && d->elector->activated)
		return end_without(d, "not_needed");
	if (d->job->mail == QUEUE_MAIL_RESET && !d->elector->activated)
		return activate_instead(d);
	if (d->job->mail == QUEUE_MAIL_REISSUE && !d->elector->activated)
		return end_without(d, "not_needed");
	return d->job->mail == QUEUE_MAIL_RESET || d->job->mail == QUEUE_MAIL_REISSUE ? check_changed(d) : STEP_ON;
}

/* Anybody can type anybody's identifier (but nobody outside starts a campaign): after so many mails the link that they carried must do. It
 * keeps working, and using it makes room for more. Judged here and not by the portal, so that nothing shows outside. */
static enum step
check_cap(struct delivery *d)
{
	struct sender *s = d->sender;
	struct job_sent sent;

	if (queue_mail_purpose(d->job->mail) == NULL || d->job->campaign_id != 0)
		return STEP_ON;
	if (job_count_sent(d->task, s->db, d->job, d->elector->id, s->conf->mail_cooldown, &sent) == -1)
		return STEP_NONE;
	return sent.today < s->conf->mail_daily_max && sent.just_now == 0 ? STEP_ON : end_without(d, "capped");
}

/* Where mails came back from, none goes any more, but for one a day that its owner waits for. Judged here, so that nothing shows outside. */
static enum step
check_suppressed(struct delivery *d)
{
	bool suppressed;

	if (suppression_check(d->task, d->sender->db, d->job, &suppressed) == -1)
		return STEP_NONE;
	return suppressed ? end_without(d, "suppressed") : STEP_ON;
}

/* What is answered is read when it leaves, and an answer that is no more is not sent. */
static enum step
check_answer(struct delivery *d)
{
	const struct job *j = d->job;

	if (!answer_is_told(j->mail))
		return STEP_ON;
	if (answer_find(d->task, d->sender->db, j->mail, j->election_id, j->reference, &d->answer) == -1)
		return STEP_NONE;
	return d->answer != NULL ? STEP_ON : end_without(d, "not_needed");
}

/* Whom the relay tells of its fate: a signed address of this mail's own, if there is one to sign. */
static void
write_sender(struct delivery *d)
{
	struct sender *s = d->sender;
	const char *bounce = s->conf->mail_bounce;
	char words[VERP_WORDS_SIZE];

	d->mail.from = s->conf->mail_from;
	d->mail.envid = NULL;
	if (bounce[0] == '\0')
		return;
	verp_words(s->shared->keys, d->job->id, words);
	d->mail.from = verp_address(d->task, bounce, words);
	d->mail.envid = talloc_strdup(d->task, words);
}

static enum step
write_mail(struct delivery *d)
{
	struct sender *s = d->sender;
	const struct elector *e = d->elector;
	const char *purpose = queue_mail_purpose(d->job->mail);
	int64_t validity_s = campaign_link_validity_s(s->conf, d->job->mail);
	char *token = secret_alloc(d->task, TOKEN_TEXT_SIZE), *text;
	struct compose_facts f = {
	    .mail = d->job->mail,
	    .id = d->job->id,
	    .created_s = d->job->created_ms / 1000,
	    .address = d->job->identifier,
	    .civility = e->civility,
	    .given_name = e->given_name,
	    .family_name = e->family_name,
	    .time_zone = e->time_zone,
	    .title = e->title,
	    .slug = e->slug,
	    .expires_s = clock_now_s() + validity_s,
	    .opens_s = e->opens_s,
	    .closes_s = e->closes_s,
	    .reference = d->job->reference,
	};

	if (d->answer != NULL) {
		f.answer = d->answer->text;
		f.accepted = d->answer->accepted;
	}
	if (purpose != NULL) {
		if (!is_test(d->job) && elector_link(d->task, s->db, s->shared->keys, e->id, purpose, validity_s, token) == -1)
			return STEP_NONE;
		f.token = is_test(d->job) ? CAMPAIGN_SPECIMEN_TOKEN : token;
	}
	write_sender(d);
	d->mail.to = d->job->identifier;
	text = compose_write(d->task, s->conf, s->shared->theme, &f, &d->mail.len);
	if (signer_sign(d->task, s->shared->signer, d->job->id, &text, &d->mail.len) == -1)
		return STEP_NONE;
	d->mail.text = text;
	return STEP_ON;
}

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
	static enum step (*const parts[])(struct delivery *) = {check_row, check_campaign, check_elector, check_cap, check_suppressed, check_answer, write_mail};
	enum step said = STEP_ON;

	task_step(d->task, "compose");
	for (size_t i = 0; said == STEP_ON && i < sizeof(parts) / sizeof(*parts); i++)
		said = parts[i](d);
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
