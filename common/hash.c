#include "common/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct hash_gate hash_gate;

void
hash_init(void)
{
	must(sodium_init() >= 0);
	must(HASH_PASSWORD_SIZE >= crypto_pwhash_STRBYTES);
}

void
hash_sha256(const void *data, size_t len, unsigned char out[HASH_SIZE])
{
	must(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1);
}

static bool
feed_file(EVP_MD_CTX *md, FILE *f, int64_t *size_r)
{
	char bytes[16384];
	size_t n;

	*size_r = 0;
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0) {
		must(EVP_DigestUpdate(md, bytes, n) == 1);
		*size_r += (int64_t)n;
	}
	return ferror(f) == 0;
}

bool
hash_sha256_file(const char *path, unsigned char out[HASH_SIZE], int64_t *size_r)
{
	FILE *f = fopen(path, "r");
	EVP_MD_CTX *md;
	bool whole;

	if (f == NULL)
		return false;
	md = EVP_MD_CTX_new();
	must(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	whole = feed_file(md, f, size_r);
	must(EVP_DigestFinal_ex(md, out, NULL) == 1);
	EVP_MD_CTX_free(md);
	fclose(f);
	return whole;
}

char *
hash_sha1_hex(TALLOC_CTX *ctx, const char *text)
{
	unsigned char raw[20];

	must(EVP_Digest(text, strlen(text), raw, NULL, EVP_sha1(), NULL) == 1);
	return text_hex(ctx, raw, sizeof(raw));
}

static void
feed_part(EVP_MAC_CTX *mac, const struct hash_part *part)
{
	unsigned char size[8];

	for (int i = 0; i < 8; i++)
		size[i] = (unsigned char)((uint64_t)part->len >> (56 - 8 * i));
	must(EVP_MAC_update(mac, size, sizeof(size)) == 1);
	must(EVP_MAC_update(mac, part->data, part->len) == 1);
}

void
hash_keyed(const unsigned char key[KEY_SIZE], const struct hash_part *parts, size_t n, unsigned char out[HASH_SIZE])
{
	static EVP_MAC *hmac;
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_utf8_string("digest", digest, 0), OSSL_PARAM_END};
	EVP_MAC_CTX *mac;

	if (hmac == NULL)
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	mac = EVP_MAC_CTX_new(hmac);
	must(mac != NULL && EVP_MAC_init(mac, key, KEY_SIZE, params) == 1);
	for (size_t i = 0; i < n; i++)
		feed_part(mac, &parts[i]);
	must(EVP_MAC_final(mac, out, NULL, HASH_SIZE) == 1);
	EVP_MAC_CTX_free(mac);
}

void
hash_keyed_text(const unsigned char key[KEY_SIZE], const char *label, const char *text, unsigned char out[HASH_SIZE])
{
	struct hash_part parts[] = {{label, strlen(label)}, {text, strlen(text)}};

	hash_keyed(key, parts, 2, out);
}

/* The password under the pepper: what argon2id sees. A stolen table alone cannot be guessed at. */
static void
pepper(const struct keys *k, const char *secret, unsigned char out[HASH_SIZE])
{
	hash_keyed_text(k->key[KEY_PEPPER], "password", secret, out);
}

static int
gate_enter(struct task *t)
{
	size_t len = 0;
	void *memory;

	if (hash_gate.enter != NULL && hash_gate.enter(t) == -1)
		return -1;
	memory = hash_gate.memory != NULL ? hash_gate.memory(&len) : NULL;
	arena_lend(memory, len);
	return 0;
}

static void
gate_leave(void)
{
	arena_end();
	if (hash_gate.leave != NULL)
		hash_gate.leave();
}

int
hash_password(struct task *t, const struct keys *k, struct hash_cost cost, const char *secret,
              char out[HASH_PASSWORD_SIZE])
{
	unsigned char keyed[HASH_SIZE];
	int rc;

	if (gate_enter(t) == -1)
		return -1;
	pepper(k, secret, keyed);
	rc = crypto_pwhash_str_alg(out, (const char *)keyed, sizeof(keyed), (unsigned long long)cost.passes,
	                           (size_t)cost.memory, crypto_pwhash_ALG_ARGON2ID13);
	secret_wipe(keyed, sizeof(keyed));
	gate_leave();
	return rc == 0 ? 0 : task_fail(t, ERR_RETRY, "no memory for a password hash of %lld bytes", (long long)cost.memory);
}

int
hash_password_check(struct task *t, const struct keys *k, struct hash_cost cost, const char *stored,
                    const char *secret, bool *right_r)
{
	char made[HASH_PASSWORD_SIZE];
	unsigned char keyed[HASH_SIZE];

	*right_r = false;
	if (stored == NULL || stored[0] == '\0')
		return hash_password(t, k, cost, secret, made);
	if (gate_enter(t) == -1)
		return -1;
	pepper(k, secret, keyed);
	*right_r = crypto_pwhash_str_verify(stored, (const char *)keyed, sizeof(keyed)) == 0;
	secret_wipe(keyed, sizeof(keyed));
	gate_leave();
	return 0;
}

bool
hash_password_is_old(const char *stored, struct hash_cost cost)
{
	return crypto_pwhash_str_needs_rehash(stored, (unsigned long long)cost.passes, (size_t)cost.memory) != 0;
}
