/* Who may: the route's level, and for a post that it comes from a page of ours (Origin, Fetch Metadata, CSRF token). */
#ifndef ISOLOIR_GUARD_H
#define ISOLOIR_GUARD_H

#include "portal/request.h"

/* Does the browser itself say that another site sent this post? */
bool guard_is_foreign(const struct request *r);

/* Has the session the rank that the route asks for? */
bool guard_may(const struct request *r);

/* Does origin ("https://host:port", no path) name the same site as url? For the tests. */
bool guard_is_same_origin(const char *url, const char *origin);

#endif
