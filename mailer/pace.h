/* How fast mails may go: the rows of mail_policy, told to Redis, where each lease asks them (common/queue/lease.lua). */
#ifndef ISOLOIR_PACE_H
#define ISOLOIR_PACE_H

#include "mailer/sender.h"

/* Which of a pace's percents holds now in the relay's zone: 0 by day, 1 from 22 to 6 o'clock, 2 on Saturdays and Sundays. */
int pace_slot(const struct conf *c, int64_t now_s);

/* Tell Redis what the rows say, and if it was emptied what went in the last day too. -1: MariaDB or Redis. */
WARN_UNUSED int pace_tell(struct task *t, struct sender *s);

#endif
