/* isoloir-dsn: reads delivery status reports, one from a pipe or many as an LMTP server. record.c is the path of one report. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/log.h"
#include "common/proc/listen.h"
#include "mailer/dsn/lmtp.h"
#include "mailer/dsn/record.h"
#include "mailer/dsn/report.h"

#define IDLE_MS 60000 /* of a connection that says nothing */
#define BACKLOG 1024
#define RETRY_MS 100 /* after a connection that could not be taken */

static volatile sig_atomic_t stopping;

static void
on_stop(int signo)
{
	(void)signo;
	stopping = 1;
}

static void
set_signals(void)
{
	struct sigaction act = {.sa_handler = on_stop};

	sigemptyset(&act.sa_mask);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- a pipe ---- */

/* One byte more than is looked at, so that it shows as oversize; the rest is read, or the relay would take a broken pipe for a failure. */
static size_t
read_pipe(char *text, size_t max)
{
	char rest[4096];
	size_t len = fread(text, 1, max, stdin);

	while (fread(rest, 1, sizeof(rest), stdin) > 0)
		continue;
	return len;
}

static int
run_pipe(struct recorder *r)
{
	char *text = talloc_size(r, REPORT_SIZE_MAX + 1);
	size_t len = read_pipe(text, REPORT_SIZE_MAX + 1);

	if (ferror(stdin))
		return EX_TEMPFAIL;
	return record(r, NULL, text, len) == 0 ? EX_OK : EX_TEMPFAIL;
}

/* ---- LMTP ---- */

static int
take(void *arg, const char *recipient, const char *bytes, size_t len)
{
	return record(arg, recipient, bytes, len);
}

/* The next connection; -1: none, since it is time to end, or none could be taken. A signal that comes just before the wait ends it, too. */
static int
next(const struct listener *l)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};
	sigset_t stops, before;
	int fd = -1;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigprocmask(SIG_BLOCK, &stops, &before);
	if (!stopping && ppoll(&p, 1, NULL, &before) == 1)
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (fd == -1 && !stopping)
		poll(NULL, 0, RETRY_MS);
	return fd;
}

static int
run_lmtp(struct recorder *r, const char *where)
{
	char *why = NULL;
	struct listener *l = listen_open(r, where, BACKLOG, true, &why);

	if (l == NULL) {
		log_error("cannot listen", "why=%s", log_quote(r, why));
		return EX_UNAVAILABLE;
	}
	log_info("listening", "at=%s", l->name);
	while (!stopping) {
		int fd = next(l);

		if (fd == -1)
			continue;
		lmtp_serve(r, fd, REPORT_SIZE_MAX, IDLE_MS, take, r);
		close(fd);
	}
	listen_close(l);
	return EX_OK;
}

/* ---- */

static int
usage(FILE *out, int status)
{
	fputs("usage: isoloir-dsn [-c FILE] [-l WHERE]\n"
	      "Reads a delivery status report (RFC 3464) from standard input, or, with -l, many by LMTP.\n"
	      "  -c, --config FILE   settings to read instead of the installed isoloir.conf\n"
	      "  -l, --lmtp WHERE    listen on a unix socket (a path) or HOST:PORT\n"
	      "  -h, --help          say this, and exit\n"
	      "      --version       say which version this is, and exit\n",
	      out);
	return status;
}

static int
run(const char *path, const char *where)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *why = NULL;
	struct conf *c = conf_load(ctx, path, &why);
	struct recorder *r = c != NULL ? recorder_new(ctx, c, &why) : NULL;
	int status = EX_TEMPFAIL; /* of a pipe: the relay keeps the report until the settings are right */

	if (r == NULL) {
		fprintf(stderr, "isoloir-dsn: %s\n", why);
		status = where != NULL ? EX_CONFIG : EX_TEMPFAIL;
	} else if (log_open("isoloir-dsn", c->log_file, (enum log_level)c->log_level) == -1) {
		fprintf(stderr, "isoloir-dsn: %s: %s\n", c->log_file, strerror(errno));
		status = where != NULL ? EX_CANTCREAT : EX_TEMPFAIL;
	} else {
		status = where != NULL ? run_lmtp(r, where) : run_pipe(r);
	}
	talloc_free(ctx);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'}, {"lmtp", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	const char *path = NULL, *where = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "c:l:h", options, NULL)) != -1) {
		switch (c) {
		case 'c': path = optarg; break;
		case 'l': where = optarg; break;
		case 'h': return usage(stdout, EX_OK);
		case 'V': puts("isoloir-dsn " PACKAGE_VERSION); return EX_OK;
		default: return usage(stderr, EX_USAGE);
		}
	}
	if (optind < argc)
		return usage(stderr, EX_USAGE);
	hash_init();
	report_init();
	set_signals();
	return run(path, where);
}
