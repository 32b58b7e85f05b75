/* Elections, as electors see them. */
#ifndef ISOLOIR_ELECTION_H
#define ISOLOIR_ELECTION_H

#include "portal/portal.h"

struct request;

struct election {
	int64_t id;
	const char *slug, *title, *banner;
	int64_t opens_s, closes_s; /* since 1970, as all times here */
	int64_t rolls_from_s, rolls_until_s, claims_until_s, lists_s; /* see conf/schema/005; 0: not told */
	bool suspended;
	const char *suspended_why;
	int64_t read_ms;           /* clock_mono_ms() of when it was read */
};

enum election_phase { ELECTION_BEFORE, ELECTION_OPEN, ELECTION_CLOSED };

/*
 * The election of an address; *found_r NULL: none. A worker keeps the last one for some seconds, and longer while MariaDB
 * is away, so that the pages that need nothing else still answer. -1: never read, and MariaDB is away.
 */
WARN_UNUSED int election_find(struct request *r, const char *slug, const struct election **found_r);

enum election_phase election_phase(const struct election *e, int64_t now_s);

/*
 * Where an election stands, as its dates and the office have it: the first that holds. One table (election.c) decides, whatever page tells it.
 */
enum election_stage {
	STAGE_SUSPENDED, STAGE_CLOSED, STAGE_OPEN, STAGE_LISTS, STAGE_CLAIMS, STAGE_ROLLS, STAGE_PREPARED,
};
enum election_stage election_stage(const struct election *e, int64_t now_s);

/* May the rolls be read, claims be made, the lists be read, at this moment? */
bool election_shows_rolls(const struct election *e, int64_t now_s);
bool election_takes_claims(const struct election *e, int64_t now_s);
bool election_shows_lists(const struct election *e, int64_t now_s);

#endif
