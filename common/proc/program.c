/*
 * The command line and the start of a daemon, always in this order: options, settings, background, pid file,
 * socket, log, master. Whatever is wrong before the log is open is one sentence on standard error.
 */
#include "common/proc/program.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "common/proc/master.h"
#include "common/proc/notify.h"
#include "common/proc/pidfile.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* A worker holds some twenty open files; the master half a dozen, and one for each client of its control socket. */
#define FILES_LEAST 64

struct options {
	const char *settings;
	bool foreground, test;
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"foreground", no_argument, NULL, 'f'},
    {"test", no_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"explain", no_argument, NULL, 'E'},
    {NULL, 0, NULL, 0},
};

static void
print_help(const struct program *p, FILE *out)
{
	fprintf(out,
	        "%s: %s\n\n"
	        "Usage: %s [-ft] [-c FILE]\n"
	        "  -c, --config FILE  settings (%s)\n"
	        "  -f, --foreground   stay in the foreground\n"
	        "  -t, --test         test the settings and whatever they name, and exit\n"
	        "  -h, --help         this text\n"
	        "      --version      version\n"
	        "      --explain      every setting with its default and its sentence\n\n"
	        "Signals: TERM and INT stop after the running tasks, QUIT at once, HUP reloads,\n"
	        "TTIN and TTOU add and remove one of the %s. See %s(8).\n",
	        p->name, p->summary, p->name, conf_default_path(), p->units, p->name);
}

static int
complain(const struct program *p, int status, const char *why)
{
	fprintf(stderr, "%s: %s\n", p->name, why);
	return status;
}

/* -1 to go on, else the exit status. */
static int
parse(int argc, char **argv, const struct program *p, struct options *o)
{
	int c;

	o->settings = conf_default_path();
	while ((c = getopt_long(argc, argv, "c:fth", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->settings = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 't':
			o->test = true;
			break;
		case 'h':
			print_help(p, stdout);
			return EX_OK;
		case 'V':
			printf("%s %s\n", p->name, PACKAGE_VERSION);
			return EX_OK;
		case 'E':
			conf_explain(stdout);
			return EX_OK;
		default:
			return complain(p, EX_USAGE, "try --help");
		}
	}
	return optind == argc ? -1 : complain(p, EX_USAGE, "takes options only; try --help");
}

/* The starter waits until the daemon is up or has failed, and ends with its status. */
static int
await_daemon(int ready_fd, pid_t daemon)
{
	char up;
	int status;

	if (read(ready_fd, &up, 1) == 1)
		return EX_OK;
	while (waitpid(daemon, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* In the daemon: a descriptor to report readiness on. In the starter: never returns. */
static int
go_to_background(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid != 0) {
		close(ends[1]);
		_exit(await_daemon(ends[0], pid));
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

/* Standard error stays while it is the log. Standard input was looked at by listen_open before. */
static void
leave_terminal(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (log_fd() != STDERR_FILENO)
			dup2(null, STDERR_FILENO);
		close(null);
	}
	if (chdir("/") == -1 || write(ready_fd, "", 1) != 1)
		log_warning("background", "why=\"%s\"", strerror(errno));
	close(ready_fd);
}

/* From here on there is a log; ready_fd -1: in the foreground. */
static int
serve(TALLOC_CTX *ctx, const struct program *p, struct generation *g, struct master_listeners *l, int ready_fd)
{
	const struct conf *c = g->conf;
	struct master *m;
	char *why = NULL;

	if (log_open(p->name, c->log_file, (enum log_level)c->log_level) == -1)
		return complain(p, EX_CANTCREAT,
		                talloc_asprintf(ctx, "%s: %s", c->log_file, strerror(errno)));
	m = master_new(ctx, p, g, l, &why);
	if (m == NULL) {
		master_listeners_close(l);
		return complain(p, EX_UNAVAILABLE, why);
	}
	if (ready_fd != -1)
		leave_terminal(ready_fd);
	notify_ready();
	return master_run(m);
}

static int
run_locked(TALLOC_CTX *ctx, const struct program *p, struct generation *g, int ready_fd)
{
	struct master_listeners l;
	char *why = NULL;

	if (master_listeners_open(ctx, p, g->conf, &l, &why) == -1)
		return complain(p, EX_UNAVAILABLE, talloc_asprintf(ctx, "cannot listen: %s", why));
	return serve(ctx, p, g, &l, ready_fd);
}

static int
run(TALLOC_CTX *ctx, const struct program *p, struct generation *g, bool foreground)
{
	int ready_fd = foreground ? -1 : go_to_background(), lock, status;
	char *path = talloc_asprintf(ctx, "%s/%s.pid", g->conf->run_dir, p->word), *why = NULL;

	if (!foreground && ready_fd == -1)
		return complain(p, EX_OSERR, strerror(errno));
	master_hold_signals();
	lock = pidfile_open(ctx, path, &why);
	if (lock == -1)
		return complain(p, EX_UNAVAILABLE, why);
	status = run_locked(ctx, p, g, ready_fd);
	pidfile_close(lock, path);
	return status;
}

/* Too few open files would show as a worker that cannot answer, some day: say it at the start. *why_r: a sentence. */
static int
check_files(TALLOC_CTX *ctx, char **why_r)
{
	struct rlimit l = {0};

	getrlimit(RLIMIT_NOFILE, &l);
	if (l.rlim_cur >= FILES_LEAST)
		return 0;
	if (l.rlim_max >= FILES_LEAST) {
		l.rlim_cur = FILES_LEAST;
		if (setrlimit(RLIMIT_NOFILE, &l) == 0)
			return 0;
	}
	*why_r = talloc_asprintf(ctx, "%llu open files are allowed and %d are needed: raise the limit (ulimit -n, LimitNOFILE=)",
	                         (unsigned long long)l.rlim_max, FILES_LEAST);
	return -1;
}

static int
load_and_run(TALLOC_CTX *ctx, const struct program *p, const struct options *o)
{
	/* Absolute, since the background has another working directory when a reload reads it again. */
	char *path = realpath(o->settings, NULL), *why = NULL;
	struct generation *g = master_load(ctx, p, path != NULL ? path : o->settings, 1, &why);

	free(path);
	clock_steady_s(); /* begins here, for all workers */
	if (g == NULL)
		return complain(p, EX_CONFIG, why);
	if (check_files(ctx, &why) == -1)
		return complain(p, EX_OSERR, why);
	if (o->test) {
		printf("%s: %s: the settings are good\n", p->name, g->conf->path);
		return EX_OK;
	}
	return run(ctx, p, g, o->foreground);
}

int
program_main(int argc, char **argv, const struct program *p)
{
	struct options o = {NULL, false, false};
	int status = parse(argc, argv, p, &o);
	TALLOC_CTX *ctx;

	if (status != -1)
		return status;
	ctx = talloc_new(NULL);
	must(ctx != NULL);
	status = load_and_run(ctx, p, &o);
	talloc_free(ctx);
	return status;
}
