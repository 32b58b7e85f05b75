#include "portal/session.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "portal/device.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/request.h"
#include "portal/session_lua.h"

#define COOKIE "__Host-isoloir"
#define CSRF_SIZE 16
#define RECORD "session:"
/* Kept this long after its end, so that we can say why it ended and to whom what was typed belongs. */
#define AFTERLIFE_S 3600

/* How the members of struct session stand in the record. */
static const struct member {
	const char *name;
	size_t at;
	bool is_number;
} members[] = {
    {"identifier", offsetof(struct session, identifier), false},
    {"pending", offsetof(struct session, pending), false},
    {"selector", offsetof(struct session, selector), false},
    {"notice", offsetof(struct session, notice), false},
    {"browser", offsetof(struct session, browser), false},
    {"device", offsetof(struct session, device), false},
    {"draft", offsetof(struct session, draft), false},
    {"level", offsetof(struct session, level), true},
    {"election", offsetof(struct session, election_id), true},
    {"elector", offsetof(struct session, elector_id), true},
    {"epoch", offsetof(struct session, epoch), true},
    {"ended", offsetof(struct session, ended), true},
    {"began", offsetof(struct session, began_s), true},
    {"seen", offsetof(struct session, seen_s), true},
    {"idle_until", offsetof(struct session, idle_until_s), true},
    {"until", offsetof(struct session, until_s), true},
    {"notice_until", offsetof(struct session, notice_until_s), true},
};
#define N_MEMBERS (sizeof(members) / sizeof(*members))

static const struct store_script load_script = {"session_load", SESSION_LUA_LOAD};
static const struct store_script rise_script = {"session_rise", SESSION_LUA_RISE};
static const struct store_script list_script = {"session_list", SESSION_LUA_LIST};
static const struct store_script finish_script = {"session_finish", SESSION_LUA_FINISH};

static char *
number(struct request *r, int64_t n)
{
	return talloc_asprintf(r->task, "%lld", (long long)n);
}

char *
session_key(struct request *r, const char *kind, const char *id)
{
	unsigned char hash[HASH_SIZE];

	hash_sha256(id, strlen(id), hash);
	return talloc_asprintf(r->task, "%s:%s", kind, text_hex(r->task, hash, sizeof(hash)));
}

static char *
record_key(struct request *r, const char *id)
{
	return session_key(r, "session", id);
}

static char *
list_key(struct request *r, int64_t elector_id)
{
	return talloc_asprintf(r->task, "sessions-of:%lld", (long long)elector_id);
}

static bool
is_id(const char *text)
{
	unsigned char raw[SESSION_ID_SIZE];

	return text_unbase64url(text, raw, sizeof(raw));
}

static void *
member_of(struct session *s, const struct member *m)
{
	return (char *)s + m->at;
}

static void
take_field(struct session *s, const char *name, const char *value)
{
	for (size_t i = 0; i < N_MEMBERS; i++) {
		if (strcmp(members[i].name, name) != 0)
			continue;
		if (members[i].is_number)
			*(int64_t *)member_of(s, &members[i]) = strtoll(value, NULL, 10);
		else
			*(const char **)member_of(s, &members[i]) = value;
	}
}

void
session_recognise(struct request *r)
{
	const char *id = request_cookie(r, COOKIE);

	if (id != NULL && is_id(id))
		snprintf(r->session.id, sizeof(r->session.id), "%s", id);
	snprintf(r->presented, sizeof(r->presented), "%s", r->session.id);
}

void
session_forget(struct request *r, enum session_over why)
{
	struct session *s = &r->session, fresh = {.level = SESSION_NONE};

	if (s->level == SESSION_ELECTOR) {
		fresh.over = why;
		fresh.was_elector_id = s->elector_id;
		fresh.draft = s->draft;
	}
	memcpy(fresh.id, s->id, sizeof(fresh.id));
	*s = fresh;
}

static void
judge(struct request *r, int64_t now)
{
	const struct session *s = &r->session;

	if (s->election_id != r->election->id)
		session_forget(r, SESSION_GOES_ON);
	else if (s->ended != 0)
		session_forget(r, SESSION_ENDED);
	else if (s->idle_until_s <= now || s->until_s <= now)
		session_forget(r, SESSION_TIMED_OUT);
}

int
session_load(struct request *r)
{
	const struct conf *c = r->portal->conf;
	struct session *s = &r->session;
	int64_t now = clock_steady_s();
	struct store_value v;

	if (s->id[0] == '\0')
		return 0;
	if (store_eval(r->task, r->portal->ephemeral, &load_script, &v, 1,
	               STORE(record_key(r, s->id), number(r, now), number(r, c->session_idle / 1000),
	                     number(r, c->session_max / 1000), number(r, SESSION_ELECTOR), number(r, AFTERLIFE_S))) == -1)
		return -1;
	for (size_t i = 0; i + 1 < v.n; i += 2)
		take_field(s, v.items[i].text, v.items[i + 1].text);
	if (v.n > 0)
		judge(r, now);
	return 0;
}

