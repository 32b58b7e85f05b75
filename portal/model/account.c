#include "portal/model/account.h"

#include "portal/model/epoch.h"
#include "portal/request.h"

/* What a new password ends: links that are on their way or lie in a mailbox, and sessions. */
static int
end_the_rest(struct request *r, int64_t elector_id, int64_t *epoch_r)
{
	if (db_run(r->task, r->portal->db, SQL_LINKS_VOID, NULL, PARAMS(P(elector_id))) == -1)
		return -1;
	return epoch_raise(r, elector_id, epoch_r);
}

int
account_reset(struct request *r, int64_t elector_id, const char *password_hash, int64_t *epoch_r, bool *done_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_ACCOUNT_RESET, &rows, PARAMS(P(password_hash), P(elector_id))) == -1)
		return -1;
	*done_r = rows->affected == 1;
	return *done_r ? end_the_rest(r, elector_id, epoch_r) : 0;
}
