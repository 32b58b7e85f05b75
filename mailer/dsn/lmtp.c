#include "mailer/dsn/lmtp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/clock.h"

#define LINE_MAX_BYTES 2048
#define ADDRESS_MAX 254
#define SESSION_MS (INT64_C(10) * 60 * 1000) /* nobody keeps the others waiting for longer */

struct session {
	TALLOC_CTX *ctx;
	int fd;
	int64_t until_ms;
	size_t max;
	lmtp_take_fn *take;
	void *arg;

	char in[4096];
	size_t at, n;
	bool greeted, has_sender, gone;
	const char *recipients[LMTP_RECIPIENTS_MAX];
	size_t n_recipients;
};

/* ---- bytes ---- */

static void
say(struct session *s, const char *line)
{
	char buf[300];
	size_t len = (size_t)snprintf(buf, sizeof(buf), "%s\r\n", line), done = 0;

	while (!s->gone && done < len) {
		ssize_t n = send(s->fd, buf + done, len - done, MSG_NOSIGNAL);

		s->gone = n <= 0;
		done += n > 0 ? (size_t)n : 0;
	}
}

/* -1: the other side is gone, or silent for too long. */
static int
next_byte(struct session *s)
{
	ssize_t n;

	if (s->at < s->n)
		return (unsigned char)s->in[s->at++];
	n = s->gone || clock_mono_ms() > s->until_ms ? 0 : recv(s->fd, s->in, sizeof(s->in), 0);
	s->gone = n <= 0;
	if (n <= 0)
		return -1;
	s->n = (size_t)n;
	s->at = 1;
	return (unsigned char)s->in[0];
}

/* A line without its end; what is longer than size - 1 is lost, and *long_r says so. False: gone. */
static bool
read_line(struct session *s, char *line, size_t size, size_t *len_r, bool *ended_r)
{
	size_t len = 0;
	int c;

	while ((c = next_byte(s)) != -1 && c != '\n' && len < size - 1)
		line[len++] = (char)c;
	if (c != '\n' && c != -1) {
		s->at--; /* the rest is another piece */
	} else if (len > 0 && line[len - 1] == '\r') {
		len--;
	}
	line[len] = '\0';
	*len_r = len;
	*ended_r = c == '\n';
	return c != -1;
}

/* ---- commands ---- */

static void
reset(struct session *s)
{
	s->has_sender = false;
	s->n_recipients = 0;
}

static void
do_lhlo(struct session *s, const char *rest)
{
	(void)rest;
	reset(s);
	s->greeted = true;
	say(s, "250-isoloir-dsn");
	say(s, "250-PIPELINING");
	say(s, "250-ENHANCEDSTATUSCODES");
	say(s, "250 8BITMIME");
}

static void
do_mail(struct session *s, const char *rest)
{
	if (!s->greeted || s->has_sender || strncasecmp(rest, "FROM:", 5) != 0) {
		say(s, "503 5.5.1 LHLO first, then one MAIL FROM");
		return;
	}
	s->has_sender = true;
	say(s, "250 2.1.0 ok");
}

/* Whatever the address: who asks learns nothing from the answer. */
static void
do_rcpt(struct session *s, const char *rest)
{
	const char *from = strncasecmp(rest, "TO:", 3) == 0 ? rest + 3 + strspn(rest + 3, " <") : NULL;
	size_t len = from != NULL ? strcspn(from, "> ") : 0;

	if (!s->has_sender || len == 0 || len > ADDRESS_MAX) {
		say(s, s->has_sender ? "501 5.1.3 no address" : "503 5.5.1 MAIL FROM first");
		return;
	}
	if (s->n_recipients == LMTP_RECIPIENTS_MAX) {
		say(s, "452 4.5.3 too many recipients");
		return;
	}
	s->recipients[s->n_recipients++] = talloc_strndup(s->ctx, from, len);
	say(s, "250 2.1.5 ok");
}

/* Up to the dot. Beyond max + 1 bytes it is read and lost. NULL: the connection broke off. */
static char *
read_message(struct session *s, size_t *len_r)
{
	char line[LINE_MAX_BYTES], *text = talloc_zero_size(s->ctx, s->max + 2);
	size_t len, total = 0;
	bool ended = true, begins;

	for (;;) {
		const char *from = line;

		begins = ended;
		if (!read_line(s, line, sizeof(line), &len, &ended))
			break;
		if (begins && ended && len == 1 && line[0] == '.') {
			*len_r = total;
			return text;
		}
		if (begins && len > 0 && line[0] == '.') {
			from++;
			len--;
		}
		if (len + 2 > s->max + 1 - total)
			len = 0, ended = true, total = s->max + 1;
		if (total > s->max)
			continue;
		memcpy(text + total, from, len);
		total += len;
		if (ended) {
			memcpy(text + total, "\r\n", 2);
			total += 2;
		}
	}
	talloc_free(text);
	return NULL;
}

static void
do_data(struct session *s, const char *rest)
{
	size_t len = 0;
	char *text;

	(void)rest;
	if (s->n_recipients == 0) {
		say(s, "503 5.5.1 no recipient");
		return;
	}
	say(s, "354 go on");
	text = read_message(s, &len);
	for (size_t i = 0; text != NULL && i < s->n_recipients; i++)
		say(s, s->take(s->arg, s->recipients[i], text, len) == 0 ? "250 2.0.0 taken" : "451 4.3.0 not now, come again");
	talloc_free(text);
	reset(s);
}

static void
do_rset(struct session *s, const char *rest)
{
	(void)rest;
	reset(s);
	say(s, "250 2.0.0 ok");
}

static void
do_noop(struct session *s, const char *rest)
{
	(void)rest;
	say(s, "250 2.0.0 ok");
}

static void
do_vrfy(struct session *s, const char *rest)
{
	(void)rest;
	say(s, "252 2.5.0 send it and see");
}

static void
do_quit(struct session *s, const char *rest)
{
	(void)rest;
	say(s, "221 2.0.0 bye");
	s->gone = true;
}

static const struct {
	const char *verb;
	void (*act)(struct session *s, const char *rest);
} verbs[] = {
    {"LHLO", do_lhlo}, {"MAIL", do_mail}, {"RCPT", do_rcpt}, {"DATA", do_data}, {"RSET", do_rset}, {"NOOP", do_noop}, {"VRFY", do_vrfy}, {"QUIT", do_quit},
};

static void
obey(struct session *s, const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strlen(verbs[i].verb) == len && strncasecmp(verbs[i].verb, line, len) == 0) {
			verbs[i].act(s, line + len + (line[len] == ' '));
			return;
		}
	say(s, "500 5.5.2 this is LMTP");
}

void
lmtp_serve(TALLOC_CTX *ctx, int fd, size_t max, int64_t idle_ms, lmtp_take_fn *take, void *arg)
{
	struct session *s = talloc_zero(ctx, struct session);
	struct timeval wait = {.tv_sec = idle_ms / 1000, .tv_usec = idle_ms % 1000 * 1000};
	char line[LINE_MAX_BYTES];
	size_t len;
	bool ended;

	s->ctx = s;
	s->fd = fd;
	s->max = max;
	s->take = take;
	s->arg = arg;
	s->until_ms = clock_mono_ms() + SESSION_MS;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	say(s, "220 isoloir-dsn LMTP");
	while (!s->gone && read_line(s, line, sizeof(line), &len, &ended)) {
		if (ended)
			obey(s, line);
		else
			do_quit(s, line);
	}
	talloc_free(s);
}
