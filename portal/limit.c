#include "portal/limit.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/fold.h"
#include "common/log.h"
#include "common/throttle.h"
#include "portal/captcha/captcha.h"
#include "portal/device.h"
#include "portal/model/election.h"

#define OFFICE_ZONE "Europe/Paris"

struct limit_charges {
	size_t n;
	struct throttle_charge list[LIMIT__MAX];
	struct throttle_stop stop;
};

static const enum pace paces[LIMIT__MAX] = {
#define LIMIT(name, pace, of, budget, window, follows, sentence) PACE_##pace,
#include "common/limits.def"
#undef LIMIT
};

#define REISSUE_TODO \
	"Votre code de vote actuel n’a pas changé, et votre lien reste valable. Si vous avez oublié la réponse, un guichet peut vérifier votre " \
	"identité\u00a0: l’assistance vous indiquera lequel."

/* What a refusal says beside when to come back, where that of its status (refusals.def) is not enough. */
static const struct words {
	enum limit limit;
	const char *title, *what, *todo;
} refusals[] = {
    {LIMIT_PASSWORD_IDENTIFIER, "Trop d’essais",
     "Plusieurs mots de passe ont été refusés pour cet identifiant, par vous ou par quelqu’un d’autre.",
     "Votre compte n’est pas bloqué\u00a0: un appareil sur lequel vous vous êtes déjà connecté reste utilisable, et un lien reçu "
     "par courriel fonctionne toujours."},
    {LIMIT_PASSWORD_DEVICE, "Trop d’essais", "Plusieurs mots de passe ont été refusés sur cet appareil.",
     "Votre compte n’est pas bloqué, et un lien reçu par courriel fonctionne toujours."},
#define ROLL_WORDS \
	"Vous avez ouvert beaucoup de pages", \
	    "La lecture des listes électorales est freinée, pour que personne ne les recopie en entier.", \
	    "Pour trouver quelqu’un, donnez le début de son nom au lieu de tourner les pages. Le reste du portail vous est ouvert."
    {LIMIT_ROLL_VISIT, ROLL_WORDS},
    {LIMIT_ROLL_HOUR, ROLL_WORDS},
    {LIMIT_ROLL_DAY, ROLL_WORDS},
    {LIMIT_REISSUE_DEVICE, "Trop de réponses refusées", "Cinq réponses à votre question défi ont été refusées sur cet appareil.", REISSUE_TODO},
    {LIMIT_REISSUE_IDENTIFIER, "Trop de réponses refusées", "Cinq réponses à votre question défi ont été refusées.", REISSUE_TODO},
    {LIMIT_REISSUE_ELECTOR, "Trop de réponses refusées", "Trop de réponses à votre question défi ont été refusées depuis hier, tous appareils confondus.", REISSUE_TODO},
};
static const struct words busy = {LIMIT__MAX, "Beaucoup d’électeurs arrivent en ce moment",
                                  "Le portail sert tout le monde, mais chacun à son tour.",
                                  "Rien n’est perdu\u00a0: gardez cette page ouverte."};

/* Who asks, in the senses of limits.def. */
struct visitor {
	struct request *r;
	const char *identifier; /* NULL: none was typed, or no address */
	bool known;             /* this browser is a device of that identifier */
	struct network address;
	bool has_address, listed;
};

static bool
has_row_of(enum pace pace, enum limit_of of)
{
	for (int i = 0; i < LIMIT__MAX; i++)
		if (paces[i] == pace && limit_rows[i].of == of)
			return true;
	return false;
}

/* -1: MariaDB, which is asked only about the genuine mark of a device. */
static int
visitor_read(struct request *r, enum pace pace, struct visitor *v)
{
	*v = (struct visitor){.r = r, .identifier = r->session.identifier};
	if (v->identifier == NULL || v->identifier[0] == '\0')
		v->identifier = fold_identifier(r->task, form_text(r, FIELD_IDENTIFIANT));
	v->has_address = network_read(request_param(r, "REMOTE_ADDR"), &v->address);
	v->listed = v->has_address && network_list_holds(r->portal->loaded->networks, &v->address);
	if (v->identifier == NULL || !has_row_of(pace, OF_DEVICE))
		return 0;
	return device_is_known(r, v->identifier, &v->known);
}

