/* An address: split and put together again it is the same, and what stands for * is one segment. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "portal/route.h"

static void
check_method(struct request *r, const char *path, enum method method)
{
	const struct route *route;
	const char *allow;

	memset(r->star, 0, sizeof(r->star));
	r->method = method;
	route = route_find(r, path, &allow);
	for (int i = 0; i < REQUEST_STARS_MAX; i++)
		must(r->star[i] == NULL || (route != NULL && r->star[i][0] != '\0' && strchr(r->star[i], '/') == NULL));
	if (route != NULL)
		must(strcspn(route->path, "*") <= strlen(path) && (route->method == METHOD_POST) == (method == METHOD_POST));
	must(route == NULL || allow == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r = {.task = task_new(NULL, 0)};
	char *address = fuzz_text(r.task, data, size), *slug;
	const char *path = address;

	if (route_split(r.task, address, &slug, &path)) {
		must(strlen(slug) <= 40 && strpbrk(slug, "/%. ") == NULL && path[0] == '/');
		must(strcmp(talloc_asprintf(r.task, "/%s/portail%s", slug, path), address) == 0);
	}
	for (int m = METHOD_GET; m <= METHOD_OTHER; m++)
		check_method(&r, path, (enum method)m);
	talloc_free(r.task);
	return 0;
}
