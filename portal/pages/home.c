/* Screen 6, and its public side: welcome without a session, the four blocks with one; and the way out. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/scrutin.h"
#include "portal/pages/home.h"
#include "portal/pages/scrutins.h"
#include "portal/route.h"
#include "portal/warning.h"

#define PARIS "Europe/Paris"

static void
fill_countdown(struct tmpl_data *d, int64_t left_s)
{
	int64_t minutes = (left_s + 59) / 60; /* never shows zero before it is */
	int64_t days = minutes / 1440, hours = minutes / 60 % 24;

	minutes %= 60;
	tmpl_format(d, "jours", "%lld", (long long)days);
	tmpl_format(d, "heures", "%lld", (long long)hours);
	tmpl_format(d, "minutes", "%lld", (long long)minutes);
	tmpl_format(d, "duree_iso", "P%lldDT%lldH%lldM", (long long)days, (long long)hours, (long long)minutes);
}

/* The dates in Paris, and in the elector's own zone when its clocks show another time. */
static void
fill_dates(struct request *r, const char *zone)
{
	struct tmpl_data *d = r->reply.data;
	const struct election *e = r->election;

	tmpl_text(d, "ouverture_paris", clock_french(r->task, e->opens_s, PARIS));
	tmpl_text(d, "fermeture_paris", clock_french(r->task, e->closes_s, PARIS));
	tmpl_text(d, "ouverture_iso", clock_iso(r->task, e->opens_s, PARIS));
	tmpl_text(d, "fermeture_iso", clock_iso(r->task, e->closes_s, PARIS));
	if (!clock_differs(e->opens_s, zone, PARIS) && !clock_differs(e->closes_s, zone, PARIS))
		return;
	tmpl_switch(d, "autre_fuseau", true);
	tmpl_text(d, "fuseau_nom", clock_zone_french(zone));
	tmpl_text(d, "ouverture_locale", clock_french(r->task, e->opens_s, zone));
	tmpl_text(d, "fermeture_locale", clock_french(r->task, e->closes_s, zone));
}

void
home_fill_vote(struct request *r, const char *zone)
{
	static const char *const phases[] = {"avant", "pendant", "apres"};
	int64_t now = clock_now_s();
	enum election_phase phase = election_phase(r->election, now);

	tmpl_switch(r->reply.data, phases[phase], !r->election->suspended);
	if (phase != ELECTION_CLOSED && !r->election->suspended)
		fill_countdown(r->reply.data, (phase == ELECTION_BEFORE ? r->election->opens_s : r->election->closes_s) - now);
	fill_dates(r, zone);
}

static enum reply_kind
welcome(struct request *r)
{
	warning_tell_over(r);
	if (request_asks(r, "deconnexion"))
		tmpl_text(r->reply.data, "notice", "Vous êtes déconnecté du portail Élections.");
	tmpl_text(r->reply.data, "titre", "Bienvenue");
	home_fill_vote(r, PARIS);
	return reply_page(r, PAGE_BIENVENUE);
}

static void
fill_notice(struct request *r)
{
	static const struct {
		const char *word, *sentence;
	} rows[] = {
	    {"activated", "Votre compte a bien été activé. Votre mot de passe, votre question défi et votre réponse "
	                  "secrète ont été enregistrés."},
	    {"entered", "Vous êtes entré sans activation\u00a0: rien n’a été enregistré. Votre prochaine visite commencera "
	                "de nouveau par un courriel."},
	    {"reset", "Votre nouveau mot de passe est enregistré. Vos autres sessions sont fermées, et les liens déjà reçus par courriel ne servent plus."},
	};

	if (r->session.notice == NULL || r->session.notice_until_s < clock_steady_s())
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, r->session.notice) == 0)
			tmpl_text(r->reply.data, "notice", rows[i].sentence);
}

static enum reply_kind
home(struct request *r)
{
	struct tmpl_data *d = r->reply.data;
	struct scrutin *scrutins;
	const struct elector *e = r->elector;
	size_t n;

	if (scrutin_list(r, &scrutins, &n) == -1)
		return reply_trouble(r);
	tmpl_text(d, "titre", "Bienvenue sur votre portail Élections");
	tmpl_text(d, "nom", e->name);
	tmpl_text(d, "affectation", e->posting);
	tmpl_text(d, "academie", e->academy);
	tmpl_switch(d, "active", e->activated_at_s != 0);
	if (e->activated_at_s != 0)
		tmpl_text(d, "active_le", clock_french(r->task, e->activated_at_s, PARIS));
	fill_notice(r);
	scrutins_fill(r, scrutins, n);
	home_fill_vote(r, e->time_zone);
	return reply_page(r, PAGE_ACCUEIL);
}

enum reply_kind
home_show(struct request *r)
{
	return r->session.level == SESSION_ELECTOR ? home(r) : welcome(r);
}

enum reply_kind
logout_show(struct request *r)
{
	if (r->session.level != SESSION_ELECTOR)
		return reply_go(r, "/");
	tmpl_text(r->reply.data, "titre", "Se déconnecter");
	return reply_page(r, PAGE_DECONNEXION);
}

enum reply_kind
logout_do(struct request *r)
{
	if (session_end(r) == -1)
		return reply_trouble(r);
	return reply_go(r, "/?deconnexion");
}
