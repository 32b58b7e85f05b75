/* Mailed links, and the one moment in which a link is used: its elector activates, enters without, or has another password. */
#ifndef ISOLOIR_LINK_H
#define ISOLOIR_LINK_H

#include "common/token.h"
#include "portal/portal.h"

struct request;

enum link_state {
	LINK_GOOD,
	LINK_UNKNOWN,        /* damaged, forged, or of another election */
	LINK_EXPIRED,        /* its time is over; a new one may be asked for */
	LINK_USED_ACTIVATED, /* the account exists: log in with the password */
	LINK_USED_ENTERED,   /* it served to enter without activation */
	LINK_USED_RESET,     /* it served to choose another password */
	LINK_USED_REISSUED,  /* it served to have another voting code */
	LINK_VOIDED,         /* the password was changed since */
};

/* What it was mailed for. */
enum link_purpose { LINK_TO_ACTIVATE, LINK_TO_RESET, LINK_TO_REISSUE };

struct link {
	enum link_state state;
	/* The rest only when the token is genuine (not LINK_UNKNOWN). */
	unsigned char selector[TOKEN_SELECTOR_SIZE];
	enum link_purpose purpose;
	int64_t elector_id;
	bool opened; /* something was posted from it before */
	const char *identifier, *name, *academy;
	int64_t epoch; /* of the sessions that may begin with it */
};

/* Look a token up; changes nothing. token NULL is LINK_UNKNOWN. -1: MariaDB. */
WARN_UNUSED int link_find(struct request *r, const char *token, struct link *link_r);

/* At a post from a page that a good link opened: the first one is noted and audited, once. Not at the look at it, which mail scanners take, too. -1: MariaDB. */
WARN_UNUSED int link_note_opened(struct request *r, const struct link *l);

/* What ACTIVER SON COMPTE stores; of a reset, the password's hash alone. */
struct link_account {
	const char *password_hash, *answer_hash;
	int64_t question_id;
};

/*
 * Use the link up, once and for all: with account, store it (activation or reset, as the link's purpose is); with NULL, an entry without activation. Of any number at
 * once exactly one gets *won_r. One transaction with its audit row; nothing of it happens without the rest. An activation ends every session that an entry
 * without one began, a reset all sessions and all other links. -1: MariaDB.
 */
WARN_UNUSED int link_use(struct request *r, struct link *link, const struct link_account *account, bool *won_r);

#endif
