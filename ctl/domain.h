/* What the commands about domains share. */
#ifndef ISOLOIR_CTL_DOMAIN_H
#define ISOLOIR_CTL_DOMAIN_H

#include "ctl/ctl.h"

/* The columns of POLICIES. */
extern const char *const domain_policy_names[];

/* EX_OK for a domain, a pattern, "*" and the lane of a relay that the settings have; else a refusal. */
int domain_check_pattern(struct ctl *c, const char *pattern);

#endif
