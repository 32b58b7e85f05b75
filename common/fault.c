#include "common/fault.h"

#ifdef ENABLE_FAULTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
fault_point(const char *name)
{
	const char *fault = getenv("ISOLOIR_FAULT"), *once = getenv("ISOLOIR_FAULT_ONCE");

	if (fault == NULL || strncmp(fault, "kill:", 5) != 0 || strcmp(fault + 5, name) != 0)
		return;
	if (once != NULL && unlink(once) == 0)
		kill(getpid(), SIGKILL);
}
#else
extern int fault_none; /* a C file must hold something */
#endif
