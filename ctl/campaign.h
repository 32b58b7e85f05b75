/* A campaign as its row has it, for the commands that change and those that show it. */
#ifndef ISOLOIR_CTL_CAMPAIGN_H
#define ISOLOIR_CTL_CAMPAIGN_H

#include "ctl/office.h"

struct campaign {
	struct ctl *c;
	struct db *db;
	int64_t election_id, id;
	const char *slug, *name, *kind, *state, *rule, *test;
	int64_t planned, fed, ramp, doubling_s;
	const char *title; /* of the election */
	bool closed;       /* the vote */
	int64_t opens_s, closes_s;
	const struct db_rows *row; /* of CAMPAIGN_GET */
};

/* The campaign of that name in the election that is meant. EX_OK, or the refusal's status. */
int campaign_get(struct ctl *c, const char *name, struct campaign *it_r);

#endif
