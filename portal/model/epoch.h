/*
 * The epoch of an elector's sessions: each session remembers the one under which it began, and is over once MariaDB knows a
 * later one, whatever Redis still holds. No row is epoch 0.
 */
#ifndef ISOLOIR_EPOCH_H
#define ISOLOIR_EPOCH_H

#include "common/base/task.h"

struct request;

/*
 * From here on every session that this elector has is over. *epoch_r: what the sessions that shall live are to be stamped
 * with (r->session.epoch before session_rise, or session_outlive). Within a transaction if one is open. -1: MariaDB.
 */
WARN_UNUSED int epoch_raise(struct request *r, int64_t elector_id, int64_t *epoch_r);

#endif
