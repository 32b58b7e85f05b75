#include "common/throttle.h"

#include "common/base/text.h"
#include "common/hash.h"
#include "common/throttle_lua.h"

#define PREFIX "{limit}:" /* one slot of a cluster: one script touches several of these keys */
#define KEY_HEX_SIZE 16
#define BUDGET_MAX INT64_C(1000000000)

enum script {
#define X(name, word, text) SCRIPT_##name,
	THROTTLE_LUA_ROWS(X)
#undef X
};

static const struct store_script scripts[] = {
#define X(name, word, text) {word, text},
    THROTTLE_LUA_ROWS(X)
#undef X
};

const struct limit_row limit_rows[LIMIT__MAX] = {
#define LIMIT(name, pace, of, budget, window, follows, sentence) {#name, OF_##of, budget, window, FOLLOWS_##follows, sentence},
#include "common/limits.def"
#undef LIMIT
};

const char *
limit_of_word(enum limit_of of)
{
	static const char *const words[OF__MAX] = {"identifier", "device", "session", "address", "network", "all", "elector"};

	return words[of];
}

/* Only what counts addresses knows listed networks. */
static int64_t
budget_of(const struct conf *c, enum limit limit, bool listed)
{
	const struct limit_row *row = &limit_rows[limit];
	bool wide = listed && (row->of == OF_ADDRESS || row->of == OF_NETWORK);
	int64_t budget = row->budget * c->throttle_scale / 100;

	if (budget < 1)
		budget = 1;
	if (wide)
		budget *= c->throttle_factor;
	return budget < BUDGET_MAX ? budget : BUDGET_MAX;
}

struct throttle_charge
throttle_charge(TALLOC_CTX *ctx, const struct keys *k, const struct conf *c, enum limit limit, const char *about, bool listed)
{
	unsigned char hash[HASH_SIZE];

	hash_keyed_text(k->key[KEY_PAGE], limit_rows[limit].word, about, hash);
	return (struct throttle_charge){
	    .limit = limit,
	    .key = talloc_asprintf(ctx, PREFIX "%s:%s", limit_rows[limit].word, text_hex(ctx, hash, KEY_HEX_SIZE)),
	    .budget = budget_of(c, limit, listed),
	};
}

char *
throttle_about_identifier(TALLOC_CTX *ctx, int64_t election_id, const char *identifier)
{
	return talloc_asprintf(ctx, "%lld %s", (long long)election_id, identifier);
}

char *
throttle_about_device(TALLOC_CTX *ctx, int64_t election_id, const char *identifier, const char *device)
{
	return talloc_asprintf(ctx, "%lld %s %s", (long long)election_id, identifier, device);
}

char *
throttle_about_network(TALLOC_CTX *ctx, const struct network *address, enum limit_of of)
{
	struct network n = of == OF_ADDRESS ? network_around(address, 32, 64) : network_around(address, 24, 48);

	return network_text(ctx, &n);
}

static const char *
number(struct task *t, int64_t n)
{
	return talloc_asprintf(t, "%lld", (long long)n);
}

static int64_t
item(const struct store_value *list, size_t i)
{
	return i < list->n ? list->items[i].number : 0;
}

/* The keys, two words, and three more for each key: see take.lua. */
static int
ask(struct task *t, struct store *s, const char *verb, struct throttle_charge *list, size_t n, bool opened,
    struct throttle_stop *stop_r)
{
	const char **parts = talloc_array(t, const char *, (unsigned)(4 * n + 2)), **args = parts + n;
	struct store_value v;
	size_t which;

	args[0] = verb;
	args[1] = opened ? "1" : "0";
	for (size_t i = 0; i < n; i++) {
		parts[i] = list[i].key;
		args[3 * i + 2] = number(t, list[i].budget);
		args[3 * i + 3] = number(t, limit_rows[list[i].limit].window_ms);
		args[3 * i + 4] = limit_rows[list[i].limit].follows == FOLLOWS_CAPTCHA ? "1" : "0";
	}
	if (store_eval(t, s, &scripts[SCRIPT_TAKE], &v, n, parts, 4 * n + 2) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		list[i].owed_us = item(&v, 2 * i + 2);
		list[i].taken_us = item(&v, 2 * i + 3);
	}
	which = (size_t)item(&v, 0);
	*stop_r = (struct throttle_stop){.stopped = which > 0, .wait_ms = item(&v, 1)};
	if (which > 0)
		stop_r->limit = list[which - 1].limit;
	return 0;
}

int
throttle_take(struct task *t, struct store *s, struct throttle_charge *list, size_t n, bool opened, struct throttle_stop *stop_r)
{
	return ask(t, s, "take", list, n, opened, stop_r);
}

int
throttle_look(struct task *t, struct store *s, struct throttle_charge *list, size_t n, struct throttle_stop *stop_r)
{
	return ask(t, s, "look", list, n, false, stop_r);
}

int
throttle_give_back(struct task *t, struct store *s, struct throttle_charge *list, size_t n)
{
	const char **parts = talloc_array(t, const char *, (unsigned)(2 * n));

	for (size_t i = 0; i < n; i++) {
		parts[i] = list[i].key;
		parts[n + i] = number(t, list[i].taken_us);
		list[i].taken_us = 0;
	}
	return n > 0 ? store_eval(t, s, &scripts[SCRIPT_BACK], NULL, n, parts, 2 * n) : 0;
}
