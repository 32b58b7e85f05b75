/* What the screens between a mailed link and the home page share. */
#ifndef ISOLOIR_PAGES_LINK_H
#define ISOLOIR_PAGES_LINK_H

#include "portal/model/link.h"
#include "portal/request.h"

/* The link whose token rides in this browser's cookie. -1: MariaDB. */
WARN_UNUSED int link_of_visitor(struct request *r, struct link *l);

/* The page that says why a link does not open the journey, and what to do. */
enum reply_kind link_tell(struct request *r, const struct link *l);

void link_drop_cookie(struct request *r);

/* The mail that brings a link for the same purpose. */
enum queue_mail link_mail(const struct link *l);

/* pages/access.c: the identifier is known and may be written to; on to the page below base that says so. */
enum reply_kind access_continue(struct request *r, const char *identifier, const char *path);

/* pages/access.c: the identifier that was typed, folded; NULL, with its fault on the page, when it cannot be one. Says nothing of the roll. */
const char *access_identifier(struct request *r);

#endif
