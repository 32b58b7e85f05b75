/* Scrutins, as those see them who vote in them. Every page about a scrutin gets it from here: what is not theirs does not exist for them. */
#ifndef ISOLOIR_SCRUTIN_H
#define ISOLOIR_SCRUTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/task.h"

struct request;

struct scrutin {
	int64_t id;
	const char *code, *kind, *name, *level; /* level may be "" */
	int64_t seats;                          /* 0: not told */
	bool sigle;                             /* organizations alone, no candidates in rank */
	const char *bureau;                     /* "": not told */
	int64_t voted_s;                        /* since 1970; 0: has not voted in it */
};

/* Those of the elector who is in, in the order in which they vote, on the task. -1: MariaDB. */
WARN_UNUSED int scrutin_list(struct request *r, struct scrutin **list_r, size_t *n_r);

/* That of a code, if the elector who is in votes in it; *scrutin_r NULL: not so. -1: MariaDB. */
WARN_UNUSED int scrutin_find(struct request *r, const char *code, struct scrutin **scrutin_r);

#endif
