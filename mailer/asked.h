/* Mails that wait for their person alone, who asked again meanwhile. */
#ifndef ISOLOIR_ASKED_H
#define ISOLOIR_ASKED_H

#include "mailer/sender.h"

/* A chore of the sweep: what was put off for a full mailbox or greylisting (`asked` in verdict.h) and was asked for since is due at once, 500 at a time. */
WARN_UNUSED int asked_forward(struct task *t, struct sender *s);

#endif
