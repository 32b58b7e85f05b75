/* Writing a mail: from what is known of person and election to the bytes that go over the wire. GMime is seen
 * by compose.c only. */
#ifndef ISOLOIR_COMPOSE_H
#define ISOLOIR_COMPOSE_H

#include "common/base/task.h"
#include "common/conf.h"
#include "common/queue/name.h"
#include "common/tmpl.h"

/* Once per program. */
void compose_init(void);

/* The mails' templates. dir: "" for the installed ones. NULL: *why_r says "file:line: …". */
struct tmpl_set *compose_load(TALLOC_CTX *ctx, const char *dir, char **why_r);

struct compose_facts {
	enum queue_mail mail;
	const char *id;      /* of the job: the Message-ID and the boundary come of it */
	int64_t created_s;   /* the Date: the same at each try */
	const char *address; /* where it goes: on the roll, never what was typed; but see queue.h, ANYBODY */
	const char *civility, *given_name, *family_name, *time_zone; /* "": to nobody whom we know */
	const char *title, *slug; /* of the election */
	const char *token;        /* NULL: no link */
	int64_t expires_s;        /* until when the link works */
	int64_t opens_s, closes_s; /* the vote */
	const char *reference;
	const char *answer;       /* what the office wrote, several lines; NULL: nothing */
	bool accepted;            /* CLAIM_ANSWERED: what was decided */
};

/* The mail on ctx, lines ending in CRLF. The same facts give the same bytes. */
char *compose_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme,
                    const struct compose_facts *f, size_t *len_r);

/* A mail as a mail program reads it. What is not there is "". */
struct compose_seen {
	const char *subject, *text, *html;
	const char *kinds; /* of its parts, in their order: "text/plain text/html" */
	const char *from, *to, *message_id, *auto_submitted, *unsubscribe; /* headers, decoded */
	int64_t date_s;    /* 0: none */
};

/* NULL: the bytes are no mail. */
struct compose_seen *compose_read(TALLOC_CTX *ctx, const char *mail, size_t len);

#endif
