/* The ramp-up of a campaign: slowly first, so that what is wrong with it, or with a relay, shows before many have gone. A pure function. */
#ifndef ISOLOIR_RAMP_H
#define ISOLOIR_RAMP_H

#include <stdint.h>

#define RAMP_ALL (INT64_C(1) << 40) /* no bound */

/* How many mails may have been let go after elapsed_ms: per_min in the first minutes, twice as fast after each doubling_ms. per_min 0: RAMP_ALL. */
int64_t ramp_total(int64_t per_min, int64_t doubling_ms, int64_t elapsed_ms);

#endif
