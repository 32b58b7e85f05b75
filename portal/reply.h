/* What goes back. Handlers choose one of these and return it; the steps render and send fill in the rest. */
#ifndef ISOLOIR_REPLY_H
#define ISOLOIR_REPLY_H

#include <stddef.h>

#include "common/tmpl.h"

struct request;

enum page {
#define PAGE(name, file) PAGE_##name,
#include "portal/pages.def"
#undef PAGE
	PAGE__MAX
};

/* Only so that a handler can `return reply_…(…)`. */
enum reply_kind { REPLY_PAGE, REPLY_GO, REPLY_BYTES };

struct reply {
	enum reply_kind kind;
	int status;
	enum page page;
	struct tmpl_data *data;
	const char *type; /* Content-Type */
	const char *bytes;
	size_t len;
	char *headers; /* those beyond the ones every reply has: "Name: value\r\n"… */
	const char *referrer; /* Referrer-Policy */
	const char *cache;    /* Cache-Control */
	bool has_errors;
};

void reply_init(struct request *r);

/* A header of this reply only. The value must be ours or checked: a control character in it aborts. */
void reply_header(struct request *r, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A page, filled through r->reply.data beforehand or afterwards; status 200. */
enum reply_kind reply_page(struct request *r, enum page page);
/* See elsewhere (303): path below the portal's base, "/connexion". */
enum reply_kind reply_go(struct request *r, const char *path);
/* A picture, a sound. */
enum reply_kind reply_bytes(struct request *r, const char *type, const void *bytes, size_t len);
/* A refusal page with its status: what happened and what to do, from refusals.def. */
enum reply_kind reply_refuse(struct request *r, int status);
/* The world is wrong (r->task->err): 503 with Retry-After, one line in the log, and a button that sends again what was typed. */
enum reply_kind reply_trouble(struct request *r);
/* A button on a refusal page that posts again what was typed, secrets apart. False: nothing was typed that may be sent back. */
bool reply_offer_again(struct request *r);

/* An error on the page: beside its field (a theme name such as "erreur_captcha") and in the summary at the top. */
void reply_error(struct request *r, const char *field, const char *message);
bool reply_has_errors(const struct request *r);

/* The two steps behind every reply. */
void reply_render(struct request *r);
void reply_send(struct request *r);

#endif
