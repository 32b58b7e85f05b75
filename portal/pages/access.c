/* Screens 1, 2 and 7: the identifier, what follows it for everybody alike, and the password of a return visit. */
#include <string.h>

#include "common/base/clock.h"
#include "common/fold.h"
#include "portal/captcha/captcha.h"
#include "portal/device.h"
#include "portal/draft.h"
#include "portal/limit.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/pages/link.h"
#include "portal/route.h"
#include "portal/warning.h"

static enum reply_kind
access_form(struct request *r)
{
	const char *known = r->session.level == SESSION_VISITOR ? r->session.identifier : "";

	warning_tell_over(r);
	tmpl_text(r->reply.data, "titre", "Accès au portail Élections");
	tmpl_text(r->reply.data, "identifiant", form_has(r, FIELD_IDENTIFIANT) ? form_text(r, FIELD_IDENTIFIANT) : known);
	return reply_page(r, PAGE_ACCES);
}

enum reply_kind
access_show(struct request *r)
{
	if (r->session.level == SESSION_ELECTOR)
		return reply_go(r, "/");
	session_anchor(r);
	return captcha_offer(r) == 0 ? access_form(r) : reply_trouble(r);
}

const char *
access_identifier(struct request *r)
{
	const char *typed = form_text(r, FIELD_IDENTIFIANT), *folded = fold_identifier(r->task, typed);

	if (typed[0] == '\0')
		reply_error(r, "erreur_identifiant", "Saisissez votre identifiant\u00a0: c’est votre adresse professionnelle.");
	else if (folded == NULL || r->form.too_long[FIELD_IDENTIFIANT])
		reply_error(r, "erreur_identifiant", "Cet identifiant n’a pas la forme d’une adresse professionnelle, comme prenom.nom@ac-nantes.fr. Vérifiez-le.");
	return reply_has_errors(r) ? NULL : folded;
}

/*
 * Note what is not here: no look-up of the roll, hence nothing that an outsider could measure. The mailer
 * finds out whether there is anybody to write to.
 */
enum reply_kind
access_ask(struct request *r)
{
	const char *who;
	bool right;

	if (r->session.level == SESSION_ELECTOR)
		return reply_go(r, "/");
	if (form_has(r, FIELD_AUTRE_CODE)) {
		captcha_offer_other(r);
		return access_form(r);
	}
	if (captcha_check(r, &right) == -1)
		return reply_trouble(r);
	who = access_identifier(r);
	if (!right)
		reply_error(r, "erreur_captcha", captcha_fault(r));
	if (who == NULL || !right)
		return access_show(r);
	if (queue_put(r->task, &r->portal->queue, QUEUE_MAIL_ACTIVATION, r->election->id, who) == -1)
		return reply_trouble(r);
	if (captcha_spend(r) == -1)
		return reply_trouble(r);
	return access_continue(r, who, "/connexion");
}

enum reply_kind
access_continue(struct request *r, const char *identifier, const char *path)
{
	r->session = (struct session){.identifier = identifier};
	if (session_rise(r, SESSION_VISITOR) == -1)
		return reply_trouble(r);
	return reply_go(r, path);
}

/* Screen 2: the same for every identifier, known, unknown, activated or not. */
enum reply_kind
login_show(struct request *r)
{
	char reference[QUEUE_REFERENCE_SIZE];

	limit_offer(r, PACE_PASSWORD);
	queue_reference(r->portal->loaded->keys, r->session.identifier, clock_now_s(), reference);
	tmpl_format(r->reply.data, "titre", "Continuer avec %s", r->session.identifier);
	tmpl_text(r->reply.data, "identifiant", r->session.identifier);
	tmpl_text(r->reply.data, "reference", reference);
	return reply_page(r, PAGE_CONNEXION);
}

/* How often is the affair of the step `throttle`. The account itself is never locked: strangers could lock voters out. */
static enum reply_kind
login_again(struct request *r, const char *fault)
{
	reply_error(r, "erreur_mot_de_passe", fault);
	return login_show(r);
}

enum reply_kind
login_try(struct request *r)
{
	const char *password = form_text(r, FIELD_MOT_DE_PASSE);
	int64_t elector_id, epoch;

	if (password[0] == '\0') {
		limit_give_back(r);
		return login_again(r, "Saisissez votre mot de passe Élections.");
	}
	if (elector_log_in(r, r->session.identifier, password, &elector_id, &epoch) == -1)
		return reply_trouble(r);
	if (elector_id == 0)
		return login_again(r, "Ce mot de passe n’ouvre pas de compte activé. Vérifiez majuscules et minuscules\u00a0; si votre "
		                      "compte n’est pas activé, utilisez le lien reçu par courriel.");
	limit_forgive(r);
	r->session.elector_id = elector_id;
	r->session.epoch = epoch;
	device_remember(r, elector_id, r->session.identifier);
	if (session_rise(r, SESSION_ELECTOR) == -1)
		return reply_trouble(r);
	return reply_go(r, draft_way_in(r));
}
