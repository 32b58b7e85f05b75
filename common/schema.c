#include "common/schema.h"

#include "common/conf.h"
#include "common/db.h"

static int64_t found;

static const struct db_statement number_statement[] = {
    {"schema_number", "select coalesce(max(number), 0) from schema_migration"},
};

int64_t
schema_number(void)
{
	return found;
}

/* No table, or no right to read it: nobody has run `isoloirctl migrate` yet. */
static int
schema_read(struct task *t, const struct conf *c, const char *account, int64_t *number_r)
{
	struct task *own = task_new(t, 0);
	struct db *d = db_new(own, c, account, number_statement, 1);
	struct db_rows *rows = NULL;
	int rc = db_run(own, d, 0, &rows, NO_PARAMS);

	if (rc == 0)
		*number_r = db_number(rows, 0, 0);
	else if (own->err.kind == ERR_REFUSED)
		rc = task_fail(t, ERR_REFUSED,
		               "database %s has no schema that %s may read; run `isoloirctl migrate` (%s)",
		               c->db_name, account, own->err.text);
	else
		rc = task_fail(t, own->err.kind, "%s", own->err.text);
	talloc_free(own);
	return rc;
}

int
schema_check(struct task *t, const struct conf *c, const char *account)
{
	if (schema_read(t, c, account, &found) == -1)
		return -1;
	if (found < SCHEMA_MIN)
		return task_fail(
		    t, ERR_REFUSED,
		    "database %s is at schema %lld and this program needs %d; run `isoloirctl migrate`",
		    c->db_name, (long long)found, SCHEMA_MIN);
	if (found > SCHEMA_MAX)
		return task_fail(t, ERR_REFUSED,
		                 "database %s is at schema %lld and this program knows none above %d; "
		                 "install the newer one",
		                 c->db_name, (long long)found, SCHEMA_MAX);
	return 0;
}
