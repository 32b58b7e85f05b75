/*
 * One request, from the first byte of nginx to the last of ours. fcgiapp.h is seen by request.c only; everything
 * that comes from outside (parameters, cookies, form) passes through there.
 */
#ifndef ISOLOIR_REQUEST_H
#define ISOLOIR_REQUEST_H

#include "common/base/task.h"
#include "portal/form.h"
#include "portal/portal.h"
#include "portal/reply.h"
#include "portal/session.h"

struct route;
struct limit_charges;
struct elector;

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

#define REQUEST_STARS_MAX 3 /* in a row of routes.def */

struct request {
	struct task *task; /* allocate here; it ends with the request */
	struct portal *portal;
	enum method method;
	const char *path;   /* decoded by nginx, without the query */
	const char *query;
	const char *base;   /* "/demo/portail" */
	const char *star[REQUEST_STARS_MAX]; /* what each * of the route stood for */
	const char *rest;   /* what the first of them did, or "" */
	const struct route *route;
	const struct election *election;
	char presented[SESSION_TEXT_SIZE]; /* the session id that the browser came with, "" for none */
	struct session session;
	struct limit_charges *charges; /* what it took from its limits of pace; NULL: nothing */
	struct elector *elector; /* whose session it is, on routes for ELECTOR and EITHER */
	const char *device;      /* device.c */
	struct form form;
	struct reply reply;
};

struct request_link; /* the FastCGI side of a worker */

struct request_link *request_link_new(TALLOC_CTX *ctx, int listen_fd, int hash_fd);

/* Wait for a connection. False: a signal came, look whether to stop. */
bool request_accept(struct request_link *l);

/* The request that waits on the link, with method, path and query; never NULL. */
struct request *request_new(struct portal *p, struct request_link *l);

/* A CGI parameter (REQUEST_METHOD, HTTP_ORIGIN …), "" when absent. */
const char *request_param(const struct request *r, const char *name);

/* A cookie's value on the task, NULL when absent. */
const char *request_cookie(const struct request *r, const char *name);

/* The browser in a few words (browser.h). */
const char *request_browser(const struct request *r);

/* The body, at most max bytes. The length, -1: more than that was announced or sent, -2: less than announced. */
long request_body(struct request *r, char *buf, size_t max);

/* Send and end: headers as in r->reply, body unless HEAD. */
void request_send(struct request *r, const char *body, size_t len);
void request_end(struct request_link *l);

/* A query field's presence: "?deconnexion". */
bool request_asks(const struct request *r, const char *word);

#endif
