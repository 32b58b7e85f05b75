/* The rules of the password Élections (PRODUCT.md, screen 4), one row each, told before the field and checked one by one. */
#ifndef ISOLOIR_PASSWORD_H
#define ISOLOIR_PASSWORD_H

#include "portal/request.h"

#define PASSWORD_LENGTH_MIN 12
#define PASSWORD_LENGTH_MAX 256

struct password_try {
	const char *password; /* NFC */
	const char *name;     /* of the elector: "M. Jean DUPONT" */
	const char *identifier;
};

/* Put the rules on the page; with a try, whether each is kept. Returns whether all are (true without a try). */
bool password_rules(struct request *r, const struct password_try *t);

/* Does a list of known words, or the person's own name, make up this password? For the tests. */
bool password_has_name(TALLOC_CTX *ctx, const struct password_try *t);
bool password_is_common(TALLOC_CTX *ctx, const struct password_try *t);

#endif
