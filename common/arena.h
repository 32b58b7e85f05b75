/*
 * Memory lent to password hashes. argon2id needs some 19 MiB for a few milliseconds; libsodium asks the kernel for them and gives them back each time,
 * and clearing so many fresh pages costs as much as the hash itself (measured: 21 ms of CPU against 10.5). It has no hook for memory, so this
 * file's mmap() and munmap() stand before the C library's in the whole program: they hand out what was lent, and are the kernel's for all else.
 */
#ifndef ISOLOIR_ARENA_H
#define ISOLOIR_ARENA_H

#include <stddef.h>

/* Until arena_end the next large anonymous mapping of at most len bytes is this memory. NULL: lends nothing. The owner stays the caller's. */
void arena_lend(void *memory, size_t len);
void arena_end(void);

#endif
