/* The way to a relay, as far as libesmtp leaves it to others: names, a bound on each wait, and the socket, which it keeps to itself. */
#ifndef ISOLOIR_CONNECT_H
#define ISOLOIR_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before the first look-up: none takes longer than two tries of two seconds at each of the system's resolvers. */
void connect_bound_lookups(void);

/* "ADDRESS:PORT" into server, by turns when the name has several. false: no resolver answers for it. */
bool connect_find(const char *host, int64_t port, unsigned *turn, char *server, size_t size);

/* After so many ms connect() comes back with EINTR, and fd is cut; -1: there is none yet. One timer a process. */
void connect_timer(int64_t ms, int fd);
void connect_timer_stop(void);

/* The socket that leads to that port, made quick; -1: none. */
int connect_socket(int64_t port);

#endif
