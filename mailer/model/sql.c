#include "mailer/model/sql.h"

const struct db_statement mailer_sql[SQL__MAX] = {
#define SQL(name, text) {#name, text},
#include "common/audit_sql.def"
#include "common/audit_seal_sql.def"
#include "mailer/model/sql.def"
#include "common/queue/queue_sql.def"
#undef SQL
};
