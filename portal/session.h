/*
 * Sessions: a random id of 256 bits in a __Host- cookie, a record in Redis under the hash of that id (a dump of
 * Redis opens no session). The id changes at each rise of rights. Somebody without a record still has an id once a form was shown: it anchors the form's CSRF token, and nothing is written for it.
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

#define SESSION_ID_SIZE 32
#define SESSION_TEXT_SIZE 44 /* base64url and NUL */

struct session {
	char id[SESSION_TEXT_SIZE]; /* "" until a form is shown */
	enum session_level level;
	int64_t election_id;
	int64_t elector_id;     /* LINK, ELECTOR */
	const char *identifier; /* folded */
	const char *pending;    /* LINK: the keyed hash of the chosen password, until the journey ends */
	const char *selector;   /* LINK: whose link, in hexadecimal */
	const char *notice;     /* ELECTOR: what the home page confirms for some minutes */
	int64_t notice_until_s;
	int64_t until_s;        /* ends then, whatever happens */
};

/* Take the id from the cookie, first of all: a page that is refused later must not hand out another one. */
void session_recognise(struct request *r);

/* Read the record of that id; somebody without is SESSION_NONE. -1: Redis. */
WARN_UNUSED int session_load(struct request *r);

/* Make sure that there is an id (and its cookie), for a page with a form. Writes nothing on the server. */
void session_anchor(struct request *r);

/* Replace the session by r->session's members under a new id at `level`; the old record is gone. -1: Redis. */
WARN_UNUSED int session_rise(struct request *r, enum session_level level);

/* End it: record and cookie. */
WARN_UNUSED int session_end(struct request *r);

/* The token of this session's forms, masked anew each time (compressed pages leak nothing); and its check. */
char *session_csrf(struct request *r);
bool session_csrf_is_right(const struct request *r, const char *token);

#endif
