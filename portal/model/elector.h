/* Electors: what the roll says of the person who is in, and the account that lets them in. */
#ifndef ISOLOIR_ELECTOR_H
#define ISOLOIR_ELECTOR_H

#include "portal/portal.h"

struct request;

struct elector {
	const char *civility, *given_name, *family_name, *posting, *academy, *time_zone;
	const char *name;       /* "M. Jean DUPONT" */
	const char *identifier;
	int64_t activated_at_s; /* 0: has no account */
	int64_t epoch;          /* sessions of another one are over */
};

/* "M. Jean DUPONT", on ctx. */
char *elector_name(TALLOC_CTX *ctx, const char *civility, const char *given, const char *family);

/* The elector with this id; *elector_r NULL: has left the roll. -1: MariaDB. */
WARN_UNUSED int elector_find(struct request *r, int64_t id, struct elector **elector_r);

/*
 * Is this the password of that identifier's account? *elector_id_r 0: no, whatever the reason; an unknown identifier and an account that is not
 * activated cost the hash of some other account (decoy.h). A hash made at an older cost is renewed. *epoch_r: that under which the password was right.
 * -1: MariaDB, or no free hash slot.
 */
WARN_UNUSED int elector_log_in(struct request *r, const char *identifier, const char *password, int64_t *elector_id_r,
                               int64_t *epoch_r);

/* The challenge questions of this election: columns id, wording. */
WARN_UNUSED int elector_questions(struct request *r, struct db_rows **rows_r);

/* The cost that the settings ask of a password's or answer's hash. */
struct hash_cost elector_hash_cost(const struct request *r);

/* The last twenty rows of the audit trail about a person, latest first: columns at, act, detail. -1: MariaDB. */
WARN_UNUSED int elector_history(struct request *r, const char *identifier, struct db_rows **rows_r);

/* One row of the audit trail about a person. -1: MariaDB. */
WARN_UNUSED int elector_audit(struct request *r, const char *identifier, const char *act, const char *detail);

#endif
