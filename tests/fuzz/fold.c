/* What was typed, in the form in which it is compared: folding again changes nothing, and no address can carry a header or a second one. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/fold.h"

static void
check_identifier(TALLOC_CTX *ctx, const char *typed)
{
	const char *one = fold_identifier(ctx, typed), *again;

	if (one == NULL)
		return;
	again = fold_identifier(ctx, one);
	must(again != NULL && strcmp(one, again) == 0);
	must(strlen(one) <= 254 && strchr(one, '@') == strrchr(one, '@') && fold_domain(one)[0] != '\0');
	must(one[0] != '.' && strstr(one, "..") == NULL && strstr(one, ".@") == NULL);
	for (const char *p = one; *p != '\0'; p++)
		must(*p > ' ' && *p < 0x7f && strchr("<>()[]\\,;:\"", *p) == NULL);
}

static void
check_same(char *(*fold)(TALLOC_CTX *, const char *), TALLOC_CTX *ctx, const char *typed)
{
	char *one = fold(ctx, typed), *again;

	must((one != NULL) == text_is_utf8(typed, strlen(typed)));
	if (one == NULL)
		return;
	must(text_is_utf8(one, strlen(one)));
	again = fold(ctx, one);
	must(strcmp(one, again) == 0);
}

/* Written in place: an overlong result would stand behind its end. */
static void
check_plain(TALLOC_CTX *ctx, const char *typed)
{
	char *plain = fold_plain(ctx, typed);

	must((plain != NULL) == text_is_utf8(typed, strlen(typed)));
	must(plain == NULL || strlen(plain) < talloc_get_size(plain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *typed = fuzz_text(ctx, data, size);

	check_identifier(ctx, typed);
	check_same(fold_password, ctx, typed);
	check_same(fold_answer, ctx, typed);
	check_plain(ctx, typed);
	talloc_free(ctx);
	return 0;
}
