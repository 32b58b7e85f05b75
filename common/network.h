/* Addresses and the networks that they stand in. IPv4 is kept as ::ffff:a.b.c.d, so that an address written either way is the same. */
#ifndef ISOLOIR_NETWORK_H
#define ISOLOIR_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

struct network {
	unsigned char address[16];
	int bits; /* of 128 */
};

/* "192.0.2.7", "2001:db8::1", "10.0.0.0/8", "2001:db8::/32": nothing before or after, and no bit set beyond the length. */
bool network_read(const char *text, struct network *n_r);

/* Several, separated by spaces or commas. NULL when one of them is none: then *bad_r (on ctx) is that word. */
struct network_list {
	size_t n;
	struct network *list;
};
struct network_list *network_read_list(TALLOC_CTX *ctx, const char *text, char **bad_r);

bool network_holds(const struct network *n, const struct network *other);
bool network_list_holds(const struct network_list *l, const struct network *other);

/* The network of so many bits that it stands in: v4_bits of 32 for IPv4, v6_bits of 128 for IPv6. */
struct network network_around(const struct network *n, int v4_bits, int v6_bits);

/* "192.0.2.0/24"; an address alone without its length. */
char *network_text(TALLOC_CTX *ctx, const struct network *n);

#endif
