/*
 * Mon compte: what the roll knows, where one is logged in and from which devices, one's own last accesses; and the ways to
 * end each.
 */
#include <string.h>

#include "common/base/clock.h"
#include "portal/model/device.h"
#include "portal/model/elector.h"
#include "portal/model/epoch.h"
#include "portal/pages/scrutins.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

static const char *
when(struct request *r, int64_t at_s)
{
	return clock_french(r->task, at_s, r->elector->time_zone);
}

static void
fill_person(struct request *r)
{
	const struct elector *e = r->elector;
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "nom", e->name);
	tmpl_text(d, "identifiant", e->identifier);
	tmpl_text(d, "affectation", e->posting);
	tmpl_text(d, "academie", e->academy);
	tmpl_text(d, "fuseau_nom", clock_zone_french(e->time_zone));
	tmpl_switch(d, "autre_fuseau", clock_differs(clock_now_s(), e->time_zone, PARIS));
	tmpl_switch(d, "active", e->activated_at_s != 0);
	if (e->activated_at_s != 0)
		tmpl_text(d, "active_le", when(r, e->activated_at_s));
}

static int
fill_sessions(struct request *r)
{
	struct session_row *rows;
	size_t n;

	if (session_list(r, &rows, &n) == -1)
		return -1;
	tmpl_switch(r->reply.data, "autres_sessions", n > 1);
	for (size_t i = 0; i < n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "sessions");

		tmpl_text(item, "session_nom", rows[i].name);
		tmpl_text(item, "session_navigateur", rows[i].browser);
		tmpl_text(item, "session_debut", when(r, rows[i].began_s));
		tmpl_text(item, "session_vue", when(r, rows[i].seen_s));
		tmpl_switch(item, "session_ici", rows[i].is_ours);
	}
	return 0;
}

static int
fill_devices(struct request *r)
{
	struct db_rows *rows;

	if (device_list(r, r->session.elector_id, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "appareils");

		tmpl_text(item, "appareil_nom", db_text(rows, i, 0));
		tmpl_text(item, "appareil_navigateur", db_text(rows, i, 1));
		tmpl_text(item, "appareil_premier", when(r, db_number(rows, i, 2)));
		tmpl_text(item, "appareil_dernier", when(r, db_number(rows, i, 3)));
		tmpl_switch(item, "appareil_ici", strcmp(db_text(rows, i, 0), device_name(r)) == 0);
	}
	return 0;
}

/*
 * The acts of the audit trail that a person may see of themselves. with_detail: it names the browser, which is for people to
 * read.
 */
static const struct act {
	const char *act, *french;
	bool with_detail;
} acts[] = {
    {"login accepted", "Connexion par mot de passe", true},
    {"login refused", "Mot de passe refusé", true},
    {"link opened", "Lien reçu par courriel, ouvert", true},
    {"account activated", "Activation du compte", true},
    {"entered without activation", "Entrée sans activation", true},
    {"password reset", "Mot de passe renouvelé par courriel", true},
    {"password changed", "Mot de passe changé", true},
    {"challenge changed", "Question défi changée", true},
    {"change refused", "Changement refusé\u00a0: mot de passe ou réponse inexacts", true},
    {"code reissued", "Nouveau code de vote remis en ligne", true},
    {"reissue refused", "Réassort refusé\u00a0: réponse inexacte", true},
    {"code asked", "Nouveau code de vote demandé au guichet", false},
    {"code issued", "Nouveau code de vote remis au guichet", false},
    {"code refused", "Nouveau code de vote refusé au guichet", false},
    {"session ended", "Fin d’une de vos sessions", false},
    {"sessions ended", "Fin de toutes vos autres sessions", false},
    {"device forgotten", "Appareil oublié", false},
    {"claim made", "Réclamation envoyée", false},
    {"assistance requested", "Demande d’assistance envoyée", false},
    {"mail sent", "Courriel envoyé à votre adresse", false},
    {"mail dead", "Courriel refusé par votre messagerie", false},
    {"address change asked", "Correction de votre adresse demandée", false},
    {"address changed", "Adresse corrigée", false},
    {"address change refused", "Correction de votre adresse refusée", false},
};

