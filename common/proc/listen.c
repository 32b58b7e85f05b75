/* Sockets that wait for connections: see listen.h. */
#include "common/proc/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"

#define GIVEN_FIRST 3        /* SD_LISTEN_FDS_START */
#define GIVEN_MAX 8
#define BACKLOG_HERE 128
#define ADDRESS_WAIT_MS 2000 /* a dead master's workers let go of its address within milliseconds */

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes != 0;
}

/* The protocol of sd_listen_fds(3): LISTEN_PID is for whom, LISTEN_FDS is how many, from fd 3 on. */
static int
count_given(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t whom, n = 0;
	bool ours = pid != NULL && fds != NULL && text_number(pid, 1, INT32_MAX, &whom) &&
	            text_number(fds, 1, GIVEN_MAX, &n) && whom == getpid();

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return ours ? (int)n : 0;
}

/* fd 0 is wanted for /dev/null: move the socket away from the standard three. */
static int
given_on_stdin(void)
{
	int fd, null;

	if (!is_listening(STDIN_FILENO))
		return -1;
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, GIVEN_FIRST);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	must(fd != -1 && null != -1);
	dup2(null, STDIN_FILENO);
	close(null);
	return fd;
}

static char *
name_of(TALLOC_CTX *ctx, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	} a = {.any = {0}};
	socklen_t len = sizeof(a.room);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, &a.any, &len) == -1)
		return talloc_strdup(ctx, "?");
	if (a.any.sa_family == AF_UNIX)
		return talloc_strndup(ctx, a.un.sun_path, sizeof(a.un.sun_path));
	if (getnameinfo(&a.any, len, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return talloc_strdup(ctx, "?");
	return talloc_asprintf(ctx, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

/* Each is given out once. -1: none (any more) that is wanted. */
static int
given_by_systemd(const char *where, bool any)
{
	static int n = -1;
	static bool taken[GIVEN_MAX];
	int found = -1;

	if (n == -1)
		n = count_given();
	for (int i = n - 1; i >= 0; i--) {
		int fd = GIVEN_FIRST + i;
		char *name = name_of(NULL, fd);
		bool named = strcmp(name, where) == 0;

		talloc_free(name);
		if (taken[i] || !is_listening(fd))
			continue;
		if (named) {
			found = i;
			break;
		}
		if (any)
			found = i;
	}
	if (found == -1)
		return -1;
	taken[found] = true;
	return GIVEN_FIRST + found;
}

static struct listener *
listener_new(TALLOC_CTX *ctx, int fd)
{
	struct listener *l = talloc_zero(ctx, struct listener);

	must(l != NULL);
	l->fd = fd;
	l->name = name_of(l, fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return l;
}

/* On a connection of ours SO_PEERCRED tells who called listen(). Its workers may still hold the socket for a
 * moment. */
static bool
peer_is_dead(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1 || peer.pid <= 0)
		return false;
	return kill(peer.pid, 0) == -1 && errno == ESRCH;
}

/* Does anybody answer at this unix socket? Only a sure no is a no. */
static bool
is_stale(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool stale;

	if (fd == -1)
		return false;
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0)
		stale = peer_is_dead(fd);
	else
		stale = errno == ECONNREFUSED || errno == ENOENT;
	close(fd);
	return stale;
}

static int
bind_unix(const struct sockaddr_un *a, int backlog)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;
	mode_t before = umask(0117);
	bool ok =
	    fd != -1 && bind(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 && listen(fd, backlog) == 0;

	saved = errno;
	umask(before);
	if (ok)
		return fd;
	if (fd != -1)
		close(fd);
	errno = saved;
	return -1;
}

int
listen_unix(TALLOC_CTX *ctx, const char *path, int backlog, char **why_r)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(a.sun_path)) {
		*why_r = talloc_asprintf(ctx, "%s: longer than the %zu bytes of a unix socket's path", path,
		                         sizeof(a.sun_path) - 1);
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		*why_r =
		    talloc_asprintf(ctx, "%s: exists and is no socket; remove it or listen elsewhere", path);
		errno = EEXIST;
		return -1;
	}
	fd = bind_unix(&a, backlog);
	if (fd == -1 && errno == EADDRINUSE && is_stale(&a) && (unlink(path) == 0 || errno == ENOENT))
		fd = bind_unix(&a, backlog);
	if (fd == -1)
		*why_r =
		    talloc_asprintf(ctx, "%s: %s", path,
		                    errno == EADDRINUSE ? "somebody else listens there" : strerror(errno));
	return fd;
}

