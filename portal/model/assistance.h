/* Requests for assistance: what somebody asks, with or without a session, and the reference under which it is found again. */
#ifndef ISOLOIR_ASSISTANCE_H
#define ISOLOIR_ASSISTANCE_H

#include "portal/portal.h"

struct request;

struct assistance {
	const char *subject; /* a word of subjects.def */
	const char *name, *contact, *phone, *posting, *body;
	char reference[QUEUE_REFERENCE_SIZE];
	int64_t created_at_s;
	bool repeated; /* by assistance_add: the same request stood already */
};

/*
 * Store the request, and a mail with its reference to the contact, whoever that is: nothing here looks at the roll. The reference is a keyed
 * hash of the form's nonce, so that the same form posted twice, at once or after a lost answer, is one request with one reference;
 * another text under an old nonce is another request. -1: MariaDB.
 */
WARN_UNUSED int assistance_add(struct request *r, const char *nonce, struct assistance *a);

/* The request with this reference in this election; *found_r false: none. -1: MariaDB. */
WARN_UNUSED int assistance_find(struct request *r, const char *reference, struct assistance *a, bool *found_r);

/* Those of the elector who is in, latest first: columns reference, created, subject, state, what was answered. -1: MariaDB. */
WARN_UNUSED int assistance_list(struct request *r, struct db_rows **rows_r);

#endif
