/* What a sender process has: its settings, its connections, and what it remembers from one mail to the next.
 */
#ifndef ISOLOIR_SENDER_H
#define ISOLOIR_SENDER_H

#include "common/conf.h"
#include "common/db.h"
#include "common/keys.h"
#include "common/proc/program.h"
#include "common/store.h"
#include "common/tmpl.h"
#include "mailer/outage.h"
#include "mailer/relay.h"
#include "mailer/sign.h"

/* Made by the master, shared by fork. */
struct sender_shared {
	struct keys *keys;
	struct tmpl_set *theme;
	struct signer *signer;
};

struct sender {
	struct worker *worker;
	const struct conf *conf;
	const struct sender_shared *shared;
	struct db *db;
	struct store *store;
	struct relay *relay;
	const char *owner; /* this process, as leases name it */
	uint64_t turn;     /* whose class comes first */
	bool lost_lease;   /* a lease may be ours that we do not know of */
	int64_t swept_ms;  /* clock_mono_ms() of the last try to be the sweeper */
	struct outage db_away, store_away, relay_away;
};

#endif