static int
bind_tcp(const struct addrinfo *ai, int backlog)
{
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol), yes = 1, saved;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, backlog) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* "127.0.0.1:9000", "[::1]:9000", ":9000" (every address). */
static struct addrinfo *
resolve(TALLOC_CTX *ctx, const char *where, char **why_r)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM},
			*ai = NULL;
	char *host = talloc_strdup(ctx, where), *colon = strrchr(host, ':'), *node = host;
	int rc = EAI_NONAME;

	if (colon != NULL) {
		*colon = '\0';
		if (host[0] == '[' && text_ends(host, "]")) {
			node = host + 1;
			node[strlen(node) - 1] = '\0';
		}
		rc = getaddrinfo(node[0] != '\0' ? node : NULL, colon + 1, &hints, &ai);
	}
	talloc_free(host);
	if (rc == 0)
		return ai;
	*why_r = talloc_asprintf(ctx, "%s: neither a path nor host:port that is known (%s)", where,
	                         gai_strerror(rc));
	errno = EINVAL;
	return NULL;
}

static int
listen_tcp(TALLOC_CTX *ctx, const char *where, int backlog, char **why_r)
{
	struct addrinfo *ai = resolve(ctx, where, why_r);
	int fd;

	if (ai == NULL)
		return -1;
	fd = bind_tcp(ai, backlog);
	freeaddrinfo(ai);
	if (fd == -1)
		*why_r =
		    talloc_asprintf(ctx, "%s: %s", where,
		                    errno == EADDRINUSE ? "somebody else listens there" : strerror(errno));
	return fd;
}

/* Orphans of a killed master need a moment to hear of it. */
static int
listen_own(TALLOC_CTX *ctx, const char *where, int backlog, char **why_r)
{
	int64_t until = clock_mono_ms() + ADDRESS_WAIT_MS;
	bool is_path = strchr(where, '/') != NULL;
	int fd;

	for (;;) {
		fd = is_path ? listen_unix(ctx, where, backlog, why_r)
		             : listen_tcp(ctx, where, backlog, why_r);
		if (fd != -1 || errno != EADDRINUSE || clock_mono_ms() >= until)
			return fd;
		usleep(50000);
	}
}

struct listener *
listen_open(TALLOC_CTX *ctx, const char *where, int backlog, bool any, char **why_r)
{
	int fd = given_by_systemd(where, any);
	struct listener *l;

	if (fd == -1 && any)
		fd = given_on_stdin();
	if (fd != -1) {
		l = listener_new(ctx, fd);
		l->given = true;
		return l;
	}
	fd = listen_own(ctx, where, backlog, why_r);
	if (fd == -1)
		return NULL;
	l = listener_new(ctx, fd);
	if (strchr(where, '/') != NULL)
		l->path = talloc_strdup(l, where);
	return l;
}

static bool
is_loopback(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = {.any = {0}};
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) == -1)
		return false;
	if (a.any.sa_family == AF_INET)
		return ntohl(a.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return a.any.sa_family == AF_UNIX || (a.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr));
}

struct listener *
listen_open_here(TALLOC_CTX *ctx, const char *where, char **why_r)
{
	struct listener *l = listen_open(ctx, where, BACKLOG_HERE, false, why_r);

	if (l == NULL || is_loopback(l->fd))
		return l;
	*why_r = talloc_asprintf(ctx, "%s: metrics are for this host alone: a path, 127.0.0.1:PORT or [::1]:PORT", where);
	listen_close(l);
	return NULL;
}

void
listen_close(struct listener *l)
{
	if (l->path != NULL)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}
