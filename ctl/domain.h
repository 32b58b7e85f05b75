/* What the commands about domains share; pausing by a row of mail_policy, for a domain, a pattern, all mails or a class of them. */
#ifndef ISOLOIR_CTL_DOMAIN_H
#define ISOLOIR_CTL_DOMAIN_H

#include "ctl/ctl.h"

/* The columns of POLICIES. */
extern const char *const domain_policy_names[];

/* EX_OK for a domain, a pattern, "*" and the lane of a relay that the settings have; else a refusal. */
int domain_check_pattern(struct ctl *c, const char *pattern);

/* The pattern is c->args[0]; paused: 1 or 0. What else its row says stays. Audited as act. EX_OK, or the refusal's status. */
int domain_pause(struct ctl *c, int64_t paused, const char *act);

#endif
