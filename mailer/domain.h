/* Of which domain an address is. */
#ifndef ISOLOIR_MAILER_DOMAIN_H
#define ISOLOIR_MAILER_DOMAIN_H

#include <string.h>

/* What follows its last @; "localhost" for one that has none. */
static inline const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : "localhost";
}

#endif
