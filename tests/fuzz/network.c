/* Addresses of visitors and the lists of networks in the settings: what was read, written out, reads the same. */
#include "tests/fuzz/fuzz.h"

#include "common/network.h"

static void
check_one(TALLOC_CTX *ctx, const struct network *n)
{
	struct network again, around = network_around(n, 24, 48);

	must(n->bits >= 0 && n->bits <= 128);
	must(network_read(network_text(ctx, n), &again) && memcmp(n->address, again.address, 16) == 0 && n->bits == again.bits);
	must(network_holds(n, n));
	must(around.bits > n->bits || network_holds(&around, n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *typed = fuzz_text(ctx, data, size);
	struct network_list *list;
	struct network n;
	char *bad = NULL;

	if (network_read(typed, &n))
		check_one(ctx, &n);
	list = network_read_list(ctx, typed, &bad);
	must((list == NULL) == (bad != NULL));
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		check_one(ctx, &list->list[i]);
		must(network_list_holds(list, &list->list[i]));
	}
	talloc_free(ctx);
	return 0;
}
