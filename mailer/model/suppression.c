#include "mailer/model/suppression.h"

#include "mailer/model/sql.h"

int
suppression_check(struct task *t, struct db *d, const struct job *j, bool *suppressed_r)
{
	struct db_rows *found, *rows;
	int64_t id;

	if (db_run(t, d, SQL_SUPPRESSION_FIND, &found, PARAMS(P(j->id), P(j->election_id), P(j->identifier))) == -1)
		return -1;
	*suppressed_r = found->n > 0;
	if (found->n == 0 || queue_mail_class(j->mail) != QUEUE_INTERACTIVE)
		return 0;
	*suppressed_r = false;
	if (db_number(found, 0, 1) != 0)
		return 0;
	id = db_number(found, 0, 0);
	if (db_run(t, d, SQL_SUPPRESSION_OVERRIDE, &rows, PARAMS(P(j->id), P(id))) == -1)
		return -1;
	*suppressed_r = rows->affected != 1;
	return 0;
}
