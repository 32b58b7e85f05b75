#include "portal/model/election.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "portal/request.h"

#define FRESH_MS 5000

/* 1: read and kept, 0: no such election, -1: MariaDB. */
static int
read_election(struct request *r, const char *slug)
{
	struct portal *p = r->portal;
	struct election *e;
	struct db_rows *rows;

	if (db_run(r->task, p->db, SQL_ELECTION_FIND, &rows, PARAMS(P(slug))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	talloc_free(p->election);
	e = p->election = talloc_zero(p->db, struct election);
	e->id = db_number(rows, 0, 0);
	e->slug = talloc_strdup(e, db_text(rows, 0, 1));
	e->title = talloc_strdup(e, db_text(rows, 0, 2));
	e->banner = talloc_strdup(e, db_text(rows, 0, 3));
	e->opens_s = db_number(rows, 0, 4);
	e->closes_s = db_number(rows, 0, 5);
	e->rolls_from_s = db_number(rows, 0, 6);
	e->rolls_until_s = db_number(rows, 0, 7);
	e->claims_until_s = db_number(rows, 0, 8);
	e->lists_s = db_number(rows, 0, 9);
	e->suspended = db_number(rows, 0, 10) != 0;
	e->suspended_why = talloc_strdup(e, db_text(rows, 0, 11));
	e->read_ms = clock_mono_ms();
	return 1;
}

int
election_find(struct request *r, const char *slug, const struct election **found_r)
{
	const struct election *kept = r->portal->election;
	bool have = kept != NULL && strcmp(kept->slug, slug) == 0;
	int rc;

	*found_r = NULL;
	if (have && clock_mono_ms() - kept->read_ms < FRESH_MS) {
		*found_r = kept;
		return 0;
	}
	rc = read_election(r, slug);
	if (rc == -1 && have) {
		log_debug("election kept from before", "task=%s", r->task->id); /* the outage itself is told once, by the breaker */
		task_forgive(r->task);
		*found_r = kept;
		return 0;
	}
	if (rc == 1)
		*found_r = r->portal->election;
	return rc == -1 ? -1 : 0;
}

enum election_phase
election_phase(const struct election *e, int64_t now_s)
{
	if (now_s < e->opens_s)
		return ELECTION_BEFORE;
	return now_s < e->closes_s ? ELECTION_OPEN : ELECTION_CLOSED;
}

bool
election_shows_rolls(const struct election *e, int64_t now_s)
{
	return e->rolls_from_s != 0 && now_s >= e->rolls_from_s && (e->rolls_until_s == 0 || now_s < e->rolls_until_s);
}

bool
election_takes_claims(const struct election *e, int64_t now_s)
{
	return e->claims_until_s != 0 && now_s < e->claims_until_s;
}

bool
election_shows_lists(const struct election *e, int64_t now_s)
{
	return e->lists_s != 0 && now_s >= e->lists_s;
}

static bool
is_suspended(const struct election *e, int64_t now_s)
{
	(void)now_s;
	return e->suspended;
}

static bool
is_closed(const struct election *e, int64_t now_s)
{
	return election_phase(e, now_s) == ELECTION_CLOSED;
}

static bool
is_open(const struct election *e, int64_t now_s)
{
	return election_phase(e, now_s) == ELECTION_OPEN;
}

static bool
shows_rolls_to_claim(const struct election *e, int64_t now_s)
{
	return election_shows_rolls(e, now_s) && election_takes_claims(e, now_s);
}

enum election_stage
election_stage(const struct election *e, int64_t now_s)
{
	static const struct {
		enum election_stage stage;
		bool (*holds)(const struct election *e, int64_t now_s);
	} rows[] = {
	    {STAGE_CLOSED, is_closed},          {STAGE_SUSPENDED, is_suspended},       {STAGE_OPEN, is_open},
	    {STAGE_LISTS, election_shows_lists}, {STAGE_CLAIMS, shows_rolls_to_claim}, {STAGE_ROLLS, election_shows_rolls},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].holds(e, now_s))
			return rows[i].stage;
	return STAGE_PREPARED;
}
