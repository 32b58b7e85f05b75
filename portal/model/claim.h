/*
 * Claims: what somebody says is wrong with a roll. An elector's is written in two steps, between which it lies in claim_draft; a stranger's in one. Both
 * get a number and a mail, and are one list of work for the office.
 */
#ifndef ISOLOIR_CLAIM_H
#define ISOLOIR_CLAIM_H

#include "portal/document.h"
#include "portal/portal.h"

struct request;

/* What an elector has written and not sent. */
struct claim_draft {
	bool ready;                /* its words were accepted; false: only the document counts */
	const char *nonce;         /* of the form: what makes of the same claim sent twice one */
	int64_t opened_s;          /* when the form was opened */
	int64_t scrutin_id;        /* 0: none of theirs */
	const char *scrutin_code, *scrutin_name, *scrutin_text;
	const char *object, *body;
	const char *document_name; /* "": none */
	size_t document_len;
};

struct claim {
	char reference[QUEUE_REFERENCE_SIZE];
	const char *object, *scrutin, *state; /* scrutin: its name, or how it was described */
	const char *name, *contact, *posting, *body;
	const char *answer;                   /* "" until there is one */
	int64_t created_s, due_s, answered_s;
	const char *document_name;
	size_t document_len;
	bool repeated;                        /* by claim_add_public: the same stood already */
};

/* The draft of the elector who is in; all of it empty when there is none. -1: MariaDB. */
WARN_UNUSED int claim_draft_find(struct request *r, struct claim_draft *d);
/* Keep its words, ready to be sent; its document stays. */
WARN_UNUSED int claim_draft_words(struct request *r, const struct claim_draft *d);
/* Keep its document, in the place of another. kind NULL: it has none any more. */
WARN_UNUSED int claim_draft_document(struct request *r, const char *name, const struct document_kind *kind, struct db_bytes bytes);

/*
 * Send the draft: claim, document, mail and audit row in one transaction. *reference_r is its number, a keyed hash of the nonce, which nobody guesses.
 * -1: MariaDB, and the draft still stands.
 */
WARN_UNUSED int claim_send_draft(struct request *r, const struct claim_draft *d, const char **reference_r);
/* The number of the claim that this elector sent under that nonce; *reference_r NULL: none. */
WARN_UNUSED int claim_sent_as(struct request *r, const char *nonce, const char **reference_r);

/* The same without a session: c's words are all there is, and nothing looks at the roll. At most two mails a day go to one address. -1: MariaDB. */
WARN_UNUSED int claim_add_public(struct request *r, const char *nonce, struct claim *c);
/* Was a claim of that number made without a session, and when? *created_s_r 0: none. */
WARN_UNUSED int claim_find_public(struct request *r, const char *reference, int64_t *created_s_r);

/* The claims of the elector who is in, latest first: columns reference, state, object, scrutin, created. -1: MariaDB. */
WARN_UNUSED int claim_list(struct request *r, struct db_rows **rows_r);
/* One of theirs; *claim_r NULL: there is none, or it is another's. -1: MariaDB. */
WARN_UNUSED int claim_find(struct request *r, const char *reference, struct claim **claim_r);
/* Its document; *kind_r NULL: none, or another's. -1: MariaDB. */
WARN_UNUSED int claim_document(struct request *r, const char *reference, const struct document_kind **kind_r, struct db_bytes *bytes_r);

#endif