/* What a row counts under for this visitor; NULL: nothing. */
static const char *
about(const struct visitor *v, enum limit_of of)
{
	struct request *r = v->r;

	switch (of) {
	case OF_IDENTIFIER:
	case OF_ELECTOR:
		return v->identifier != NULL ? throttle_about_identifier(r->task, r->election->id, v->identifier) : NULL;
	case OF_DEVICE:
		return throttle_about_device(r->task, r->election->id, v->identifier, device_name(r));
	case OF_SESSION:
		return r->session.id[0] != '\0' ? r->session.id : NULL;
	case OF_ADDRESS:
	case OF_NETWORK:
		return v->has_address ? throttle_about_network(r->task, &v->address, of) : NULL;
	case OF_ALL:
		return "";
	case OF__MAX:
		break;
	}
	return NULL;
}

/* A known device has its own budget instead of those that strangers use up. What only who is in can use up holds for all devices alike. */
static bool
applies(const struct visitor *v, enum pace pace, enum limit limit)
{
	if (limit_rows[limit].of == OF_ELECTOR)
		return paces[limit] == pace && v->r->session.level == SESSION_ELECTOR;
	return paces[limit] == pace && v->known == (limit_rows[limit].of == OF_DEVICE);
}

static int
charges_read(struct request *r, enum pace pace, struct limit_charges **c_r)
{
	struct limit_charges *c = *c_r = talloc_zero(r->task, struct limit_charges);
	struct visitor v;

	if (visitor_read(r, pace, &v) == -1)
		return -1;
	for (int i = 0; i < LIMIT__MAX; i++) {
		const char *whom = applies(&v, pace, (enum limit)i) ? about(&v, limit_rows[i].of) : NULL;

		if (whom != NULL)
			c->list[c->n++] =
			    throttle_charge(r->task, r->portal->loaded->keys, r->portal->conf, (enum limit)i, whom, v.listed);
	}
	return 0;
}

/* The scale 0 and pages without limits ask nothing of Redis. */
static bool
is_limited(const struct request *r, enum pace pace)
{
	return pace != PACE_FREE && r->portal->conf->throttle_scale > 0;
}

char *
limit_when(TALLOC_CTX *ctx, int64_t now_s, int64_t wait_ms)
{
	int64_t at_s = (now_s + (wait_ms + 999) / 1000 + 59) / 60 * 60, minutes = (at_s - now_s + 59) / 60;
	return talloc_asprintf(ctx, "Recommencez à partir de %s, heure de Paris (dans %lld minute%s).", clock_french_hour(ctx, at_s, OFFICE_ZONE),
	                       (long long)minutes, minutes > 1 ? "s" : "");
}

static const struct words *
words_for(enum limit limit)
{
	if (limit_rows[limit].follows == FOLLOWS_BUSY)
		return &busy;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (refusals[i].limit == limit)
			return &refusals[i];
	return NULL;
}

/* Says when to come back, and never comes back by itself. A form of which nothing may be sent back is shown anew by its own page. */
static void
refuse(struct request *r, const struct throttle_stop *stop)
{
	const struct words *w = words_for(stop->limit);
	struct tmpl_data *d = r->reply.data;

	reply_refuse(r, w == &busy ? 503 : 429);
	reply_header(r, "Retry-After", "%lld", (long long)(stop->wait_ms + 999) / 1000);
	if (w != NULL) {
		tmpl_text(d, "titre", w->title);
		tmpl_text(d, "explication", w->what);
		tmpl_text(d, "que_faire", w->todo);
	}
	tmpl_text(d, "reessayer", limit_when(r->task, clock_now_s(), stop->wait_ms));
	if (reply_offer_again(r))
		return;
	tmpl_text(d, "renvoyer_adresse", NULL);
	tmpl_format(d, "retour_adresse", "%s%s%s", r->path, r->query[0] != '\0' ? "?" : "", r->query);
	tmpl_text(d, "retour_texte", r->method == METHOD_POST ? "Revenir à la page précédente" : "Demander de nouveau cette page");
}

