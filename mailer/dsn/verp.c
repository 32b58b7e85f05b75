#include "mailer/dsn/verp.h"

#include <ctype.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"

#define MAC_SIZE 8
#define JOB_LEN (VERP_JOB_SIZE - 1)
#define SIGN_LEN (2 + 2 * MAC_SIZE)

char *
verp_check(TALLOC_CTX *ctx, const char *bounce_address)
{
	size_t local = strcspn(bounce_address, "@");

	if (bounce_address[0] == '\0')
		return NULL;
	if (local > 0 && local <= VERP_LOCAL_MAX && bounce_address[local] == '@' && bounce_address[local + 1] != '\0' &&
	    strpbrk(bounce_address, "+ <>\"\t") == NULL && strchr(bounce_address + local + 1, '@') == NULL)
		return NULL;
	return talloc_asprintf(ctx, "mailer.bounce_address: an address of at most %d signs before the @ and without a plus sign, not %s",
	                       VERP_LOCAL_MAX, bounce_address);
}

/* The key of the links signs these under labels of their own. */
static void
sign(const struct keys *k, const char *job, char out[SIGN_LEN + 1])
{
	unsigned char key_id[HASH_SIZE], mac[HASH_SIZE];
	char *text;

	hash_keyed_text(k->key[KEY_TOKEN], "bounce key", "", key_id);
	hash_keyed_text(k->key[KEY_TOKEN], "bounce address", job, mac);
	text = text_hex(NULL, key_id, 1);
	memcpy(out, text, 2);
	talloc_free(text);
	text = text_hex(NULL, mac, MAC_SIZE);
	memcpy(out + 2, text, 2 * MAC_SIZE + 1);
	talloc_free(text);
	secret_wipe(mac, sizeof(mac));
}

void
verp_words(const struct keys *k, const char *job, char out[VERP_WORDS_SIZE])
{
	must(strlen(job) == JOB_LEN);
	memcpy(out, job, JOB_LEN);
	out[JOB_LEN] = '-';
	sign(k, job, out + JOB_LEN + 1);
}

char *
verp_address(TALLOC_CTX *ctx, const char *bounce_address, const char *words)
{
	size_t local = strcspn(bounce_address, "@");

	return talloc_asprintf(ctx, "%.*s+%s%s", (int)local, bounce_address, words, bounce_address + local);
}

static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") == n;
}

enum verp
verp_read_words(const struct keys *k, const char *words, char job[VERP_JOB_SIZE])
{
	char lower[VERP_WORDS_SIZE], right[SIGN_LEN + 1];

	if (strlen(words) != VERP_WORDS_SIZE - 1)
		return VERP_NONE;
	for (size_t i = 0; i < VERP_WORDS_SIZE; i++)
		lower[i] = (char)tolower((unsigned char)words[i]);
	if (lower[JOB_LEN] != '-' || !is_hex(lower + JOB_LEN + 1, SIGN_LEN))
		return VERP_NONE;
	lower[JOB_LEN] = '\0';
	if (!is_hex(lower, JOB_LEN))
		return VERP_NONE;
	sign(k, lower, right);
	if (!secret_equal(right, lower + JOB_LEN + 1, SIGN_LEN))
		return VERP_FORGED;
	memcpy(job, lower, VERP_JOB_SIZE);
	return VERP_GENUINE;
}

enum verp
verp_read_address(const struct keys *k, const char *address, char job[VERP_JOB_SIZE])
{
	const char *plus = strchr(address, '+'), *at = strchr(address, '@');
	char words[VERP_WORDS_SIZE];

	if (plus == NULL || at == NULL || at - plus != VERP_WORDS_SIZE)
		return VERP_NONE;
	memcpy(words, plus + 1, VERP_WORDS_SIZE - 1);
	words[VERP_WORDS_SIZE - 1] = '\0';
	return verp_read_words(k, words, job);
}
