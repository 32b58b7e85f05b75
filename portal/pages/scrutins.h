/* What pages show of scrutins. */
#ifndef ISOLOIR_PAGES_SCRUTINS_H
#define ISOLOIR_PAGES_SCRUTINS_H

#include "portal/model/scrutin.h"
#include "portal/request.h"

/* The list `scrutins`, and the switch that there is none. */
void scrutins_fill(struct request *r, const struct scrutin *list, size_t n);

/* Kind, name, level … of one, and its addresses, for its own page (d: the page's data) or as an item. */
void scrutins_fill_one(struct request *r, struct tmpl_data *d, const struct scrutin *s);

/* From when and until when rolls, claims and lists are there, in words, and whether they are now. */
void scrutins_fill_dates(struct request *r);

/* Why the vote is held, in a sentence; of an election that is suspended. */
const char *scrutins_why_suspended(const struct request *r);

#endif
