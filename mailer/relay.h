/* The SMTP relay. libesmtp.h is seen by relay.c only. */
#ifndef ISOLOIR_RELAY_H
#define ISOLOIR_RELAY_H

#include "common/base/task.h"
#include "common/conf.h"
#include "mailer/verdict.h"

struct relay;

/* One mail as it goes over the wire; it stays the caller's, and must live until its done(). */
struct relay_mail {
	const char *from, *to; /* of the envelope; ASCII */
	const char *text;      /* header and body, lines end in CRLF */
	size_t len;
	const char *envid; /* asks a relay that knows DSN to tell its fate under this name; NULL: nothing is asked */
};

/*
 * A session calls back: next() for each mail, one at a time (NULL: no more, say QUIT); mark() when all but
 * the end of a mail was written (false: that end must not leave); done() exactly once for each mail that
 * next() gave.
 */
struct relay_calls {
	const struct relay_mail *(*next)(void *arg);
	bool (*mark)(void *arg);
	void (*progress)(void *arg); /* the relay answered: a good moment to renew a lease */
	void (*done)(void *arg, const struct verdict_reply *reply);
};

/* to: one of c->relays. NULL: *why_r tells what is wrong with its settings (certificates, password file). Opens no connection. */
struct relay *relay_new(TALLOC_CTX *ctx, const struct conf *c, const struct conf_relay *to, char **why_r);

/* One session, many mails: none if next() has none, and then no connection. */
void relay_talk(struct relay *r, const struct relay_calls *calls, void *arg);

/* The longest that one step before, and the end of a mail after the mark, may take: what leases and deadlines
 * must outlive. */
int64_t relay_patience_ms(const struct conf *c);
int64_t relay_end_patience_ms(void);

#endif
