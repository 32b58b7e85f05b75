/*
 * Réassort: another voting code for who has lost theirs. It takes three things that come by three ways: a session by password, a mailed link (asked for
 * whenever one likes; its token rides in a cookie of its own) and the answer to the challenge question. The post answers with the page itself, the only
 * place where the code ever stands: what is reloaded finds the link used.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/fold.h"
#include "common/hash.h"
#include "common/log.h"
#include "portal/limit.h"
#include "portal/model/account.h"
#include "portal/model/code.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/scrutin.h"
#include "portal/pages/home.h"
#include "portal/pages/scrutins.h"
#include "portal/pages/secrets.h"
#include "portal/route.h"

#define COOKIE "__Host-reassort"
#define SENT_QUERY "lien-demande"

/* What stands for this elector, or in the way. */
struct reissue {
	struct account *account; /* NULL: entered without activation */
	struct code_state code;
	struct link link; /* that of this browser's cookie */
	struct scrutin *scrutins;
	size_t n_scrutins, n_voted;
	enum election_stage stage;
};

/* A code opens nothing any more: the vote is over, or held, or this elector has voted in each scrutin. */
static bool
is_closed(const struct reissue *it)
{
	return it->stage == STAGE_CLOSED || it->stage == STAGE_SUSPENDED || (it->n_scrutins > 0 && it->n_voted == it->n_scrutins);
}

static bool
is_possible(const struct reissue *it)
{
	return it->account != NULL && it->code.had && !is_closed(it);
}

static bool
is_proved(const struct request *r, const struct reissue *it)
{
	return it->link.state == LINK_GOOD && it->link.elector_id == r->session.elector_id;
}

static int
read(struct request *r, struct reissue *it)
{
	*it = (struct reissue){.stage = election_stage(r->election, clock_now_s())};
	if (account_find(r, r->session.elector_id, &it->account) == -1 || code_state(r, &it->code) == -1 ||
	    scrutin_list(r, &it->scrutins, &it->n_scrutins) == -1 || link_find(r, request_cookie(r, COOKIE), &it->link) == -1)
		return -1;
	for (size_t i = 0; i < it->n_scrutins; i++)
		it->n_voted += it->scrutins[i].voted_s != 0;
	if (it->link.purpose != LINK_TO_REISSUE)
		it->link = (struct link){.state = LINK_UNKNOWN};
	return 0;
}

/* Of a link that does not serve, why. */
static const char *
why_not(const struct request *r, const struct reissue *it)
{
	static const char *const why[] = {
	    [LINK_GOOD] = "Le lien ouvert dans ce navigateur a été envoyé à une autre personne. Ouvrez ici celui que vous avez reçu.",
	    [LINK_UNKNOWN] = "Le lien ouvert dans ce navigateur n’est pas reconnu\u00a0: son adresse était sans doute incomplète.",
	    [LINK_EXPIRED] = "Le lien ouvert dans ce navigateur a expiré.",
	    [LINK_USED_REISSUED] = "Le lien ouvert dans ce navigateur a déjà servi.",
	    [LINK_VOIDED] = "Votre mot de passe a été changé depuis l’envoi du lien, qui ne sert plus.",
	};

	return request_cookie(r, COOKIE) != NULL && !is_proved(r, it) ? why[it->link.state] : NULL;
}

/* For which scrutins a new code is of no use any more, and why there is none at all. */
static void
fill_voted(struct request *r, const struct reissue *it)
{
	struct tmpl_data *d = r->reply.data;

	if (it->stage == STAGE_SUSPENDED)
		tmpl_text(d, "suspension", scrutins_why_suspended(r));
	tmpl_switch(d, "tout_vote", it->n_voted > 0 && it->n_voted == it->n_scrutins);
	tmpl_switch(d, "vote_en_partie", it->n_voted > 0 && it->n_voted < it->n_scrutins);
	for (size_t i = 0; i < it->n_scrutins; i++)
		if (it->scrutins[i].voted_s != 0)
			scrutins_fill_one(r, tmpl_item(d, "scrutins"), &it->scrutins[i]);
}

static enum reply_kind
page(struct request *r, const struct reissue *it)
{
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "titre", "Réassort du code de vote");
	tmpl_text(d, "identifiant", r->elector->identifier);
	tmpl_switch(d, "possible", is_possible(it));
	tmpl_switch(d, "sans_compte", it->account == NULL);
	tmpl_switch(d, "sans_code", it->account != NULL && !it->code.had && !is_closed(it));
	fill_voted(r, it);
	tmpl_switch(d, "code_annule", it->code.had && !it->code.live);
	tmpl_switch(d, "lien_valable", is_possible(it) && is_proved(r, it));
	tmpl_text(d, "lien_inutile", why_not(r, it));
	if (it->account != NULL)
		tmpl_text(d, "question_actuelle", it->account->question);
	if (it->code.reissued_at_s != 0)
		tmpl_text(d, "dernier_reassort", clock_french(r->task, it->code.reissued_at_s, r->elector->time_zone));
	home_fill_vote(r, r->elector->time_zone);
	return reply_page(r, PAGE_REASSORT);
}

