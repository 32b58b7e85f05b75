/*
 * The request for assistance: with a session or without. No captcha, since it is the way of whoever cannot solve one; only when many came from the
 * same place is there one, and then one may wait instead. Whatever is typed is given back until it is stored; the same answer for every address.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fold.h"
#include "portal/limit.h"
#include "portal/model/assistance.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/route.h"

#define NONCE_SIZE 16
#define PARIS "Europe/Paris"

static const struct subject {
	const char *word, *label;
} subjects[] = {
#define SUBJECT(word, label) {word, label},
#include "portal/subjects.def"
#undef SUBJECT
};
#define N_SUBJECTS (sizeof(subjects) / sizeof(*subjects))

/* The texts of the form: where each is shown again, how many characters its column takes, what is said of it. missing NULL: optional. */
static const struct text {
	enum field field;
	const char *name, *error, *missing, *too_long;
	size_t max;
} texts[] = {
    {FIELD_NOM, "nom_saisi", "erreur_nom", "Saisissez votre nom et votre prénom.",
     "Ce nom est trop long\u00a0: 200 caractères au plus.", 200},
    {FIELD_TELEPHONE, "telephone_saisi", "erreur_telephone", NULL,
     "Ce numéro est trop long\u00a0: 40 caractères au plus.", 40},
    {FIELD_AFFECTATION, "affectation_saisie", "erreur_affectation", NULL,
     "Cette affectation est trop longue\u00a0: 200 caractères au plus.", 200},
    {FIELD_TEXTE, "texte_saisi", "erreur_texte", "Décrivez votre demande en quelques mots.",
     "Cette description est trop longue\u00a0: 4\u00a0000 caractères au plus.", 4000},
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

/* As it is stored: one kind of line end, kept in the long text alone, no other control character, nothing around it. */
static char *
clean(struct request *r, enum field f)
{
	char *s = talloc_strdup(r->task, form_text(r, f)), *out = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '\r' && p[1] == '\n')
			continue;
		if (((unsigned char)*p < ' ' && !(*p == '\n' && f == FIELD_TEXTE)) || *p == 127)
			*out++ = ' ';
		else
			*out++ = *p;
	}
	*out = '\0';
	return text_trim(r->task, s);
}

/* A form keeps its nonce for as long as it is shown again. */
static const char *
nonce_of(struct request *r)
{
	unsigned char raw[NONCE_SIZE];

	if (text_unbase64url(form_text(r, FIELD_JETON), raw, sizeof(raw)))
		return form_text(r, FIELD_JETON);
	secret_random(raw, sizeof(raw));
	return text_base64url(r->task, raw, sizeof(raw));
}

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

static void
fill_as_typed(struct request *r)
{
	for (size_t i = 0; i < N_TEXTS; i++)
		tmpl_text(r->reply.data, texts[i].name, form_text(r, texts[i].field));
	tmpl_text(r->reply.data, "courriel_saisi", form_text(r, FIELD_COURRIEL));
}

enum reply_kind
assistance_show(struct request *r)
{
	bool typed = form_has(r, FIELD_TEXTE);

	if (typed)
		fill_as_typed(r);
	else if (r->elector != NULL)
		fill_from_roll(r);
	fill_subjects(r);
	limit_offer(r, PACE_WRITE);
	tmpl_text(r->reply.data, "titre", "Demande d’assistance");
	tmpl_text(r->reply.data, "jeton", nonce_of(r));
	return reply_page(r, PAGE_ASSISTANCE);
}

static const char *
check_text(struct request *r, const struct text *row)
{
	const char *typed = clean(r, row->field);

	if (row->missing != NULL && typed[0] == '\0')
		reply_error(r, row->error, row->missing);
	if (r->form.too_long[row->field] || text_length(typed) > row->max)
		reply_error(r, row->error, row->too_long);
	return typed;
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

static const char *
check_contact(struct request *r)
{
	const char *contact = fold_identifier(r->task, form_text(r, FIELD_COURRIEL));

	if (contact == NULL || r->form.too_long[FIELD_COURRIEL])
		reply_error(r, "erreur_courriel", "Saisissez l’adresse à laquelle vous répondre, comme prenom.nom@exemple.fr.");
	return contact;
}

/* In the order of the page, which is that of the summary of errors. */
enum reply_kind
assistance_send(struct request *r)
{
	struct assistance a = {.subject = check_subject(r)};

	a.name = check_text(r, &texts[0]);
	a.contact = check_contact(r);
	a.phone = check_text(r, &texts[1]);
	a.posting = check_text(r, &texts[2]);
	a.body = check_text(r, &texts[3]);
	if (reply_has_errors(r)) {
		limit_give_back(r);
		return assistance_show(r);
	}
	if (assistance_add(r, nonce_of(r), &a) == -1)
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
