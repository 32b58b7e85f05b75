/*
 * What a mailed link leads to. Of an activation screens 4 and 5: the password, then the challenge question and its two ways out. Of a reset the password alone. Only the last post
 * uses the link up.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fold.h"
#include "common/hash.h"
#include "common/log.h"
#include "portal/captcha/captcha.h"
#include "portal/device.h"
#include "portal/draft.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/pages/link.h"
#include "portal/pages/password.h"
#include "portal/pages/secrets.h"
#include "portal/route.h"

#define NOTICE_S 300

/* The rules are told beforehand; after a try each says whether it was kept. */
static enum reply_kind
password_form(struct request *r, const struct link *l, bool tried)
{
	bool reset = l->purpose == LINK_TO_RESET;

	tmpl_text(r->reply.data, "titre", reset ? "Nouveau mot de passe Élections" : "Initialisation du mot de passe Élections");
	tmpl_switch(r->reply.data, "renouvellement", reset);
	tmpl_text(r->reply.data, "nom", l->name);
	tmpl_text(r->reply.data, "identifiant", l->identifier);
	if (!tried)
		password_show_rules(r);
	return reply_page(r, PAGE_MOT_DE_PASSE);
}

enum reply_kind
password_show(struct request *r)
{
	struct link l;

	if (link_of_visitor(r, &l) == -1)
		return reply_trouble(r);
	if (l.state != LINK_GOOD)
		return link_tell(r, &l);
	session_anchor(r);
	return captcha_offer(r) == 0 ? password_form(r, &l, false) : reply_trouble(r);
}

/* Between the screens only this hash stands, in the session; it is keyed and as dear to guess as the stored one will be. */
static enum reply_kind
password_keep(struct request *r, const struct link *l, const char *password)
{
	char hash[HASH_PASSWORD_SIZE];

	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), password, hash) == -1)
		return reply_trouble(r);
	if (captcha_spend(r) == -1)
		return reply_trouble(r);
	r->session = (struct session){
	    .elector_id = l->elector_id,
	    .identifier = l->identifier,
	    .pending = talloc_strdup(r->task, hash),
	    .selector = text_hex(r->task, l->selector, sizeof(l->selector)),
	};
	if (session_rise(r, SESSION_LINK) == -1)
		return reply_trouble(r);
	return reply_go(r, "/question-defi");
}

/* In: a new session, and the home page confirms. The link's cookie and the pending hash have served. */
static enum reply_kind
enter(struct request *r, const struct link *l, const char *notice)
{
	link_drop_cookie(r);
	if (queue_forget_cooldown(r->task, &r->portal->queue, link_mail(l), r->election->id, l->identifier) == -1) {
		log_task_error("cool-down kept", r->task);
		task_forgive(r->task);
	}
	r->session = (struct session){
	    .elector_id = l->elector_id,
	    .identifier = l->identifier,
	    .epoch = l->epoch,
	    .notice = notice,
	    .notice_until_s = clock_steady_s() + NOTICE_S,
	};
	if (session_rise(r, SESSION_ELECTOR) == -1)
		return reply_trouble(r);
	return reply_go(r, draft_way_in(r));
}

static enum reply_kind
lost_the_race(struct request *r)
{
	struct link now;

	if (link_of_visitor(r, &now) == -1)
		return reply_trouble(r);
	return now.state != LINK_GOOD ? link_tell(r, &now) : reply_go(r, "/mot-de-passe");
}

/* One post, and the new password counts: whoever reads the mailbox of an activated elector has shown that. Of the challenge question nothing is shown or changed. */
static enum reply_kind
password_reset(struct request *r, struct link *l, const char *password)
{
	struct link_account account = {.question_id = 0};
	char hash[HASH_PASSWORD_SIZE];
	bool won;

	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), password, hash) == -1)
		return reply_trouble(r);
	account.password_hash = hash;
	if (captcha_spend(r) == -1 || link_use(r, l, &account, &won) == -1)
		return reply_trouble(r);
	if (!won)
		return lost_the_race(r);
	secret_tell(r, QUEUE_MAIL_PASSWORD_CHANGED, l->identifier);
	device_remember(r, l->elector_id, l->identifier);
	return enter(r, l, "reset");
}

