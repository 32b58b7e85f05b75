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

int
decoy_find(struct request *r, const char *identifier, const char **hash_r)
{
	uint32_t place = decoy_place(r->portal->loaded->keys, identifier);
	int64_t election = r->election->id;
	struct db_rows *rows;

	*hash_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_DECOY_FIND, &rows, PARAMS(P(place), P(election), P(election))) == -1)
		return -1;
	if (rows->n > 0)
		*hash_r = db_text(rows, 0, 0);
	return 0;
}
