/* What the office answered, for the mails that carry it: read by the mail's reference when it is written. */
#ifndef ISOLOIR_ANSWER_H
#define ISOLOIR_ANSWER_H

#include "common/queue/name.h"

struct answer {
	const char *text;
	bool accepted; /* of a claim */
};

/* Does a mail of this kind carry one? */
bool answer_is_told(enum queue_mail mail);

/* *answer_r on the task; NULL: there is none under that reference. -1: MariaDB. */
WARN_UNUSED int answer_find(struct task *t, struct db *d, enum queue_mail mail, int64_t election_id, const char *reference,
                            struct answer **answer_r);

#endif
