#include "portal/captcha/captcha.h"

#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "portal/captcha/picture.h"
#include "portal/captcha/sound.h"
#include "portal/route.h"

#define ID_SIZE 16
#define DIGITS 6
#define REPEAT_MS "60000"

static bool
is_id(const char *text)
{
	unsigned char raw[ID_SIZE];

	return text_unbase64url(text, raw, sizeof(raw));
}

static char *
answer_key(struct request *r, const char *id)
{
	return talloc_asprintf(r->task, "captcha:%s", id);
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

/* Six digits without bias: a byte at or above 250 is drawn again. Sixteen at a time, since each draw is a call of the system. */
static void
draw_digits(char out[DIGITS + 1])
{
	unsigned char bytes[16];
	int n = 0;

	while (n < DIGITS) {
		secret_random(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes) && n < DIGITS; i++)
			if (bytes[i] < 250)
				out[n++] = (char)('0' + bytes[i] % 10);
	}
	out[DIGITS] = '\0';
}

int
captcha_offer_other(struct request *r)
{
	unsigned char raw[ID_SIZE];
	char digits[DIGITS + 1], *id;

	secret_random(raw, sizeof(raw));
	draw_digits(digits);
	id = text_base64url(r->task, raw, sizeof(raw));
	tmpl_text(r->reply.data, "captcha_id", id);
	if (r->method == METHOD_HEAD)
		return 0;
	return store_run(r->task, r->portal->ephemeral, NULL,
	                 STORE("SET", answer_key(r, id), digits, "PX", validity(r)));
}

/* Has the captcha that the form names been solved here before? */
static int
is_solved(struct request *r, bool *solved_r)
{
	const char *id = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;

	*solved_r = false;
	if (!is_id(id))
		return 0;
	if (store_run(r->task, r->portal->ephemeral, &v, STORE("GET", solved_key(r, id))) == -1)
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
	if (!solved)
		return captcha_offer_other(r);
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

int
captcha_take(struct request *r, bool *right_r)
{
	const char *id = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;

	*right_r = false;
	if (!is_id(id))
		return 0;
	if (store_run(r->task, r->portal->ephemeral, &v, STORE("GETDEL", answer_key(r, id))) == -1)
		return -1;
	*right_r = v.kind == STORE_TEXT && strlen(v.text) == DIGITS && secret_equal(typed_code(r), v.text, DIGITS + 1);
	return 0;
}

/*
 * One step, so that a Redis that hangs in the middle of it and wakes later has not used the code up for nothing: it is solved then, and posting
 * again goes on. KEYS: the code, where it is solved. ARGV: what was typed, holder, sender, ms that it then holds, ms for a repeat.
 */
static const struct store_script check_script = {
    "captcha_check", "local held = redis.call('GET', KEYS[2])\n"
                     "if held == ARGV[2] then return 1 end\n"
                     "if held == ARGV[3] then redis.call('SET', KEYS[2], 'repeated', 'PX', ARGV[5]) return 1 end\n"
                     "if redis.call('GETDEL', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                     "redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[4])\n"
                     "return 1\n"};
static const struct store_script spend_script = {
    "captcha_spend", "if redis.call('GET', KEYS[1]) == 'repeated' then return 0 end\n"
                     "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
                     "return 1\n"};

int
captcha_check(struct request *r, bool *right_r)
{
	const char *id = form_text(r, FIELD_CAPTCHA_ID);
	struct store_value v;

	*right_r = false;
	if (!is_id(id))
		return 0;
	if (store_eval(r->task, r->portal->ephemeral, &check_script, &v, 2,
	               STORE(answer_key(r, id), solved_key(r, id), typed_code(r), holder(r), sender(r), validity(r), REPEAT_MS)) == -1)
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

static uint64_t
seed_of(struct request *r, const char *id)
{
	unsigned char hash[HASH_SIZE];
	uint64_t seed;

	hash_keyed_text(r->portal->loaded->keys->key[KEY_PAGE], "captcha", id, hash);
	memcpy(&seed, hash, sizeof(seed));
	return seed;
}

/* GET /captcha/ID.png, /captcha/ID.wav: the answer stays where it is. */
enum reply_kind
captcha_send(struct request *r)
{
	const char *dot = strchr(r->rest, '.');
	char *id = dot != NULL ? talloc_strndup(r->task, r->rest, (size_t)(dot - r->rest)) : NULL;
	struct store_value v;
	unsigned char *bytes;
	size_t len;

	if (id == NULL || !is_id(id) || (strcmp(dot, ".png") != 0 && strcmp(dot, ".wav") != 0))
		return reply_refuse(r, 404);
	if (store_run(r->task, r->portal->ephemeral, &v, STORE("GET", answer_key(r, id))) == -1)
		return reply_trouble(r);
	if (v.kind != STORE_TEXT)
		return reply_refuse(r, 404);
	if (strcmp(dot, ".png") == 0) {
		bytes = captcha_picture(r->task, v.text, seed_of(r, id), &len);
		return reply_bytes(r, "image/png", bytes, len);
	}
	bytes = captcha_sound(r->task, v.text, seed_of(r, id), &len);
	return reply_bytes(r, "audio/wav", bytes, len);
}
