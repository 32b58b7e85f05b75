#include "portal/warning.h"

#include "common/base/clock.h"
#include "portal/model/elector.h"
#include "portal/request.h"

#define WARNING_S 120
#define PARIS "Europe/Paris"

/* A session too short for two minutes' notice is given half of its time. */
int64_t
warning_delay_s(int64_t left_s)
{
	return left_s >= 2 * WARNING_S ? left_s - WARNING_S : left_s / 2;
}

void
warning_fill(struct request *r)
{
	const struct session *s = &r->session;
	struct tmpl_data *d = r->reply.data;
	int64_t left_s = s->idle_until_s - clock_steady_s(), ends_s = clock_now_s() + left_s;
	const char *zone;

	if (r->elector == NULL || s->level != SESSION_ELECTOR)
		return;
	zone = r->elector->time_zone;
	tmpl_text(d, "session_fin", clock_french_hour(r->task, ends_s, zone));
	tmpl_text(d, "session_fin_iso", clock_iso(r->task, ends_s, zone));
	tmpl_format(d, "session_delai", "%lld", (long long)warning_delay_s(left_s));
	tmpl_switch(d, "session_au_plus", s->idle_until_s >= s->until_s);
	if (clock_differs(s->idle_until_s, zone, PARIS))
		tmpl_text(d, "session_fuseau", clock_zone_french(zone));
}

void
warning_tell_over(struct request *r)
{
	static const char *const why[] = {
	    [SESSION_TIMED_OUT] = "Votre session est terminée\u00a0: elle est restée trop longtemps sans action, ou a atteint "
	                          "sa durée maximale.",
	    [SESSION_ENDED] = "Votre session a été fermée depuis un autre appareil, ou parce que le mot de passe a changé. Si "
	                      "ce n’était pas vous, contactez l’assistance.",
	};
	const struct session *s = &r->session;

	if (s->over == SESSION_GOES_ON && request_asks(r, SESSION_LOST_QUERY))
		tmpl_text(r->reply.data, "notice",
		          "Votre session n’est plus ouverte sur le portail. Donnez de nouveau votre identifiant pour continuer.");
	if (s->over == SESSION_GOES_ON)
		return;
	tmpl_format(r->reply.data, "notice", "%s%s", why[s->over],
	            s->draft != NULL && s->draft[0] != '\0'
	                ? " Votre saisie est gardée, hormis les mots de passe et les réponses secrètes\u00a0: reconnectez-vous "
	                  "pour la retrouver."
	                : " Vous pouvez vous reconnecter.");
}
