#include "portal/model/epoch.h"

#include "portal/request.h"

int
epoch_raise(struct request *r, int64_t elector_id, int64_t *epoch_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_EPOCH_RAISE, &rows, PARAMS(P(elector_id))) == -1)
		return -1;
	*epoch_r = (int64_t)rows->insert_id;
	return 0;
}
