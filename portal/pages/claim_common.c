#include "portal/pages/claim.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"

#define PARIS "Europe/Paris"
#define GRACE_S (30 * 60) /* for who was writing when the claims closed */
#define SIGN_SIZE 16

static const struct object {
	const char *word, *label;
} objects[] = {
#define OBJECT(word, label) {word, label},
#include "portal/objects.def"
#undef OBJECT
};
#define N_OBJECTS (sizeof(objects) / sizeof(*objects))

/* ---- until when ---- */

static int64_t
whose(const struct request *r)
{
	return r->session.level == SESSION_ELECTOR ? r->session.elector_id : 0;
}

/* "1795521600.0123…": the moment, and proof that our page told it to this person. */
static char *
sign(const struct request *r, int64_t opened_s)
{
	unsigned char hash[HASH_SIZE];
	char *about = talloc_asprintf(r->task, "%lld %lld %lld", (long long)r->election->id, (long long)whose(r), (long long)opened_s);

	hash_keyed_text(r->portal->loaded->keys->key[KEY_PAGE], "claim form", about, hash);
	return talloc_asprintf(r->task, "%lld.%s", (long long)opened_s, text_hex(r->task, hash, SIGN_SIZE));
}

int64_t
claim_opened_s(const struct request *r)
{
	const char *posted = form_text(r, FIELD_OUVERT);
	int64_t opened_s = strtoll(posted, NULL, 10);
	char *right = sign(r, opened_s);

	return strlen(posted) == strlen(right) && secret_equal(posted, right, strlen(right)) ? opened_s : 0;
}

bool
claim_in_time(const struct request *r, int64_t opened_s)
{
	const struct election *e = r->election;
	int64_t now_s = clock_now_s();

	if (election_takes_claims(e, now_s))
		return true;
	return opened_s != 0 && opened_s < e->claims_until_s && now_s < e->claims_until_s + GRACE_S;
}

void
claim_fill_time(struct request *r, int64_t opened_s)
{
	const char *zone = r->elector != NULL ? r->elector->time_zone : PARIS;
	int64_t until_s = r->election->claims_until_s;
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "ouvert", sign(r, opened_s != 0 ? opened_s : clock_now_s()));
	tmpl_switch(d, "reclamations_ouvertes", election_takes_claims(r->election, clock_now_s()));
	if (until_s == 0)
		return;
	tmpl_text(d, "reclamations_jusquau", clock_french(r->task, until_s, PARIS));
	if (!clock_differs(until_s, zone, PARIS))
		return;
	tmpl_text(d, "reclamations_jusquau_locale", clock_french(r->task, until_s, zone));
	tmpl_text(d, "fuseau_nom", clock_zone_french(zone));
}

enum reply_kind
claim_closed(struct request *r, const char *typed)
{
	bool over = r->election->claims_until_s != 0;

	claim_fill_time(r, 0);
	tmpl_switch(r->reply.data, "reclamations_finies", over);
	tmpl_text(r->reply.data, "titre", over ? "Les réclamations sont closes" : "Les réclamations ne sont pas ouvertes");
	tmpl_text(r->reply.data, "texte_saisi", typed);
	if (r->method == METHOD_POST)
		r->reply.status = 410;
	return reply_page(r, PAGE_RECLAMATIONS_CLOSES);
}

/* ---- what is wrong with the roll ---- */

void
claim_fill_objects(struct request *r, const char *chosen)
{
	for (size_t i = 0; i < N_OBJECTS; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "objets");

		tmpl_text(item, "objet_mot", objects[i].word);
		tmpl_text(item, "objet_texte", objects[i].label);
		tmpl_switch(item, "objet_choisi", strcmp(objects[i].word, chosen) == 0);
	}
}

const char *
claim_object_label(const char *word)
{
	for (size_t i = 0; i < N_OBJECTS; i++)
		if (strcmp(objects[i].word, word) == 0)
			return objects[i].label;
	return word;
}

const char *
claim_check_object(struct request *r)
{
	const char *word = form_text(r, FIELD_OBJET);

	for (size_t i = 0; i < N_OBJECTS; i++)
		if (strcmp(objects[i].word, word) == 0)
			return objects[i].word;
	reply_error(r, "erreur_objet", "Choisissez dans la liste ce qui est inexact.");
	return "";
}
