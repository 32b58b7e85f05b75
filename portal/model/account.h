/* The account of an elector who has activated: password, challenge question and answer, as hashes. */
#ifndef ISOLOIR_ACCOUNT_H
#define ISOLOIR_ACCOUNT_H

#include "portal/portal.h"

struct request;

struct account {
	int64_t elector_id;
	const char *password_hash, *answer_hash;
	const char *question; /* the one in force, in words */
};

/* *account_r NULL: the elector has none. -1: MariaDB. */
WARN_UNUSED int account_find(struct request *r, int64_t elector_id, struct account **account_r);

/*
 * Store a new password, whatever the old one was, within the transaction that a link's use has begun. Every other live link is void and every session over; *epoch_r: see
 * epoch_raise. *done_r false: there is no account. -1: MariaDB.
 */
WARN_UNUSED int account_reset(struct request *r, int64_t elector_id, const char *password_hash, int64_t *epoch_r, bool *done_r);

/*
 * The changes that an elector who is in makes: one transaction with its audit row. They start from the account as it was found: *done_r false, and nothing has
 * happened, if somebody else changed it since. A new password ends what a reset ends. -1: MariaDB.
 */
WARN_UNUSED int account_change_password(struct request *r, const struct account *a, const char *password_hash, int64_t *epoch_r, bool *done_r);
WARN_UNUSED int account_change_challenge(struct request *r, const struct account *a, int64_t question_id, const char *answer_hash, bool *done_r);

#endif
