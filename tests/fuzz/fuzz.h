/*
 * A fuzz target is one file with one function: libFuzzer calls it with bytes of its own making (tests/fuzz/run), replay.c with those of
 * tests/fuzz/corpus (make check). Beyond not harming memory, a target says with must() what has to hold for every input.
 */
#ifndef ISOLOIR_FUZZ_H
#define ISOLOIR_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/task.h"

/* libFuzzer's names. The first may be left out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a text of exactly its own size, so that AddressSanitizer sees the first byte read beyond it. What follows a NUL is lost. */
static inline char *
fuzz_text(TALLOC_CTX *ctx, const uint8_t *data, size_t size)
{
	return talloc_strndup(ctx, (const char *)data, size);
}

/* A file of these bytes, for what reads files, in a folder of this process' own below TMPDIR. */
const char *fuzz_file(const char *name, const void *data, size_t size);
const char *fuzz_folder(void);

#endif