/* Who is not in learns what it takes, and that the link is kept meanwhile. */
static enum reply_kind
outside(struct request *r)
{
	tmpl_text(r->reply.data, "titre", "Réassort du code de vote");
	tmpl_switch(r->reply.data, "lien_valable", request_cookie(r, COOKIE) != NULL);
	home_fill_vote(r, "Europe/Paris");
	return reply_page(r, PAGE_REASSORT);
}

enum reply_kind
reissue_show(struct request *r)
{
	struct reissue it;

	if (r->session.level != SESSION_ELECTOR)
		return outside(r);
	if (read(r, &it) == -1)
		return reply_trouble(r);
	if (request_asks(r, SENT_QUERY))
		tmpl_text(r->reply.data, "notice", "Un lien part vers votre messagerie professionnelle. Vous pouvez fermer cette page, et l’ouvrir quand vous voudrez dans ce navigateur ou dans un autre.");
	return page(r, &it);
}

/* GET /reassort/lien/TOKEN: nothing is looked up or written, as for the links of activation (pages/link.c). */
enum reply_kind
reissue_open(struct request *r)
{
	unsigned char selector[TOKEN_SELECTOR_SIZE];

	r->reply.referrer = "no-referrer";
	if (!token_selector(r->rest, selector))
		return reply_refuse(r, 404);
	reply_header(r, "Set-Cookie", COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax", r->rest);
	return reply_go(r, "/reassort");
}

/* A link may be asked for beforehand; a repeat brings the same one. */
enum reply_kind
reissue_ask(struct request *r)
{
	struct reissue it;

	if (read(r, &it) == -1)
		return reply_trouble(r);
	if (!is_possible(&it))
		return page(r, &it);
	if (queue_put(r->task, &r->portal->queue, QUEUE_MAIL_REISSUE, r->election->id, r->elector->identifier) == -1)
		return reply_trouble(r);
	return reply_go(r, "/reassort?" SENT_QUERY);
}

/* Three signs, and how they are said. */
static void
fill_group(struct request *r, const char *group)
{
	struct tmpl_data *item = tmpl_item(r->reply.data, "groupes");

	tmpl_format(item, "groupe_signes", "%.3s", group);
	tmpl_format(item, "groupe_mots", "%s, %s, %s", code_word(group[0]), code_word(group[1]), code_word(group[2]));
}

static enum reply_kind
code_page(struct request *r, const char *text)
{
	reply_header(r, "Set-Cookie", COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
	tmpl_text(r->reply.data, "titre", "Votre nouveau code de vote");
	tmpl_text(r->reply.data, "nom", r->elector->name);
	tmpl_format(r->reply.data, "code_debut", "%.*s", CODE_TEXT_SIZE / 2, text);
	tmpl_text(r->reply.data, "code_fin", text + CODE_TEXT_SIZE / 2);
	for (const char *group = text; group < text + CODE_TEXT_SIZE; group += CODE_GROUP + 1)
		fill_group(r, group);
	return reply_page(r, PAGE_REASSORT_CODE);
}

/* The link has served: the next one may be asked for at once. */
static enum reply_kind
hand_out(struct request *r, struct reissue *it)
{
	char *text = secret_alloc(r->task, CODE_TEXT_SIZE);
	struct queue *q = &r->portal->queue;
	bool won;

	if (code_reissue(r, &it->link, text, &won) == -1)
		return reply_trouble(r);
	if (!won)
		return reissue_show(r);
	secret_tell(r, QUEUE_MAIL_CODE_REISSUED, r->elector->identifier);
	if (queue_forget_cooldown(r->task, q, QUEUE_MAIL_REISSUE, r->election->id, r->elector->identifier) == -1) {
		log_task_error("cool-down kept", r->task);
		task_forgive(r->task);
	}
	return code_page(r, text);
}

/* An answer that can be none costs no try. */
static bool
has_answer(struct request *r)
{
	if (form_text(r, FIELD_REPONSE)[0] != '\0' && !r->form.too_long[FIELD_REPONSE])
		return true;
	reply_error(r, "erreur_reponse", "Saisissez la réponse à votre question défi, d’au plus cent caractères.");
	return false;
}

static int
check_answer(struct request *r, const struct account *a, bool *right_r)
{
	const char *answer = fold_answer(r->task, form_text(r, FIELD_REPONSE));

	if (hash_password_check(r->task, r->portal->loaded->keys, elector_hash_cost(r), a->answer_hash, answer, right_r) == -1)
		return -1;
	if (*right_r)
		return 0;
	reply_error(r, "erreur_reponse", "Ce n’est pas la réponse enregistrée. Majuscules, accents et espaces ne comptent pas. "
	                                 "Après cinq réponses inexactes sur cet appareil, il faudra attendre.");
	return elector_audit(r, r->elector->identifier, "reissue refused", request_browser(r));
}

enum reply_kind
reissue_do(struct request *r)
{
	struct reissue it;
	bool right;

	if (read(r, &it) == -1)
		return reply_trouble(r);
	if (!is_possible(&it) || !is_proved(r, &it) || !has_answer(r)) {
		limit_give_back(r);
		return page(r, &it);
	}
	if (link_note_opened(r, &it.link) == -1 || check_answer(r, it.account, &right) == -1)
		return reply_trouble(r);
	if (!right)
		return page(r, &it);
	limit_forgive(r);
	return hand_out(r, &it);
}
