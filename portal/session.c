#include "portal/session.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "portal/model/election.h"
#include "portal/request.h"

#define COOKIE "__Host-isoloir"
#define CSRF_SIZE 16

/* Read and keep awake in one step; the record's own end (until) is checked by us. */
static const struct store_script load_script = {
    "session_load", "local v = redis.call('HGETALL', KEYS[1])\n"
                    "if #v > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end\n"
                    "return v\n"};

static char *
record_key(struct request *r, const char *id)
{
	unsigned char hash[HASH_SIZE];

	hash_sha256(id, strlen(id), hash);
	return talloc_asprintf(r->task, "session:%s", text_hex(r->task, hash, sizeof(hash)));
}

static bool
is_id(const char *text)
{
	unsigned char raw[SESSION_ID_SIZE];

	return text_unbase64url(text, raw, sizeof(raw));
}

static void
take_field(struct session *s, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **text;
		int64_t *number;
	} fields[] = {
	    {"identifier", &s->identifier, NULL}, {"pending", &s->pending, NULL},
	    {"selector", &s->selector, NULL},     {"notice", &s->notice, NULL},
	    {"election", NULL, &s->election_id},  {"elector", NULL, &s->elector_id},
	    {"until", NULL, &s->until_s},         {"notice_until", NULL, &s->notice_until_s},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		if (fields[i].text != NULL)
			*fields[i].text = value;
		else
			*fields[i].number = strtoll(value, NULL, 10);
	}
	if (strcmp(name, "level") == 0)
		s->level = (enum session_level)strtoll(value, NULL, 10);
}

void
session_recognise(struct request *r)
{
	const char *id = request_cookie(r, COOKIE);

	if (id != NULL && is_id(id))
		snprintf(r->session.id, sizeof(r->session.id), "%s", id);
}

/* Nobody in particular any more; the id stays, for the tokens of forms already shown. */
static void
forget_record(struct session *s)
{
	struct session fresh = {.level = SESSION_NONE};

	memcpy(fresh.id, s->id, sizeof(fresh.id));
	*s = fresh;
}

int
session_load(struct request *r)
{
	struct session *s = &r->session;
	const char *words[2];
	struct store_value v;
	char idle[24];

	if (s->id[0] == '\0')
		return 0;
	snprintf(idle, sizeof(idle), "%lld", (long long)r->portal->conf->session_idle);
	words[0] = record_key(r, s->id);
	words[1] = idle;
	if (store_eval(r->task, r->portal->ephemeral, &load_script, &v, 1, words, 2) == -1)
		return -1;
	for (size_t i = 0; i + 1 < v.n; i += 2)
		take_field(s, v.items[i].text, v.items[i + 1].text);
	if (v.n > 0 && (s->until_s <= clock_now_s() || s->election_id != r->election->id))
		forget_record(s);
	return 0;
}

static void
new_id(struct request *r)
{
	unsigned char raw[SESSION_ID_SIZE];

	secret_random(raw, sizeof(raw));
	snprintf(r->session.id, sizeof(r->session.id), "%s", text_base64url(r->task, raw, sizeof(raw)));
	reply_header(r, "Set-Cookie", COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax", r->session.id);
}

void
session_anchor(struct request *r)
{
	if (r->session.id[0] == '\0')
		new_id(r);
}

static char *
number(struct request *r, int64_t n)
{
	return talloc_asprintf(r->task, "%lld", (long long)n);
}

static int
write_record(struct request *r)
{
	const struct session *s = &r->session;
	struct store *store = r->portal->ephemeral;
	char *key = record_key(r, s->id);

	if (store_run(r->task, store, NULL,
	              STORE("HSET", key, "level", number(r, s->level), "election", number(r, s->election_id), "elector",
	                    number(r, s->elector_id), "identifier", s->identifier != NULL ? s->identifier : "", "pending",
	                    s->pending != NULL ? s->pending : "", "selector", s->selector != NULL ? s->selector : "",
	                    "notice", s->notice != NULL ? s->notice : "", "notice_until", number(r, s->notice_until_s),
	                    "until", number(r, s->until_s))) == -1)
		return -1;
	return store_run(r->task, store, NULL, STORE("PEXPIRE", key, number(r, r->portal->conf->session_idle)));
}

int
session_rise(struct request *r, enum session_level level)
{
	struct session *s = &r->session;
	char *old = s->id[0] != '\0' ? record_key(r, s->id) : NULL;

	s->level = level;
	s->election_id = r->election->id;
	s->until_s = clock_now_s() + r->portal->conf->session_max / 1000;
	new_id(r);
	if (write_record(r) == -1)
		return -1;
	return old != NULL ? store_run(r->task, r->portal->ephemeral, NULL, STORE("DEL", old)) : 0;
}

int
session_end(struct request *r)
{
	if (r->session.id[0] == '\0')
		return 0;
	reply_header(r, "Set-Cookie", COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
	return store_run(r->task, r->portal->ephemeral, NULL, STORE("DEL", record_key(r, r->session.id)));
}

static void
csrf_of(const struct request *r, unsigned char out[HASH_SIZE])
{
	hash_keyed_text(r->portal->loaded->keys->key[KEY_PAGE], "csrf", r->session.id, out);
}

char *
session_csrf(struct request *r)
{
	unsigned char token[2 * CSRF_SIZE], right[HASH_SIZE];

	session_anchor(r);
	csrf_of(r, right);
	secret_random(token, CSRF_SIZE);
	for (int i = 0; i < CSRF_SIZE; i++)
		token[CSRF_SIZE + i] = token[i] ^ right[i];
	return text_base64url(r->task, token, sizeof(token));
}

bool
session_csrf_is_right(const struct request *r, const char *text)
{
	unsigned char token[2 * CSRF_SIZE], right[HASH_SIZE];

	if (r->session.id[0] == '\0' || !text_unbase64url(text, token, sizeof(token)))
		return false;
	csrf_of(r, right);
	for (int i = 0; i < CSRF_SIZE; i++)
		token[CSRF_SIZE + i] ^= token[i];
	return secret_equal(token + CSRF_SIZE, right, CSRF_SIZE);
}
