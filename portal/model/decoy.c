#include "portal/model/decoy.h"

#include <string.h>

#include "common/hash.h"
#include "portal/model/election.h"
#include "portal/request.h"

int64_t
decoy_place(const struct keys *k, const char *identifier, int64_t first, int64_t last)
{
	unsigned char hash[HASH_SIZE];
	uint64_t n;

	hash_keyed_text(k->key[KEY_PEPPER], "decoy", identifier, hash);
	memcpy(&n, hash, sizeof(n));
	return first + (int64_t)(n % (uint64_t)(last - first + 1));
}

int
decoy_find(struct request *r, const char *identifier, const char **hash_r)
{
	const struct election *e = r->election;
	int64_t place = decoy_place(r->portal->loaded->keys, identifier, e->first_elector, e->last_elector);
	struct db_rows *rows;

	*hash_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_DECOY_FIND, &rows,
	           PARAMS(P(place), P(e->id), P(e->first_elector), P(e->id))) == -1)
		return -1;
	if (rows->n > 0)
		*hash_r = db_text(rows, 0, 0);
	return 0;
}
