#include "mailer/model/answer.h"

#include <string.h>

#include "mailer/model/sql.h"

static const struct row {
	enum queue_mail mail;
	int which; /* columns text, state */
} rows[] = {
    {QUEUE_MAIL_CLAIM_ANSWERED, SQL_CLAIM_ANSWER},
    {QUEUE_MAIL_ASSISTANCE_ANSWERED, SQL_ASSISTANCE_ANSWER},
};

static const struct row *
find(enum queue_mail mail)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].mail == mail)
			return &rows[i];
	return NULL;
}

bool
answer_is_told(enum queue_mail mail)
{
	return find(mail) != NULL;
}

int
answer_find(struct task *t, struct db *d, enum queue_mail mail, int64_t election_id, const char *reference,
            struct answer **answer_r)
{
	struct db_rows *found;

	*answer_r = NULL;
	if (db_run(t, d, find(mail)->which, &found, PARAMS(P(reference), P(election_id))) == -1)
		return -1;
	if (found->n == 0)
		return 0;
	*answer_r = talloc_zero(t, struct answer);
	(*answer_r)->text = db_text(found, 0, 0);
	(*answer_r)->accepted = strcmp(db_text(found, 0, 1), "accepted") == 0;
	return 0;
}
