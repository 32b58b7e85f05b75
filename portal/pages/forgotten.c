/* A forgotten password: the identifier, and a page that is the same for every one. What comes by mail, the mailer finds out. */
#include <string.h>

#include "common/base/clock.h"
#include "portal/captcha/captcha.h"
#include "portal/model/election.h"
#include "portal/pages/link.h"
#include "portal/route.h"

#define SENT "/mot-de-passe-oublie/envoye"

static bool
has_identifier(const struct request *r)
{
	return r->session.level == SESSION_VISITOR || r->session.level == SESSION_ELECTOR;
}

static enum reply_kind
forgotten_form(struct request *r)
{
	const char *known = has_identifier(r) ? r->session.identifier : "";

	tmpl_text(r->reply.data, "titre", "Mot de passe oublié");
	tmpl_text(r->reply.data, "identifiant", form_has(r, FIELD_IDENTIFIANT) ? form_text(r, FIELD_IDENTIFIANT) : known);
	return reply_page(r, PAGE_MOT_DE_PASSE_OUBLIE);
}

enum reply_kind
forgotten_show(struct request *r)
{
	session_anchor(r);
	return captcha_offer(r) == 0 ? forgotten_form(r) : reply_trouble(r);
}

/* Like access_ask: no look-up of the roll. An elector who is in stays so. */
enum reply_kind
forgotten_ask(struct request *r)
{
	const char *who;
	bool right;

	if (form_has(r, FIELD_AUTRE_CODE)) {
		captcha_offer_other(r);
		return forgotten_form(r);
	}
	if (captcha_check(r, &right) == -1)
		return reply_trouble(r);
	who = access_identifier(r);
	if (!right)
		reply_error(r, "erreur_captcha", captcha_fault(r));
	if (who == NULL || !right)
		return forgotten_show(r);
	if (queue_put(r->task, &r->portal->queue, QUEUE_MAIL_RESET, r->election->id, who) == -1 || captcha_spend(r) == -1)
		return reply_trouble(r);
	if (r->session.level == SESSION_ELECTOR && strcmp(r->session.identifier, who) == 0)
		return reply_go(r, SENT);
	return access_continue(r, who, SENT);
}

enum reply_kind
forgotten_sent(struct request *r)
{
	char reference[QUEUE_REFERENCE_SIZE];

	if (!has_identifier(r))
		return reply_go(r, "/mot-de-passe-oublie");
	queue_reference(r->portal->loaded->keys, r->session.identifier, clock_now_s(), reference);
	tmpl_text(r->reply.data, "titre", "Mot de passe oublié\u00a0: regardez votre messagerie");
	tmpl_text(r->reply.data, "identifiant", r->session.identifier);
	tmpl_text(r->reply.data, "reference", reference);
	return reply_page(r, PAGE_MOT_DE_PASSE_ENVOYE);
}
