/*
 * multipart/form-data, as browsers send it (RFC 7578; RFC 2046, 5.1): in place, over a body that was read whole. Strict: no preamble, no headers but
 * Content-Disposition and Content-Type, no filename*, nothing behind the last boundary. What could be read in two ways is wrong.
 */
#ifndef ISOLOIR_MULTIPART_H
#define ISOLOIR_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

struct multipart {
	char *at, *end;   /* what is left of the body; a NUL stands at end */
	const char *mark; /* what ends a part: CRLF, two hyphens, the boundary */
	bool is_over;     /* the last boundary was read */
};

struct multipart_part {
	const char *name;
	const char *file; /* as the browser names it, "" when none was chosen; NULL: a field */
	char *data;       /* len bytes, and a NUL behind them */
	size_t len;
};

enum multipart_step { MULTIPART_PART, MULTIPART_END, MULTIPART_WRONG };

/* Is this the media type? */
bool multipart_is(const char *content_type);

/* Begin with a body of len bytes with a NUL behind them; it is changed. False: no boundary, or the body does not begin with it. */
bool multipart_begin(TALLOC_CTX *ctx, struct multipart *m, const char *content_type, char *body, size_t len);

enum multipart_step multipart_next(struct multipart *m, struct multipart_part *p);

#endif
