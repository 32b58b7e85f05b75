/*
 * The dialogue with the relay, over libesmtp. What must be known of that library, and what is done about it
 * here:
 * - It tells at the end of a session next to nothing that can be trusted. Each mail is judged in the event
 * that ends it, once.
 * - The data callback is asked once more when the body is over, and the dot (or BDAT LAST) leaves only after
 * it answered: there the durable mark is made. If that fails, the callback answers with errno ECANCELED, then
 * and whenever asked again, and the session ends without the dot.
 * - With all recipients required, a refused RCPT ends the mail before DATA; without, its 450 would come back
 * as 554 at the dot.
 * - A mail may be added within an event, and is sent if that event comes before the library looks for the
 * next one. That is so after MAIL, RCPT and the final reply, not after a refused DATA: there the session
 * ends. So one job is claimed at a time and none is held in stock.
 * - connect() and the look-up of names have no bound: connect.h.
 * - It takes for a reply whatever strtol() takes for a number, and a line that ends in mid-air for a whole one. The monitor sees every byte: of a session
 * with a line that is no reply nothing more is believed. From the first BDAT on the monitor is silent, so CHUNKING is blotted out where it is offered.
 * - errno belongs to the library: every callback gives it back as it was.
 */
#include "mailer/relay.h"

#include <arpa/inet.h>
#include <auth-client.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <libesmtp.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "mailer/connect.h"
#include "mailer/reply.h"

#define TRANSFER_MS (180 * 1000) /* less, and a relay that stops reading makes libesmtp lose a part unseen \
	                          */
#define END_MS (600 * 1000)      /* RFC 5321, 4.5.3.2.6 */
#define QUIT_MS 5000             /* nobody waits longer for the answer to QUIT */
#define CODE_NONSENSE 999        /* in a verdict's reply: the relay's lines are no replies */

struct relay {
	const struct conf *conf;
	const struct conf_relay *to;
	SSL_CTX *tls;
	const char *password; /* wiped when freed */
	unsigned turn;        /* which of the relay's addresses comes next */
};

/* One session. */
struct talk {
	struct relay *relay;
	const struct relay_calls *calls;
	void *arg;
	smtp_session_t session;
	int fd; /* of its socket, once connected */
	int64_t mails;

	const struct relay_mail *mail; /* NULL: none, or judged already */
	smtp_message_t message;
	smtp_recipient_t recipient;
	enum verdict_stage stage;
	bool reading;   /* the library asked for the text */
	bool text_sent; /* and got it */
	bool marked;    /* the end may have left */
	bool cancelled; /* the end must not leave */

	struct verdict_reply heard; /* the last reply before the first mail */
	struct reply_wire wire;     /* of all that the relay says */
};

/* ---- settings ---- */

static int
relay_close(struct relay *r)
{
	SSL_CTX_free(r->tls);
	return 0;
}

static bool
is_numeric(const char *host)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

/* required: the certificate must be valid and carry the relay's name; optional: any will do, since the other
 * choice is none. */
static bool
check_peer(struct relay *r)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(r->tls);
	const char *ca = r->to->ca_file, *host = r->to->host;

	if (r->to->tls != CONF_TLS_REQUIRED)
		return true;
	SSL_CTX_set_verify(r->tls, SSL_VERIFY_PEER, NULL);
	if ((is_numeric(host) ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
	                      : X509_VERIFY_PARAM_set1_host(param, host, 0)) != 1)
		return false;
	if (ca[0] == '\0')
		return SSL_CTX_set_default_verify_paths(r->tls) == 1;
	return SSL_CTX_load_verify_locations(r->tls, ca, NULL) == 1;
}

static bool
read_password(struct relay *r)
{
	char line[1024];
	FILE *f;
	bool ok;

	if (r->to->user[0] == '\0')
		return true;
	f = fopen(r->to->password_file, "re");
	ok = f != NULL && fgets(line, sizeof(line), f) != NULL;
	if (ok)
		r->password = secret_dup(r, line, strcspn(line, "\r\n"));
	if (f != NULL)
		fclose(f);
	secret_wipe(line, sizeof(line));
	return ok;
}

