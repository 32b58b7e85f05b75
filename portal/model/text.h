/* The texts of the office: what `isoloirctl text` stored, or the theme's file. */
#ifndef ISOLOIR_MODEL_TEXT_H
#define ISOLOIR_MODEL_TEXT_H

#include "common/prose.h"
#include "portal/portal.h"

struct request;

/* All the theme's texts, on ctx, for the master before it forks. NULL: *why_r says "file:line: …". */
const struct prose **text_load(TALLOC_CTX *ctx, const char *theme, char **why_r);

/*
 * The text of this election, never NULL. A worker keeps the office's for some seconds; while MariaDB is away it keeps the last one, or shows the
 * theme's, so that help is there when it is needed most.
 */
const struct prose *text_get(struct request *r, enum text_name name);

#endif
