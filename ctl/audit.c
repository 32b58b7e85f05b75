/* isoloirctl audit verify: each link of the chain computed again from the row that it seals. */
#include "common/audit.h"

#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "ctl/ctl.h"

#define FIRST_TEXT 2 /* columns of SQL_SEALS: place, hash, then the texts that audit_link takes */

struct chain {
	int64_t place; /* of the last link that was right */
	unsigned char hash[HASH_SIZE];
	const char *broken; /* how, or NULL */
};

static void
check_link(struct chain *chain, const struct db_rows *rows, size_t row)
{
	const struct db_value *stored = &rows->values[row * rows->columns + 1];
	const char *texts[AUDIT_TEXTS];

	if (db_number(rows, row, 0) != chain->place + 1) {
		chain->broken = "a link is missing";
		return;
	}
	for (size_t i = 0; i < AUDIT_TEXTS; i++)
		texts[i] = db_text(rows, row, FIRST_TEXT + i);
	audit_link(chain->hash, texts, chain->hash);
	if (stored->len != HASH_SIZE || memcmp(stored->text, chain->hash, HASH_SIZE) != 0)
		chain->broken = "the row it seals was changed, or the link was";
	else
		chain->place++;
}

static int
walk(struct ctl *c, struct db *d, struct chain *chain)
{
	size_t n = 1;

	while (n > 0 && chain->broken == NULL) {
		struct task *t = task_new(c->task, 0);
		struct db_rows *rows = NULL;

		if (db_run(t, d, SQL_SEALS, &rows, PARAMS(P(chain->place))) == -1) {
			c->task->err = t->err;
			return -1;
		}
		n = rows->n;
		for (size_t i = 0; i < n && chain->broken == NULL; i++)
			check_link(chain, rows, i);
		talloc_free(t);
	}
	return 0;
}

int
ctl_audit_verify(struct ctl *c)
{
	struct chain chain = {.place = 0};
	struct db *d = ctl_db(c);
	struct db_rows *counts;

	if (db_run(c->task, d, SQL_SEAL_COUNTS, &counts, NO_PARAMS) == -1 || walk(c, d, &chain) == -1)
		return ctl_trouble(c);
	js_set_number(c->out, "rows", db_number(counts, 0, 0));
	js_set_number(c->out, "sealed", db_number(counts, 0, 1));
	js_set_number(c->out, "verified", chain.place);
	if (chain.broken != NULL)
		return ctl_fail(c, EX_DATAERR, "the audit trail breaks at link %lld: %s",
		                (long long)chain.place + 1, chain.broken);
	js_set_text(c->out, "head", text_hex(c, chain.hash, HASH_SIZE));
	ctl_say(c, "The chain is whole. Write its head down elsewhere: only that shows later that no end was "
	           "cut off.");
	return EX_OK;
}
