#include "portal/guard.h"

#include <string.h>
#include <strings.h>

#include "portal/route.h"

/* Bytes of "scheme://host:port" at the start of url. */
static size_t
origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host != NULL ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

bool
guard_is_same_origin(const char *url, const char *origin)
{
	size_t len = origin_length(url);

	return len > 0 && origin_length(origin) == len && strncasecmp(url, origin, len) == 0;
}

/*
 * Browsers send Origin with every post (Fetch, 3.2); the few tools that send neither it nor Referer
 * still need the token that only our page and the cookie give.
 */
bool
guard_is_foreign(const struct request *r)
{
	const char *origin = request_param(r, "HTTP_ORIGIN"), *referer = request_param(r, "HTTP_REFERER");
	const char *site = request_param(r, "HTTP_SEC_FETCH_SITE"), *ours = r->portal->conf->public_url;

	if (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0)
		return true;
	if (origin[0] != '\0')
		return !guard_is_same_origin(ours, origin);
	return referer[0] != '\0' && !guard_is_same_origin(ours, referer);
}

bool
guard_may(const struct request *r)
{
	switch (r->route->who) {
	case WHO_ANYONE:
	case WHO_EITHER:
	case WHO_ALWAYS:
		return true;
	case WHO_VISITOR:
		return r->session.level == SESSION_VISITOR;
	case WHO_ELECTOR:
		return r->session.level == SESSION_ELECTOR;
	}
	return false;
}
