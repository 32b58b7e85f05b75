#include "portal/model/decoy.h"

#include "common/hash.h"
#include "portal/model/election.h"
#include "portal/request.h"

uint32_t
decoy_place(const struct keys *k, const char *identifier)
{
	unsigned char h[HASH_SIZE];

	hash_keyed_text(k->key[KEY_PEPPER], "decoy", identifier, h);
	return (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
}

static int
find_after(struct request *r, uint32_t place, const char **hash_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_DECOY_FIND, &rows, PARAMS(P(place), P(r->election->id))) == -1)
		return -1;
	*hash_r = rows->n > 0 ? db_text(rows, 0, 0) : NULL;
	return 0;
}

/* After the last account comes the first. Who looks twice goes by the place, hence by nothing of the roll. */
int
decoy_find(struct request *r, const char *identifier, const char **hash_r)
{
	if (find_after(r, decoy_place(r->portal->loaded->keys, identifier), hash_r) == -1)
		return -1;
	return *hash_r != NULL ? 0 : find_after(r, 0, hash_r);
}
