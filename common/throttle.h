/*
 * Limits of pace: rows (limits.def) and the one script that asks all of a request's limits at once, in the ephemeral Redis. Each key holds one
 * number (GCRA): a sliding window, the exact time until the next unit, and nothing to clean up. All are charged or none; what parallel
 * tries take is taken before any of them is judged. isoloirctl shows and forgives what the portal charges.
 */
#ifndef ISOLOIR_THROTTLE_H
#define ISOLOIR_THROTTLE_H

#include "common/conf.h"
#include "common/keys.h"
#include "common/network.h"
#include "common/store.h"

enum limit {
#define LIMIT(name, pace, of, budget, window, follows, sentence) LIMIT_##name,
#include "common/limits.def"
#undef LIMIT
	LIMIT__MAX
};

enum limit_of { OF_IDENTIFIER, OF_DEVICE, OF_SESSION, OF_ADDRESS, OF_NETWORK, OF_ALL, OF_ELECTOR, OF__MAX };
enum limit_follows { FOLLOWS_REFUSE, FOLLOWS_BUSY, FOLLOWS_CAPTCHA };

struct limit_row {
	const char *word; /* "PASSWORD_DEVICE", for log and operators */
	enum limit_of of;
	int64_t budget, window_ms;
	enum limit_follows follows;
	const char *sentence;
};
extern const struct limit_row limit_rows[LIMIT__MAX];

/* "identifier", for operators. */
const char *limit_of_word(enum limit_of of);

/* One limit of one request. */
struct throttle_charge {
	enum limit limit;
	const char *key;
	int64_t budget;
	int64_t owed_us;  /* before this request; the whole window is the whole budget */
	int64_t taken_us; /* by this request */
};

/* The limit that stops a request. */
struct throttle_stop {
	bool stopped;
	enum limit limit;
	int64_t wait_ms; /* until it has a unit again */
};

/* A charge without any debt yet. about: whom it counts (the two below, a session's id …). Redis sees a keyed hash of it. */
struct throttle_charge throttle_charge(TALLOC_CTX *ctx, const struct keys *k, const struct conf *c, enum limit limit,
                                       const char *about, bool listed);
char *throttle_about_identifier(TALLOC_CTX *ctx, int64_t election_id, const char *identifier);
/* device: the id that its cookie holds, in hexadecimal. */
char *throttle_about_device(TALLOC_CTX *ctx, int64_t election_id, const char *identifier, const char *device);
/* of: OF_ADDRESS or OF_NETWORK. */
char *throttle_about_network(TALLOC_CTX *ctx, const struct network *address, enum limit_of of);

/* Take one unit of each, or none of any when one has none left. opened: a captcha was answered, those that only ask for one do not stop. */
WARN_UNUSED int throttle_take(struct task *t, struct store *s, struct throttle_charge *list, size_t n, bool opened,
                              struct throttle_stop *stop_r);
/* The same answer, and nothing is taken. */
WARN_UNUSED int throttle_look(struct task *t, struct store *s, struct throttle_charge *list, size_t n,
                              struct throttle_stop *stop_r);

/* Give back what was taken; taken_us set to the window clears the debt. */
WARN_UNUSED int throttle_give_back(struct task *t, struct store *s, struct throttle_charge *list, size_t n);

#endif
