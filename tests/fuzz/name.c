/* A name as people type it: what it may mean are ranges of ASCII keys, in order, that share nothing; and whoever is called so is in one of them. */
#include "tests/fuzz/fuzz.h"

#include "common/name.h"

static void
check_key(const char *key)
{
	must(strlen(key) <= NAME_KEY_MAX);
	must(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789 ") == strlen(key));
}

static bool
is_in_one(const char *key, char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(key, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *typed = fuzz_text(ctx, data, size), *list[NAME_READINGS_MAX];
	size_t n = name_readings(ctx, typed, list);

	must(n <= NAME_READINGS_MAX);
	for (size_t i = 0; i < n; i++) {
		check_key(list[i]);
		must(i == 0 || strcmp(name_after(ctx, list[i - 1]), list[i]) < 0);
	}
	check_key(name_key(ctx, typed, typed));
	check_key(name_posting_key(ctx, typed));
	must(n == 0 || strchr(typed, ',') != NULL || is_in_one(name_key(ctx, typed, "Zoé"), list, n));
	talloc_free(ctx);
	return 0;
}
