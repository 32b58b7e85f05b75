/* What people type into the forms for requests and claims: cleaned before it is checked and stored, and shown again as it was typed. */
#ifndef ISOLOIR_TYPED_H
#define ISOLOIR_TYPED_H

#include "portal/request.h"

/* A text of a form: where it is shown again, how many characters its column takes, what is said of it. */
struct typed {
	enum field field;
	const char *name, *error;
	const char *missing; /* NULL: optional */
	const char *too_long;
	size_t max;
	bool has_lines; /* line ends are kept */
};

/* As it is stored: one kind of line end, no other control character, nothing around it. What is wrong is told on the page. */
const char *typed_check(struct request *r, const struct typed *row);
void typed_fill(struct request *r, const struct typed *rows, size_t n);

/* The folded address to answer to (FIELD_COURRIEL); NULL and told when it is none. */
const char *typed_contact(struct request *r);

/* A form keeps its nonce for as long as it is shown again. */
const char *typed_nonce(struct request *r);

#endif
