#include "portal/captcha/captcha.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "portal/captcha/picture.h"
#include "portal/captcha/sound.h"
#include "portal/route.h"

#define DIGITS 6
#define REPEAT_MS "60000"

/* When it was made (seconds of the steady clock, big-endian), then chance. */
struct id {
	unsigned char made[4], chance[12];
};

static bool
is_id(const char *text, struct id *id_r)
{
	return text_unbase64url(text, id_r, sizeof(*id_r));
}

/* A little ahead is what another host's clock may be. */
static bool
is_fresh(struct request *r, const struct id *id)
{
	int64_t made_s = (int64_t)id->made[0] << 24 | id->made[1] << 16 | id->made[2] << 8 | id->made[3];
	int64_t age_ms = (clock_steady_s() - made_s) * 1000, validity_ms = r->portal->conf->captcha_validity;

	return -validity_ms < age_ms && age_ms < validity_ms;
}

static char *
new_id(struct request *r)
{
	int64_t now_s = clock_steady_s();
	struct id id;

	for (int i = 0; i < 4; i++)
		id.made[i] = (unsigned char)(now_s >> (24 - 8 * i));
	secret_random(id.chance, sizeof(id.chance));
	return text_base64url(r->task, &id, sizeof(id));
}

static uint64_t
number_of(struct request *r, const char *label, const char *id)
{
	unsigned char hash[HASH_SIZE];
	uint64_t n;

	hash_keyed_text(r->portal->loaded->keys->key[KEY_PAGE], label, id, hash);
	memcpy(&n, hash, sizeof(n));
	return n;
}

/* The six digits to an id: of 2^64 numbers, so that none is likelier than another. */
static char *
code_of(struct request *r, const char *id)
{
	return talloc_asprintf(r->task, "%06u", (unsigned)(number_of(r, "captcha code", id) % 1000000));
}

static char *
spent_key(struct request *r, const char *id)
{
	return talloc_asprintf(r->task, "captcha-spent:%s", id);
}

static char *
solved_key(struct request *r, const char *id)
{
	return talloc_asprintf(r->task, "captcha-solved:%s", id);
}

static char *
digest(struct request *r, const char *words)
{
	unsigned char hash[HASH_SIZE];

	hash_sha256(words, strlen(words), hash);
	return text_hex(r->task, hash, sizeof(hash));
}

/* For whom and where a solved captcha holds: this session, at this address. */
static char *
holder(struct request *r)
{
	return digest(r, talloc_asprintf(r->task, "%s %s", r->session.id, r->path));
}

/* The same form sent again: of that session, to that address, about the same person. */
static char *
sender(struct request *r)
{
	return digest(r, talloc_asprintf(r->task, "%s %s %s", r->session.id, r->path, form_text(r, FIELD_IDENTIFIANT)));
}

static char *
validity(struct request *r)
{
	return talloc_asprintf(r->task, "%lld", (long long)r->portal->conf->captcha_validity);
}

/* As long as its id may look fresh to anybody's clock. */
static char *
spent_for(struct request *r)
{
	return talloc_asprintf(r->task, "%lld", 2 * (long long)r->portal->conf->captcha_validity);
}

void
captcha_offer_other(struct request *r)
{
	tmpl_text(r->reply.data, "captcha_id", new_id(r));
}

/* Has the captcha that the form names been solved here before? */
static int
is_solved(struct request *r, bool *solved_r)
{
	const char *text = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;
	struct id id;

	*solved_r = false;
	if (!is_id(text, &id))
		return 0;
	if (store_run(r->task, r->portal->ephemeral, &v, STORE("GET", solved_key(r, text))) == -1)
		return -1;
	*solved_r = v.kind == STORE_TEXT && strcmp(v.text, holder(r)) == 0;
	return 0;
}

int
captcha_offer(struct request *r)
{
	bool solved;

	if (is_solved(r, &solved) == -1)
		return -1;
	if (!solved) {
		captcha_offer_other(r);
		return 0;
	}
	tmpl_text(r->reply.data, "captcha_id", form_text(r, FIELD_CAPTCHA_ID));
	tmpl_switch(r->reply.data, "captcha_resolu", true);
	return 0;
}

