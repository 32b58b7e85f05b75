/*
 * Mailed links. A token is a random 128-bit selector, stored with elector, purpose, expiry and use, followed by HMAC-SHA-256(token key,
 * selector, elector, purpose) cut to 128 bits; the key is a file that no database holds, so a dump gives nobody a link.
 * Written as 43 base64url signs.
 */
#ifndef ISOLOIR_TOKEN_H
#define ISOLOIR_TOKEN_H

#include "common/base/task.h"
#include "common/keys.h"

#define TOKEN_SELECTOR_SIZE 16
#define TOKEN_TEXT_SIZE 44 /* with NUL */

void token_derive(const struct keys *k, const unsigned char selector[TOKEN_SELECTOR_SIZE], int64_t elector_id,
                  const char *purpose, char out[TOKEN_TEXT_SIZE]);

/* The selector of a well-formed token; false for anything else. */
bool token_selector(const char *token, unsigned char selector[TOKEN_SELECTOR_SIZE]);

/* Was this token derived for that elector and purpose? Constant time. */
bool token_is_genuine(const struct keys *k, const char *token, int64_t elector_id, const char *purpose);

#endif
