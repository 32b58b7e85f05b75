/* Addresses to which no mail goes any more, since what went there came back. */
#ifndef ISOLOIR_MAILER_SUPPRESSION_H
#define ISOLOIR_MAILER_SUPPRESSION_H

#include "mailer/model/job.h"

/*
 * *suppressed_r: may this mail not leave? What a person asks for and waits for goes all the same, one mail in 24 hours; a try again of that mail is
 * no other one.
 */
WARN_UNUSED int suppression_check(struct task *t, struct db *d, const struct job *j, bool *suppressed_r);

#endif
