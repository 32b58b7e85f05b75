/* The life of one request; see serve.c. */
#ifndef ISOLOIR_SERVE_H
#define ISOLOIR_SERVE_H

#include "common/proc/program.h"
#include "portal/portal.h"
#include "portal/request.h"

/* The names of its steps, NULL-ended. */
extern const char *const serve_steps[];

/* Serve the request that waits on the link. */
void serve_one(struct worker *w, struct portal *p, struct request_link *l);

#endif
