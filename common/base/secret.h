/* Secrets: random, compared in constant time, wiped when their owner dies. */
#ifndef ISOLOIR_SECRET_H
#define ISOLOIR_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

/* Fill with bytes from the kernel's generator; aborts if it gives none. */
void secret_random(void *buf, size_t len);

/* Equal? The time depends on the length alone. */
bool secret_equal(const void *a, const void *b, size_t len);

/* Overwrite, and not be optimised away. */
void secret_wipe(void *buf, size_t len);

/* A copy of len bytes (plus a NUL) whose memory is wiped when it is freed. Never NULL. */
char *secret_dup(TALLOC_CTX *ctx, const void *bytes, size_t len);

/* Zeroed memory that is wiped when it is freed. Never NULL. */
void *secret_alloc(TALLOC_CTX *ctx, size_t len);

/*
 * Read a key file: hexadecimal digits of len bytes (white space around them is ignored).
 * Returns 0, or -1 with errno (EINVAL: not that many digits; EPERM: readable by others).
 */
int secret_read_key(const char *path, unsigned char *key, size_t len);

#endif