/* People copy digits with spaces. One sign more than a code has is kept, so that a code with something behind it is none. */
static const char *
typed_code(struct request *r)
{
	char *code = talloc_zero_array(r->task, char, DIGITS + 2);
	size_t n = 0;

	for (const char *p = form_text(r, FIELD_CAPTCHA); *p != '\0' && n <= DIGITS; p++)
		if (*p != ' ' && *p != '-')
			code[n++] = *p;
	return code;
}

static bool
is_right(struct request *r, const char *text, const struct id *id)
{
	return is_fresh(r, id) && secret_equal(typed_code(r), code_of(r, text), DIGITS + 1);
}

int
captcha_take(struct request *r, bool *right_r)
{
	const char *text = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;
	struct id id;

	*right_r = false;
	if (!is_id(text, &id))
		return 0;
	if (store_run(r->task, r->portal->ephemeral, &v, STORE("SET", spent_key(r, text), "1", "NX", "PX", spent_for(r))) == -1)
		return -1;
	*right_r = v.kind != STORE_NIL && is_right(r, text, &id);
	return 0;
}

/*
 * One step, so that a Redis that hangs in the middle of it and wakes later has not used the code up for nothing: it is solved then, and posting
 * again goes on. KEYS: where it is spent, where it is solved. ARGV: 1 if it was answered rightly, holder, sender, ms that it then holds, ms for a
 * repeat, ms that it stays spent.
 */
static const struct store_script check_script = {
    "captcha_check", "local held = redis.call('GET', KEYS[2])\n"
                     "if held == ARGV[2] then return 1 end\n"
                     "if held == ARGV[3] then redis.call('SET', KEYS[2], 'repeated', 'PX', ARGV[5]) return 1 end\n"
                     "if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[6]) or ARGV[1] ~= '1' then return 0 end\n"
                     "redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[4])\n"
                     "return 1\n"};
static const struct store_script spend_script = {
    "captcha_spend", "if redis.call('GET', KEYS[1]) == 'repeated' then return 0 end\n"
                     "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
                     "return 1\n"};

int
captcha_check(struct request *r, bool *right_r)
{
	const char *text = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;
	struct id id;

	*right_r = false;
	if (!is_id(text, &id))
		return 0;
	if (store_eval(r->task, r->portal->ephemeral, &check_script, &v, 2,
	               STORE(spent_key(r, text), solved_key(r, text), is_right(r, text, &id) ? "1" : "0", holder(r), sender(r), validity(r),
	                     REPEAT_MS, spent_for(r))) == -1)
		return -1;
	*right_r = v.kind == STORE_NUMBER && v.number == 1;
	return 0;
}

const char *
captcha_fault(const struct request *r)
{
	if (form_text(r, FIELD_CAPTCHA)[0] == '\0')
		return "Recopiez les six chiffres de l’image, ou écoutez-les.";
	return "La saisie du code est incorrecte. Un nouveau code vous est proposé\u00a0; vous pouvez aussi l’écouter.";
}

/* A double click sends the form twice, and the browser shows the answer to the second post alone. */
int
captcha_spend(struct request *r)
{
	return store_eval(r->task, r->portal->ephemeral, &spend_script, NULL, 1,
	                  STORE(solved_key(r, form_text(r, FIELD_CAPTCHA_ID)), sender(r), REPEAT_MS));
}

/* GET /captcha/ID.png, /captcha/ID.wav: nothing is read, nothing is written. */
enum reply_kind
captcha_send(struct request *r)
{
	const char *dot = strchr(r->rest, '.');
	char *text = dot != NULL ? talloc_strndup(r->task, r->rest, (size_t)(dot - r->rest)) : NULL;
	unsigned char *bytes;
	struct id id;
	size_t len;

	if (text == NULL || !is_id(text, &id) || !is_fresh(r, &id) || (strcmp(dot, ".png") != 0 && strcmp(dot, ".wav") != 0))
		return reply_refuse(r, 404);
	if (strcmp(dot, ".png") == 0) {
		bytes = captcha_picture(r->task, code_of(r, text), number_of(r, "captcha", text), &len);
		return reply_bytes(r, "image/png", bytes, len);
	}
	bytes = captcha_sound(r->task, code_of(r, text), number_of(r, "captcha", text), &len);
	return reply_bytes(r, "audio/wav", bytes, len);
}
