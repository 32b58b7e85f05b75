/* The sweep: what no sender has in hand any more comes back to its place, judged by its row. Idempotent: two
 * sweepers at once do no harm. */
#ifndef ISOLOIR_SWEEP_H
#define ISOLOIR_SWEEP_H

#include "mailer/sender.h"

/* If it is time, and if no other sender anywhere does it, sweep. Only between mails: a lease in this process'
 * own name counts as lost. */
void sweep_maybe(struct sender *s);

#endif
