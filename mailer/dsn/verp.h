/*
 * The envelope sender of one mail: LOCAL+JOB-KEYMAC@DOMAIN of mailer.bounce_address, so that what comes back says of which mail it is and
 * that we sent it. KEY tells by which key it was signed (2 digits), MAC is an HMAC-SHA-256 cut to 64 bits; all of it in lower-case
 * hexadecimal, since relays fold local parts. The same words after the plus sign are the ENVID (RFC 3461, 4.4).
 */
#ifndef ISOLOIR_VERP_H
#define ISOLOIR_VERP_H

#include "common/base/task.h"
#include "common/keys.h"

#define VERP_JOB_SIZE 33    /* 32 hexadecimal digits and NUL */
#define VERP_WORDS_SIZE 52  /* "JOB-KEYMAC" and NUL */
#define VERP_LOCAL_MAX 12   /* of LOCAL: a local part has 64 signs at most (RFC 5321, 4.5.3.1.1) */

/* May mailer.bounce_address be that? "" may. NULL, or a sentence on ctx. */
char *verp_check(TALLOC_CTX *ctx, const char *bounce_address);

void verp_words(const struct keys *k, const char *job, char out[VERP_WORDS_SIZE]);

/* The envelope sender, on ctx. bounce_address must have passed verp_check and not be "". */
char *verp_address(TALLOC_CTX *ctx, const char *bounce_address, const char *words);

/* VERP_NONE: not of that form at all. Neither the domain nor LOCAL is looked at: the signature alone counts. */
enum verp { VERP_NONE, VERP_FORGED, VERP_GENUINE };
enum verp verp_read_words(const struct keys *k, const char *words, char job[VERP_JOB_SIZE]);
enum verp verp_read_address(const struct keys *k, const char *address, char job[VERP_JOB_SIZE]);

#endif
