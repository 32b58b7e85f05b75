#include "common/store.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/breaker.h"
#include "common/hash.h"

struct store {
	redisContext *link;
	const char *socket;
	int64_t timeout_ms;
	struct breaker *breaker; /* NULL: not shared */
};

static void
hang_up(struct store *s)
{
	if (s->link != NULL)
		redisFree(s->link);
	s->link = NULL;
}

static int
store_close(struct store *s)
{
	hang_up(s);
	return 0;
}

struct store *
store_new(TALLOC_CTX *ctx, const char *socket, int64_t timeout_ms)
{
	struct store *s = talloc_zero(ctx, struct store);

	s->socket = talloc_strdup(s, socket);
	s->timeout_ms = timeout_ms;
	talloc_set_destructor(s, store_close);
	return s;
}

void
store_share(struct store *s, struct breaker *b)
{
	s->breaker = b;
}

static int
connect_now(struct task *t, struct store *s)
{
	struct timeval wait = {.tv_sec = s->timeout_ms / 1000, .tv_usec = s->timeout_ms % 1000 * 1000};

	s->link = redisConnectUnixWithTimeout(s->socket, wait);
	if (s->link != NULL && s->link->err == 0 && redisSetTimeout(s->link, wait) == REDIS_OK)
		return 0;
	task_fail(t, ERR_RETRY, "Redis at %s: %s", s->socket, s->link != NULL ? s->link->errstr : "no memory");
	hang_up(s);
	return -1;
}

/* Errors of Redis that pass by themselves; every other one means that we asked for something wrong. */
static bool
passes_by_itself(const char *error)
{
	static const char *const starts[] = {"LOADING", "READONLY", "OOM", "BUSY", "MISCONF", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN",
	                                     "NOREPLICAS"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (text_starts(error, starts[i]))
			return true;
	return false;
}

static void
copy_reply(TALLOC_CTX *ctx, const redisReply *r, struct store_value *out)
{
	*out = (struct store_value){.kind = STORE_NIL};
	if (r->type == REDIS_REPLY_INTEGER) {
		out->kind = STORE_NUMBER;
		out->number = r->integer;
	} else if (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS || r->type == REDIS_REPLY_ERROR) {
		out->kind = STORE_TEXT;
		out->text = talloc_strndup(ctx, r->str, r->len);
		out->len = r->len;
	} else if (r->type == REDIS_REPLY_ARRAY) {
		out->kind = STORE_LIST;
		out->n = r->elements;
		out->items = talloc_zero_array(ctx, struct store_value, (unsigned)(r->elements + 1));
		for (size_t i = 0; i < r->elements; i++)
			copy_reply(ctx, r->element[i], &out->items[i]);
	}
}

/* Did the server end the link while it was idle? Asked before sending, so that nothing is ever done twice. */
static bool
is_dead(const struct store *s)
{
	char byte;
	ssize_t n = recv(s->link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
}

/* The answer, or NULL with the link hung up. */
static redisReply *
ask(struct task *t, struct store *s, const char *const *parts, size_t n)
{
	redisReply *r;

	if (s->link != NULL && is_dead(s))
		hang_up(s);
	if (s->link == NULL && connect_now(t, s) == -1)
		return NULL;
	r = redisCommandArgv(s->link, (int)n, (const char **)parts, NULL);
	if (r == NULL) {
		task_fail(t, ERR_UNCERTAIN, "Redis at %s gave no answer to %s: %s", s->socket, parts[0], s->link->errstr);
		hang_up(s);
	}
	return r;
}

/* The same, unless Redis is known to hang; and what came of it is for all to know. */
static redisReply *
ask_patiently(struct task *t, struct store *s, const char *const *parts, size_t n)
{
	int64_t began_ms = clock_mono_ms();
	redisReply *r;

	if (!breaker_lets(s->breaker, began_ms, s->timeout_ms)) {
		task_fail(t, ERR_RETRY, "Redis at %s hangs, as was found a moment ago", s->socket);
		return NULL;
	}
	r = ask(t, s, parts, n);
	if (r != NULL)
		breaker_answered(s->breaker, clock_mono_ms());
	else
		breaker_failed(s->breaker, began_ms, clock_mono_ms(), t->err.text);
	return r;
}

int
store_run(struct task *t, struct store *s, struct store_value *value_r, const char *const *parts, size_t n)
{
	redisReply *r = ask_patiently(t, s, parts, n);
	int rc = 0;

	if (r == NULL)
		return -1;
	if (r->type == REDIS_REPLY_ERROR) {
		bool later = passes_by_itself(r->str);

		rc = task_fail(t, later ? ERR_RETRY : ERR_REFUSED, "Redis at %s: %s: %s", s->socket, parts[0], r->str);
		if (later)
			hang_up(s);
	} else if (value_r != NULL) {
		copy_reply(t, r, value_r);
	}
	freeReplyObject(r);
	return rc;
}

int
store_eval(struct task *t, struct store *s, const struct store_script *script, struct store_value *value_r, size_t nkeys,
           const char *const *parts, size_t n)
{
	const char **words = talloc_array(t, const char *, (unsigned)(n + 3));
	char count[24];

	snprintf(count, sizeof(count), "%zu", nkeys);
	words[0] = "EVALSHA";
	words[1] = hash_sha1_hex(t, script->lua);
	words[2] = count;
	memcpy(words + 3, parts, n * sizeof(*parts));
	if (store_run(t, s, value_r, words, n + 3) == 0)
		return 0;
	if (strstr(t->err.text, "NOSCRIPT") == NULL)
		return -1;
	task_forgive(t);
	words[0] = "EVAL";
	words[1] = script->lua;
	return store_run(t, s, value_r, words, n + 3);
}