/* The form again, as typed, with a captcha; who cannot answer one waits. */
static void
ask_captcha(struct request *r, const struct throttle_stop *stop)
{
	char *why = talloc_asprintf(r->task,
	                            "Plusieurs envois ont échoué ou se sont suivis depuis cette visite ou ce réseau. Recopiez aussi le "
	                            "code ci-dessous. Vous ne le pouvez pas\u00a0? %s",
	                            limit_when(r->task, clock_now_s(), stop->wait_ms));

	reply_error(r, "erreur_captcha", form_text(r, FIELD_CAPTCHA)[0] != '\0' ? captcha_fault(r) : why);
	r->route->show(r);
}

static bool
wants_captcha(const struct limit_charges *c)
{
	return c->stop.stopped && limit_rows[c->stop.limit].follows == FOLLOWS_CAPTCHA;
}

/* An answer to the captcha opens the limits that ask for one, for this try alone. */
static int
take(struct request *r, struct limit_charges *c)
{
	struct store *s = r->portal->ephemeral;
	bool right;

	if (throttle_take(r->task, s, c->list, c->n, false, &c->stop) == -1)
		return -1;
	if (!wants_captcha(c) || !form_has(r, FIELD_CAPTCHA))
		return 0;
	if (captcha_take(r, &right) == -1)
		return -1;
	return right ? throttle_take(r->task, s, c->list, c->n, true, &c->stop) : 0;
}

static bool
decide(struct request *r)
{
	if (charges_read(r, r->route->pace, &r->charges) == -1 || take(r, r->charges) == -1)
		reply_trouble(r);
	else if (!r->charges->stop.stopped)
		return true;
	else if (wants_captcha(r->charges))
		ask_captcha(r, &r->charges->stop);
	else
		refuse(r, &r->charges->stop);
	return false;
}

/* « Autre code » is no try: the page offers another. (Forms of pace ASK have a captcha of their own, and see to it themselves.) */
bool
limit_pass(struct request *r)
{
	enum pace pace = r->route->pace;

	if (!is_limited(r, pace))
		return true;
	if (pace != PACE_ASK && form_has(r, FIELD_AUTRE_CODE)) {
		r->route->show(r);
		return false;
	}
	return decide(r);
}

static void
shrug(struct request *r, const char *what)
{
	log_task_error(what, r->task);
	task_forgive(r->task);
}

void
limit_offer(struct request *r, enum pace pace)
{
	struct limit_charges *c;

	if (!is_limited(r, pace))
		return;
	if (charges_read(r, pace, &c) == -1 || throttle_look(r->task, r->portal->ephemeral, c->list, c->n, &c->stop) == -1)
		shrug(r, "limits not asked");
	else if (wants_captcha(c) && captcha_offer(r) == -1)
		shrug(r, "captcha not offered");
}

void
limit_give_back(struct request *r)
{
	struct limit_charges *c = r->charges;

	if (c != NULL && !c->stop.stopped && throttle_give_back(r->task, r->portal->ephemeral, c->list, c->n) == -1)
		shrug(r, "limits not given back");
}

void
limit_forgive(struct request *r)
{
	struct limit_charges *c = r->charges;

	for (size_t i = 0; c != NULL && i < c->n; i++) {
		const struct limit_row *row = &limit_rows[c->list[i].limit];

		if (row->of == OF_DEVICE || row->of == OF_SESSION)
			c->list[i].taken_us = row->window_ms * 1000;
	}
	limit_give_back(r);
}

const char *
limit_stopped(const struct request *r)
{
	return r->charges != NULL && r->charges->stop.stopped ? limit_rows[r->charges->stop.limit].word : "-";
}
