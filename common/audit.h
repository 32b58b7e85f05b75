/*
 * The audit trail: append-only rows about pseudonyms. Writers append unchained; the sealer (the mailer's
 * sweep, or `isoloirctl audit seal`) chains them: hash(n) = SHA-256(hash(n-1), row n), so that no writer
 * waits for another.
 */
#ifndef ISOLOIR_AUDIT_H
#define ISOLOIR_AUDIT_H

#include "common/base/task.h"
#include "common/db.h"
#include "common/keys.h"

#define AUDIT_PSEUDONYM_SIZE 17 /* 16 hexadecimal digits and NUL */

/* A person, for logs and audit. The key file is what links it to somebody; without it nobody can. */
void audit_pseudonym(const struct keys *k, const char *identifier, char out[AUDIT_PSEUDONYM_SIZE]);

struct audit_entry {
	int64_t election_id; /* 0: none */
	const char *actor;   /* who did it: "portal", "mailer", an operator's name */
	const char *act;     /* "mail sent", "account activated": lower case, two words */
	const char *subject; /* about whom: a pseudonym, or "" */
	const char *detail;  /* what else is worth remembering; never an address or a secret */
};

/* Append one row. sql: the place of AUDIT_ADD (common/audit_sql.def) in d's statements. Within a transaction
 * if one is open. */
WARN_UNUSED int audit_add(struct task *t, struct db *d, int sql, const struct audit_entry *e);

/*
 * Chain what is not chained yet. first_sql: the place of common/audit_seal_sql.def in d's statements.
 * *sealed_r: rows chained. Two sealers at once do no harm: a link's place in the chain is its primary key, so
 * the second one's rows are refused (and -1, ERR_REFUSED with db_is_duplicate).
 */
WARN_UNUSED int audit_seal_pending(struct task *t, struct db *d, int first_sql, size_t *sealed_r);

/* The hash of one link: what a verifier computes again. texts: id, at, election, actor, act, subject, detail,
 * request id, as MySQL writes them. */
#define AUDIT_TEXTS 8
void audit_link(const unsigned char before[32], const char *const texts[AUDIT_TEXTS], unsigned char out[32]);

#endif
