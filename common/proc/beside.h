/*
 * The child beside the workers, which tells Prometheus how they fare: the master opens its socket, forks it, replaces it when it dies, hangs or is of
 * an earlier generation, and ends it last. It may wait for Redis and MariaDB, which the master never does.
 */
#ifndef ISOLOIR_BESIDE_H
#define ISOLOIR_BESIDE_H

#include "common/proc/master.h"

struct beside;

/* Before any fork, with m's settings read. NULL: there are to be no metrics, or no memory for them. */
struct beside *beside_new(struct master *m);

/* Tell it what the master knows, and bring what is to what is wanted. Does nothing with b NULL, as all of these. */
void beside_tend(struct master *m, bool wanted);
/* Was this dead child the one beside? */
bool beside_bury(struct master *m, pid_t pid, int status);
bool beside_is_alive(const struct master *m);
void beside_kill(struct master *m);

#endif
