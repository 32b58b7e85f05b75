#include "ctl/tell.h"

#include "common/log.h"

/* A connection of its own: the queue's statements have names that those of the other commands have too. */
static const struct db_statement statements[] = {
#define SQL(name, text) {#name, text},
#include "common/queue/queue_sql.def"
#undef SQL
};

bool
tell_elector(struct ctl *c, const struct keys *k, enum queue_mail mail, int64_t election_id, const char *identifier)
{
	struct queue q = {
	    .db = db_new(c, c->conf, c->conf->db_ctl_user, statements, sizeof(statements) / sizeof(*statements)),
	    .store = store_new(c, c->conf->redis_queue, c->conf->redis_timeout),
	    .keys = k,
	    .link_validity = c->conf->link_validity,
	    .first_sql = 0,
	};
	struct task *t = task_new(c, 0);
	bool told = queue_forget_cooldown(t, &q, mail, election_id, identifier) == 0 && queue_put(t, &q, mail, election_id, identifier) == 0;

	if (!told)
		log_task_error("mail to an elector not queued", t);
	talloc_free(t);
	return told;
}
