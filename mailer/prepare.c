/*
 * Step compose of a delivery: one judgment after another, each of which lets the mail go on, ends it, or gives it back. All are asked of MariaDB's rows when
 * the mail's turn has come, not when it was queued: what was true at the click may not be true any more.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/log.h"
#include "mailer/campaign.h"
#include "mailer/compose.h"
#include "mailer/delivery.h"
#include "mailer/dsn/verp.h"
#include "mailer/model/sql.h"
#include "mailer/model/suppression.h"
#include "mailer/settle.h"
#include "mailer/sign.h"

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

enum step
prepare_mail(struct delivery *d)
{
	static enum step (*const parts[])(struct delivery *) = {check_row, check_campaign, check_elector, check_cap, check_suppressed, check_answer, write_mail};
	enum step said = STEP_ON;

	for (size_t i = 0; said == STEP_ON && i < sizeof(parts) / sizeof(*parts); i++)
		said = parts[i](d);
	return said;
}
