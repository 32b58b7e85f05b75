/*
 * The schema's number, and which numbers this version of the programs works with. A migration below the next hundred only adds (programs
 * of the version before go on working); one that takes something away begins a new hundred, and programs that do not
 * know that hundred refuse to start. When you add conf/schema/NNN-*.sql and code that needs it, raise SCHEMA_MIN.
 */
#ifndef ISOLOIR_SCHEMA_H
#define ISOLOIR_SCHEMA_H

#include "common/base/task.h"

struct conf;

#define SCHEMA_MIN 18
#define SCHEMA_MAX 99

/*
 * Does the database fit this program? On a connection of its own, so that a worker may ask before its statements are prepared and say
 * this rather than "unknown column". 0, or -1: ERR_RETRY (database away), ERR_REFUSED (a sentence with both numbers and what to do).
 */
WARN_UNUSED int schema_check(struct task *t, const struct conf *c, const char *account);

/* The number found by the last schema_check of this process; 0 before. */
int64_t schema_number(void);

#endif
