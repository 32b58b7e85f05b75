/* How fast mails may go: the rows of mail_policy, told to Redis, where each lease asks them (common/queue/lease.lua). */
#ifndef ISOLOIR_PACE_H
#define ISOLOIR_PACE_H

#include "common/queue/live.h"
#include "mailer/sender.h"

/*
 * What a reply teaches: success lets a domain and a relay have more on their way at once (common/queue/finish.lua), a refusal that meets one of the two halves
 * what that one may, and when refusals last makes it pause until a single mail has got through.
 */
void pace_note(struct task *t, struct sender *s, const struct sender_relay *r, const struct live_job *j, const struct verdict *v,
               const struct verdict_reply *reply);

/* Tell Redis what the rows say, and if it was emptied what went in the last day too. -1: MariaDB or Redis. */
WARN_UNUSED int pace_tell(struct task *t, struct sender *s);

#endif
