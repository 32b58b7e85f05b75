/*
 * One write() a line, so that lines of many workers never mix. A line that cannot be written (a full disk) stops nobody: it is counted, and the
 * first line that can be written again comes after one that tells how many are missing.
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define LINE_MAX_BYTES 2048

static const char *const level_words[LEVEL__MAX] = {"error", "warning", "info", "debug"};

static struct {
	const char *program;
	char path[512];
	enum log_level level;
	int fd;
} sink = {"isoloir", "", LEVEL_INFO, STDERR_FILENO};

/* Lines of this process that are missing. */
static struct {
	long long n;
	int why;       /* errno of the last */
	bool cut_short; /* a part of one stands there, without its end of line */
} lost;

int
log_open(const char *program, const char *path, enum log_level level)
{
	sink.program = program;
	sink.level = level;
	snprintf(sink.path, sizeof(sink.path), "%s", path != NULL ? path : "");
	return log_reopen();
}

int
log_reopen(void)
{
	int fd, old = sink.fd;

	if (sink.path[0] == '\0') {
		sink.fd = STDERR_FILENO;
		return 0;
	}
	fd = open(sink.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return -1;
	sink.fd = fd;
	if (old != STDERR_FILENO)
		close(old);
	return 0;
}

int
log_fd(void)
{
	return sink.fd;
}

static int
write_head(char *line, size_t size, enum log_level level, const char *event)
{
	int64_t now_ms = clock_now_ms();
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&now, &tm);
	n = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
	return (int)n + snprintf(line + n, size - n, ".%03dZ %s %s[%d] %s: ", (int)(now_ms % 1000), level_words[level],
	                         sink.program, (int)getpid(), event);
}

static bool
put(const char *line, size_t n)
{
	ssize_t done = write(sink.fd, line, n);

	if (done == (ssize_t)n)
		return true;
	lost.why = done == -1 ? errno : ENOSPC;
	lost.cut_short |= done > 0;
	return false;
}

/* True when nothing is missing, or that something is has now been said. */
static bool
tell_lost(void)
{
	char line[LINE_MAX_BYTES] = "\n";
	int start = lost.cut_short ? 1 : 0, n = start;

	if (lost.n == 0)
		return true;
	n += write_head(line + start, sizeof(line) - 1, LEVEL_WARNING, "log lines lost");
	n += snprintf(line + n, sizeof(line) - (size_t)n, "n=%lld why=\"%s\"\n", lost.n, strerror(lost.why));
	if (!put(line, (size_t)n))
		return false;
	lost.n = 0;
	lost.cut_short = false;
	return true;
}

static void write_line(enum log_level level, const char *event, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

static void
write_line(enum log_level level, const char *event, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int n;

	if (level > sink.level)
		return;
	n = write_head(line, sizeof(line), level, event);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	line[n++] = '\n';
	if (!tell_lost() || !put(line, (size_t)n))
		lost.n++;
}

#define LOG_AT(name, level) \
	void log_##name(const char *event, const char *fmt, ...) \
	{ \
		va_list args; \
\
		va_start(args, fmt); \
		write_line(level, event, fmt, args); \
		va_end(args); \
	}
LOG_AT(error, LEVEL_ERROR)
LOG_AT(warning, LEVEL_WARNING)
LOG_AT(info, LEVEL_INFO)
LOG_AT(debug, LEVEL_DEBUG)

void
log_task_error(const char *event, const struct task *t)
{
	log_warning(event, "task=%s step=%s kind=%s why=\"%s\"", t->id, t->step, err_kind_name(t->err.kind),
	            t->err.text);
}

char *
log_quote(TALLOC_CTX *ctx, const char *text)
{
	char *out = talloc_strdup(ctx, "\"");

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			out = talloc_asprintf_append_buffer(out, "\\x%02x", c);
		else
			out = talloc_asprintf_append_buffer(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
	return talloc_strdup_append_buffer(out, "\"");
}
