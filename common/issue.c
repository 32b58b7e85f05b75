#include "common/issue.h"

/* The statements' places after first_sql. */
enum {
#define SQL(name, text) STATEMENT_##name,
#include "common/issue_sql.def"
#undef SQL
};

static const char *const words[ISSUE__MAX] = {
#define X(name, word) word,
    ISSUE_ROWS(X)
#undef X
};

int
issue_code(struct task *t, struct db *d, int first_sql, const struct keys *k, const struct issue *what, struct code *code_r)
{
	unsigned char hash[HASH_SIZE];
	struct db_bytes bytes = {hash, sizeof(hash)};
	const char *how = words[what->how];

	if (what->how != ISSUE_NOTICE &&
	    db_run(t, d, first_sql + STATEMENT_ISSUE_VOID, NULL, PARAMS(P(how), P(what->elector_id))) == -1)
		return -1;
	code_draw(code_r);
	code_hash(k, what->election_id, code_r, hash);
	return db_run(t, d, first_sql + STATEMENT_ISSUE_ADD, NULL, PARAMS(P(what->elector_id), P(bytes), P(how), P(what->batch_id)));
}
