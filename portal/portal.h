/* What a portal worker holds all its life: settings, keys and theme of its generation, and its own connections. */
#ifndef ISOLOIR_PORTAL_H
#define ISOLOIR_PORTAL_H

#include "common/breaker.h"
#include "common/conf.h"
#include "common/db.h"
#include "common/keys.h"
#include "common/network.h"
#include "common/prose.h"
#include "common/queue.h"
#include "common/store.h"
#include "common/tmpl.h"

/* Made by the master before it forks, shared by its workers, never written again. */
struct portal_loaded {
	struct keys *keys;
	struct tmpl_set *theme;
	struct guess_list *guessed; /* words of passwords that are guessed first */
	struct network_list *networks; /* the setting throttle.networks */
	const struct prose **texts; /* the theme's, by enum text_name */
	/* What all workers know of servers that hang. */
	struct breaker *db_breaker, *ephemeral_breaker, *queue_breaker;
	char version[17]; /* of the style sheet and the script, for their addresses */
};

struct portal {
	const struct conf *conf;
	const struct portal_loaded *loaded;
	struct db *db;
	struct store *ephemeral;
	struct queue queue;
	struct election *election; /* the last one asked for (model/election.c) */
	struct text_kept *texts[TEXT__MAX]; /* the office's, as last read (model/text.c) */
};

/* Every statement of the portal: its models' (model/sql.def) and the queue's. */
enum portal_sql {
#define SQL(name, text) SQL_##name,
#include "portal/model/sql.def"
#include "common/audit_sql.def"
#undef SQL
	SQL_QUEUE_FIRST,
};

void portal_open(struct portal *p, TALLOC_CTX *ctx, const struct conf *c, const struct portal_loaded *loaded);

#endif
