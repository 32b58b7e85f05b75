/* One attempt to deliver a mail, as mail_attempt keeps it: what `isoloirctl trace` tells. */
#ifndef ISOLOIR_ATTEMPT_H
#define ISOLOIR_ATTEMPT_H

#include "common/base/task.h"
#include "common/db.h"

#define ATTEMPT_SENDER_SIZE 81

/* When it began, how long it took, and who tried: host and process. Zeros: nobody knows, since its sender died. */
struct attempt_times {
	int64_t started_ms, ms; /* since 1970 */
	char sender[ATTEMPT_SENDER_SIZE];
};

/* Of an attempt that began at clock_mono_ms() began_ms and ends now. owner: as live_owner() tells it. */
struct attempt_times attempt_times(const char *owner, int64_t began_ms);

/* As the set `settling` keeps them, and back; what cannot be read is unknown. */
char *attempt_times_text(TALLOC_CTX *ctx, const struct attempt_times *a);
struct attempt_times attempt_times_read(const char *text);

struct attempt {
	const char *job_id;
	int64_t n; /* which one; of one that counts for nothing, the number of the next that does */
	const char *outcome;
	const char *reply; /* "stage code text" */
	struct attempt_times times;
};

/* One insert, within the transaction that is open; the same attempt written twice is one row. A reply that no relay gave is no attempt. */
WARN_UNUSED int attempt_write(struct task *t, struct db *d, const struct attempt *a);

#endif
