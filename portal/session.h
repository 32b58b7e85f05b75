/*
 * Sessions: a random id of 256 bits in a __Host- cookie, a record in Redis under the hash of that id (a dump of Redis opens
 * no session). The id changes at each rise of rights. Somebody without a record still has an id once a form was shown: it
 * anchors the form's CSRF token, and nothing is written for it.
 *
 * An elector's sessions are also listed under sessions-of:ELECTOR, so that they can be shown and ended one by one. What ends
 * all of them at once is their epoch in MariaDB (model/epoch.h), which no Redis that was away or restored can undo.
 */
#ifndef ISOLOIR_SESSION_H
#define ISOLOIR_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/task.h"

struct request;

enum session_level {
	SESSION_NONE,    /* anybody */
	SESSION_VISITOR, /* gave an identifier and answered a captcha */
	SESSION_LINK,    /* opened a mailed link and chose a password */
	SESSION_ELECTOR, /* is in */
	SESSION__MAX
};

/* Why an elector's session, whose record this browser still knows, is none any more. */
enum session_over {
	SESSION_GOES_ON,
	SESSION_TIMED_OUT, /* idle for too long, or at its longest */
	SESSION_ENDED,     /* by the elector from elsewhere: one by one, all at once, or by a new password */
};

#define SESSION_ID_SIZE 32
#define SESSION_TEXT_SIZE 44 /* base64url and NUL */

struct session {
	char id[SESSION_TEXT_SIZE]; /* "" until a form is shown */
	int64_t level;              /* enum session_level */
	int64_t election_id;
	int64_t elector_id;     /* LINK, ELECTOR */
	int64_t epoch;          /* ELECTOR: see model/epoch.h; to be set before session_rise */
	const char *identifier; /* folded */
	const char *pending;    /* LINK: the keyed hash of the chosen password, until the journey ends */
	const char *selector;   /* LINK: whose link, in hexadecimal */
	const char *notice;     /* ELECTOR: what the home page confirms for some minutes */
	int64_t notice_until_s;
	const char *browser, *device; /* from where it began: browser.h, device_name() */
	int64_t began_s, seen_s;
	int64_t idle_until_s;   /* ends then, unless a request comes before */
	int64_t until_s;        /* ends then, whatever happens */
	int64_t ended;          /* 1: ended from elsewhere */
	const char *draft;      /* ELECTOR, or over: the form whose words wait (draft.h), a path below base; NULL or "" for none */
	enum session_over over; /* SESSION_NONE only, as the next one */
	int64_t was_elector_id; /* whose it was, 0: nobody's */
};

/* Take the id from the cookie, first of all: a page that is refused later must not hand out another one. */
void session_recognise(struct request *r);

/* Read the record of that id, and keep it awake; somebody without is SESSION_NONE. -1: Redis. */
WARN_UNUSED int session_load(struct request *r);

/* Read the elector of an elector's session into r->elector; a session of an older epoch, or of somebody who has left the roll, is over. -1: MariaDB. */
WARN_UNUSED int session_elector(struct request *r);

/* Nobody in particular any more; the id stays, for the tokens of forms already shown. */
void session_forget(struct request *r, enum session_over why);

/* Where Redis keeps what belongs to a session id: "session", "draft". */
char *session_key(struct request *r, const char *kind, const char *id);

/* Make sure that there is an id (and its cookie), for a page with a form. Writes nothing on the server. */
void session_anchor(struct request *r);

/* Replace the session by r->session's members under a new id at `level`; the old record is gone. -1: Redis. */
WARN_UNUSED int session_rise(struct request *r, enum session_level level);

/* End it: record and cookie. */
WARN_UNUSED int session_end(struct request *r);

/* What Mon compte tells of one session of this elector. */
struct session_row {
	const char *name; /* hash of its id, in hexadecimal: opens nothing */
	const char *browser, *device;
	int64_t began_s, seen_s;
	bool is_ours;
};

/* The living sessions of this session's elector, latest first, on the task. -1: Redis. */
WARN_UNUSED int session_list(struct request *r, struct session_row **rows_r, size_t *n_r);

/* End the one of that name, or those of that device, never our own; *n_r how many there were. -1: Redis. */
WARN_UNUSED int session_end_one(struct request *r, const char *name, int64_t *n_r);
WARN_UNUSED int session_end_device(struct request *r, const char *device, int64_t *n_r);

/*
 * After epoch_raise, which has already ended every session for good: ours lives on under the new epoch, and the others learn
 * why they are over. -1: Redis; then ours is over too.
 */
WARN_UNUSED int session_outlive(struct request *r, int64_t epoch);

/* The token of this session's forms, masked anew each time (compressed pages leak nothing); and its check. */
char *session_csrf(struct request *r);
bool session_csrf_is_right(const struct request *r, const char *token);

#endif
