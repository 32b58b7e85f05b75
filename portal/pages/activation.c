/* Screens 4 and 5: the password behind the link, then the challenge question and its two ways out. Only the last post uses the link up. */
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
#include "portal/route.h"

#define ANSWER_LENGTH_MIN 2
#define NOTICE_S 300

/* The rules are told beforehand; after a try each says whether it was kept. */
static enum reply_kind
password_form(struct request *r, const struct link *l, bool tried)
{
	tmpl_text(r->reply.data, "titre", "Initialisation du mot de passe Élections");
	tmpl_text(r->reply.data, "nom", l->name);
	tmpl_text(r->reply.data, "identifiant", l->identifier);
	if (!tried)
		password_rules(r, NULL);
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

/* Every fault of what was typed, each beside its field. */
static bool
password_is_fine(struct request *r, const struct password_try *t)
{
	const char *again = fold_password(r->task, form_text(r, FIELD_CONFIRMATION));
	bool same = strcmp(t->password, again) == 0;

	if (!password_rules(r, t)) {
		reply_error(r, "erreur_mot_de_passe", "Ce mot de passe ne respecte pas toutes les règles\u00a0: voyez dans la liste celles qui restent à respecter.");
		return false;
	}
	if (!same)
		reply_error(r, "erreur_confirmation", "Les deux saisies diffèrent. Saisissez deux fois le même mot de passe.");
	return same;
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
	if (form_has(r, FIELD_AUTRE_CODE))
		return captcha_offer_other(r) == 0 ? password_form(r, &l, false) : reply_trouble(r);
	if (captcha_check(r, &right) == -1)
		return reply_trouble(r);
	tried.name = l.name;
	tried.identifier = l.identifier;
	fine = password_is_fine(r, &tried);
	if (!right)
		reply_error(r, "erreur_captcha", captcha_fault(r));
	if (!right || !fine)
		return captcha_offer(r) == 0 ? password_form(r, &l, true) : reply_trouble(r);
	return password_keep(r, &l, tried.password);
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
	struct db_rows *rows;

	if (elector_questions(r, &rows) == -1)
		return reply_trouble(r);
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "questions");

		tmpl_text(item, "question_id", db_text(rows, i, 0));
		tmpl_text(item, "question_texte", db_text(rows, i, 1));
		tmpl_switch(item, "question_choisie", strcmp(db_text(rows, i, 0), form_text(r, FIELD_QUESTION)) == 0);
	}
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

/* Is the chosen question one of this election's? -1: MariaDB. */
static int
question_check(struct request *r, int64_t *id_r)
{
	struct db_rows *rows;
	bool known = false;

	if (!text_number(form_text(r, FIELD_QUESTION), 1, UINT32_MAX, id_r))
		*id_r = 0;
	if (elector_questions(r, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		known |= db_number(rows, i, 0) == *id_r;
	if (!known)
		reply_error(r, "erreur_question", "Choisissez une question dans la liste.");
	return 0;
}

/* The folded answer, or NULL with its faults on the page. */
static const char *
answer_read(struct request *r)
{
	const char *answer = fold_answer(r->task, form_text(r, FIELD_REPONSE));
	const char *again = fold_answer(r->task, form_text(r, FIELD_REPONSE_CONFIRMATION));

	if (r->form.too_long[FIELD_REPONSE] || text_length(answer) < ANSWER_LENGTH_MIN) {
		reply_error(r, "erreur_reponse", "Saisissez une réponse d’au moins deux lettres ou chiffres et d’au plus "
		                                 "cent caractères.");
		return NULL;
	}
	if (strcmp(answer, again) != 0) {
		reply_error(r, "erreur_reponse_confirmation", "Les deux réponses diffèrent. Saisissez deux fois la même.");
		return NULL;
	}
	return answer;
}

/* In: a new session, and the home page confirms. The link's cookie and the pending hash have served. */
static enum reply_kind
enter(struct request *r, const struct link *l, const char *notice)
{
	link_drop_cookie(r);
	if (queue_forget_cooldown(r->task, &r->portal->queue, QUEUE_MAIL_ACTIVATION, r->election->id, l->identifier) == -1) {
		log_task_error("cool-down kept", r->task);
		task_forgive(r->task);
	}
	r->session = (struct session){
	    .elector_id = l->elector_id,
	    .identifier = l->identifier,
	    .epoch = l->epoch,
	    .notice = notice,
	    .notice_until_s = clock_now_s() + NOTICE_S,
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

static enum reply_kind
challenge_enter(struct request *r, struct link *l)
{
	bool won;

	if (link_use(r, l, NULL, &won) == -1)
		return reply_trouble(r);
	return won ? enter(r, l, "entered") : lost_the_race(r);
}

/* The account stands once link_use has committed; if the mail about it cannot be queued now, the home page still says it. */
static void
confirm_by_mail(struct request *r, const struct link *l)
{
	if (queue_put(r->task, &r->portal->queue, QUEUE_MAIL_ACTIVATED, r->election->id, l->identifier) == 0)
		return;
	log_task_error("confirmation not queued", r->task);
	task_forgive(r->task);
}

static enum reply_kind
challenge_activate(struct request *r, struct link *l)
{
	struct link_account account = {.password_hash = r->session.pending};
	char hash[HASH_PASSWORD_SIZE];
	const char *answer;
	bool won;

	if (question_check(r, &account.question_id) == -1)
		return reply_trouble(r);
	answer = answer_read(r);
	if (answer == NULL || reply_has_errors(r))
		return challenge_form(r, l);
	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), answer, hash) == -1)
		return reply_trouble(r);
	account.answer_hash = hash;
	if (link_use(r, l, &account, &won) == -1)
		return reply_trouble(r);
	if (!won)
		return lost_the_race(r);
	confirm_by_mail(r, l);
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
