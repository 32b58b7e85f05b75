/* From a message to rows: which mail it is about, what is kept of it, and whether its address gets none any more. */
#ifndef ISOLOIR_RECORD_H
#define ISOLOIR_RECORD_H

#include "common/conf.h"
#include "common/db.h"
#include "common/keys.h"

struct recorder {
	const struct conf *conf;
	const struct keys *keys;
	struct db *db;
};

/* NULL with *why_r: the keys. Connects at the first report. */
struct recorder *recorder_new(TALLOC_CTX *ctx, const struct conf *c, char **why_r);

/*
 * recipient: the envelope's, NULL if it is not known (then the headers tell). 0: dealt with, be it that it counts for nothing, which the log tells. -1:
 * MariaDB is away or refused, nothing is kept, and the message must come again.
 */
WARN_UNUSED int record(struct recorder *r, const char *recipient, const char *bytes, size_t len);

#endif
