/* Documents that people send: what they are, by their bytes and not by what the browser calls them; and a name that does no harm. */
#ifndef ISOLOIR_DOCUMENT_H
#define ISOLOIR_DOCUMENT_H

#include <stddef.h>
#include <talloc.h>

struct document_kind {
	const char *word; /* as stored: pdf, png, jpeg */
	const char *type; /* as sent back */
	const char *ending;
};

/*
 * The kind of these bytes, or NULL: not whole, nothing that we take, or something else at the same time. A PDF begins at its first byte and has its
 * %%EOF; a PNG is whole chunks from IHDR to IEND and nothing behind; a JPEG's segments lead to its picture and its end. None ends as a ZIP archive does.
 */
const struct document_kind *document_kind_of(const void *bytes, size_t len);

/* By its word; NULL: none. */
const struct document_kind *document_kind_find(const char *word);

/* The last part of a path, without control and direction signs and what file systems or shells mean something by; at most 80 characters, with the kind's ending. */
char *document_name(TALLOC_CTX *ctx, const char *name, const struct document_kind *kind);

/* "1,2 Mo", "340 Ko", "5 Mo", rounded up, with a no-break space. */
char *document_size_french(TALLOC_CTX *ctx, size_t len);

#endif
