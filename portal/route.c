#include "portal/route.h"

#include <string.h>

#include "common/base/text.h"

static const struct route routes[] = {
#define ROUTE(method, path, who, pace, show, handle) {METHOD_##method, path, WHO_##who, PACE_##pace, show, handle},
#include "portal/routes.def"
#undef ROUTE
};
#define N_ROUTES (sizeof(routes) / sizeof(*routes))

bool
route_split(TALLOC_CTX *ctx, const char *address, char **slug_r, const char **path_r)
{
	static const char middle[] = "/portail/";
	const char *at = address[0] == '/' ? strchr(address + 1, '/') : NULL;
	size_t len;

	if (at == NULL || !text_starts(at, middle))
		return false;
	len = (size_t)(at - address) - 1;
	if (len == 0 || len > 40 || strspn(address + 1, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return false;
	*slug_r = talloc_strndup(ctx, address + 1, len);
	*path_r = at + sizeof(middle) - 2;
	return true;
}

/* Sign by sign, a star taking what there is up to the next slash; stars NULL: only whether it fits. */
static bool
is_match(struct request *r, const char *pattern, const char *path, const char **stars)
{
	for (; *pattern != '\0'; pattern++) {
		size_t len = strcspn(path, "/");

		if (*pattern != '*') {
			if (*pattern != *path++)
				return false;
			continue;
		}
		if (len == 0)
			return false;
		if (stars != NULL)
			*stars++ = talloc_strndup(r->task, path, len);
		path += len;
	}
	return *path == '\0';
}

const struct route *
route_find(struct request *r, const char *path, const char **allow_r)
{
	enum method wanted = r->method == METHOD_HEAD ? METHOD_GET : r->method;
	bool get = false, post = false;

	*allow_r = NULL;
	for (size_t i = 0; i < N_ROUTES; i++) {
		if (!is_match(r, routes[i].path, path, NULL))
			continue;
		if (routes[i].method == wanted) {
			is_match(r, routes[i].path, path, r->star);
			r->rest = r->star[0] != NULL ? r->star[0] : "";
			return &routes[i];
		}
		get |= routes[i].method == METHOD_GET;
		post |= routes[i].method == METHOD_POST;
	}
	if (get || post)
		*allow_r = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
	return NULL;
}
