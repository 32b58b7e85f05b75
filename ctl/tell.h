/* A mail to an elector about what an operator did for them. */
#ifndef ISOLOIR_CTL_TELL_H
#define ISOLOIR_CTL_TELL_H

#include "common/queue.h"
#include "ctl/ctl.h"

/*
 * After the act is committed, which stands whatever comes of its mail: false when none could be queued, and the operator should be told. However soon
 * after the last one.
 */
bool tell_elector(struct ctl *c, const struct keys *k, enum queue_mail mail, int64_t election_id, const char *identifier);

#endif
