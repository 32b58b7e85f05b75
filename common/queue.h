/*
 * The mail queue. MySQL's mail_job is the durable intent and the history, Redis the live queue; every move in
 * Redis is one Lua script (common/queue/NAME.lua), all keys carry the hash tag {mq}. The promise: no accepted mail is lost, and none is sent
 * twice unless SMTP itself left it unknowable. See HACKING.md, "One mail".
 */
#ifndef ISOLOIR_QUEUE_H
#define ISOLOIR_QUEUE_H

#include "common/base/task.h"
#include "common/db.h"
#include "common/keys.h"
#include "common/store.h"

#define QUEUE_ID_SIZE 33        /* 32 hexadecimal digits and NUL; the first 12 are milliseconds since 1970 */
#define QUEUE_REFERENCE_SIZE 9  /* "K7M-2QX4" and NUL: seven signs without look-alikes */

/*
 * MAIL(name, word, class, purpose of its link or NULL, may be doubled, to whom, sentence). ELECTOR: it ends as "unknown" for an address
 * that is on no roll; ANYBODY: whoever the address is of, and then nothing in it comes from the roll.
 */
#define QUEUE_MAIL_ROWS(X) \
	X(ACTIVATION, "activation", INTERACTIVE, "activation", true, ELECTOR, "the link of the first visit, or of an entry without activation") \
	X(ACTIVATED, "activated", NOTICE, NULL, false, ELECTOR, "confirms that the account was activated") \
	X(ASSISTANCE, "assistance", NOTICE, NULL, false, ANYBODY, "the reference of a request for assistance") \
	X(RESET, "reset", INTERACTIVE, "reset", true, ELECTOR, "the link that lets choose another password") \
	X(PASSWORD_CHANGED, "password_changed", NOTICE, NULL, false, ELECTOR, "tells that the password was changed, and what to do if by somebody else") \
	X(CHALLENGE_CHANGED, "challenge_changed", NOTICE, NULL, false, ELECTOR, "the same of the challenge question") \
	X(ADDRESS_CHANGED, "address_changed", NOTICE, NULL, false, ANYBODY, "tells an address that was on the roll that another one has taken its place") \
	X(REISSUE, "reissue", INTERACTIVE, "reissue", true, ELECTOR, "the link without which no new voting code is handed out online") \
	X(CODE_REISSUED, "code_reissued", NOTICE, NULL, false, ELECTOR, "tells that a new voting code was handed out, never the code") \
	X(CLAIM_RECEIVED, "claim_received", NOTICE, NULL, false, ANYBODY, "the number of a claim") \
	X(CLAIM_ANSWERED, "claim_answered", NOTICE, NULL, false, ANYBODY, "what was decided of a claim, and why") \
	X(ASSISTANCE_ANSWERED, "assistance_answered", NOTICE, NULL, false, ANYBODY, "the answer to a request for assistance") \
	X(OPENING, "opening", CAMPAIGN, "activation", true, ELECTOR, "the link of the first visit, to every elector: the vote opens") \
	X(REMINDER, "reminder", CAMPAIGN, "activation", true, ELECTOR, "the same link, to those whose account is not activated") \
	X(SCRUTINS_CHANGED, "scrutins_changed", CAMPAIGN, NULL, true, ELECTOR, "tells that the roll has changed for the scrutins of the person")

enum queue_mail {
#define X(name, word, class, purpose, twice, whom, sentence) QUEUE_MAIL_##name,
	QUEUE_MAIL_ROWS(X)
#undef X
	QUEUE_MAIL__MAX
};

/* In the order in which they are served; each has a share so that none starves. */
enum queue_class { QUEUE_INTERACTIVE, QUEUE_NOTICE, QUEUE_CAMPAIGN, QUEUE_CLASS__MAX };

struct queue {
	struct db *db;       /* its statements must include QUEUE_SQL (queue_sql.def) */
	struct store *store; /* the queue's instance */
	const struct keys *keys;
	int64_t link_validity; /* ms, of the settings: until then a mail with a link is worth sending */
	int first_sql;       /* index of the first QUEUE_SQL statement in db's table */
};

/* The reference that a page shows and its mail repeats: a keyed hash of identifier and day (UTC). The same for known and unknown. */
void queue_reference(const struct keys *k, const char *identifier, int64_t at_s, char out[QUEUE_REFERENCE_SIZE]);

/* Seven signs of the alphabet in which references are written, from 64 bits: people read them aloud. */
void queue_reference_write(uint64_t n, char out[QUEUE_REFERENCE_SIZE]);

/*
 * Accept a mail to the person behind a folded identifier, known or not: reserve, insert the row, queue the job. A repeat while one is
 * unfinished, or within the cool-down, makes no second one (and is a success). After 0 the mail is never lost. -1: world wrong.
 */
WARN_UNUSED int queue_put(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id,
                          const char *identifier);

/* The same for a mail that has a reference of its own, not the one of identifier and day. */
WARN_UNUSED int queue_put_about(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id,
                                const char *identifier, const char *reference);

/*
 * The row alone, within the transaction that is open: a mail that has to come with what is written there, and with nothing else. The mailer's sweep queues
 * it within seconds. There may be one on its way for each reference. sql: the place of QUEUE_WRITE (queue/write_sql.def) in d's statements.
 */
WARN_UNUSED int queue_write(struct task *t, struct db *d, int sql, enum queue_mail mail, int64_t election_id,
                            const char *identifier, const char *reference);

/* A link was used: the next request for one may leave at once. */
WARN_UNUSED int queue_forget_cooldown(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id,
                                      const char *identifier);

#endif
