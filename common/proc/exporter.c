#include "common/proc/exporter.h"

#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "common/base/clock.h"
#include "common/log.h"

#define TICK_MS 500
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct guest {
	int fd; /* -1: free */
	int64_t since_ms;
};

struct exporter {
	struct MHD_Daemon *http;
	struct scraper *scraper;
	char *text;
	int64_t made_ms;
	struct guest guests[EXPORTER_GUESTS_MAX];
};

static const char *
text_now(struct exporter *e)
{
	if (e->text != NULL && clock_mono_ms() - e->made_ms < EXPORTER_FRESH_MS)
		return e->text;
	talloc_free(e->text);
	e->text = scraper_text(e, e->scraper);
	e->made_ms = clock_mono_ms();
	return e->text;
}

/* One answer a connection, so that its time is bounded. */
static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

/* A body is never read: the answer is given before it. */
static enum MHD_Result
on_request(void *exporter, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *body,
           size_t *body_len, void **context)
{
	(void)version, (void)body, (void)body_len, (void)context;
	if (strcmp(url, "/metrics") != 0)
		return answer(c, MHD_HTTP_NOT_FOUND, "text/plain", "There is /metrics, and nothing else.\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", "Metrics can be got, and nothing else.\n");
	return answer(c, MHD_HTTP_OK, CONTENT_TYPE, text_now(exporter));
}

/* The one with that socket (-1: a place that is free), or NULL. */
static struct guest *
find_guest(struct exporter *e, int fd)
{
	for (size_t i = 0; i < EXPORTER_GUESTS_MAX; i++)
		if (e->guests[i].fd == fd)
			return &e->guests[i];
	return NULL;
}

/* libmicrohttpd sees the end, and closes. */
static void
let_go(const struct guest *g)
{
	shutdown(g->fd, SHUT_RDWR);
}

/* Nobody free: the one that is nearest to its time-out makes room. */
static struct guest *
room(struct exporter *e)
{
	struct guest *g = find_guest(e, -1);

	if (g != NULL)
		return g;
	g = &e->guests[0];
	for (size_t i = 1; i < EXPORTER_GUESTS_MAX; i++)
		if (e->guests[i].since_ms < g->since_ms)
			g = &e->guests[i];
	let_go(g);
	return g;
}

/* libmicrohttpd's own patience begins anew with each byte: we note who came when. */
static void
on_connection(void *exporter, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct guest *g;

	(void)context;
	must(info != NULL);
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*room(exporter) = (struct guest){info->connect_fd, clock_mono_ms()};
	else if ((g = find_guest(exporter, info->connect_fd)) != NULL)
		g->fd = -1;
}

static void
let_go_of_slow(struct exporter *e)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < EXPORTER_GUESTS_MAX; i++)
		if (e->guests[i].fd != -1 && now - e->guests[i].since_ms > EXPORTER_PATIENCE_MS)
			let_go(&e->guests[i]);
}

static struct exporter *
exporter_new(int listen_fd, const struct scrape_source *from)
{
	struct exporter *e = talloc_zero(NULL, struct exporter);

	must(e != NULL);
	for (size_t i = 0; i < EXPORTER_GUESTS_MAX; i++)
		e->guests[i].fd = -1;
	e->scraper = scraper_new(e, from);
	e->http = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, e, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	                           2u * EXPORTER_GUESTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)EXPORTER_HEADER_MAX,
	                           MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(EXPORTER_PATIENCE_MS / 1000), MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	                           e, MHD_OPTION_END);
	return e;
}

static void
await(struct exporter *e)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(e->http, MHD_DAEMON_INFO_EPOLL_FD);
	MHD_UNSIGNED_LONG_LONG until_ms;
	struct pollfd p = {.fd = info->epoll_fd, .events = POLLIN};
	int timeout_ms = TICK_MS;

	if (MHD_get_timeout(e->http, &until_ms) == MHD_YES && until_ms < TICK_MS)
		timeout_ms = (int)until_ms;
	poll(&p, 1, timeout_ms);
}

int
exporter_run(struct worker *w, int listen_fd, const struct scrape_source *from)
{
	struct exporter *e = exporter_new(listen_fd, from);

	prctl(PR_SET_NAME, "isoloir-metrics");
	if (e->http == NULL) {
		log_error("metrics cannot be told", "why=\"libmicrohttpd does not start\"");
		talloc_free(e);
		return EX_OSERR;
	}
	while (!worker_must_stop(w)) {
		board_turn(w->slot, BOARD_IDLE);
		await(e);
		MHD_run(e->http);
		let_go_of_slow(e);
	}
	MHD_stop_daemon(e->http);
	talloc_free(e);
	return EX_OK;
}
