/*
 * A claim without a session, of somebody who is on no roll or cannot log in. A captcha, since a stranger writes; the same answer whoever is named in it, since
 * nothing here looks at the roll.
 */
#include "common/base/clock.h"
#include "portal/captcha/captcha.h"
#include "portal/limit.h"
#include "portal/model/claim.h"
#include "portal/model/election.h"
#include "portal/pages/claim.h"
#include "portal/pages/typed.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

enum { NAME, POSTING, SCRUTIN, BODY };
static const struct typed texts[] = {
    [NAME] = {FIELD_NOM, "nom_saisi", "erreur_nom", "Saisissez votre nom et votre prénom.",
              "Ce nom est trop long\u00a0: 200 caractères au plus.", 200, false},
    [POSTING] = {FIELD_AFFECTATION, "affectation_saisie", "erreur_affectation", "Saisissez votre établissement ou votre service.",
                 "Cette affectation est trop longue\u00a0: 200 caractères au plus.", 200, false},
    [SCRUTIN] = {FIELD_SCRUTIN_TEXTE, "scrutin_texte_saisi", "erreur_scrutin_texte", "Dites de quel scrutin il s’agit, ou de quel corps vous êtes.",
                 "Ce nom est trop long\u00a0: 200 caractères au plus.", 200, false},
    [BODY] = {FIELD_TEXTE, "texte_saisi", "erreur_texte", "Expliquez ce qui est inexact et ce que vous demandez.",
              "Ce texte est trop long\u00a0: 4\u00a0000 caractères au plus.", 4000, true},
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

static enum reply_kind
form(struct request *r)
{
	claim_fill_objects(r, form_text(r, FIELD_OBJET));
	typed_fill(r, texts, N_TEXTS);
	claim_fill_time(r, claim_opened_s(r));
	tmpl_text(r->reply.data, "jeton", typed_nonce(r));
	tmpl_text(r->reply.data, "titre", "Réclamation sans connexion");
	return reply_page(r, PAGE_RECLAMATION_PUBLIQUE);
}

/* Who is in has a better page; what they had typed before they were stays here. */
enum reply_kind
claim_public_show(struct request *r)
{
	if (r->elector != NULL && r->method != METHOD_POST)
		return reply_go(r, "/reclamations/nouvelle");
	if (!claim_in_time(r, claim_opened_s(r)))
		return claim_closed(r, form_text(r, FIELD_TEXTE));
	session_anchor(r);
	return captcha_offer(r) == 0 ? form(r) : reply_trouble(r);
}

static void
check(struct request *r, struct claim *c)
{
	c->object = claim_check_object(r);
	c->scrutin = typed_check(r, &texts[SCRUTIN]);
	c->name = typed_check(r, &texts[NAME]);
	c->contact = typed_contact(r);
	c->posting = typed_check(r, &texts[POSTING]);
	c->body = typed_check(r, &texts[BODY]);
}

enum reply_kind
claim_public_send(struct request *r)
{
	struct claim c = {.name = ""};
	bool right;

	if (!claim_in_time(r, claim_opened_s(r)))
		return claim_closed(r, form_text(r, FIELD_TEXTE));
	if (captcha_check(r, &right) == -1)
		return reply_trouble(r);
	check(r, &c);
	if (!right)
		reply_error(r, "erreur_captcha", captcha_fault(r));
	if (reply_has_errors(r)) {
		limit_give_back(r);
		return claim_public_show(r);
	}
	if (claim_add_public(r, typed_nonce(r), &c) == -1 || captcha_spend(r) == -1)
		return reply_trouble(r);
	if (c.repeated)
		limit_give_back(r);
	return reply_go(r, talloc_asprintf(r->task, "/reclamation/recue/%s", c.reference));
}

enum reply_kind
claim_public_received(struct request *r)
{
	int64_t created_s;

	if (claim_find_public(r, r->rest, &created_s) == -1)
		return reply_trouble(r);
	if (created_s == 0)
		return reply_refuse(r, 404);
	tmpl_text(r->reply.data, "titre", "Votre réclamation est enregistrée");
	tmpl_text(r->reply.data, "reclamation_numero", r->rest);
	tmpl_text(r->reply.data, "reclamation_date", clock_french(r->task, created_s, PARIS));
	return reply_page(r, PAGE_RECLAMATION_RECUE);
}
