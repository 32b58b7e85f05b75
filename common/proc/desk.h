/*
 * The master's control socket: one line in, one line of JSON out, then it closes. Nothing here ever waits: a
 * client that is slow, silent or long-winded is let go, and the master goes on.
 */
#ifndef ISOLOIR_DESK_H
#define ISOLOIR_DESK_H

#include <poll.h>

#include "common/base/task.h"

#define DESK_CLIENTS_MAX 16
#define DESK_FDS (DESK_CLIENTS_MAX + 1)
#define DESK_LINE_MAX 512
#define DESK_PATIENCE_MS 5000

struct desk;

/* Makes the answer to one line, on ctx; no newline at its end. */
typedef char *(*desk_answer)(TALLOC_CTX *ctx, void *whom, const char *line);

/* Listens at path (mode 0660). NULL with a sentence. */
struct desk *desk_open(TALLOC_CTX *ctx, const char *path, desk_answer answer, void *whom, char **why_r);
/* In the master at its end (removes the path), or in a fresh worker (only lets go of the files). */
void desk_close(struct desk *d);
void desk_forget(struct desk *d);

/* Fill up to DESK_FDS for poll(); returns how many. Then serve what is ready and drop who took too long. */
nfds_t desk_poll(const struct desk *d, struct pollfd *fds);
void desk_serve(struct desk *d);
/* Is nothing left to be written? Then the master may end. */
bool desk_is_quiet(const struct desk *d);

#endif
