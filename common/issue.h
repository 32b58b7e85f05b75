/*
 * The one way in which voting codes come into being, whoever hands them out: printed notices, the elector's réassort, the desk. When codes will be
 * drawn beforehand and sealed, this function takes the next one of that reserve, and nothing else changes.
 */
#ifndef ISOLOIR_ISSUE_H
#define ISOLOIR_ISSUE_H

#include "common/code.h"
#include "common/db.h"

/* How it reaches its elector: a word of voting_code.how, and of void_how for the code whose place it takes. */
#define ISSUE_ROWS(X) \
	X(NOTICE, "notice") \
	X(REISSUE, "reissue") \
	X(DESK, "desk")

enum issue_how {
#define X(name, word) ISSUE_##name,
	ISSUE_ROWS(X)
#undef X
	ISSUE__MAX
};

struct issue {
	enum issue_how how;
	int64_t election_id, elector_id;
	int64_t batch_id; /* ISSUE_NOTICE; 0 otherwise */
};

/*
 * A new code for one elector, within the transaction that is open: the hash is stored, the code itself is nowhere but in *code_r. The one that was
 * live is void, but of a notice, which finds none: then -1 and db_is_duplicate. first_sql: the place of common/issue_sql.def in d's statements.
 */
WARN_UNUSED int issue_code(struct task *t, struct db *d, int first_sql, const struct keys *k, const struct issue *what, struct code *code_r);

#endif
