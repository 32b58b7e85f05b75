#include "common/queue/ramp.h"

#define MINUTE_MS 60000
#define STEPS_MAX 20 /* a million times as fast: no bound any more */

int64_t
ramp_total(int64_t per_min, int64_t doubling_ms, int64_t elapsed_ms)
{
	int64_t step = elapsed_ms / doubling_ms, into_ms = elapsed_ms % doubling_ms;
	double total;

	if (per_min == 0 || step > STEPS_MAX)
		return RAMP_ALL;
	total = (double)per_min / MINUTE_MS * (double)(((INT64_C(1) << step) - 1) * doubling_ms + (INT64_C(1) << step) * into_ms);
	return total < (double)RAMP_ALL ? (int64_t)total : RAMP_ALL;
}
