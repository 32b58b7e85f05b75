/* The table of addresses (routes.def) and who may ask for what. */
#ifndef ISOLOIR_ROUTE_H
#define ISOLOIR_ROUTE_H

#include "portal/request.h"

/* EITHER: anyone, but an elector is known as one (r->elector). ALWAYS: the same, even while sessions or the roll cannot be read. */
enum who { WHO_ANYONE, WHO_EITHER, WHO_ALWAYS, WHO_VISITOR, WHO_ELECTOR };

/* What a request does that may be done too often: nothing; ask for a mail; try a password; write to the assistance; read a roll; answer for a voting code; make a claim. */
enum pace { PACE_FREE, PACE_ASK, PACE_PASSWORD, PACE_WRITE, PACE_ROLL, PACE_REISSUE, PACE_CLAIM };

typedef enum reply_kind handler(struct request *r);

struct route {
	enum method method;
	const char *path;
	enum who who;
	enum pace pace;
	handler *show, *handle;
};

/*
 * The row for r->method and path (below base); r->star is what each * stood for, on the task. NULL: none; then *allow_r holds the
 * methods that the path does take ("GET, HEAD, POST"), or NULL when the path is unknown.
 */
const struct route *route_find(struct request *r, const char *path, const char **allow_r);

/* Split "/demo/portail/accueil" into slug and path; false when it is not of that form. */
bool route_split(TALLOC_CTX *ctx, const char *address, char **slug_r, const char **path_r);

/* The handlers, in pages/. */
#define ROUTE(method, path, who, pace, show, handle) handler show, handle;
#include "portal/routes.def"
#undef ROUTE

#endif
