#undef _FILE_OFFSET_BITS /* else mmap is mmap64 here, and libsodium calls mmap */
#include "common/arena.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEAST (1u << 20) /* smaller mappings are something else's */

/* One hash at a time in a process: a worker has one thread. */
static struct {
	void *memory;
	size_t len;
	bool used;
} lent;

void
arena_lend(void *memory, size_t len)
{
	lent.memory = memory;
	lent.len = len;
	lent.used = false;
}

void
arena_end(void)
{
	lent.memory = NULL;
}

/*
 * The sanitizers have wrappers of their own in this place, and off_t is another type where a long has 32 bits: there every hash maps its own
 * memory. gcc tells of the sanitizer by a macro, clang by a feature.
 */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && defined(__LP64__)

void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	bool fits = lent.memory != NULL && !lent.used && addr == NULL && fd == -1 && len >= LEAST && len <= lent.len;

	if (!fits)
		return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
	lent.used = true;
	return lent.memory;
}

int
munmap(void *addr, size_t len)
{
	if (addr == NULL || addr != lent.memory)
		return (int)syscall(SYS_munmap, addr, len);
	lent.used = false;
	return 0;
}

#endif
