#include "common/token.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/hash.h"

#define MAC_SIZE 16

static void
derive(const struct keys *k, const unsigned char *selector, int64_t elector_id, const char *purpose,
       unsigned char raw[TOKEN_SELECTOR_SIZE + MAC_SIZE])
{
	unsigned char who[8], mac[HASH_SIZE];
	struct hash_part parts[] = {
	    {selector, TOKEN_SELECTOR_SIZE}, {who, sizeof(who)}, {purpose, strlen(purpose)}};

	for (int i = 0; i < 8; i++)
		who[i] = (unsigned char)((uint64_t)elector_id >> (56 - 8 * i));
	hash_keyed(k->key[KEY_TOKEN], parts, 3, mac);
	memcpy(raw, selector, TOKEN_SELECTOR_SIZE);
	memcpy(raw + TOKEN_SELECTOR_SIZE, mac, MAC_SIZE);
	secret_wipe(mac, sizeof(mac));
}

void
token_derive(const struct keys *k, const unsigned char selector[TOKEN_SELECTOR_SIZE], int64_t elector_id,
             const char *purpose, char out[TOKEN_TEXT_SIZE])
{
	unsigned char raw[TOKEN_SELECTOR_SIZE + MAC_SIZE];
	char *text;

	derive(k, selector, elector_id, purpose, raw);
	text = text_base64url(NULL, raw, sizeof(raw));
	must(text != NULL && strlen(text) == TOKEN_TEXT_SIZE - 1);
	memcpy(out, text, TOKEN_TEXT_SIZE);
	secret_wipe(text, TOKEN_TEXT_SIZE);
	talloc_free(text);
}

bool
token_selector(const char *token, unsigned char selector[TOKEN_SELECTOR_SIZE])
{
	unsigned char raw[TOKEN_SELECTOR_SIZE + MAC_SIZE];

	if (strlen(token) != TOKEN_TEXT_SIZE - 1 || !text_unbase64url(token, raw, sizeof(raw)))
		return false;
	memcpy(selector, raw, TOKEN_SELECTOR_SIZE);
	secret_wipe(raw, sizeof(raw));
	return true;
}

bool
token_is_genuine(const struct keys *k, const char *token, int64_t elector_id, const char *purpose)
{
	unsigned char given[TOKEN_SELECTOR_SIZE + MAC_SIZE], right[TOKEN_SELECTOR_SIZE + MAC_SIZE];
	bool same;

	if (strlen(token) != TOKEN_TEXT_SIZE - 1 || !text_unbase64url(token, given, sizeof(given)))
		return false;
	derive(k, given, elector_id, purpose, right);
	same = secret_equal(given, right, sizeof(given));
	secret_wipe(right, sizeof(right));
	return same;
}
