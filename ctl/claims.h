/* Which claims are meant: what list, stats and the mass answer share. */
#ifndef ISOLOIR_CTL_CLAIMS_H
#define ISOLOIR_CTL_CLAIMS_H

#include "ctl/office.h"

#define CLAIMS_PAGE_ROWS 500 /* of CLAIM_PAGE */
#define CLAIMS_OPEN "received,in_study"

/* Columns of CLAIM_PAGE. */
enum { CLAIM_REFERENCE, CLAIM_STATE, CLAIM_DUE = 6, CLAIM_CONTACT = 11, CLAIM_ELECTION = 13, CLAIM_ID = 14 };

struct claims_filter {
	const char *states; /* separated by commas; "": all */
	const char *scrutin, *object, *academy, *election;
	int64_t late; /* 1: only those */
};

/* --where state=…,scrutin=CODE,object=…,academy=…,late and --election; without: the open ones. EX_OK, or the refusal's status. */
int claims_filter_read(struct ctl *c, struct claims_filter *f);

/* How many they are. -1: MariaDB. */
WARN_UNUSED int claims_count(struct ctl *c, struct db *d, const struct claims_filter *f, int64_t *n_r);

/* A page of them, the one that is due first first, after the last row of the page before (NULL: from the start). On t. -1: MariaDB. */
WARN_UNUSED int claims_page(struct task *t, struct db *d, const struct claims_filter *f, int64_t due_s, int64_t id, struct db_rows **rows_r);

#endif
