/* Headers of what goes to very many at once, and of nothing else: see isoloir-mailer(8), "Headers". */
#ifndef ISOLOIR_BULK_H
#define ISOLOIR_BULK_H

#include "mailer/compose.h"

struct bulk_header {
	const char *name, *value;
};

/* On ctx, ended by one whose name is NULL; of a mail that is no campaign's that one alone. */
const struct bulk_header *bulk_headers(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f);

/* The same whatever the class of its kind is. */
const struct bulk_header *bulk_headers_of_campaign(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f);

#endif
