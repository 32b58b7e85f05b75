/* A worker's connections: opened after the fork, each at its first use. */
#include "portal/portal.h"

static const struct db_statement statements[] = {
#define SQL(name, text) {#name, text},
#include "portal/model/sql.def"
#include "common/audit_sql.def"
#include "common/queue/queue_sql.def"
#undef SQL
};

void
portal_open(struct portal *p, TALLOC_CTX *ctx, const struct conf *c, const struct portal_loaded *loaded)
{
	*p = (struct portal){.conf = c, .loaded = loaded};
	p->db = db_new(ctx, c, c->db_portal_user, statements, sizeof(statements) / sizeof(*statements));
	p->ephemeral = store_new(ctx, c->redis_ephemeral, c->redis_timeout);
	p->queue = (struct queue){
	    .db = p->db,
	    .store = store_new(ctx, c->redis_queue, c->redis_timeout),
	    .keys = loaded->keys,
	    .link_validity = c->link_validity,
	    .first_sql = SQL_QUEUE_FIRST,
	};
	db_share(p->db, loaded->db_breaker);
	store_share(p->ephemeral, loaded->ephemeral_breaker);
	store_share(p->queue.store, loaded->queue_breaker);
}
