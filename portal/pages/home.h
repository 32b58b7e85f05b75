/* What other pages show of the vote. */
#ifndef ISOLOIR_PAGES_HOME_H
#define ISOLOIR_PAGES_HOME_H

#include "portal/request.h"

/* Phase, dates and countdown (a suspended vote has its dates alone); zone: whose clocks are shown beside those of Paris. */
void home_fill_vote(struct request *r, const char *zone);

#endif
