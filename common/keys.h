/*
 * The key files of keys_dir: secrets that neither MySQL nor Redis ever hold. Each is 64 hexadecimal
 * digits; `isoloirctl keys` makes the missing ones. Loaded by the masters before they fork.
 */
#ifndef ISOLOIR_KEYS_H
#define ISOLOIR_KEYS_H

#include "common/base/task.h"

#define KEY_SIZE 32

#define KEY_ROWS(X) \
	X(PEPPER, "pepper.key", "keys the passwords and answers: without it a stolen table cannot be guessed at") \
	X(TOKEN, "token.key", "signs the mailed links") \
	X(PAGE, "page.key", "signs what the pages carry against forged posts") \
	X(REFERENCE, "reference.key", "makes the reference that a page and its mail share, and the cool-down keys") \
	X(AUDIT, "audit.key", "turns persons into pseudonyms in the audit trail and in the log")

enum key_name {
#define X(name, file, sentence) KEY_##name,
	KEY_ROWS(X)
#undef X
	KEY__MAX
};

struct keys {
	unsigned char key[KEY__MAX][KEY_SIZE];
};

/* On ctx, wiped when freed. NULL: *why_r is a sentence naming the file. */
struct keys *keys_load(TALLOC_CTX *ctx, const char *dir, char **why_r);

/* Make the files that are missing, mode 0440. The number made, or -1 with *why_r. */
int keys_create(TALLOC_CTX *ctx, const char *dir, char **why_r);

#endif