struct relay *
relay_new(TALLOC_CTX *ctx, const struct conf *c, const struct conf_relay *to, char **why_r)
{
	struct relay *r = talloc_zero(ctx, struct relay);

	r->conf = c;
	r->to = to;
	r->tls = SSL_CTX_new(TLS_client_method());
	/*
	 * TLS 1.2 and nothing else: a 1.3 server sends session tickets of its own accord; libesmtp takes them
	 * for the start of a reply and waits for the rest of it, before it has sent EHLO, until the relay
	 * hangs up (seen in one session of two).
	 */
	must(r->tls != NULL && SSL_CTX_set_min_proto_version(r->tls, TLS1_2_VERSION) == 1);
	must(SSL_CTX_set_max_proto_version(r->tls, TLS1_2_VERSION) == 1);
	talloc_set_destructor(r, relay_close);
	*why_r = NULL;
	if (!check_peer(r))
		*why_r =
		    talloc_asprintf(ctx, "%s: ca_file: no certificates can be read there", to->ca_file);
	else if (!read_password(r))
		*why_r =
		    talloc_asprintf(ctx, "%s: password_file: %s", to->password_file, strerror(errno));
	if (*why_r != NULL) {
		talloc_free(r);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	auth_client_init();
	connect_bound_lookups();
	return r;
}

int64_t
relay_patience_ms(const struct conf *c)
{
	return c->smtp_connect + 8 * c->smtp_reply + 30 * 1000;
}

int64_t
relay_end_patience_ms(void)
{
	return TRANSFER_MS + END_MS + 60 * 1000;
}

/* ---- what the relay said ---- */

static struct verdict_reply
reply_of(enum verdict_stage stage, const smtp_status_t *s)
{
	struct verdict_reply r = {.stage = stage};

	if (s == NULL)
		return r;
	r.code = s->code;
	r.enhanced[0] = s->enh_class;
	r.enhanced[1] = s->enh_subject;
	r.enhanced[2] = s->enh_detail;
	reply_keep_text(&r, s->text);
	return r;
}

static void
judge(struct talk *k, struct verdict_reply r)
{
	static const struct verdict_reply nonsense = {.code = CODE_NONSENSE, .text = "its lines are no replies"};
	enum verdict_stage stage = r.stage;

	if (k->mail == NULL)
		return;
	if (stage > STAGE_HELLO && r.code != 0 && !reply_wire_is_whole(&k->wire)) {
		r = nonsense;
		r.stage = stage;
	}
	reply_find_enhanced(&r);
	k->mail = NULL;
	k->calls->done(k->arg, &r);
}

/* ---- the mails ---- */

/* libesmtp asks for the text: a NULL len means "from the beginning". */
static const char *
give_text(void **ctx, int *len, void *arg)
{
	struct talk *k = arg;

	(void)ctx;
	if (len == NULL) {
		k->reading = true;
		k->text_sent = false;
		return NULL;
	}
	*len = 0;
	if (!k->text_sent && !k->cancelled && k->mail != NULL) {
		k->text_sent = true;
		*len = (int)k->mail->len;
		return k->mail->text;
	}
	if (!k->marked && !k->cancelled) {
		k->marked = k->mail != NULL && k->calls->mark(k->arg);
		k->cancelled = !k->marked;
	}
	errno = k->cancelled ? ECANCELED : 0;
	if (k->marked)
		k->stage = STAGE_DOT;
	return NULL;
}

/* RFC 3461: the library says it to relays that advertise DSN, and to no others. */
static void
ask_for_reports(struct talk *k)
{
	must(smtp_dsn_set_ret(k->message, Ret_HDRS) && smtp_dsn_set_envid(k->message, k->mail->envid));
	must(smtp_dsn_set_notify(k->recipient, Notify_FAILURE | Notify_DELAY) && smtp_dsn_set_orcpt(k->recipient, "rfc822", k->mail->to));
}

static bool
add_next(struct talk *k)
{
	if (k->mails >= k->relay->conf->mailer_per_session || k->cancelled ||
	    (k->mail = k->calls->next(k->arg)) == NULL)
		return false;
	k->mails++;
	k->reading = k->text_sent = k->marked = false;
	k->message = smtp_add_message(k->session);
	must(k->message != NULL && smtp_set_reverse_path(k->message, k->mail->from));
	k->recipient = smtp_add_recipient(k->message, k->mail->to);
	must(k->recipient != NULL && smtp_set_messagecb(k->message, give_text, k));
	if (k->mail->envid != NULL)
		ask_for_reports(k);
	return true;
}

/* Without another mail the library says QUIT, and would wait for the answer as long as for that to a mail's
 * end. */
static void
add_following(struct talk *k)
{
	if (add_next(k))
		k->stage = STAGE_MAIL;
	else
		connect_timer(QUIT_MS, k->fd);
}

/* ---- the library's events ---- */

static bool
is_fine(const smtp_status_t *s)
{
	return s != NULL && s->code / 100 == 2;
}

static void
on_mail_status(struct talk *k)
{
	const smtp_status_t *s = smtp_reverse_path_status(k->message);

	k->stage = STAGE_RCPT;
	if (!is_fine(s) || k->wire.nonsense)
		judge(k, reply_of(STAGE_MAIL, s)); /* and no next one: it would fare the same */
}

static void
on_rcpt_status(struct talk *k)
{
	const smtp_status_t *s = smtp_recipient_status(k->recipient);

	k->stage = STAGE_DATA;
	if (is_fine(s) && !k->wire.nonsense) {
		k->calls->progress(k->arg);
		return;
	}
	judge(k, reply_of(STAGE_RCPT, s));
	if (s->code != 421 && !k->wire.nonsense)
		add_following(k);
}

static void
on_message_sent(struct talk *k)
{
	const smtp_status_t *to = smtp_recipient_status(k->recipient);
	struct verdict_reply r =
	    reply_of(k->marked ? STAGE_DOT : STAGE_DATA, smtp_message_transfer_status(k->message));
	bool may_follow = k->reading && r.code != 0 && r.code != 421 && !k->wire.nonsense;

	r.complete = k->marked && smtp_recipient_check_complete(k->recipient) && is_fine(to);
	judge(k, is_fine(to) ? r : reply_of(STAGE_RCPT, to));
	if (may_follow)
		add_following(k);
}

/* In these the library asks whether to go on; the name was checked by OpenSSL itself, see check_peer(). */
static void
on_certificate(struct talk *k, int event, va_list args)
{
	bool optional = k->relay->to->tls != CONF_TLS_REQUIRED;
	int *go_on;

	if (event == SMTP_EV_INVALID_PEER_CERTIFICATE)
		(void)va_arg(args, long);
	go_on = va_arg(args, int *);
	*go_on = event == SMTP_EV_WRONG_PEER_CERTIFICATE || optional;
}

static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	static const struct {
		int event;
		void (*act)(struct talk *k);
	} rows[] = {
	    {SMTP_EV_MAILSTATUS, on_mail_status},
	    {SMTP_EV_RCPTSTATUS, on_rcpt_status},
	    {SMTP_EV_MESSAGESENT, on_message_sent},
	};
	struct talk *k = arg;
	int saved = errno;
	va_list args;

	(void)session;
	if (event == SMTP_EV_CONNECT) {
		connect_timer_stop();
		k->fd = connect_socket(k->relay->to->port);
		k->stage = STAGE_HELLO;
	}
	if (event == SMTP_EV_INVALID_PEER_CERTIFICATE || event == SMTP_EV_WRONG_PEER_CERTIFICATE ||
	    event == SMTP_EV_NO_PEER_CERTIFICATE) {
		va_start(args, arg);
		on_certificate(k, event, args);
		va_end(args);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].event == event && k->mail != NULL)
			rows[i].act(k);
	errno = saved;
}

