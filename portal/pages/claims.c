/* « Mes réclamations »: each of an elector's claims, what became of it, and its document. Another's is not there, and looks no different from none. */
#include <string.h>

#include "common/base/clock.h"
#include "portal/model/claim.h"
#include "portal/pages/claim.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

static const char *
state_label(const char *word)
{
	static const char *const states[][2] = {
	    {"received", "Reçue"}, {"in_study", "À l’étude"}, {"accepted", "Répondue\u00a0: acceptée"}, {"refused", "Répondue\u00a0: rejetée"}};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(states[i][0], word) == 0)
			return states[i][1];
	return word;
}

static const char *
when(struct request *r, int64_t at_s)
{
	return clock_french(r->task, at_s, PARIS);
}

enum reply_kind
claim_list_show(struct request *r)
{
	struct db_rows *rows;

	if (claim_list(r, &rows) == -1)
		return reply_trouble(r);
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "reclamations");

		tmpl_text(item, "reclamation_numero", db_text(rows, i, 0));
		tmpl_text(item, "reclamation_etat", state_label(db_text(rows, i, 1)));
		tmpl_text(item, "reclamation_objet", claim_object_label(db_text(rows, i, 2)));
		tmpl_text(item, "reclamation_scrutin", db_text(rows, i, 3));
		tmpl_text(item, "reclamation_date", when(r, db_number(rows, i, 4)));
	}
	claim_fill_time(r, 0);
	tmpl_text(r->reply.data, "titre", "Mes réclamations");
	return reply_page(r, PAGE_RECLAMATIONS);
}

static void
fill_answer(struct request *r, const struct claim *c)
{
	tmpl_text(r->reply.data, "reclamation_avant", when(r, c->due_s));
	if (c->answered_s == 0)
		return;
	tmpl_text(r->reply.data, "reclamation_reponse", c->answer);
	tmpl_text(r->reply.data, "reclamation_repondue", when(r, c->answered_s));
}

enum reply_kind
claim_show(struct request *r)
{
	struct tmpl_data *d = r->reply.data;
	struct claim *c;

	if (claim_find(r, r->rest, &c) == -1)
		return reply_trouble(r);
	if (c == NULL)
		return reply_refuse(r, 404);
	if (request_asks(r, "envoyee"))
		tmpl_text(d, "notice", "Votre réclamation est enregistrée. Un courriel qui porte son numéro vous est envoyé.");
	tmpl_text(d, "reclamation_numero", c->reference);
	tmpl_text(d, "reclamation_etat", state_label(c->state));
	tmpl_text(d, "reclamation_objet", claim_object_label(c->object));
	tmpl_text(d, "reclamation_scrutin", c->scrutin);
	tmpl_text(d, "reclamation_texte", c->body);
	tmpl_text(d, "reclamation_date", when(r, c->created_s));
	tmpl_text(d, "document_nom", c->document_name);
	tmpl_text(d, "document_taille", document_size_french(r->task, c->document_len));
	fill_answer(r, c);
	tmpl_format(d, "titre", "Réclamation %s", c->reference);
	return reply_page(r, PAGE_RECLAMATION);
}

/* Never shown within a page of ours: saved, under a name that is ours. */
enum reply_kind
claim_document_send(struct request *r)
{
	const struct document_kind *kind;
	struct db_bytes bytes;

	if (claim_document(r, r->rest, &kind, &bytes) == -1)
		return reply_trouble(r);
	if (kind == NULL)
		return reply_refuse(r, 404);
	reply_header(r, "Content-Disposition", "attachment; filename=\"reclamation-%s%s\"", r->rest, kind->ending);
	return reply_bytes(r, kind->type, bytes.data, bytes.len);
}
