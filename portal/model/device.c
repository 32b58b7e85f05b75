#include "portal/model/device.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "portal/model/election.h"
#include "portal/request.h"

int
device_find(struct request *r, const char *identifier, const unsigned char id[DEVICE_ID_SIZE], bool *found_r)
{
	struct db_bytes device = {id, DEVICE_ID_SIZE};
	struct db_rows *rows;

	*found_r = false;
	if (db_run(r->task, r->portal->db, SQL_DEVICE_FIND, &rows, PARAMS(P(r->election->id), P(identifier), P(device))) == -1)
		return -1;
	*found_r = rows->n == 1;
	return 0;
}

int
device_store(struct request *r, int64_t elector_id, const unsigned char id[DEVICE_ID_SIZE])
{
	struct db_bytes device = {id, DEVICE_ID_SIZE};
	int64_t now = clock_now_s();
	const char *browser = request_browser(r);

	return db_run(r->task, r->portal->db, SQL_DEVICE_STORE, NULL,
	              PARAMS(P(elector_id), P(device), P(browser), P(now), P(now)));
}

int
device_list(struct request *r, int64_t elector_id, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_DEVICES_OF, rows_r, PARAMS(P(elector_id)));
}

int
device_forget(struct request *r, int64_t elector_id, const char *name, bool *was_there_r)
{
	unsigned char id[DEVICE_ID_SIZE];
	struct db_bytes device = {id, sizeof(id)};
	struct db_rows *rows;

	*was_there_r = false;
	if (!text_unhex(name, id, sizeof(id)))
		return 0;
	if (db_run(r->task, r->portal->db, SQL_DEVICE_FORGET, &rows, PARAMS(P(elector_id), P(device))) == -1)
		return -1;
	*was_there_r = rows->affected == 1;
	return 0;
}
