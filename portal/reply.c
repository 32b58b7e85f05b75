#include "portal/reply.h"

#include <stdarg.h>
#include <string.h>

#include "common/base/text.h"
#include "common/log.h"
#include "portal/model/election.h"
#include "portal/request.h"
#include "portal/warning.h"

#define RETRY_AFTER_S 30

static const char *const page_files[PAGE__MAX] = {
#define PAGE(name, file) file,
#include "portal/pages.def"
#undef PAGE
};

static const struct refusal {
	int status;
	const char *title, *what, *todo;
} refusals[] = {
#define REFUSAL(status, title, what, todo) {status, title, what, todo},
#include "portal/refusals.def"
#undef REFUSAL
};

/* What every reply says: nothing from elsewhere, nothing inline, no frame, no guess, no copy. */
static const char every_reply[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=()\r\n";


void
reply_init(struct request *r)
{
	r->reply = (struct reply){
	    .status = 200,
	    .data = tmpl_data_new(r->task),
	    .headers = talloc_strdup(r->task, every_reply),
	    .referrer = "same-origin",
	    .cache = "no-store",
	};
}

void
reply_header(struct request *r, const char *name, const char *fmt, ...)
{
	va_list args;
	char *value;

	va_start(args, fmt);
	value = talloc_vasprintf(r->task, fmt, args);
	va_end(args);
	must(strpbrk(value, "\r\n") == NULL);
	r->reply.headers = talloc_asprintf_append(r->reply.headers, "%s: %s\r\n", name, value);
}

enum reply_kind
reply_page(struct request *r, enum page page)
{
	r->reply.page = page;
	r->reply.type = "text/html; charset=utf-8";
	return r->reply.kind = REPLY_PAGE;
}

enum reply_kind
reply_go(struct request *r, const char *path)
{
	r->reply.status = 303;
	r->reply.type = "text/plain; charset=utf-8";
	r->reply.bytes = "";
	r->reply.len = 0;
	reply_header(r, "Location", "%s%s", r->base, path);
	return r->reply.kind = REPLY_GO;
}

enum reply_kind
reply_bytes(struct request *r, const char *type, const void *bytes, size_t len)
{
	r->reply.type = type;
	r->reply.bytes = bytes;
	r->reply.len = len;
	return r->reply.kind = REPLY_BYTES;
}

static const struct refusal *
find_refusal(int status)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (refusals[i].status == status)
			return &refusals[i];
	return find_refusal(500);
}

enum reply_kind
reply_refuse(struct request *r, int status)
{
	const struct refusal *refusal = find_refusal(status);
	struct tmpl_data *d = r->reply.data;

	r->reply.status = refusal->status;
	tmpl_format(d, "code", "%d", refusal->status);
	tmpl_text(d, "titre", refusal->title);
	tmpl_text(d, "explication", refusal->what);
	tmpl_text(d, "que_faire", refusal->todo);
	if (r->base[0] != '\0') {
		tmpl_format(d, "retour_adresse", "%s/", r->base);
		tmpl_text(d, "retour_texte", "Revenir à l’accueil du portail");
	}
	return reply_page(r, PAGE_ERREUR);
}

bool
reply_offer_again(struct request *r)
{
	struct tmpl_data *d = r->reply.data;
	bool typed = false;

	tmpl_format(d, "renvoyer_adresse", "%s", r->path);
	for (int f = 0; f < FIELD__MAX; f++) {
		struct tmpl_data *item;

		if (!form_is_kept((enum field)f) || !form_has(r, (enum field)f))
			continue;
		item = tmpl_item(d, "champs");
		tmpl_text(item, "champ_nom", form_word((enum field)f));
		tmpl_text(item, "champ_valeur", form_text(r, (enum field)f));
		typed |= f != FIELD_CAPTCHA_ID; /* hidden, not typed */
	}
	return typed;
}

enum reply_kind
reply_trouble(struct request *r)
{
	log_task_error("request failed", r->task);
	reply_header(r, "Retry-After", "%d", RETRY_AFTER_S);
	reply_refuse(r, 503);
	if (r->method != METHOD_POST || r->route == NULL)
		return REPLY_PAGE;
	reply_offer_again(r);
	tmpl_text(r->reply.data, "explication",
	          "Une partie du service ne répond pas. Votre demande n’a peut-être pas été enregistrée.");
	tmpl_text(r->reply.data, "que_faire",
	          "Attendez une minute puis recommencez\u00a0: rien ne sera compté deux fois.");
	return REPLY_PAGE;
}

void
reply_error(struct request *r, const char *field, const char *message)
{
	struct tmpl_data *item = tmpl_item(r->reply.data, "erreurs");

	must(text_starts(field, "erreur_"));
	r->reply.has_errors = true;
	tmpl_switch(r->reply.data, "erreur", true);
	tmpl_text(r->reply.data, field, message);
	tmpl_text(item, "champ", field + strlen("erreur_"));
	tmpl_text(item, "message", message);
}

bool
reply_has_errors(const struct request *r)
{
	return r->reply.has_errors;
}

static void
fill_common(struct request *r)
{
	const struct conf *c = r->portal->conf;
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "base", r->base);
	tmpl_text(d, "requete", r->task->id);
	tmpl_text(d, "version", r->portal->loaded->version);
	tmpl_text(d, "telephone", c->phone);
	tmpl_text(d, "telephone_horaires", c->phone_hours);
	tmpl_text(d, "assistance_courriel", c->assistance_mail);
	tmpl_switch(d, "connecte", r->session.level == SESSION_ELECTOR);
	tmpl_text(d, "csrf", session_csrf(r));
	warning_fill(r);
	if (r->election == NULL)
		return;
	tmpl_text(d, "election", r->election->slug);
	tmpl_text(d, "election_titre", r->election->title);
	tmpl_text(d, "bandeau", r->election->banner);
	tmpl_switch(d, "suspendu", r->election->suspended);
	tmpl_text(d, "suspendu_motif", r->election->suspended_why);
}

void
reply_render(struct request *r)
{
	if (r->reply.kind != REPLY_PAGE)
		return;
	fill_common(r);
	r->reply.bytes = tmpl_render(r->task, r->portal->loaded->theme, page_files[r->reply.page], r->reply.data, &r->reply.len);
}

void
reply_send(struct request *r)
{
	reply_header(r, "Content-Type", "%s", r->reply.type);
	reply_header(r, "Cache-Control", "%s", r->reply.cache);
	reply_header(r, "Referrer-Policy", "%s", r->reply.referrer);
	request_send(r, r->reply.bytes, r->reply.len);
}
