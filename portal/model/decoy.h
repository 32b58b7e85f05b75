/*
 * What an identifier without an account is checked against: the hash of some account of the same election, always the same one for the same
 * identifier. After a change of the settings' cost some accounts have hashes of the old cost and some of the new; identifiers without an
 * account then cost the old and the new as often as those with one do, and change from one to the other as they do. No single cost could say that.
 */
#ifndef ISOLOIR_DECOY_H
#define ISOLOIR_DECOY_H

#include "common/keys.h"
#include "portal/portal.h"

struct request;

/* Asked for every identifier, those with an account too: the same work for all. *hash_r NULL: nobody has an account yet. -1: MariaDB. */
WARN_UNUSED int decoy_find(struct request *r, const char *identifier, const char **hash_r);

/* Where the draw begins (account.draw). By the pepper, which never changes, so that nobody knows whose hash it will be, and it stays the same. */
uint32_t decoy_place(const struct keys *k, const char *identifier);

#endif
