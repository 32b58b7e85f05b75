/*
 * The request for assistance: with a session or without. No captcha, since it is the way of whoever cannot solve one; only when many came from the
 * same place is there one, and then one may wait instead. Whatever is typed is given back until it is stored; the same answer for every address.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "portal/limit.h"
#include "portal/model/assistance.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/pages/typed.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

static const struct subject {
	const char *word, *label;
} subjects[] = {
#define SUBJECT(word, label) {word, label},
#include "portal/subjects.def"
#undef SUBJECT
};
#define N_SUBJECTS (sizeof(subjects) / sizeof(*subjects))

static const struct typed texts[] = {
    {FIELD_NOM, "nom_saisi", "erreur_nom", "Saisissez votre nom et votre prénom.",
     "Ce nom est trop long\u00a0: 200 caractères au plus.", 200, false},
    {FIELD_TELEPHONE, "telephone_saisi", "erreur_telephone", NULL,
     "Ce numéro est trop long\u00a0: 40 caractères au plus.", 40, false},
    {FIELD_AFFECTATION, "affectation_saisie", "erreur_affectation", NULL,
     "Cette affectation est trop longue\u00a0: 200 caractères au plus.", 200, false},
    {FIELD_TEXTE, "texte_saisi", "erreur_texte", "Décrivez votre demande en quelques mots.",
     "Cette description est trop longue\u00a0: 4\u00a0000 caractères au plus.", 4000, true},
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

static void
fill_subjects(struct request *r)
{
	for (size_t i = 0; i < N_SUBJECTS; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "objets");

		tmpl_text(item, "objet_mot", subjects[i].word);
		tmpl_text(item, "objet_texte", subjects[i].label);
		tmpl_switch(item, "objet_choisi", strcmp(subjects[i].word, form_text(r, FIELD_OBJET)) == 0);
	}
}

/* Who is logged in need not type what the roll knows. */
static void
fill_from_roll(struct request *r)
{
	tmpl_text(r->reply.data, "nom_saisi", r->elector->name);
	tmpl_text(r->reply.data, "courriel_saisi", r->elector->identifier);
	tmpl_text(r->reply.data, "affectation_saisie", r->elector->posting);
}

static const char *
subject_label(const char *word)
{
	for (size_t i = 0; i < N_SUBJECTS; i++)
		if (strcmp(subjects[i].word, word) == 0)
			return subjects[i].label;
	return word;
}

/* « Mes demandes »: what this elector asked before, and what was answered. A help page does not fail for its sake. */
static void
fill_earlier(struct request *r)
{
	struct db_rows *rows;

	if (assistance_list(r, &rows) == -1) {
		log_task_error("earlier requests not shown", r->task);
		task_forgive(r->task);
		return;
	}
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "demandes");
		const char *state = db_text(rows, i, 3);

		tmpl_text(item, "demande_reference", db_text(rows, i, 0));
		tmpl_text(item, "demande_date", clock_french(r->task, db_number(rows, i, 1), PARIS));
		tmpl_text(item, "demande_objet", subject_label(db_text(rows, i, 2)));
		tmpl_switch(item, "demande_en_cours", strcmp(state, "received") == 0 || strcmp(state, "in_progress") == 0);
		tmpl_text(item, "demande_reponse", db_text(rows, i, 4));
	}
}

enum reply_kind
assistance_show(struct request *r)
{
	bool typed = form_has(r, FIELD_TEXTE);

	if (typed)
		typed_fill(r, texts, N_TEXTS);
	else if (r->elector != NULL)
		fill_from_roll(r);
	if (r->elector != NULL)
		fill_earlier(r);
	fill_subjects(r);
	limit_offer(r, PACE_WRITE);
	tmpl_text(r->reply.data, "titre", "Demande d’assistance");
	tmpl_text(r->reply.data, "jeton", typed_nonce(r));
	return reply_page(r, PAGE_ASSISTANCE);
}

static const char *
check_subject(struct request *r)
{
	for (size_t i = 0; i < N_SUBJECTS; i++)
		if (strcmp(subjects[i].word, form_text(r, FIELD_OBJET)) == 0)
			return subjects[i].word;
	reply_error(r, "erreur_objet", "Choisissez dans la liste ce dont il s’agit.");
	return NULL;
}

/* In the order of the page, which is that of the summary of errors. */
enum reply_kind
assistance_send(struct request *r)
{
	struct assistance a = {.subject = check_subject(r)};

	a.name = typed_check(r, &texts[0]);
	a.contact = typed_contact(r);
	a.phone = typed_check(r, &texts[1]);
	a.posting = typed_check(r, &texts[2]);
	a.body = typed_check(r, &texts[3]);
	if (reply_has_errors(r)) {
		limit_give_back(r);
		return assistance_show(r);
	}
	if (assistance_add(r, typed_nonce(r), &a) == -1)
		return reply_trouble(r);
	if (a.repeated)
		limit_give_back(r);
	return reply_go(r, talloc_asprintf(r->task, "/assistance/recue/%s", a.reference));
}

/* What follows a request: it may be reloaded and kept, and tells nothing but that it was received, and when. */
enum reply_kind
assistance_received(struct request *r)
{
	struct assistance a;
	bool found;

	if (assistance_find(r, r->rest, &a, &found) == -1)
		return reply_trouble(r);
	if (!found)
		return reply_refuse(r, 404);
	tmpl_text(r->reply.data, "titre", "Votre demande est enregistrée");
	tmpl_text(r->reply.data, "reference", a.reference);
	tmpl_text(r->reply.data, "recue_le", clock_french(r->task, a.created_at_s, PARIS));
	return reply_page(r, PAGE_ASSISTANCE_RECUE);
}
