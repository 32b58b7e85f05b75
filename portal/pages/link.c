/* The mailed link: its address, which only hands the token over to a cookie, and a new one in one click when it no longer serves. */
#include "portal/pages/link.h"

#include <string.h>

#include "common/fold.h"
#include "portal/model/election.h"
#include "portal/route.h"

#define COOKIE "__Host-lien"

/*
 * GET /activation/TOKEN. Nothing is looked up or written: scanners may come as often as they like. The redirect takes the token out of the address
 * bar, the history and any Referer; from here on it rides in a cookie.
 */
enum reply_kind
link_open(struct request *r)
{
	unsigned char selector[TOKEN_SELECTOR_SIZE];

	r->reply.referrer = "no-referrer";
	if (!token_selector(r->rest, selector))
		return link_tell(r, &(struct link){.state = LINK_UNKNOWN});
	reply_header(r, "Set-Cookie", COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax", r->rest);
	return reply_go(r, "/mot-de-passe");
}

int
link_of_visitor(struct request *r, struct link *l)
{
	if (link_find(r, request_cookie(r, COOKIE), l) == -1)
		return -1;
	if (l->purpose == LINK_TO_REISSUE) /* opens its own page alone: pages/reissue.c */
		*l = (struct link){.state = LINK_UNKNOWN};
	return 0;
}

void
link_drop_cookie(struct request *r)
{
	reply_header(r, "Set-Cookie", COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

enum queue_mail
link_mail(const struct link *l)
{
	return l->purpose == LINK_TO_RESET ? QUEUE_MAIL_RESET : QUEUE_MAIL_ACTIVATION;
}

/* Of each link that opens nothing: the switch of its page, and whether another one helps. */
static const struct {
	const char *name, *title;
	int status;
	bool renewable;
} says[] = {
    [LINK_UNKNOWN] = {"lien_inconnu", "Ce lien n’est pas reconnu", 404, false},
    [LINK_EXPIRED] = {"lien_expire", "Ce lien a expiré", 410, true},
    [LINK_USED_ACTIVATED] = {"lien_utilise_active", "Votre compte est déjà activé", 410, false},
    [LINK_USED_ENTERED] = {"lien_utilise_entre", "Ce lien a déjà servi", 410, true},
    [LINK_USED_RESET] = {"lien_utilise_change", "Ce lien a déjà servi", 410, true},
    [LINK_VOIDED] = {"lien_annule", "Ce lien ne sert plus", 410, true},
};

enum reply_kind
link_tell(struct request *r, const struct link *l)
{
	must(l->state != LINK_GOOD);
	r->reply.status = says[l->state].status;
	tmpl_switch(r->reply.data, says[l->state].name, true);
	tmpl_text(r->reply.data, "titre", says[l->state].title);
	tmpl_switch(r->reply.data, "renouvelable", says[l->state].renewable);
	return reply_page(r, PAGE_LIEN);
}

/* What a browser shows whose page for a new link had expired: the journey from where the link stands. */
enum reply_kind
link_show(struct request *r)
{
	return password_show(r);
}

/* POST /nouveau-lien: an old but genuine link is proof enough to ask for another one for the same person. */
enum reply_kind
link_renew(struct request *r)
{
	struct link l;

	if (link_of_visitor(r, &l) == -1)
		return reply_trouble(r);
	if (l.state == LINK_GOOD)
		return reply_go(r, "/mot-de-passe");
	if (!says[l.state].renewable)
		return link_tell(r, &l);
	if (queue_put(r->task, &r->portal->queue, link_mail(&l), r->election->id, l.identifier) == -1)
		return reply_trouble(r);
	link_drop_cookie(r);
	return access_continue(r, l.identifier, l.purpose == LINK_TO_RESET ? "/mot-de-passe-oublie/envoye" : "/connexion");
}
