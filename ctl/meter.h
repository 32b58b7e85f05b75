/* How far a long work is, on standard error, once it has taken two seconds: a bar on a terminal, lines in a log. */
#ifndef ISOLOIR_CTL_METER_H
#define ISOLOIR_CTL_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
	const char *what;
	int64_t began_ms, next_ms;
	bool terminal, shown;
};

void meter_start(struct meter *m, const char *what);

/* percent: -1 when nobody knows. n: what was done so far, of which a rate is made. */
void meter_tick(struct meter *m, int percent, int64_t n);

void meter_end(struct meter *m);

#endif
