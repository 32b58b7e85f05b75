/* Folding: the one form in which identifiers, passwords and answers are compared. libunistring and libidn2 are seen here only. */
#ifndef ISOLOIR_FOLD_H
#define ISOLOIR_FOLD_H

#include <talloc.h>

/*
 * An identifier as typed (at most 254 bytes once folded): trimmed, inner spaces dropped, ASCII lower case, domain
 * in IDNA's A-label form. NULL when it is not of the form local@domain.tld with an ASCII local part.
 */
char *fold_identifier(TALLOC_CTX *ctx, const char *typed);

/* The domain of a folded identifier. */
const char *fold_domain(const char *identifier);

/* A password: NFC and nothing else (RFC 8265's wish, without its refusals). NULL: not UTF-8. */
char *fold_password(TALLOC_CTX *ctx, const char *typed);

/* An answer to a challenge question: NFKC, case folded, accents and all but letters and digits dropped. */
char *fold_answer(TALLOC_CTX *ctx, const char *typed);

/*
 * The words of a text, to search in: case folded, accents dropped, ligatures written out, one space between them and none around. What is neither
 * letter nor digit ends a word. NULL: not UTF-8.
 */
char *fold_words(TALLOC_CTX *ctx, const char *text);

/*
 * A text without its accents, case kept: one byte a sign, œ and æ as two. What then is not ASCII becomes some byte from 0x80 on. For those who look for patterns,
 * not for comparing. NULL: not UTF-8.
 */
char *fold_plain(TALLOC_CTX *ctx, const char *text);

#endif