enum reply_kind
password_choose(struct request *r)
{
	struct password_try tried = {.password = fold_password(r->task, form_text(r, FIELD_MOT_DE_PASSE))};
	struct link l;
	bool right, fine;

	if (link_of_visitor(r, &l) == -1)
		return reply_trouble(r);
	if (l.state != LINK_GOOD)
		return link_tell(r, &l);
	if (link_note_opened(r, &l) == -1)
		return reply_trouble(r);
	if (form_has(r, FIELD_AUTRE_CODE)) {
		captcha_offer_other(r);
		return password_form(r, &l, false);
	}
	if (captcha_check(r, &right) == -1)
		return reply_trouble(r);
	tried.name = l.name;
	tried.identifier = l.identifier;
	tried.academy = l.academy;
	fine = secret_password_check(r, &tried, right);
	if (!right)
		reply_error(r, "erreur_captcha", captcha_fault(r));
	if (!right || !fine)
		return captcha_offer(r) == 0 ? password_form(r, &l, true) : reply_trouble(r);
	return l.purpose == LINK_TO_RESET ? password_reset(r, &l, tried.password) : password_keep(r, &l, tried.password);
}

/* The link of this browser, if it is good and its password was chosen here. False: the reply is decided. */
static bool
challenge_is_due(struct request *r, struct link *l)
{
	if (link_of_visitor(r, l) == -1) {
		reply_trouble(r);
		return false;
	}
	if (l->state != LINK_GOOD) {
		link_tell(r, l);
		return false;
	}
	if (r->session.level != SESSION_LINK ||
	    strcmp(r->session.selector, text_hex(r->task, l->selector, sizeof(l->selector))) != 0) {
		reply_go(r, "/mot-de-passe");
		return false;
	}
	return true;
}

static enum reply_kind
challenge_form(struct request *r, const struct link *l)
{
	if (secret_fill_questions(r) == -1)
		return reply_trouble(r);
	tmpl_text(r->reply.data, "titre", "Question défi");
	tmpl_text(r->reply.data, "nom", l->name);
	return reply_page(r, PAGE_QUESTION_DEFI);
}

enum reply_kind
challenge_show(struct request *r)
{
	struct link l;

	return challenge_is_due(r, &l) ? challenge_form(r, &l) : r->reply.kind;
}

static enum reply_kind
challenge_enter(struct request *r, struct link *l)
{
	bool won;

	if (link_use(r, l, NULL, &won) == -1)
		return reply_trouble(r);
	return won ? enter(r, l, "entered") : lost_the_race(r);
}

static enum reply_kind
challenge_activate(struct request *r, struct link *l)
{
	struct link_account account = {.password_hash = r->session.pending};
	char hash[HASH_PASSWORD_SIZE];
	const char *answer;
	bool won;

	if (secret_question_check(r, &account.question_id) == -1)
		return reply_trouble(r);
	answer = secret_answer_read(r);
	if (answer == NULL || reply_has_errors(r))
		return challenge_form(r, l);
	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), answer, hash) == -1)
		return reply_trouble(r);
	account.answer_hash = hash;
	if (link_use(r, l, &account, &won) == -1)
		return reply_trouble(r);
	if (!won)
		return lost_the_race(r);
	secret_tell(r, QUEUE_MAIL_ACTIVATED, l->identifier);
	device_remember(r, l->elector_id, l->identifier);
	return enter(r, l, "activated");
}

enum reply_kind
challenge_answer(struct request *r)
{
	struct link l;

	if (!challenge_is_due(r, &l))
		return r->reply.kind;
	if (form_has(r, FIELD_SANS_ACTIVATION))
		return challenge_enter(r, &l);
	return challenge_activate(r, &l);
}
