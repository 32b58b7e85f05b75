/* The kinds of mail and the names of things in the queue: what queue.c knows and the mailer needs too. */
#ifndef ISOLOIR_QUEUE_NAME_H
#define ISOLOIR_QUEUE_NAME_H

#include "common/queue.h"

#define QUEUE_LANE_OTHER "other" /* of the domains that the roll does not know */

/* How long a cool-down key stays while its mail is unfinished: longer than any mail's deadline. */
#define QUEUE_RESERVED_MS (INT64_C(31) * 86400 * 1000)

const char *queue_mail_word(enum queue_mail mail);
bool queue_mail_find(const char *word, enum queue_mail *mail_r);
enum queue_class queue_mail_class(enum queue_mail mail);
const char *queue_mail_purpose(enum queue_mail mail); /* NULL: no link */
const char *queue_mails_with_link(TALLOC_CTX *ctx);   /* their words, "activation,reset" */
bool queue_mail_may_double(enum queue_mail mail);
bool queue_mail_is_to_anybody(enum queue_mail mail);

/* 48 bits of milliseconds, 80 of chance: ids sort by age, and nobody guesses one. */
void queue_make_id(char id[QUEUE_ID_SIZE]);

/* The key that stands for person and kind of mail in Redis: a keyed hash, so that a dump names nobody. */
const char *queue_cool(TALLOC_CTX *ctx, const struct keys *k, enum queue_mail mail, int64_t election_id,
                       const char *identifier);

/* The lane of a domain, as far as this process has read mail_domain. */
const char *queue_lane(const char *domain);

#endif