static const struct act *
find_act(const char *name)
{
	static const struct act other = {"", "Autre opération", false};

	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		if (strcmp(acts[i].act, name) == 0)
			return &acts[i];
	return &other;
}

static int
fill_history(struct request *r)
{
	struct db_rows *rows;

	if (elector_history(r, r->elector->identifier, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "acces");
		const struct act *act = find_act(db_text(rows, i, 1));

		tmpl_text(item, "acces_quand", when(r, db_number(rows, i, 0)));
		tmpl_text(item, "acces_quoi", act->french);
		tmpl_text(item, "acces_navigateur", act->with_detail ? db_text(rows, i, 2) : "");
	}
	return 0;
}

static void
fill_notice(struct request *r)
{
	static const struct {
		const char *word, *sentence;
	} rows[] = {
	    {"mot-de-passe-change", "Votre nouveau mot de passe est enregistré. Vos autres sessions sont fermées, et les liens déjà reçus par courriel ne servent plus."},
	    {"question-changee", "Votre nouvelle question défi et sa réponse sont enregistrées."},
	    {"session-fermee", "La session est fermée. Cet appareil devra se connecter de nouveau."},
	    {"session-absente", "Cette session était déjà terminée\u00a0: il n’y avait rien à fermer."},
	    {"sessions-fermees", "Toutes vos autres sessions sont fermées. Seule celle-ci reste ouverte."},
	    {"appareil-oublie", "L’appareil est oublié, et ses sessions sont fermées."},
	    {"appareil-absent", "Cet appareil était déjà oublié."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (request_asks(r, rows[i].word))
			tmpl_text(r->reply.data, "notice", rows[i].sentence);
}

enum reply_kind
account_show(struct request *r)
{
	struct scrutin *scrutins;
	size_t n;

	if (fill_sessions(r) == -1 || fill_devices(r) == -1 || fill_history(r) == -1)
		return reply_trouble(r);
	if (scrutin_list(r, &scrutins, &n) == -1)
		return reply_trouble(r);
	scrutins_fill(r, scrutins, n);
	scrutins_fill_dates(r);
	fill_person(r);
	fill_notice(r);
	tmpl_text(r->reply.data, "titre", "Mon compte");
	return reply_page(r, PAGE_MON_COMPTE);
}

/* Nothing is noted of what was over already. */
static int
note(struct request *r, const char *act, bool done)
{
	return done ? elector_audit(r, r->elector->identifier, act, request_browser(r)) : 0;
}

enum reply_kind
account_end_session(struct request *r)
{
	int64_t n;

	if (session_end_one(r, form_text(r, FIELD_SESSION), &n) == -1 || note(r, "session ended", n > 0) == -1)
		return reply_trouble(r);
	return reply_go(r, n > 0 ? "/mon-compte?session-fermee" : "/mon-compte?session-absente");
}

/* MariaDB first: from the commit on they are over, whether Redis hears of it or not. */
enum reply_kind
account_end_others(struct request *r)
{
	struct db *db = r->portal->db;
	int64_t epoch;

	if (db_begin(r->task, db) == -1 || epoch_raise(r, r->session.elector_id, &epoch) == -1 ||
	    note(r, "sessions ended", true) == -1 || db_commit(r->task, db) == -1)
		return reply_trouble(r);
	if (session_outlive(r, epoch) == -1)
		return reply_trouble(r);
	return reply_go(r, "/mon-compte?sessions-fermees");
}

/* Its sessions end with it, but for ours: who forgets the device at hand goes on until they log out. */
enum reply_kind
account_forget_device(struct request *r)
{
	const char *name = form_text(r, FIELD_APPAREIL);
	bool was_there;
	int64_t n;

	if (device_forget(r, r->session.elector_id, name, &was_there) == -1 || session_end_device(r, name, &n) == -1 ||
	    note(r, "device forgotten", was_there) == -1)
		return reply_trouble(r);
	return reply_go(r, was_there ? "/mon-compte?appareil-oublie" : "/mon-compte?appareil-absent");
}
