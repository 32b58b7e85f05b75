/* What every unit test includes: cmocka wants these first. */
#ifndef ISOLOIR_UNIT_H
#define ISOLOIR_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <talloc.h>

/* What the stories themselves allocate hangs here to the end, so that only leaks of the code under test show. */
__attribute__((unused)) static TALLOC_CTX *story;

static void
unit_end(void)
{
	talloc_free(story);
}

__attribute__((constructor)) static void
unit_begin(void)
{
	story = talloc_new(NULL);
	if (atexit(unit_end) != 0)
		abort();
}

#endif
