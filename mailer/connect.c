#include "mailer/connect.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

/* ---- where to ---- */

/* What a name look-up may cost: two tries of two seconds at each of the system's resolvers. */
void
connect_bound_lookups(void)
{
	if (res_init() != 0)
		return;
	_res.retrans = 2;
	_res.retry = 2;
}

/* A numeric address, another one each time. libesmtp splits at the first colon: only IPv4 can be passed so; a
 * relay with IPv6 alone goes by name. */
bool
connect_find(const char *host, int64_t port, unsigned *turn, char *server, size_t size)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
	char numeric[INET_ADDRSTRLEN] = "";
	unsigned n = 0, at;
	int rc = getaddrinfo(host, NULL, &hints, &list);

	if (rc != 0 && rc != EAI_NONAME && rc != EAI_NODATA && rc != EAI_ADDRFAMILY)
		return false;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		n++;
	at = n > 0 ? (*turn)++ % n : 0;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next, at--)
		if (at == 0)
			inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr,
			          numeric, sizeof(numeric));
	if (list != NULL)
		freeaddrinfo(list);
	snprintf(server, size, "%s:%lld", n > 0 ? numeric : host, (long long)port);
	return true;
}

/* ---- how long ---- */

/* The socket to cut when the timer strikes, -1: none, as while connect() waits. */
static volatile sig_atomic_t cut_fd = -1;

static void
on_alarm(int signo)
{
	(void)signo;
	if (cut_fd >= 0)
		shutdown(cut_fd, SHUT_RDWR);
}

/* connect() must come back with EINTR, hence no SA_RESTART; the event CONNECT stops the timer. */
void
connect_timer(int64_t ms, int fd)
{
	struct itimerval once = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
	struct sigaction act = {.sa_handler = on_alarm};

	cut_fd = fd;
	sigemptyset(&act.sa_mask);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &once, NULL);
}

void
connect_timer_stop(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	cut_fd = -1;
}

/* ---- the socket ---- */

/* The library writes a mail in pieces: each would wait for the relay's acknowledgement of the one before, 40 ms a mail. */
static void
hurry(int fd)
{
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* without it mails only take longer */
}

static int
find_socket(int64_t port)
{
	struct sockaddr_storage peer;

	for (int fd = 3; fd < 256; fd++) {
		socklen_t len = sizeof(peer);
		const struct sockaddr_in *v4 = (const void *)&peer;
		const struct sockaddr_in6 *v6 = (const void *)&peer;

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    ((peer.ss_family == AF_INET && ntohs(v4->sin_port) == port) ||
		     (peer.ss_family == AF_INET6 && ntohs(v6->sin6_port) == port)))
			return fd;
	}
	return -1;
}

int
connect_socket(int64_t port)
{
	int fd = find_socket(port);

	hurry(fd);
	return fd;
}
