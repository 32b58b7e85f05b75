/* The mailer's statements, in the order in which they are prepared. */
#ifndef ISOLOIR_MAILER_SQL_H
#define ISOLOIR_MAILER_SQL_H

#include "common/db.h"

enum {
#define SQL(name, text) SQL_##name,
#include "common/audit_sql.def"
#include "common/audit_seal_sql.def"
#include "mailer/model/sql.def"
#include "common/queue/queue_sql.def"
#undef SQL
	SQL__MAX
};

extern const struct db_statement mailer_sql[SQL__MAX];

#endif
