/*
 * An elector's claim, in two steps: written, with a document perhaps; looked at; sent. Between them it is a draft in MariaDB, so that neither an error nor
 * the end of the session loses the document, which no page can give back to the browser.
 */
#include "portal/pages/claim.h"

#include <string.h>

#include "common/base/clock.h"
#include "portal/limit.h"
#include "portal/model/claim.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/scrutin.h"
#include "portal/pages/typed.h"
#include "portal/route.h"

#define OTHER "autre" /* what the form sends for a scrutin in which the elector does not vote */

static const struct typed scrutin_text = {
    FIELD_SCRUTIN_TEXTE, "scrutin_texte_saisi", "erreur_scrutin_texte", "Dites de quel scrutin il s’agit.",
    "Ce nom est trop long\u00a0: 200 caractères au plus.", 200, false};
static const struct typed body = {
    FIELD_TEXTE, "texte_saisi", "erreur_texte", "Expliquez ce qui est inexact et ce que vous demandez.",
    "Ce texte est trop long\u00a0: 4\u00a0000 caractères au plus.", 4000, true};

/* ---- the form ---- */

/* What the fields show: what was typed, what was written before, or what the address proposes. */
struct words {
	const char *scrutin, *scrutin_text, *object, *body;
};

static const char *
asked(struct request *r, const char *word, const char *otherwise)
{
	const char *value = form_query(r, word);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

static struct words
words_of(struct request *r, const struct claim_draft *d)
{
	const char *scrutin = d->scrutin_code[0] != '\0' ? d->scrutin_code : d->scrutin_text[0] != '\0' ? OTHER : "";

	if (form_has(r, FIELD_TEXTE))
		return (struct words){form_text(r, FIELD_SCRUTIN), form_text(r, FIELD_SCRUTIN_TEXTE), form_text(r, FIELD_OBJET), form_text(r, FIELD_TEXTE)};
	if (!d->ready)
		return (struct words){asked(r, "scrutin", ""), "", asked(r, "objet", ""), ""};
	return (struct words){asked(r, "scrutin", scrutin), d->scrutin_text, asked(r, "objet", d->object), d->body};
}

static int
fill_scrutins(struct request *r, const char *chosen)
{
	struct scrutin *list;
	size_t n;

	if (scrutin_list(r, &list, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "choix_scrutins");

		tmpl_text(item, "choix_code", list[i].code);
		tmpl_format(item, "choix_nom", "%s\u00a0– %s", list[i].kind, list[i].name);
		tmpl_switch(item, "choix_fait", strcmp(list[i].code, chosen) == 0);
	}
	tmpl_switch(r->reply.data, "choix_autre", strcmp(chosen, OTHER) == 0);
	return 0;
}

static void
fill_document(struct request *r, const char *name, size_t len)
{
	tmpl_text(r->reply.data, "document_nom", name);
	tmpl_text(r->reply.data, "document_taille", document_size_french(r->task, len));
}

/* The nonce of a draft stays its own: changed and sent, it is still one claim. */
static const char *
nonce_of(struct request *r, const struct claim_draft *d)
{
	return !form_has(r, FIELD_JETON) && d->ready ? d->nonce : typed_nonce(r);
}

static enum reply_kind
form(struct request *r, const struct claim_draft *d, int64_t opened_s)
{
	struct words w = words_of(r, d);

	if (fill_scrutins(r, w.scrutin) == -1)
		return reply_trouble(r);
	claim_fill_objects(r, w.object);
	claim_fill_time(r, opened_s);
	tmpl_text(r->reply.data, scrutin_text.name, w.scrutin_text);
	tmpl_text(r->reply.data, body.name, w.body);
	tmpl_text(r->reply.data, "jeton", nonce_of(r, d));
	tmpl_text(r->reply.data, "document_au_plus", document_size_french(r->task, (size_t)r->portal->conf->document_max));
	fill_document(r, d->document_name, d->document_len);
	tmpl_text(r->reply.data, "titre", "Formuler une réclamation");
	return reply_page(r, PAGE_RECLAMATION_NOUVELLE);
}

/* Also what a post whose page had expired, or a session that ended, leads to: then a document that was chosen is gone, and that is told. */
enum reply_kind
claim_form_show(struct request *r)
{
	int64_t opened_s = claim_opened_s(r);
	struct claim_draft d;

	if (claim_draft_find(r, &d) == -1)
		return reply_trouble(r);
	if (opened_s == 0)
		opened_s = d.opened_s;
	if (!claim_in_time(r, opened_s))
		return claim_closed(r, form_has(r, FIELD_TEXTE) ? form_text(r, FIELD_TEXTE) : d.body);
	tmpl_text(r->reply.data, "document_perdu", form_text(r, FIELD_DOCUMENT_NOM));
	return form(r, &d, opened_s);
}

/* ---- written ---- */

/* -1: MariaDB. */
static int
check_scrutin(struct request *r, struct claim_draft *d)
{
	const char *code = form_text(r, FIELD_SCRUTIN);
	struct scrutin *s;

	if (strcmp(code, OTHER) == 0) {
		d->scrutin_text = typed_check(r, &scrutin_text);
		return 0;
	}
	if (scrutin_find(r, code, &s) == -1)
		return -1;
	if (s == NULL)
		reply_error(r, "erreur_scrutin", "Choisissez le scrutin dans la liste.");
	else
		d->scrutin_id = s->id;
	return 0;
}

/* Why not; NULL: it may be kept. */
static const char *
document_fault(struct request *r, const struct document_kind *kind)
{
	if (r->form.file.len > (size_t)r->portal->conf->document_max)
		return talloc_asprintf(r->task, "Ce document est trop volumineux (%s)\u00a0: %s au plus. Le reste de votre saisie est gardé.",
		                       document_size_french(r->task, r->form.file.len),
		                       document_size_french(r->task, (size_t)r->portal->conf->document_max));
	if (kind == NULL)
		return "Ce document n’est pas un fichier PDF, PNG ou JPEG entier. Choisissez-en un autre, ou envoyez sans document.";
	return NULL;
}

/* A good document is kept whatever is wrong beside it. -1: MariaDB. */
static int
keep_document(struct request *r, struct claim_draft *d)
{
	const struct form_file *f = &r->form.file;
	const struct document_kind *kind = f->name != NULL ? document_kind_of(f->bytes, f->len) : NULL;
	const char *fault = f->name != NULL ? document_fault(r, kind) : NULL;

	if (fault != NULL) {
		reply_error(r, "erreur_document", fault);
		return 0;
	}
	if (kind == NULL)
		return 0;
	d->document_name = document_name(r->task, f->name, kind);
	d->document_len = f->len;
	return claim_draft_document(r, d->document_name, kind, (struct db_bytes){f->bytes, f->len});
}

/* « Retirer ce document »: the rest of the form stays as it was typed. */
static enum reply_kind
take_away(struct request *r, struct claim_draft *d)
{
	if (claim_draft_document(r, "", NULL, (struct db_bytes){NULL, 0}) == -1)
		return reply_trouble(r);
	d->document_name = "";
	tmpl_text(r->reply.data, "notice", "Le document est retiré.");
	return form(r, d, claim_opened_s(r));
}

/* Sent again by a button of ours, without the document that the form had. */
static void
check_lost(struct request *r)
{
	if (r->form.file.name != NULL || form_text(r, FIELD_DOCUMENT_NOM)[0] == '\0')
		return;
	reply_error(r, "erreur_document",
	            talloc_asprintf(r->task, "Votre document «\u00a0%s\u00a0» n’a pas pu être gardé\u00a0: choisissez-le de nouveau, ou envoyez sans lui.",
	                            form_text(r, FIELD_DOCUMENT_NOM)));
}

/* In the order of the page. -1: MariaDB. */
static int
check_words(struct request *r, struct claim_draft *d)
{
	*d = (struct claim_draft){.opened_s = claim_opened_s(r), .scrutin_text = "", .nonce = typed_nonce(r)};
	if (check_scrutin(r, d) == -1)
		return -1;
	d->object = claim_check_object(r);
	d->body = typed_check(r, &body);
	return 0;
}

enum reply_kind
claim_write(struct request *r)
{
	struct claim_draft old, d;

	if (!claim_in_time(r, claim_opened_s(r)))
		return claim_closed(r, form_text(r, FIELD_TEXTE));
	if (claim_draft_find(r, &old) == -1)
		return reply_trouble(r);
	if (form_has(r, FIELD_RETIRER) && r->form.file.name == NULL)
		return take_away(r, &old);
	if (check_words(r, &d) == -1 || keep_document(r, &old) == -1)
		return reply_trouble(r);
	check_lost(r);
	if (reply_has_errors(r))
		return form(r, &old, d.opened_s);
	if (d.opened_s == 0)
		d.opened_s = clock_now_s();
	return claim_draft_words(r, &d) == -1 ? reply_trouble(r) : reply_go(r, "/reclamations/verification");
}

/* ---- looked at ---- */

static enum reply_kind
review(struct request *r, const struct claim_draft *d)
{
	struct tmpl_data *data = r->reply.data;

	tmpl_text(data, "nom", r->elector->name);
	tmpl_text(data, "identifiant", r->elector->identifier);
	tmpl_text(data, "affectation", r->elector->posting);
	tmpl_text(data, "reclamation_scrutin", d->scrutin_name[0] != '\0' ? d->scrutin_name : d->scrutin_text);
	tmpl_text(data, "reclamation_objet", claim_object_label(d->object));
	tmpl_text(data, "reclamation_texte", d->body);
	fill_document(r, d->document_name, d->document_len);
	claim_fill_time(r, d->opened_s);
	tmpl_text(data, "jeton", d->nonce);
	tmpl_text(data, "titre", "Vérifiez votre réclamation");
	return reply_page(r, PAGE_RECLAMATION_VERIFICATION);
}

enum reply_kind
claim_review_show(struct request *r)
{
	struct claim_draft d;

	if (claim_draft_find(r, &d) == -1)
		return reply_trouble(r);
	return d.ready ? review(r, &d) : reply_go(r, "/reclamations/nouvelle");
}

/* ---- sent ---- */

static enum reply_kind
sent(struct request *r, const char *reference)
{
	return reply_go(r, talloc_asprintf(r->task, "/reclamations/%s?envoyee", reference));
}

/* The page is not of this draft: it was sent already (a double click, a lost answer), or written anew in another window. */
static enum reply_kind
not_this_one(struct request *r, const struct claim_draft *d)
{
	const char *reference;

	limit_give_back(r);
	if (claim_sent_as(r, form_text(r, FIELD_JETON), &reference) == -1)
		return reply_trouble(r);
	if (reference != NULL)
		return sent(r, reference);
	if (!d->ready)
		return reply_go(r, "/reclamations/nouvelle");
	tmpl_text(r->reply.data, "notice", "Votre réclamation a été modifiée dans une autre fenêtre. Vérifiez-la avant de l’envoyer.");
	return review(r, d);
}

enum reply_kind
claim_send(struct request *r)
{
	const char *reference;
	struct claim_draft d;

	if (claim_draft_find(r, &d) == -1)
		return reply_trouble(r);
	if (!d.ready || strcmp(d.nonce, form_text(r, FIELD_JETON)) != 0)
		return not_this_one(r, &d);
	if (!claim_in_time(r, d.opened_s)) {
		limit_give_back(r);
		return claim_closed(r, d.body);
	}
	return claim_send_draft(r, &d, &reference) == -1 ? reply_trouble(r) : sent(r, reference);
}
