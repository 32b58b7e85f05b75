/* What the mailer knows of an elector, and the link that is theirs. */
#ifndef ISOLOIR_MAILER_ELECTOR_H
#define ISOLOIR_MAILER_ELECTOR_H

#include "common/base/task.h"
#include "common/db.h"
#include "common/keys.h"
#include "common/token.h"

struct elector {
	int64_t id;
	const char *civility, *given_name, *family_name, *time_zone;
	const char *slug, *title; /* of the election */
	int64_t opens_s, closes_s;
	bool activated;
	int64_t changed_s; /* password or challenge, by the clock of MariaDB; 0: not activated */
};

/* *elector_r NULL: nobody on the roll has that identifier. */
WARN_UNUSED int elector_find(struct task *t, struct db *d, int64_t election_id, const char *identifier,
                             struct elector **elector_r);

/* Somebody at an address that may be on no roll: id 0 and no name, only what the election is called. Whether the roll knows it shows nowhere. */
WARN_UNUSED int elector_anybody(struct task *t, struct db *d, int64_t election_id, struct elector **elector_r);

/* The live link of that elector and purpose: the one there is, valid for at least validity_s from now, or a
 * new one. */
WARN_UNUSED int elector_link(struct task *t, struct db *d, const struct keys *k, int64_t elector_id,
                             const char *purpose, int64_t validity_s, char token[TOKEN_TEXT_SIZE]);

#endif
