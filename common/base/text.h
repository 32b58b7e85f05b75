/* Text: what C's string.h lacks and this project needs. Bytes are UTF-8 unless a name says otherwise. */
#ifndef ISOLOIR_TEXT_H
#define ISOLOIR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

/* Lower-case hexadecimal. */
char *text_hex(TALLOC_CTX *ctx, const void *bytes, size_t len);
/* Exactly len bytes from 2*len digits and the end of the text; false otherwise. */
bool text_unhex(const char *hex, void *bytes, size_t len);

/* Base64 for addresses and cookies (RFC 4648, section 5, no padding). */
char *text_base64url(TALLOC_CTX *ctx, const void *bytes, size_t len);
/* Exactly len bytes, canonical (no stray bits); false otherwise. */
bool text_unbase64url(const char *text, void *bytes, size_t len);

/* Well-formed UTF-8 (no overlong forms, no surrogates) without NUL. */
bool text_is_utf8(const char *s, size_t len);
/* Code points of a well-formed text. */
size_t text_length(const char *s);

/* Without the white space (ASCII, U+00A0, U+202F) at both ends. */
char *text_trim(TALLOC_CTX *ctx, const char *s);

/* For one segment of an address or one value of its query (RFC 3986, 2.3): all but unreserved signs as %XX. */
char *text_url(TALLOC_CTX *ctx, const char *s);

bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);

/* A whole decimal number within bounds, nothing before or after; false otherwise. */
bool text_number(const char *s, int64_t min, int64_t max, int64_t *value_r);

/* Edits (insert, drop, replace, swap) between two words, case folded: how "did you mean" finds its word. */
size_t text_distance(const char *a, const char *b);
/* The nearest of n words, or NULL when none is near enough to be meant. */
const char *text_nearest(const char *word, const char *const *words, size_t n);
/* "; did you mean NEAR?" for the end of a refusal; "" when near is NULL. */
const char *text_did_you_mean(TALLOC_CTX *ctx, const char *near);

#endif
