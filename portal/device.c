#include "portal/device.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "common/log.h"
#include "portal/model/device.h"
#include "portal/model/election.h"
#include "portal/request.h"

#define COOKIE "__Host-appareil"
#define YEAR_S 31536000

bool
device_parse(const char *cookie, struct device *d_r)
{
	unsigned char raw[DEVICE_ID_SIZE + sizeof(d_r->marks)];

	for (size_t n = 0; n <= DEVICE_MARKS_MAX; n++) {
		if (!text_unbase64url(cookie, raw, DEVICE_ID_SIZE + n * DEVICE_MARK_SIZE))
			continue;
		*d_r = (struct device){.n = n};
		memcpy(d_r->id, raw, DEVICE_ID_SIZE);
		memcpy(d_r->marks, raw + DEVICE_ID_SIZE, n * DEVICE_MARK_SIZE);
		return true;
	}
	return false;
}

char *
device_format(TALLOC_CTX *ctx, const struct device *d)
{
	unsigned char raw[DEVICE_ID_SIZE + sizeof(d->marks)];

	memcpy(raw, d->id, DEVICE_ID_SIZE);
	memcpy(raw + DEVICE_ID_SIZE, d->marks, d->n * DEVICE_MARK_SIZE);
	return text_base64url(ctx, raw, DEVICE_ID_SIZE + d->n * DEVICE_MARK_SIZE);
}

static int
find_mark(const struct device *d, const unsigned char mark[DEVICE_MARK_SIZE])
{
	int at = -1;

	for (size_t i = 0; i < d->n; i++)
		if (secret_equal(d->marks[i], mark, DEVICE_MARK_SIZE))
			at = (int)i;
	return at;
}

void
device_add_mark(struct device *d, const unsigned char mark[DEVICE_MARK_SIZE])
{
	int at = find_mark(d, mark);

	if (at == -1 && d->n < DEVICE_MARKS_MAX)
		d->n++;
	if (at == -1)
		at = (int)d->n - 1;
	memmove(d->marks[1], d->marks[0], (size_t)at * DEVICE_MARK_SIZE);
	memcpy(d->marks[0], mark, DEVICE_MARK_SIZE);
}

static bool
read_cookie(struct request *r, struct device *d_r)
{
	const char *cookie = request_cookie(r, COOKIE);

	return cookie != NULL && device_parse(cookie, d_r);
}

static void
make_mark(const struct request *r, const struct device *d, const char *identifier, unsigned char mark[DEVICE_MARK_SIZE])
{
	const struct hash_part parts[] = {
	    {"device", 6},
	    {d->id, DEVICE_ID_SIZE},
	    {&r->election->id, sizeof(r->election->id)},
	    {identifier, strlen(identifier)},
	};
	unsigned char hash[HASH_SIZE];

	hash_keyed(r->portal->loaded->keys->key[KEY_PAGE], parts, sizeof(parts) / sizeof(*parts), hash);
	memcpy(mark, hash, DEVICE_MARK_SIZE);
}

static bool
has_mark(const struct request *r, const struct device *d, const char *identifier)
{
	unsigned char mark[DEVICE_MARK_SIZE];

	make_mark(r, d, identifier, mark);
	return find_mark(d, mark) != -1;
}

int
device_is_known(struct request *r, const char *identifier, bool *known_r)
{
	struct device d;

	*known_r = false;
	if (!read_cookie(r, &d) || !has_mark(r, &d, identifier))
		return 0;
	return device_find(r, identifier, d.id, known_r);
}

/*
 * The id to go on with. One that this elector had and ended is given up for a new one, so that no copy of the old cookie
 * becomes good again; the other electors of this browser are then known anew after their next log-in.
 */
static int
choose_id(struct request *r, const char *identifier, struct device *d)
{
	bool known = true;

	if (read_cookie(r, d)) {
		if (has_mark(r, d, identifier) && device_find(r, identifier, d->id, &known) == -1)
			return -1;
		if (known)
			return 0;
	}
	*d = (struct device){.n = 0};
	secret_random(d->id, sizeof(d->id));
	return 0;
}

void
device_remember(struct request *r, int64_t elector_id, const char *identifier)
{
	unsigned char mark[DEVICE_MARK_SIZE];
	struct device d;

	if (choose_id(r, identifier, &d) == -1 || device_store(r, elector_id, d.id) == -1) {
		log_task_error("device not remembered", r->task);
		task_forgive(r->task);
		return;
	}
	make_mark(r, &d, identifier, mark);
	device_add_mark(&d, mark);
	r->device = text_hex(r->task, d.id, sizeof(d.id));
	reply_header(r, "Set-Cookie", COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d",
	             device_format(r->task, &d), YEAR_S);
}

const char *
device_name(struct request *r)
{
	struct device d;

	if (r->device == NULL)
		r->device = read_cookie(r, &d) ? text_hex(r->task, d.id, sizeof(d.id)) : "";
	return r->device;
}