/* The bytes stand in the library's own buffer, and it has not read them yet. */
static void
hide_chunking(char *bytes, int len)
{
	static const char word[] = "CHUNKING";
	int n = (int)strlen(word);

	for (int i = 0; i + n <= len; i++)
		if (strncasecmp(bytes + i, word, (size_t)n) == 0)
			bytes[i] = 'X';
}

/* Until the first MAIL command the monitor is the only witness of the relay's replies; and of their form always. */
static void
on_wire(const char *bytes, int len, int writing, void *arg)
{
	struct talk *k = arg;
	int saved = errno;
	char line[300];

	for (int i = 0; writing == SMTP_CB_READING && i < len; i++)
		reply_wire_byte(&k->wire, bytes[i]);
	snprintf(line, sizeof(line), "%.*s", len < (int)sizeof(line) ? len : (int)sizeof(line) - 1, bytes);
	if (writing == SMTP_CB_READING && k->stage == STAGE_HELLO)
		hide_chunking((char *)(uintptr_t)bytes, len);
	if (writing == SMTP_CB_WRITING && k->stage == STAGE_HELLO && strncasecmp(line, "MAIL ", 5) == 0)
		k->stage = STAGE_MAIL;
	if (writing == SMTP_CB_READING && k->stage == STAGE_HELLO && sscanf(line, "%3d", &k->heard.code) == 1)
		reply_keep_text(&k->heard, line + 3 + (line[3] != '\0'));
	errno = saved;
}

