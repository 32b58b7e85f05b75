/* Pausing by a row of mail_policy, for a domain, a pattern, all mails or a class of them. */
#ifndef ISOLOIR_CTL_DOMAIN_H
#define ISOLOIR_CTL_DOMAIN_H

#include "ctl/ctl.h"

/* The pattern is c->args[0]; paused: 1 or 0. What else its row says stays. Audited as act. EX_OK, or the refusal's status. */
int domain_pause(struct ctl *c, int64_t paused, const char *act);

#endif
