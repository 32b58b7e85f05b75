/* Words of the form KEY=VALUE, checked by the columns of a load (load.h), and what they change: shown as before and after, and audited. */
#ifndef ISOLOIR_CTL_FIELDS_H
#define ISOLOIR_CTL_FIELDS_H

#include "ctl/load.h"

#define FIELDS_MAX 10

struct fields {
	const struct load_column *columns;
	size_t n;
	int64_t now_s;
	const char *before[FIELDS_MAX]; /* as stored; a time in seconds since 1970, "" for none */
	const char *after[FIELDS_MAX];  /* the same once fields_read has taken the words; before where no word named it */
};

/* c->args from first on. after is before already. EX_OK, or the refusal's status. */
int fields_read(struct ctl *c, struct fields *f, size_t first);

/* The field of a name was told or has a value; the sentence for one that must have. */
int fields_need(struct ctl *c, const struct fields *f);

/* What changes, before → after, then the sentence; or that nothing does. How many changes. */
size_t fields_tell(struct ctl *c, const struct fields *f, const char *sentence);

/* A row of the audit trail for each change; about: what it is of, "scrutin CSA-MEN", or "". -1: MariaDB. */
WARN_UNUSED int fields_audit(struct ctl *c, struct db *d, int64_t election_id, const struct fields *f, const char *act, const char *about);

#endif
