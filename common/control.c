/* A conversation of two lines: see control.h. */
#include "common/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (4 << 20)

/* Wait for the socket, within the deadline. */
static bool
await(struct task *t, int fd, short events)
{
	int64_t left = task_left_ms(t);
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	while (n == -1 && errno == EINTR);
	return n == 1;
}

static int
reach(struct task *t, const char *path, const char *word)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return task_fail(t, ERR_REFUSED, "%s is too long for a unix socket", path);
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		task_fail(t, ERR_REFUSED, "the %s does not run (nobody answers at %s)", word, path);
	else
		task_fail(t, ERR_REFUSED, "%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

static int
say(struct task *t, int fd, const char *line)
{
	char *text = talloc_asprintf(t, "%s\n", line);
	size_t len = strlen(text);
	bool ok = send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;

	talloc_free(text);
	return ok ? 0 : task_fail(t, ERR_REFUSED, "the order could not be sent: %s", strerror(errno));
}

/* Up to the newline. */
static int
hear(struct task *t, int fd, char **answer_r)
{
	char *text = talloc_strdup(t, ""), buf[4096], *end;
	size_t all = 0;
	ssize_t n;

	while (all < ANSWER_MAX) {
		if (!await(t, fd, POLLIN))
			return task_fail(t, ERR_LATE, "no answer in time");
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		buf[n] = '\0';
		all += (size_t)n;
		text = talloc_strdup_append_buffer(text, buf);
		if ((end = strchr(text, '\n')) == NULL)
			continue;
		*end = '\0';
		*answer_r = text;
		return 0;
	}
	return task_fail(t, ERR_UNCERTAIN, "it hung up in the middle of its answer");
}

int
control_ask(struct task *t, const char *run_dir, const char *word, const char *line, char **answer_r)
{
	char *path = talloc_asprintf(t, "%s/%s.ctl", run_dir, word);
	int fd = reach(t, path, word), rc;

	talloc_free(path);
	if (fd == -1)
		return -1;
	rc = say(t, fd, line);
	if (rc == 0)
		rc = hear(t, fd, answer_r);
	close(fd);
	return rc;
}
