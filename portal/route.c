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

static bool
is_match(const struct route *route, const char *path, const char **rest_r)
{
	size_t fixed = strcspn(route->path, "*");

	if (route->path[fixed] == '\0')
		return strcmp(route->path, path) == 0;
	if (strncmp(route->path, path, fixed) != 0 || path[fixed] == '\0' || strchr(path + fixed, '/') != NULL)
		return false;
	*rest_r = path + fixed;
	return true;
}

const struct route *
route_find(struct request *r, const char *path, const char **rest_r, const char **allow_r)
{
	enum method wanted = r->method == METHOD_HEAD ? METHOD_GET : r->method;
	bool get = false, post = false;

	*rest_r = "";
	*allow_r = NULL;
	for (size_t i = 0; i < N_ROUTES; i++) {
		if (!is_match(&routes[i], path, rest_r))
			continue;
		if (routes[i].method == wanted)
			return &routes[i];
		get |= routes[i].method == METHOD_GET;
		post |= routes[i].method == METHOD_POST;
	}
	if (get || post)
		*allow_r = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
	return NULL;
}
