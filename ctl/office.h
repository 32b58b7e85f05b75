/* What the office's commands share: in which election, with which text, and the row of the audit trail that tells who and why. */
#ifndef ISOLOIR_CTL_OFFICE_H
#define ISOLOIR_CTL_OFFICE_H

#include "ctl/ctl.h"

/* The election of --election, or the only one there is. EX_OK, or the refusal's status. */
int office_election(struct ctl *c, struct db *d, int64_t *id_r, const char **slug_r);

/* The whole of a file, "-" for standard input: UTF-8 of at most max bytes. EX_OK, or the refusal's status. */
int office_read(struct ctl *c, const char *path, size_t max, char **text_r);

/* A reference or number as people read it aloud or type it: any case, with the hyphen or without. On c. */
char *office_reference(struct ctl *c, const char *typed);

/* One row of the audit trail: by whom stands in it by itself, and --reason after detail. Within the transaction that is open. */
WARN_UNUSED int office_audit(struct ctl *c, struct db *d, int64_t election_id, const char *act, const char *detail);

/* The reason of whatever electors notice: told, of one line and not longer than REASON_MAX characters; a dry run needs none. EX_OK, or the refusal's status. */
#define OFFICE_REASON_MAX 250
int office_reason(struct ctl *c);

/* The same for whatever else wants one always; why: "electors notice this". */
int office_reason_for(struct ctl *c, const char *why);

/*
 * May what the roll says be changed? Not once the election is sealed, unless --exception says why, which is then a row of the audit trail; about: what is
 * done. Within the transaction that is open. EX_OK, or the refusal's status.
 */
int office_roll_opens(struct ctl *c, struct db *d, int64_t election_id, const char *about);

#endif
