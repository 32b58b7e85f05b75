/* What operators may say to a master: the rows of orders.def. */
#ifndef ISOLOIR_ORDERS_H
#define ISOLOIR_ORDERS_H

#include "common/proc/master.h"

/* Obey one line; the answer as JSON on ctx: {"ok":true,…} or {"ok":false,"error":"…"}. In the shape of
 * desk_answer. */
char *orders_obey(TALLOC_CTX *ctx, void *master, const char *line);

#endif
