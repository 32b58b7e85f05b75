/*
 * A Cookie header, and after an empty line what a form or another header names: session, CSRF token, link, known device, browser. Found are
 * only cookies whose whole name fits, of the form that we gave out; no token that we did not make is right.
 */
#include "tests/fuzz/fuzz.h"

#include <fcgiapp.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "common/token.h"
#include "portal/browser.h"
#include "portal/device.h"
#include "portal/request.h"

static struct portal portal;
static struct request_link *request_link;
static const char *header;

/* In the place of libfcgi's, whose parameters tests/fuzz/portal.c goes through. */
char *
FCGX_GetParam(const char *name, FCGX_ParamArray envp)
{
	(void)envp;
	return strcmp(name, "HTTP_COOKIE") == 0 ? (char *)(uintptr_t)header : NULL;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct keys keys = {.key[KEY_PAGE] = "a page key"};
	static struct conf conf;
	static struct portal_loaded loaded = {.keys = &keys};
	int pair[2];

	(void)argc;
	(void)argv;
	hash_init();
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	request_link = request_link_new(NULL, pair[0], -1);
	portal = (struct portal){.conf = &conf, .loaded = &loaded};
	return 0;
}

static void
check_cookie(struct request *r, const char *name)
{
	const char *value = request_cookie(r, name);

	if (value == NULL)
		return;
	must(strpbrk(value, "; ") == NULL);
	must(strstr(header, talloc_asprintf(r->task, "%s=%s", name, value)) != NULL);
}

static void
check_session(struct request *r, const char *typed)
{
	unsigned char raw[SESSION_ID_SIZE];

	session_recognise(r);
	must(r->session.id[0] == '\0' || text_unbase64url(r->session.id, raw, sizeof(raw)));
	must(!session_csrf_is_right(r, typed));
	must(session_csrf_is_right(r, session_csrf(r)));
}

static void
check_device(TALLOC_CTX *ctx, const char *cookie)
{
	unsigned char mark[DEVICE_MARK_SIZE] = "another one";
	struct device d;

	if (cookie == NULL || !device_parse(cookie, &d))
		return;
	must(d.n <= DEVICE_MARKS_MAX);
	must(strcmp(device_format(ctx, &d), cookie) == 0);
	for (; mark[0] <= 'a' + DEVICE_MARKS_MAX; mark[0]++)
		device_add_mark(&d, mark);
	must(d.n == DEVICE_MARKS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const cookies[] = {"__Host-isoloir", "__Host-lien", "__Host-appareil"};
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *text = fuzz_text(ctx, data, size), *cut = strstr(text, "\n\n");
	const char *typed = cut != NULL ? cut + 2 : text;
	struct request *r;

	header = talloc_strndup(ctx, text, cut != NULL ? (size_t)(cut - text) : strlen(text));
	r = request_new(&portal, request_link);
	for (size_t i = 0; i < sizeof(cookies) / sizeof(*cookies); i++)
		check_cookie(r, cookies[i]);
	check_session(r, typed);
	check_device(r->task, request_cookie(r, "__Host-appareil"));
	must(strpbrk(browser_label(r->task, typed), "<>\"&;()/\r\n") == NULL);
	talloc_free(r->task);
	talloc_free(ctx);
	return 0;
}
