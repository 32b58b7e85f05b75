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

/* One relay, as a sender knows it. */
struct sender_relay {
	const struct conf_relay *conf;
	struct relay *relay;
	const char *lane; /* of all mails through it */
	struct outage away;
	int64_t not_before_ms; /* clock_mono_ms(): it is left alone until then */
};

struct sender {
	struct worker *worker;
	const struct conf *conf;
	const struct sender_shared *shared;
	struct db *db;
	struct store *store;
	struct sender_relay *relays; /* as in the settings */
	size_t n_relays;
	size_t relay_turn; /* which of them comes first */
	bool relay_missed; /* a pace names one that the settings lack, and that was said */
	const char *owner; /* this process, as leases name it */
	uint64_t turn;     /* whose class comes first */
	bool lost_lease;   /* a lease may be ours that we do not know of */
	int64_t swept_ms;  /* clock_mono_ms() of the last try to be the sweeper */
	struct outage db_away, store_away;
};

#endif
