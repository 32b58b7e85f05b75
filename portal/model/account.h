/* The account of an elector who has activated: password, challenge question and answer, as hashes. */
#ifndef ISOLOIR_ACCOUNT_H
#define ISOLOIR_ACCOUNT_H

#include "portal/portal.h"

struct request;

/*
 * Store a new password, whatever the old one was, within the transaction that a link's use has begun. Every other live link is void and every session over; *epoch_r: see
 * epoch_raise. *done_r false: there is no account. -1: MariaDB.
 */
WARN_UNUSED int account_reset(struct request *r, int64_t elector_id, const char *password_hash, int64_t *epoch_r, bool *done_r);

#endif
