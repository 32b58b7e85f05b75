/*
 * What the workers of one host remember together of a server that hangs. Whoever waited for it in vain keeps the others from waiting too: for a
 * second all fail at once, then one alone tries, and the others go on failing until it knows. So a server that hangs holds the workers once, for one
 * time-out, and afterwards one of them at a time. A server that refuses at once costs nobody time and is asked by everybody.
 * It also says, once for all workers, when an outage begins and ends.
 */
#ifndef ISOLOIR_BREAKER_H
#define ISOLOIR_BREAKER_H

#include "common/base/task.h"

#define BREAKER_SLOW_MS 100   /* a failure that took longer held somebody up */
#define BREAKER_PAUSE_MS 1000 /* after it nobody asks for so long */

struct breaker;

/* Shared from here on with every child, and never freed; for the master, before it forks. what: "MariaDB", static. Never NULL. */
struct breaker *breaker_new(const char *what);

/*
 * May the server be asked at now_ms (clock_mono_ms())? Whoever is let through while the server is known to hang tries for everybody, and has
 * patience_ms for it. Without a breaker (NULL): always.
 */
bool breaker_lets(struct breaker *b, int64_t now_ms, int64_t patience_ms);

/* Between began_ms and now_ms the server answered (whatever it said), or did not; why: a sentence for the log. */
void breaker_answered(struct breaker *b, int64_t now_ms);
void breaker_failed(struct breaker *b, int64_t began_ms, int64_t now_ms, const char *why);

#endif
