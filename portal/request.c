#include "portal/request.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/proc/board.h"
#include "portal/browser.h"

#define SEAT_NAP_MS 20 /* who found no seat looks again after this, since nobody calls */

struct request_link {
	FCGX_Request fcgi;
	int epoll_fd;
	int hash_fd; /* -1: none */
	bool hash_watched;
	sigset_t waiting; /* the signal mask while idle: SIGTERM may come only then */
};

/* The request in hand knows its link through this; fcgiapp.h's types stay in this file. */
struct whole_request {
	struct request r;
	struct request_link *link;
};

static int
request_link_close(struct request_link *l)
{
	FCGX_Finish_r(&l->fcgi);
	close(l->epoll_fd);
	return 0;
}

static bool
watch(struct request_link *l, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data = {.fd = fd}};

	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/*
 * The sockets are shared by all workers, so they are made non-blocking and waited for with EPOLLEXCLUSIVE: one
 * connection wakes one worker. SIGTERM is let in only while waiting, so that it can never fall between the look at the flag and the wait.
 */
struct request_link *
request_link_new(TALLOC_CTX *ctx, int listen_fd, int hash_fd)
{
	struct request_link *l = talloc_zero(ctx, struct request_link);
	sigset_t held;

	must(FCGX_Init() == 0);
	must(FCGX_InitRequest(&l->fcgi, listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
	must(fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK) == 0);
	must(hash_fd == -1 || fcntl(hash_fd, F_SETFL, fcntl(hash_fd, F_GETFL) | O_NONBLOCK) == 0);
	l->hash_fd = hash_fd;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	must(l->epoll_fd != -1 && watch(l, listen_fd));
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, &l->waiting);
	sigdelset(&l->waiting, SIGTERM);
	talloc_set_destructor(l, request_link_close);
	return l;
}

/* Of the connections that need a hash a worker hears only while there is a seat. Once told to stop (worker.h) there is nothing to watch. */
static void
watch_hash(struct request_link *l)
{
	if (l->hash_fd != -1 && !l->hash_watched && board_seat_is_free())
		l->hash_watched = watch(l, l->hash_fd);
}

/* Watched anew, it tells of connections whose arrival was told to somebody who found no seat. */
static void
unwatch_hash(struct request_link *l)
{
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->hash_fd, NULL);
	l->hash_watched = false;
}

static bool
accept_from(struct request_link *l, int fd)
{
	l->fcgi.listen_sock = fd;
	return FCGX_Accept_r(&l->fcgi) == 0;
}

static bool
accept_hash(struct request_link *l)
{
	unwatch_hash(l);
	if (!board_seat_take())
		return false;
	if (accept_from(l, l->hash_fd))
		return true;
	board_seat_leave();
	return false;
}

bool
request_accept(struct request_link *l)
{
	struct epoll_event event;

	watch_hash(l);
	if (epoll_pwait(l->epoll_fd, &event, 1, l->hash_watched || l->hash_fd == -1 ? -1 : SEAT_NAP_MS, &l->waiting) != 1)
		return false;
	return event.data.fd == l->hash_fd ? accept_hash(l) : accept_from(l, event.data.fd);
}

static const struct request_link *
link_of(const struct request *r)
{
	return ((const struct whole_request *)(const void *)r)->link;
}

static enum method
method_of(const char *word)
{
	static const char *const words[] = {"GET", "HEAD", "POST"};

	for (int i = 0; i < METHOD_OTHER; i++)
		if (strcmp(words[i], word) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

struct request *
request_new(struct portal *p, struct request_link *l)
{
	struct task *t = task_new(NULL, p->conf->portal_deadline);
	struct whole_request *w = talloc_zero(t, struct whole_request);
	struct request *r = &w->r;

	w->link = l;
	r->task = t;
	r->portal = p;
	r->method = method_of(request_param(r, "REQUEST_METHOD"));
	r->path = request_param(r, "DOCUMENT_URI");
	r->query = request_param(r, "QUERY_STRING");
	r->base = "";
	r->rest = "";
	reply_init(r);
	return r;
}

const char *
request_param(const struct request *r, const char *name)
{
	const char *value = FCGX_GetParam(name, link_of(r)->fcgi.envp);

	return value != NULL ? value : "";
}

const char *
request_cookie(const struct request *r, const char *name)
{
	const char *at = request_param(r, "HTTP_COOKIE");
	size_t len = strlen(name);

	while (*at != '\0') {
		at += strspn(at, "; ");
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return talloc_strndup(r->task, at + len + 1, strcspn(at + len + 1, "; "));
		at += strcspn(at, ";");
	}
	return NULL;
}

const char *
request_browser(const struct request *r)
{
	return browser_label(r->task, request_param(r, "HTTP_USER_AGENT"));
}

long
request_body(struct request *r, char *buf, size_t max)
{
	int64_t announced;
	int got;

	if (!text_number(request_param(r, "CONTENT_LENGTH"), 0, INT64_MAX, &announced))
		return -2;
	if ((uint64_t)announced > max)
		return -1;
	got = FCGX_GetStr(buf, (int)announced, link_of(r)->fcgi.in);
	return got == announced ? got : -2;
}

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {{200, "OK"},          {303, "See Other"},          {400, "Bad Request"},
	            {403, "Forbidden"},   {404, "Not Found"},          {405, "Method Not Allowed"},
	            {410, "Gone"},        {413, "Content Too Large"},  {415, "Unsupported Media Type"},
	            {429, "Too Many Requests"}, {503, "Service Unavailable"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return "Internal Server Error";
}

void
request_send(struct request *r, const char *body, size_t len)
{
	FCGX_Stream *out = link_of(r)->fcgi.out;

	FCGX_FPrintF(out, "Status: %d %s\r\nContent-Length: %d\r\n", r->reply.status, reason(r->reply.status), (int)len);
	FCGX_PutS(r->reply.headers, out);
	FCGX_PutS("\r\n", out);
	if (r->method != METHOD_HEAD)
		FCGX_PutStr(body, (int)len, out);
}

void
request_end(struct request_link *l)
{
	FCGX_Finish_r(&l->fcgi);
	board_seat_leave();
}

bool
request_asks(const struct request *r, const char *word)
{
	return strcmp(r->query, word) == 0;
}