int
session_elector(struct request *r)
{
	if (r->session.level != SESSION_ELECTOR)
		return 0;
	if (elector_find(r, r->session.elector_id, &r->elector) == -1)
		return -1;
	if (r->elector != NULL && r->session.epoch == r->elector->epoch)
		return 0;
	r->elector = NULL;
	session_forget(r, SESSION_ENDED);
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

static const char *
written(struct request *r, const struct member *m)
{
	void *at = member_of(&r->session, m);
	const char *text;

	if (m->is_number)
		return number(r, *(int64_t *)at);
	text = *(const char **)at;
	return text != NULL ? text : "";
}

/* Keys, life and every field, for rise.lua. */
static int
write_record(struct request *r, const char *old)
{
	const struct session *s = &r->session;
	bool is_in = s->level == SESSION_ELECTOR;
	const char *parts[10 + 2 * N_MEMBERS] = {
	    record_key(r, s->id),
	    record_key(r, old),
	    is_in ? list_key(r, s->elector_id) : "",
	    session_key(r, "draft", s->id),
	    session_key(r, "draft", old),
	    number(r, s->idle_until_s - s->seen_s + (is_in ? AFTERLIFE_S : 0)),
	    number(r, s->seen_s),
	    number(r, s->until_s),
	    number(r, s->until_s - s->seen_s + AFTERLIFE_S),
	    number(r, s->elector_id),
	};
	struct store_value v;
	size_t n = 10;

	for (size_t i = 0; i < N_MEMBERS; i++) {
		parts[n++] = members[i].name;
		parts[n++] = written(r, &members[i]);
	}
	if (store_eval(r->task, r->portal->ephemeral, &rise_script, &v, 5, parts, n) == -1)
		return -1;
	r->session.draft = v.text;
	return 0;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int
session_rise(struct request *r, enum session_level level)
{
	const struct conf *c = r->portal->conf;
	struct session *s = &r->session;

	s->level = level;
	s->election_id = r->election->id;
	s->began_s = s->seen_s = clock_steady_s();
	s->until_s = s->seen_s + c->session_max / 1000;
	s->idle_until_s = earlier(s->seen_s + c->session_idle / 1000, s->until_s);
	s->browser = request_browser(r);
	s->draft = NULL;
	s->device = device_name(r);
	new_id(r);
	return write_record(r, r->presented);
}

int
session_end(struct request *r)
{
	if (r->session.id[0] == '\0')
		return 0;
	reply_header(r, "Set-Cookie", COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
	return store_run(r->task, r->portal->ephemeral, NULL,
	                 STORE("DEL", record_key(r, r->session.id), session_key(r, "draft", r->session.id)));
}

static int64_t
value_number(const struct store_value *v)
{
	return v->text != NULL ? strtoll(v->text, NULL, 10) : 0;
}

int
session_list(struct request *r, struct session_row **rows_r, size_t *n_r)
{
	const char *ours = record_key(r, r->session.id);
	struct session_row *rows;
	struct store_value v;

	*n_r = 0;
	if (store_eval(r->task, r->portal->ephemeral, &list_script, &v, 1, STORE(list_key(r, r->session.elector_id))) == -1)
		return -1;
	rows = *rows_r = talloc_array(r->task, struct session_row, (unsigned)v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		const struct store_value *f = v.items[i].items;

		if (value_number(&f[5]) <= clock_steady_s() || value_number(&f[6]) != r->session.epoch)
			continue;
		rows[(*n_r)++] = (struct session_row){
		    .name = f[0].text + strlen(RECORD),
		    .browser = f[1].text,
		    .device = f[2].text,
		    .began_s = value_number(&f[3]),
		    .seen_s = value_number(&f[4]),
		    .is_ours = strcmp(f[0].text, ours) == 0,
		};
	}
	return 0;
}

static int
end_those(struct request *r, const char *how, const char *which, int64_t *n_r)
{
	struct store_value v;
	int rc = store_eval(r->task, r->portal->ephemeral, &finish_script, &v, 2,
	                    STORE(list_key(r, r->session.elector_id), record_key(r, r->session.id), how, which,
	                          number(r, AFTERLIFE_S), number(r, r->session.epoch)));

	*n_r = rc == 0 ? v.number : 0;
	return rc;
}

int
session_end_one(struct request *r, const char *name, int64_t *n_r)
{
	return end_those(r, "key", talloc_asprintf(r->task, RECORD "%s", name), n_r);
}

int
session_end_device(struct request *r, const char *device, int64_t *n_r)
{
	return end_those(r, "device", device, n_r);
}

int
session_outlive(struct request *r, int64_t epoch)
{
	int64_t n;

	r->session.epoch = epoch;
	return end_those(r, "all", "", &n);
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
