/*
 * A relay that takes whatever comes, for mails.mjs: sink PORT DELAY_MS [FILE] answers the end of each mail after DELAY_MS, everything else at once, and tells
 * each 250 in one line: microseconds since 1970, recipient. The text of the first mail goes into FILE, as it came. PORT 0: any; the first line says which.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536
#define MOST 1024

struct peer {
	int fd;
	bool in_text;
	char to[300];
	size_t n;
	long long due_us; /* of the answer to a mail's end; 0: none waits */
	char in[ROOM];
};

static struct peer *peers[MOST]; /* by socket */
static long long delay_us;
static const char *file;

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
end(struct peer *p)
{
	close(p->fd);
	peers[p->fd] = NULL;
	free(p);
}

static void
say(struct peer *p, const char *text)
{
	if (write(p->fd, text, strlen(text)) == -1)
		fprintf(stderr, "sink: %s\n", strerror(errno));
}

static void
take(struct peer *p)
{
	p->due_us = 0;
	p->in_text = false;
	say(p, "250 2.0.0 taken\r\n");
	printf("%lld %s\n", now_us(), p->to);
}

static void
keep_first(const char *text, size_t n)
{
	FILE *f = file != NULL ? fopen(file, "w") : NULL;

	if (f != NULL) {
		fwrite(text, 1, n, f);
		fclose(f);
	}
	file = NULL;
}

static const struct {
	const char *verb, *answer;
} answers[] = {
    {"EHLO", "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"}, {"HELO", "250 sink\r\n"}, {"MAIL", "250 2.1.0 yes\r\n"}, {"RCPT", "250 2.1.5 yes\r\n"},
    {"DATA", "354 go on\r\n"}, {"RSET", "250 2.0.0 yes\r\n"}, {"NOOP", "250 2.0.0 yes\r\n"}, {"QUIT", "221 bye\r\n"},
};

/* false: it is over. */
static bool
answer(struct peer *p, const char *line)
{
	const char *said = "500 what\r\n", *from = strchr(line, '<'), *to = strchr(line, '>');

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (strncasecmp(line, answers[i].verb, 4) == 0)
			said = answers[i].answer;
	if (strncasecmp(line, "RCPT", 4) == 0 && from != NULL && to > from)
		snprintf(p->to, sizeof(p->to), "%.*s", (int)(to - from - 1), from + 1);
	p->in_text = strncmp(said, "354", 3) == 0;
	say(p, said);
	return strncmp(said, "221", 3) != 0;
}

/* A whole command or a whole text of what came. Returns its length, 0: not whole; *over_r. */
static size_t
eat(struct peer *p, bool *over_r)
{
	char *stop = memmem(p->in, p->n, p->in_text ? "\r\n.\r\n" : "\r\n", p->in_text ? 5 : 2);

	if (stop == NULL)
		return 0;
	if (p->in_text) {
		keep_first(p->in, (size_t)(stop - p->in) + 2);
		p->due_us = now_us() + delay_us;
		if (delay_us == 0)
			take(p);
		return (size_t)(stop - p->in) + 5;
	}
	*stop = '\0';
	*over_r = !answer(p, p->in);
	return (size_t)(stop - p->in) + 2;
}

static void
go_on(struct peer *p)
{
	bool over = false;
	size_t n;

	while (!over && p->due_us == 0 && (n = eat(p, &over)) > 0) {
		p->n -= n;
		memmove(p->in, p->in + n, p->n);
	}
	if (over)
		end(p);
}

static void
hear(struct peer *p)
{
	ssize_t n = read(p->fd, p->in + p->n, ROOM - p->n);

	if (n <= 0) { /* gone, or a mail that is too long for us */
		end(p);
		return;
	}
	p->n += (size_t)n;
	go_on(p);
}

static void
welcome(int epoll, int server)
{
	int fd = accept(server, NULL, NULL);

	if (fd < 0 || fd >= MOST) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	peers[fd] = calloc(1, sizeof(struct peer));
	peers[fd]->fd = fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
	say(peers[fd], "220 sink ESMTP\r\n");
}

/* What is due is answered. Returns ms until the next one is, 200 at most. */
static int
answer_due(void)
{
	long long now = now_us(), next = now + 200000;

	for (int fd = 0; fd < MOST; fd++) {
		struct peer *p = peers[fd];

		if (p == NULL || p->due_us == 0)
			continue;
		if (p->due_us > now) {
			next = p->due_us < next ? p->due_us : next;
			continue;
		}
		take(p);
		go_on(p);
	}
	return (int)((next - now + 999) / 1000);
}

static int
listen_at(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(server, (struct sockaddr *)&at, len) != 0 || listen(server, 512) != 0 || getsockname(server, (struct sockaddr *)&at, &len) != 0) {
		perror("sink");
		exit(1);
	}
	printf("%d\n", ntohs(at.sin_port));
	return server;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[64];
	int server, epoll = epoll_create1(0), wait_ms = 200;

	if (argc < 3)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	delay_us = atoll(argv[2]) * 1000;
	file = argc > 3 ? argv[3] : NULL;
	server = listen_at(atoi(argv[1]));
	epoll_ctl(epoll, EPOLL_CTL_ADD, server, &(struct epoll_event){.events = EPOLLIN, .data.fd = server});
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, wait_ms);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == server)
				welcome(epoll, server);
			else if (peers[fd] != NULL && (peers[fd]->due_us == 0 || peers[fd]->n < ROOM))
				hear(peers[fd]);
		}
		wait_ms = answer_due();
		if (n == 0)
			fflush(stdout); /* told while there is time */
	}
}
