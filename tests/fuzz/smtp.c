/*
 * What a relay says, from its greeting to the end of the session, through libesmtp and relay.c to the verdict. It is all sent at once, and
 * then the relay says no more. A "!" before it: the durable mark fails. However mad the relay, each mail is judged once, none
 * counts as sent without its mark, and without the mark no end of a mail leaves.
 */
#include "tests/fuzz/fuzz.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailer/relay.h"

#define MAILS 3
#define HEARD_MAX 16384

static struct relay *relay;
static int listen_fd;

/* The relay's side of one session. */
static struct {
	const uint8_t *says;
	size_t size;
	char heard[HEARD_MAX];
	size_t n_heard;
} peer;

/* Ours. */
static struct {
	int given;
	bool under_way, marked, may_mark;
} mine;

static const struct relay_mail *
next(void *arg)
{
	static const char text[] = "Subject: essai\r\n\r\nBonjour\r\n";
	static const struct relay_mail mail = {"vote@exemple.fr", "elu@exemple.fr", text, sizeof(text) - 1};

	(void)arg;
	must(!mine.under_way);
	if (mine.given == MAILS)
		return NULL;
	mine.given++;
	mine.under_way = true;
	mine.marked = false;
	return &mail;
}

static bool
mark(void *arg)
{
	(void)arg;
	must(mine.under_way && !mine.marked);
	mine.marked = mine.may_mark;
	return mine.may_mark;
}

static void
progress(void *arg)
{
	(void)arg;
	must(mine.under_way);
}

static void
done(void *arg, const struct verdict_reply *reply)
{
	struct verdict v = verdict_of(reply);

	(void)arg;
	must(mine.under_way);
	mine.under_way = false;
	must(v.outcome != OUTCOME_SENT || (mine.marked && reply->code / 100 == 2));
	must(v.outcome != OUTCOME_UNCERTAIN || mine.marked);
	must(strlen(reply->text) < sizeof(reply->text) && strchr(reply->text, '@') == NULL);
	for (const char *p = reply->text; *p != '\0'; p++)
		must(*p >= ' ' && *p < 0x7f);
	for (int i = 0; i < 3; i++)
		must(reply->enhanced[i] >= 0 && reply->enhanced[i] <= 999);
}

static void *
talk_back(void *arg)
{
	int fd = accept(listen_fd, NULL, NULL);
	ssize_t n;

	must(fd != -1);
	n = send(fd, peer.says, peer.size, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (n >= 0 && (n = recv(fd, peer.heard + peer.n_heard, HEARD_MAX - peer.n_heard - 1, 0)) > 0)
		peer.n_heard += (size_t)n;
	peer.heard[peer.n_heard] = '\0';
	close(fd);
	return arg;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(here);
	char *why = NULL;
	static struct conf conf;
	static struct conf_relay to;

	(void)argc;
	(void)argv;
	listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(listen_fd, (struct sockaddr *)&here, sizeof(here)) == 0 && listen(listen_fd, 16) == 0);
	must(getsockname(listen_fd, (struct sockaddr *)&here, &len) == 0);
	to = (struct conf_relay){.name = "", .host = "127.0.0.1", .port = ntohs(here.sin_port), .user = "", .password_file = "", .ca_file = "",
	                         .tls = CONF_TLS_OFF, .zone = ""};
	conf = (struct conf){.smtp_connect = 5000, .smtp_reply = 5000, .mailer_per_session = MAILS + 1};
	relay = relay_new(NULL, &conf, &to, &why);
	must(relay != NULL);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct relay_calls calls = {next, mark, progress, done};
	bool refuse = size > 0 && data[0] == '!';
	pthread_t thread;

	if (size > 4096)
		return 0;
	mine.given = 0;
	mine.under_way = false;
	mine.may_mark = !refuse;
	peer.says = data + refuse;
	peer.size = size - refuse;
	peer.n_heard = 0;
	must(pthread_create(&thread, NULL, talk_back, NULL) == 0);
	relay_talk(relay, &calls, NULL);
	must(pthread_join(thread, NULL) == 0);
	must(!mine.under_way && mine.given > 0);
	must(!refuse || strstr(peer.heard, "\r\n.\r\n") == NULL);
	return 0;
}
