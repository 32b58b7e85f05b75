/* Mes scrutins: where one votes, what is to be read there, and from when until when. */
#include "portal/pages/scrutins.h"

#include "common/base/clock.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

/* What a stage is called on a scrutin's card. */
static const char *const stages[] = {
    [STAGE_SUSPENDED] = "Vote suspendu",
    [STAGE_CLOSED] = "Vote clos",
    [STAGE_OPEN] = "Vote ouvert",
    [STAGE_LISTS] = "Listes de candidats publiées",
    [STAGE_CLAIMS] = "Liste électorale ouverte aux réclamations",
    [STAGE_ROLLS] = "Liste électorale affichée",
    [STAGE_PREPARED] = "En préparation",
};

void
scrutins_fill_one(struct request *r, struct tmpl_data *d, const struct scrutin *s)
{
	tmpl_text(d, "scrutin_type", s->kind);
	tmpl_text(d, "scrutin_nom", s->name);
	tmpl_text(d, "scrutin_niveau", s->level);
	tmpl_text(d, "scrutin_bureau", s->bureau);
	tmpl_text(d, "scrutin_code", s->code);
	tmpl_text(d, "scrutin_etat", stages[election_stage(r->election, clock_now_s())]);
	tmpl_format(d, "scrutin_adresse", "%s/mes-scrutins/%s", r->base, s->code);
	if (s->seats > 0)
		tmpl_format(d, "scrutin_sieges", "%lld", (long long)s->seats);
	if (s->voted_s != 0)
		tmpl_text(d, "scrutin_vote", clock_french(r->task, s->voted_s, r->elector->time_zone));
}

void
scrutins_fill(struct request *r, const struct scrutin *list, size_t n)
{
	tmpl_switch(r->reply.data, "sans_scrutin", n == 0);
	for (size_t i = 0; i < n; i++)
		scrutins_fill_one(r, tmpl_item(r->reply.data, "scrutins"), &list[i]);
}

/* Paris time, and the elector's own when their clocks show another; NULL for a date that is not told. */
static char *
when(struct request *r, int64_t at_s)
{
	const char *zone = r->elector->time_zone;
	char *paris;

	if (at_s == 0)
		return NULL;
	paris = talloc_asprintf(r->task, "%s (heure de Paris)", clock_french(r->task, at_s, PARIS));
	if (!clock_differs(at_s, zone, PARIS))
		return paris;
	return talloc_asprintf(r->task, "%s, soit %s à votre heure (%s)", paris, clock_french(r->task, at_s, zone), clock_zone_french(zone));
}

const char *
scrutins_why_suspended(const struct request *r)
{
	return r->election->suspended_why[0] != '\0' ? r->election->suspended_why : "Le bureau de vote a suspendu le vote.";
}

void
scrutins_fill_dates(struct request *r)
{
	const struct election *e = r->election;
	struct tmpl_data *d = r->reply.data;
	int64_t now = clock_now_s();

	tmpl_text(d, "listes_des", when(r, e->rolls_from_s));
	tmpl_text(d, "listes_jusqua", when(r, e->rolls_until_s));
	tmpl_switch(d, "listes_ouvertes", election_shows_rolls(e, now));
	tmpl_switch(d, "listes_closes", e->rolls_until_s != 0 && now >= e->rolls_until_s);
	tmpl_text(d, "reclamations_jusqua", when(r, e->claims_until_s));
	tmpl_switch(d, "reclamations_ouvertes", election_takes_claims(e, now));
	tmpl_text(d, "candidats_des", when(r, e->lists_s));
	tmpl_switch(d, "candidats_publies", election_shows_lists(e, now));
	tmpl_text(d, "vote_des", when(r, e->opens_s));
	tmpl_text(d, "vote_jusqua", when(r, e->closes_s));
	if (e->suspended)
		tmpl_text(d, "suspension", scrutins_why_suspended(r));
}

enum reply_kind
scrutins_show(struct request *r)
{
	struct scrutin *list;
	size_t n;

	if (scrutin_list(r, &list, &n) == -1)
		return reply_trouble(r);
	scrutins_fill(r, list, n);
	scrutins_fill_dates(r);
	tmpl_text(r->reply.data, "titre", "Mes scrutins");
	return reply_page(r, PAGE_MES_SCRUTINS);
}
