/* isoloirctl candidate add, remove: who stands on a list, in which rank. Ranks have no holes: whoever is behind moves up or down. */
#include <string.h>

#include "common/base/text.h"
#include "ctl/list.h"
#include "ctl/load.h"

#define RANKS_MAX 200

static int
take_rank(struct ctl *c, const char *typed, int64_t *rank_r)
{
	return text_number(typed, 1, RANKS_MAX, rank_r) ? EX_OK : ctl_fail(c, EX_USAGE, "a rank is a number from 1 to %d", RANKS_MAX);
}

static int
count(struct ctl *c, struct lists *l, int64_t *n_r)
{
	struct db_rows *rows;

	if (db_run(c->task, l->db, SQL_LIST_CANDIDATES, &rows, PARAMS(P(l->list_id))) == -1)
		return ctl_trouble(c);
	*n_r = (int64_t)rows->n;
	return EX_OK;
}

/* values: civility, given name, family name, posting. */
static int
take_person(struct ctl *c, const char *values[4])
{
	static const struct load_column columns[4] = {
	    {"civility", RULE_CIVILITY, 0, 8, false},
	    {"given name", RULE_TEXT, 1, 100, false},
	    {"family name", RULE_TEXT, 1, 100, false},
	    {"posting", RULE_TEXT, 0, 200, false},
	};
	const char *why = NULL;

	for (size_t i = 0; i < 4; i++) {
		values[i] = rule_apply(NULL, c, &columns[i], c->n_args > 3 + i ? c->args[3 + i] : "", &why);
		if (values[i] == NULL)
			return ctl_fail(c, EX_DATAERR, "%s %s", columns[i].name, why);
	}
	return EX_OK;
}

/* Into a rank that is taken: those from there on go one down. */
static int
insert(struct ctl *c, struct lists *l, int64_t rank, const char *values[4])
{
	int64_t n = 0;
	int rc = count(c, l, &n);

	if (rc != EX_OK)
		return rc;
	if (rank > n + 1)
		return ctl_fail(c, EX_DATAERR, "%s has %lld candidates: the next rank is %lld", l->list, (long long)n, (long long)n + 1);
	if (n >= RANKS_MAX)
		return ctl_fail(c, EX_DATAERR, "a list has at most %d candidates", RANKS_MAX);
	if (db_run(c->task, l->db, SQL_CANDIDATES_DOWN, NULL, PARAMS(P(l->list_id), P(rank))) == -1 ||
	    db_run(c->task, l->db, SQL_CANDIDATE_ADD, NULL,
	           PARAMS(P(l->list_id), P(rank), P(values[0]), P(values[1]), P(values[2]), P(values[3]))) == -1)
		return ctl_trouble(c);
	return EX_OK;
}

int
ctl_candidate_add(struct ctl *c)
{
	const char *values[4];
	struct lists l;
	int64_t rank;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK || (rc = take_rank(c, c->args[2], &rank)) != EX_OK || (rc = take_person(c, values)) != EX_OK)
		return rc;
	if (l.is_sigle)
		return ctl_fail(c, EX_DATAERR, "%s is a vote on organizations: its lists have no candidates", l.scrutin);
	if ((rc = lists_begin(c, &l)) != EX_OK || (rc = insert(c, &l, rank, values)) != EX_OK)
		return rc;
	return lists_end(c, &l, "candidate added", talloc_asprintf(c, "%s %s rank %lld", l.scrutin, l.list, (long long)rank),
	                 talloc_asprintf(c, "Rank %lld of %s: %s %s.", (long long)rank, l.list, values[1], values[2]));
}

int
ctl_candidate_remove(struct ctl *c)
{
	struct db_rows *rows;
	struct lists l;
	int64_t rank;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK || (rc = take_rank(c, c->args[2], &rank)) != EX_OK || (rc = lists_begin(c, &l)) != EX_OK)
		return rc;
	if (db_run(c->task, l.db, SQL_CANDIDATE_REMOVE, &rows, PARAMS(P(l.list_id), P(rank))) == -1)
		return ctl_trouble(c);
	if (rows->affected != 1)
		return ctl_fail(c, EX_NOUSER, "%s has no candidate of rank %lld", l.list, (long long)rank);
	if (db_run(c->task, l.db, SQL_CANDIDATES_UP, NULL, PARAMS(P(l.list_id), P(rank))) == -1)
		return ctl_trouble(c);
	return lists_end(c, &l, "candidate removed", talloc_asprintf(c, "%s %s rank %lld", l.scrutin, l.list, (long long)rank),
	                 talloc_asprintf(c, "Rank %lld of %s: removed; those behind moved up.", (long long)rank, l.list));
}
