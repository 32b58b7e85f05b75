#include "common/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/text.h"

#define V4_AT 12 /* where ::ffff:a.b.c.d holds a.b.c.d */
#define V4_BITS (8 * V4_AT)

static const unsigned char v4_prefix[V4_AT] = {[10] = 0xff, [11] = 0xff};

static bool
is_v4(const struct network *n)
{
	return n->bits >= V4_BITS && memcmp(n->address, v4_prefix, V4_AT) == 0;
}

/* How many bits come before those that a length counts: 96 for the IPv4 way of writing; -1: no address. */
static int
read_address(const char *text, unsigned char address[16])
{
	memcpy(address, v4_prefix, V4_AT);
	if (inet_pton(AF_INET, text, address + V4_AT) == 1)
		return V4_BITS;
	return inet_pton(AF_INET6, text, address) == 1 ? 0 : -1;
}

static struct network
cut(const struct network *n, int bits)
{
	struct network out = {.bits = bits};

	memcpy(out.address, n->address, (size_t)bits / 8);
	if (bits % 8 != 0)
		out.address[bits / 8] = (unsigned char)(n->address[bits / 8] & 0xff << (8 - bits % 8));
	return out;
}

bool
network_read(const char *text, struct network *n_r)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	int64_t bits = 128;
	struct network whole;
	int before;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	before = read_address(address, n_r->address);
	if (before == -1)
		return false;
	if (text[len] == '/' && (!text_number(text + len + 1, 0, 128 - before, &bits) || text[len + 1] == '-'))
		return false;
	n_r->bits = text[len] == '/' ? before + (int)bits : 128;
	whole = cut(n_r, n_r->bits);
	return memcmp(whole.address, n_r->address, sizeof(whole.address)) == 0;
}

struct network_list *
network_read_list(TALLOC_CTX *ctx, const char *text, char **bad_r)
{
	struct network_list *l = talloc_zero(ctx, struct network_list);
	char *words = talloc_strdup(l, text), *word, *rest = words;

	while ((word = strsep(&rest, " ,\t")) != NULL) {
		if (word[0] == '\0')
			continue;
		l->list = talloc_realloc(l, l->list, struct network, l->n + 1);
		if (network_read(word, &l->list[l->n++]))
			continue;
		*bad_r = talloc_strdup(ctx, word);
		talloc_free(l);
		return NULL;
	}
	return l;
}

bool
network_holds(const struct network *n, const struct network *other)
{
	struct network around;

	if (other->bits < n->bits)
		return false;
	around = cut(other, n->bits);
	return memcmp(around.address, n->address, sizeof(around.address)) == 0;
}

bool
network_list_holds(const struct network_list *l, const struct network *other)
{
	for (size_t i = 0; i < l->n; i++)
		if (network_holds(&l->list[i], other))
			return true;
	return false;
}

struct network
network_around(const struct network *n, int v4_bits, int v6_bits)
{
	int bits = is_v4(n) ? V4_BITS + v4_bits : v6_bits;

	return bits < n->bits ? cut(n, bits) : *n;
}

char *
network_text(TALLOC_CTX *ctx, const struct network *n)
{
	bool v4 = is_v4(n);
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(v4 ? AF_INET : AF_INET6, n->address + (v4 ? V4_AT : 0), text, sizeof(text)) == NULL)
		text[0] = '\0';
	if (n->bits == 128)
		return talloc_strdup(ctx, text);
	return talloc_asprintf(ctx, "%s/%d", text, n->bits - (v4 ? V4_BITS : 0));
}
