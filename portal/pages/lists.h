/* What the pages about candidate lists share. */
#ifndef ISOLOIR_PAGES_LISTS_H
#define ISOLOIR_PAGES_LISTS_H

#include "portal/request.h"

/* When the lists are published, by the clocks of Paris and of zone; whether they are now. */
bool lists_fill_publication(struct request *r, const char *zone);

#endif
