#include "common/audit.h"

#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"

/* The statements' places after first_sql. */
enum {
#define SQL(name, text) STATEMENT_##name,
#include "common/audit_seal_sql.def"
#undef SQL
};

void
audit_pseudonym(const struct keys *k, const char *identifier, char out[AUDIT_PSEUDONYM_SIZE])
{
	unsigned char hash[HASH_SIZE];
	char *hex;

	hash_keyed_text(k->key[KEY_AUDIT], "pseudonym", identifier, hash);
	hex = text_hex(NULL, hash, (AUDIT_PSEUDONYM_SIZE - 1) / 2);
	memcpy(out, hex, AUDIT_PSEUDONYM_SIZE);
	talloc_free(hex);
}

int
audit_add(struct task *t, struct db *d, int sql, const struct audit_entry *e)
{
	struct db_param election =
	    e->election_id != 0 ? P(e->election_id) : (struct db_param){.kind = DB_NULL};

	return db_run(t, d, sql, NULL,
	              PARAMS(election, P(e->actor), P(e->act), P(e->subject), P(e->detail), P(t->id)));
}

/* Lengths go before the texts, so that no two rows read the same. */
void
audit_link(const unsigned char before[32], const char *const texts[AUDIT_TEXTS], unsigned char out[32])
{
	char *all = talloc_strndup(NULL, "", 0);
	unsigned char *bytes;
	size_t len;

	for (int i = 0; i < AUDIT_TEXTS; i++)
		all = talloc_asprintf_append(all, "%zu:%s", strlen(texts[i]), texts[i]);
	len = strlen(all);
	bytes = talloc_array(all, unsigned char, (unsigned)(32 + len));
	memcpy(bytes, before, 32);
	memcpy(bytes + 32, all, len);
	hash_sha256(bytes, 32 + len, out);
	talloc_free(all);
}

/* Where the chain ends; an empty one begins with a hash of zeros at place 0. */
static int
read_end(struct task *t, struct db *d, int first_sql, int64_t *place_r, unsigned char hash[HASH_SIZE])
{
	struct db_rows *rows;

	if (db_run(t, d, first_sql + STATEMENT_AUDIT_LAST, &rows, NO_PARAMS) == -1)
		return -1;
	*place_r = 0;
	memset(hash, 0, HASH_SIZE);
	if (rows->n == 0)
		return 0;
	*place_r = db_number(rows, 0, 0);
	must(rows->values[1].len == HASH_SIZE);
	memcpy(hash, rows->values[1].text, HASH_SIZE);
	return 0;
}

static int
seal_row(struct task *t, struct db *d, int first_sql, const struct db_rows *rows, size_t row, int64_t place,
         unsigned char hash[HASH_SIZE])
{
	const char *texts[AUDIT_TEXTS];
	struct db_bytes sealed = {hash, HASH_SIZE};

	for (int i = 0; i < AUDIT_TEXTS; i++)
		texts[i] = db_text(rows, row, (size_t)i);
	audit_link(hash, texts, hash);
	return db_run(t, d, first_sql + STATEMENT_AUDIT_SEAL, NULL,
	              PARAMS(P(place), P(db_number(rows, row, 0)), P(sealed)));
}

int
audit_seal_pending(struct task *t, struct db *d, int first_sql, size_t *sealed_r)
{
	unsigned char hash[HASH_SIZE];
	struct db_rows *rows;
	int64_t place;
	int rc = 0;

	*sealed_r = 0;
	if (db_begin(t, d) == -1)
		return -1;
	if (read_end(t, d, first_sql, &place, hash) == -1 ||
	    db_run(t, d, first_sql + STATEMENT_AUDIT_PENDING, &rows, NO_PARAMS) == -1)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < rows->n; i++)
		rc = seal_row(t, d, first_sql, rows, i, ++place, hash);
	if (rc == 0)
		rc = db_commit(t, d);
	if (rc == -1)
		db_rollback(d);
	else
		*sealed_r = rows->n;
	return rc;
}
