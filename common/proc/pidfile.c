/* One master at a time: see pidfile.h. */
#include "common/proc/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* fcntl's lock and not flock's: workers of a killed master must not hold it on. */
static bool
lock(int fd, pid_t *owner_r)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_SETLK, &l) == 0)
		return true;
	*owner_r = fcntl(fd, F_GETLK, &l) == 0 ? l.l_pid : 0;
	return false;
}

int
pidfile_open(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), len;
	pid_t owner = 0;
	char line[24];

	if (fd == -1) {
		*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!lock(fd, &owner)) {
		*why_r =
		    talloc_asprintf(ctx, "%s: it already runs (pid %d); stop it first", path, (int)owner);
		close(fd);
		return -1;
	}
	len = snprintf(line, sizeof(line), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == 0 && write(fd, line, (size_t)len) == len)
		return fd;
	*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
	close(fd);
	return -1;
}

void
pidfile_close(int fd, const char *path)
{
	unlink(path);
	close(fd);
}
