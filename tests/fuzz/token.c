/* A mailed link's token: the first byte says which sign of a genuine one to change, or the rest is taken for a token. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/token.h"

#define ELECTOR 7

static const unsigned char selector[TOKEN_SELECTOR_SIZE] = "0123456789abcde";

static void
check_changed(const struct keys *k, const uint8_t *data, size_t size)
{
	char genuine[TOKEN_TEXT_SIZE], token[TOKEN_TEXT_SIZE];

	token_derive(k, selector, ELECTOR, "activation", genuine);
	must(token_is_genuine(k, genuine, ELECTOR, "activation"));
	must(!token_is_genuine(k, genuine, ELECTOR + 1, "activation") && !token_is_genuine(k, genuine, ELECTOR, "reset"));
	memcpy(token, genuine, sizeof(token));
	for (size_t i = 0; i + 1 < size; i += 2)
		token[data[i] % (TOKEN_TEXT_SIZE - 1)] = (char)(data[i + 1] != '\0' ? data[i + 1] : 'A');
	must(token_is_genuine(k, token, ELECTOR, "activation") == (strcmp(token, genuine) == 0));
}

static void
check_typed(TALLOC_CTX *ctx, const struct keys *k, const uint8_t *data, size_t size)
{
	const char *typed = fuzz_text(ctx, data, size);
	unsigned char found[TOKEN_SELECTOR_SIZE], raw[32];
	bool formed = token_selector(typed, found);

	must(formed == (strlen(typed) == TOKEN_TEXT_SIZE - 1 && text_unbase64url(typed, raw, sizeof(raw))));
	if (!formed)
		return;
	must(memcmp(found, raw, sizeof(found)) == 0);
	must(strcmp(text_base64url(ctx, raw, sizeof(raw)), typed) == 0);
	must(!token_is_genuine(k, typed, ELECTOR + 1, "activation"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const struct keys *k = talloc_zero(ctx, struct keys);

	check_changed(k, data, size);
	check_typed(ctx, k, data, size);
	talloc_free(ctx);
	return 0;
}
