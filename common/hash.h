/*
 * Cryptography: keyed hashes (OpenSSL) and password hashes (libsodium's argon2id over an HMAC with the
 * pepper). Those libraries' headers are seen by hash.c only; TLS lives in mailer/relay.c.
 */
#ifndef ISOLOIR_HASH_H
#define ISOLOIR_HASH_H

#include "common/base/task.h"
#include "common/keys.h"

#define HASH_SIZE 32
#define HASH_PASSWORD_SIZE 128 /* crypto_pwhash_STRBYTES */

/* Once per program, before anything else here. Aborts if the libraries refuse. */
void hash_init(void);

void hash_sha256(const void *data, size_t len, unsigned char out[HASH_SIZE]);

/* Of a file as it stands on the disk, in a few kilobytes of memory whatever its size. false: it cannot be read, and errno says why. */
bool hash_sha256_file(const char *path, unsigned char out[HASH_SIZE], int64_t *size_r);

/* The name by which Redis knows a script; no security rests on it. */
char *hash_sha1_hex(TALLOC_CTX *ctx, const char *text);

/* HMAC-SHA-256 of the parts, each preceded by its length as 8 bytes, so that no two lists of parts collide. */
struct hash_part {
	const void *data;
	size_t len;
};
void hash_keyed(const unsigned char key[KEY_SIZE], const struct hash_part *parts, size_t n,
                unsigned char out[HASH_SIZE]);

/* The hash of one NUL-ended text under a label: what most callers need. */
void hash_keyed_text(const unsigned char key[KEY_SIZE], const char *label, const char *text,
                     unsigned char out[HASH_SIZE]);

struct hash_cost {
	int64_t memory; /* bytes */
	int64_t passes;
};

/* These bracket each argon2id computation; proc/board.c provides slots shared by all workers. */
struct hash_gate {
	int (*enter)(struct task *t); /* 0, or -1 when no slot came free before the deadline */
	void *(*memory)(size_t *len_r); /* what the slot has to compute in (arena.h), until it is left; NULL: nothing */
	void (*leave)(void);
};
extern struct hash_gate hash_gate; /* empty members: no limit */

/* secret: already folded (fold.h). out: a NUL-ended argon2id string. -1: no slot in time, no memory. */
WARN_UNUSED int hash_password(struct task *t, const struct keys *k, struct hash_cost cost, const char *secret,
                              char out[HASH_PASSWORD_SIZE]);

/*
 * *right_r: does secret match? stored NULL (there is nothing to check against) computes a hash of that cost and says false, so that
 * even then the time tells little.
 */
WARN_UNUSED int hash_password_check(struct task *t, const struct keys *k, struct hash_cost cost,
                                    const char *stored, const char *secret, bool *right_r);

/* Was it made with less or other than cost? Then hash again at this log-in. */
bool hash_password_is_old(const char *stored, struct hash_cost cost);

#endif