/* ---- the session ---- */

static int
give_credentials(auth_client_request_t request, char **result, int fields, void *arg)
{
	struct relay *r = arg;

	for (int i = 0; i < fields; i++)
		result[i] = (char *)(uintptr_t)((request[i].flags & AUTH_PASS)   ? r->password
		                                : (request[i].flags & AUTH_USER) ? r->to->user
		                                                                 : NULL);
	return 1;
}

static auth_context_t
set_auth(struct talk *k)
{
	auth_context_t a;

	if (k->relay->password == NULL)
		return NULL;
	a = auth_create_context();
	must(a != NULL);
	auth_set_mechanism_flags(a, AUTH_PLUGIN_PLAIN, 0);
	auth_set_interact_cb(a, give_credentials, k->relay);
	smtp_auth_set_context(k->session, a);
	return a;
}

static void
set_tls(struct talk *k)
{
	static const enum starttls_option how[] = {[CONF_TLS_OFF] = Starttls_DISABLED,
	                                           [CONF_TLS_OPTIONAL] = Starttls_ENABLED,
	                                           [CONF_TLS_REQUIRED] = Starttls_REQUIRED};

	smtp_starttls_enable(k->session, how[k->relay->to->tls]);
	smtp_starttls_set_ctx(k->session, k->relay->tls);
}

static void
set_waits(struct talk *k)
{
	static const int before_the_text[] = {Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA};

	for (size_t i = 0; i < sizeof(before_the_text) / sizeof(*before_the_text); i++)
		smtp_set_timeout(k->session, before_the_text[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
		                 (long)k->relay->conf->smtp_reply);
	smtp_set_timeout(k->session, Timeout_TRANSFER, TRANSFER_MS);
	smtp_set_timeout(k->session, Timeout_DATA2, END_MS);
}

/* The mail that was under way when the session ended. */
static void
judge_last(struct talk *k)
{
	struct verdict_reply r = {.stage = k->marked ? STAGE_DOT : k->stage};
	char why[128] = "";

	if (k->mail == NULL)
		return;
	smtp_strerror(smtp_errno(), why, sizeof(why));
	reply_keep_text(&r, why);
	if (r.stage == STAGE_HELLO && k->heard.code >= 400) {
		r.code = k->heard.code;
		memcpy(r.text, k->heard.text, sizeof(r.text));
	}
	judge(k, r);
}

static void
run_session(struct talk *k, const char *server)
{
	smtp_set_server(k->session, server);
	smtp_set_eventcb(k->session, on_event, k);
	smtp_set_monitorcb(k->session, on_wire, k, 0);
	smtp_option_require_all_recipients(k->session, 1);
	connect_timer(k->relay->conf->smtp_connect, -1);
	smtp_start_session(k->session);
	connect_timer_stop();
	judge_last(k);
}

void
relay_talk(struct relay *r, const struct relay_calls *calls, void *arg)
{
	static const struct verdict_reply nowhere = {.stage = STAGE_CONNECT, .text = "its name is not found"};
	struct talk k = {.relay = r, .calls = calls, .arg = arg, .fd = -1, .stage = STAGE_CONNECT};
	auth_context_t auth;
	char server[300];

	k.session = smtp_create_session();
	must(k.session != NULL);
	auth = set_auth(&k);
	set_tls(&k);
	set_waits(&k);
	if (add_next(&k)) {
		if (connect_find(r->to->host, r->to->port, &r->turn, server, sizeof(server)))
			run_session(&k, server);
		else
			judge(&k, nowhere);
	}
	smtp_destroy_session(k.session);
	if (auth != NULL)
		auth_destroy_context(auth);
}
