/*
 * What a relay could be given at most, for mails.mjs: smtp_loop HOW PORT PROCESSES MAILS FILE sends one mail, fixed in FILE, again and again to somebody else, a
 * hundred a session. HOW: "library", libesmtp's own loop with all of a session's mails at hand; "eager", the same with TCP_NODELAY, since the library writes a
 * mail in pieces, and each waits for the acknowledgement of the one before; "raw", a client that writes each mail with its three commands at once and reads
 * the four replies.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libesmtp.h>

#define A_SESSION 100

static char text[65536];
static int port;
static bool is_eager;

static void
fail(const char *what)
{
	char why[200] = "";

	smtp_strerror(smtp_errno(), why, sizeof(why));
	fprintf(stderr, "smtp_loop: %s: %s, %s\n", what, strerror(errno), why);
	exit(1);
}

/* The library keeps its socket to itself; what is none refuses. */
static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	(void)session;
	(void)arg;
	for (int fd = 3; event == SMTP_EV_CONNECT && fd < 64; fd++)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void
library(int from, int n)
{
	smtp_session_t session = smtp_create_session();
	char server[40], to[100];

	snprintf(server, sizeof(server), "127.0.0.1:%d", port);
	if (!smtp_set_server(session, server))
		fail("server");
	if (is_eager)
		smtp_set_eventcb(session, on_event, NULL);
	for (int i = from; i < from + n; i++) {
		smtp_message_t message = smtp_add_message(session);

		snprintf(to, sizeof(to), "loop.%d@ac-nantes.fr", i);
		if (!smtp_set_reverse_path(message, "elections@vote.example") || smtp_add_recipient(message, to) == NULL || !smtp_set_message_str(message, text))
			fail("message");
	}
	if (!smtp_start_session(session))
		fail("session");
	smtp_destroy_session(session);
}

/* So many lines of replies; each begins with one of those digits. */
static void
replies(FILE *in, int n)
{
	char line[300];

	while (n-- > 0)
		if (fgets(line, sizeof(line), in) == NULL || strchr("23", line[0]) == NULL)
			fail("reply");
}

static void
raw(int from, int n)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	static char mail[sizeof(text) + 500];
	FILE *in;

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	in = fdopen(fd, "r");
	replies(in, 1);
	if (write(fd, "EHLO loop\r\n", 11) != 11)
		fail("write");
	replies(in, 3);
	for (int i = from; i < from + n; i++) {
		int len = snprintf(mail, sizeof(mail), "MAIL FROM:<elections@vote.example>\r\nRCPT TO:<loop.%d@ac-nantes.fr>\r\nDATA\r\n%s.\r\n", i, text);

		if (write(fd, mail, (size_t)len) != len)
			fail("write");
		replies(in, 4);
	}
	fclose(in);
}

int
main(int argc, char **argv)
{
	FILE *f = argc == 6 ? fopen(argv[5], "r") : NULL;
	void (*how)(int from, int n);
	int processes, mails, status, worst = 0;

	if (f == NULL || fread(text, 1, sizeof(text) - 1, f) == 0) {
		fprintf(stderr, "smtp_loop library|eager|raw PORT PROCESSES MAILS FILE\n");
		return 64;
	}
	fclose(f);
	signal(SIGPIPE, SIG_IGN);
	how = strcmp(argv[1], "raw") == 0 ? raw : library;
	is_eager = strcmp(argv[1], "eager") == 0;
	port = atoi(argv[2]);
	processes = atoi(argv[3]);
	mails = atoi(argv[4]);
	for (int p = 0; p < processes; p++) {
		int from = mails / processes * p, until = p == processes - 1 ? mails : mails / processes * (p + 1);

		if (fork() != 0)
			continue;
		for (; from < until; from += A_SESSION)
			how(from, until - from < A_SESSION ? until - from : A_SESSION);
		exit(0);
	}
	while (wait(&status) > 0)
		worst |= status;
	return worst == 0 ? 0 : 1;
}
