/*
 * The address where connections come in: a unix socket or host:port of our own, or one that was handed to us
 * (by systemd's LISTEN_FDS, or a listening socket on fd 0), which takes precedence.
 */
#ifndef ISOLOIR_LISTEN_H
#define ISOLOIR_LISTEN_H

#include "common/base/task.h"

#define LISTEN_BACKLOG_MIN 1024 /* 64 gave 98 % of instant refusals with 256 clients */

struct listener {
	int fd;
	bool given;       /* not ours: never removed */
	const char *path; /* of a unix socket of our own, removed by listen_close; NULL */
	const char *name; /* for people: "/run/isoloir/portal.sock", "127.0.0.1:9000", "fd 0 (…)" */
};

/*
 * Must be called before any fork, because systemd names the pid it means. `where` is a path (it holds a '/')
 * or host:port; `backlog` is how many connections may wait. Of several sockets handed to us it takes the one
 * of that name; with `any`, failing that, the first. NULL with a sentence in *why_r: somebody else listens
 * there, no right, not an address.
 */
struct listener *listen_open(TALLOC_CTX *ctx, const char *where, int backlog, bool any, char **why_r);

/* Of our own, and for this host alone: a path, or an address that is a loopback one. NULL with a sentence. */
struct listener *listen_open_here(TALLOC_CTX *ctx, const char *where, char **why_r);

/* A unix stream socket at path, mode 0660, in place of one on which nobody answers. -1 with a sentence. */
int listen_unix(TALLOC_CTX *ctx, const char *path, int backlog, char **why_r);

/* In the master, at the end: nobody else connects. */
void listen_close(struct listener *l);

/* Connections that wait and may wait. False when the kernel does not tell. */
bool listen_backlog(const struct listener *l, int *pending_r, int *limit_r);

#endif
