/* The control socket: see desk.h. */
#include "common/proc/desk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/proc/listen.h"

struct client {
	int fd; /* -1: free */
	int64_t until_ms;
	char line[DESK_LINE_MAX];
	size_t have;
	char *out; /* NULL while the line is not whole */
	size_t sent;
};

struct desk {
	int fd;
	const char *path;
	desk_answer answer;
	void *whom;
	struct client clients[DESK_CLIENTS_MAX];
};

struct desk *
desk_open(TALLOC_CTX *ctx, const char *path, desk_answer answer, void *whom, char **why_r)
{
	struct desk *d = talloc_zero(ctx, struct desk);

	must(d != NULL);
	/* The caller holds the pid file's lock: whatever stands there is a dead master's. */
	unlink(path);
	d->fd = listen_unix(ctx, path, DESK_CLIENTS_MAX, why_r);
	if (d->fd == -1) {
		talloc_free(d);
		return NULL;
	}
	d->path = talloc_strdup(d, path);
	d->answer = answer;
	d->whom = whom;
	for (int i = 0; i < DESK_CLIENTS_MAX; i++)
		d->clients[i].fd = -1;
	return d;
}

static void
let_go(struct client *c)
{
	close(c->fd);
	talloc_free(c->out);
	*c = (struct client){.fd = -1};
}

void
desk_forget(struct desk *d)
{
	for (int i = 0; i < DESK_CLIENTS_MAX; i++)
		if (d->clients[i].fd != -1)
			close(d->clients[i].fd);
	close(d->fd);
}

void
desk_close(struct desk *d)
{
	desk_forget(d);
	unlink(d->path);
}

nfds_t
desk_poll(const struct desk *d, struct pollfd *fds)
{
	nfds_t n = 0;

	fds[n++] = (struct pollfd){.fd = d->fd, .events = POLLIN};
	for (int i = 0; i < DESK_CLIENTS_MAX; i++) {
		const struct client *c = &d->clients[i];

		if (c->fd != -1)
			fds[n++] = (struct pollfd){.fd = c->fd, .events = c->out != NULL ? POLLOUT : POLLIN};
	}
	return n;
}

/* Nobody free: the one that is nearest to its time-out makes room. */
static struct client *
room(struct desk *d)
{
	struct client *oldest = &d->clients[0];

	for (int i = 0; i < DESK_CLIENTS_MAX; i++) {
		if (d->clients[i].fd == -1)
			return &d->clients[i];
		if (d->clients[i].until_ms < oldest->until_ms)
			oldest = &d->clients[i];
	}
	let_go(oldest);
	return oldest;
}

/* poll said so, but the client may be gone again: do not wait for the next. */
static void
welcome(struct desk *d)
{
	struct pollfd p = {.fd = d->fd, .events = POLLIN};
	struct client *c;
	int fd;

	if (poll(&p, 1, 0) != 1 || (fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) == -1)
		return;
	c = room(d);
	c->fd = fd;
	c->until_ms = clock_mono_ms() + DESK_PATIENCE_MS;
}

static bool
is_only_waiting(ssize_t n)
{
	return n == -1 && (errno == EAGAIN || errno == EINTR);
}

static void
answer(struct desk *d, struct client *c)
{
	char *text = d->answer(d, d->whom, c->line);

	c->out = talloc_asprintf(d, "%s\n", text);
	talloc_free(text);
}

static void
listen_to(struct desk *d, struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->have, sizeof(c->line) - 1 - c->have, 0);
	char *end;

	if (is_only_waiting(n))
		return;
	if (n <= 0) {
		let_go(c);
		return;
	}
	c->have += (size_t)n;
	c->line[c->have] = '\0';
	end = strpbrk(c->line, "\r\n");
	if (end != NULL)
		*end = '\0';
	if (end != NULL || c->have == sizeof(c->line) - 1)
		answer(d, c);
}

static void
speak_to(struct client *c)
{
	size_t left = strlen(c->out) - c->sent;
	ssize_t n = send(c->fd, c->out + c->sent, left, MSG_NOSIGNAL);

	if (is_only_waiting(n))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	if (n <= 0 || (size_t)n == left)
		let_go(c);
}

void
desk_serve(struct desk *d)
{
	welcome(d);
	for (int i = 0; i < DESK_CLIENTS_MAX; i++) {
		struct client *c = &d->clients[i];

		if (c->fd != -1 && c->out == NULL)
			listen_to(d, c);
		if (c->fd != -1 && c->out != NULL)
			speak_to(c);
		if (c->fd != -1 && clock_mono_ms() >= c->until_ms)
			let_go(c);
	}
}

bool
desk_is_quiet(const struct desk *d)
{
	for (int i = 0; i < DESK_CLIENTS_MAX; i++)
		if (d->clients[i].fd != -1 && d->clients[i].out != NULL)
			return false;
	return true;
}
