/*
 * The live half of the queue, in Redis: each function is one script, and each script one move (see the *.lua
 * beside this file). What it says is never the truth about a mail, only whose turn it is: the truth is the
 * row of mail_job.
 */
#ifndef ISOLOIR_LIVE_H
#define ISOLOIR_LIVE_H

#include "common/base/task.h"
#include "common/store.h"

#define LIVE_EPOCH_SIZE 24
#define LIVE_ID_SIZE 33
#define LIVE_COOL_SIZE 33
#define LIVE_NEVER_MS (INT64_C(10) * 365 * 86400 * 1000) /* parked until somebody decides */

#define LIVE_ANY_LEASE "*" /* an epoch for live_move: wherever the job stands */
#define LIVE_NO_LEASE ""   /* the job is in a set other than `leased` */

struct live_job {
	char id[LIVE_ID_SIZE];
	char epoch[LIVE_EPOCH_SIZE];
	char mail[24]; /* word of QUEUE_MAIL_ROWS */
	char lane[256];
	int queue_class;
};

/* holder: the job that holds the cool-down key, id itself when it was free. */
WARN_UNUSED int live_reserve(struct task *t, struct store *s, const char *cool, const char *id, int64_t ms,
                             char holder[LIVE_ID_SIZE]);

/*
 * A job that Redis may not know yet. place: ready, uncertain or held, or "": none, which is asked so that every repeat costs the same; in_ms: due so
 * long from now, 0 or less for at once.
 */
struct live_put {
	const char *id, *place;
	int64_t in_ms;
	int queue_class;
	const char *lane, *mail, *cool;
	int64_t cool_ms;
};
WARN_UNUSED int live_put(struct task *t, struct store *s, const struct live_put *p);

/* *found_r; if none, *wait_ms_r is when to ask again (-1: nothing is waiting; LIVE_BLIND: the paces must be told first, live_pace).
 * classes: "0 1 2" in the order of this turn. slot: 0 by day, 1 by night, 2 on weekend days. relay: of whose lanes, "" for the main one. share: percent of
 * the paces that campaigns may use. */
#define LIVE_BLIND (-2)
WARN_UNUSED int live_lease(struct task *t, struct store *s, const char *owner, int64_t ms,
                           const char *classes, int slot, const char *relay, int64_t share, struct live_job *job_r, bool *found_r,
                           int64_t *wait_ms_r);

/* The paces of all lanes: pairs of lane and what pace.lua reads. Every lane that is not among them has none. */
WARN_UNUSED int live_pace(struct task *t, struct store *s, const char *const *pairs, size_t n_pairs);
/* Does Redis know them, or was it emptied? */
WARN_UNUSED int live_is_paced(struct task *t, struct store *s, bool *known_r);
/* So many went in the minute that began at_ms. */
WARN_UNUSED int live_took(struct task *t, struct store *s, const char *lane, int64_t at_ms, int64_t n);
/* A lane refused: after so many times of that kind without success it pauses first_ms, then twice as long each time, most_ms at most. *pause_ms_r: for how
 * long from now on, 0: not yet. */
struct live_patience {
	const char *kind;
	int64_t times, first_ms, most_ms;
};
WARN_UNUSED int live_trouble(struct task *t, struct store *s, const char *lane, const struct live_patience *p, int64_t *pause_ms_r);
/* A mail that was leased at that epoch was refused: the lane has fewer on their way at once, *limit_r. */
WARN_UNUSED int live_refused(struct task *t, struct store *s, const char *lane, const char *epoch, int64_t *limit_r);

/* The order of classes at a sender's n-th turn: of ten, seven begin with the first class, two with the
 * second, one with the third. */
const char *live_turn(uint64_t n);

/* *still_r: the lease was ours, and is longer now. live_mark also notes that the end of the mail may have
 * left. */
WARN_UNUSED int live_renew(struct task *t, struct store *s, const struct live_job *j, int64_t ms,
                           bool *still_r);
WARN_UNUSED int live_mark(struct task *t, struct store *s, const struct live_job *j, int64_t ms,
                          bool *still_r);

/* From a place to another; fields: pairs name, value, kept in the hash. *moved_r may be NULL. */
struct live_move {
	const char *id, *from, *epoch, *to;
	int64_t in_ms;
	const char *const *fields;
	size_t n_fields;
};
WARN_UNUSED int live_move(struct task *t, struct store *s, const struct live_move *m, bool *moved_r);

/* Out of Redis, wherever it stands, once the row is final. epoch NULL: whoever holds the lease (a 250 always
 * wins). cool_ms: 0 ends the cool-down. */
WARN_UNUSED int live_finish(struct task *t, struct store *s, const char *id, const char *epoch,
                            int64_t cool_ms, const char *cool);

struct live_lease {
	const char *id, *epoch, *owner;
	int64_t left_ms;
};
WARN_UNUSED int live_leases(struct task *t, struct store *s, size_t from, size_t n,
                            struct live_lease **list_r, size_t *n_r);
/* The sweeper becomes the owner; *job_r has the new epoch; *taken_r false: the lease changed meanwhile. */
WARN_UNUSED int live_takeover(struct task *t, struct store *s, const struct live_lease *l, const char *owner,
                              int64_t ms, bool dead, struct live_job *job_r, bool *taken_r);

/* What is due in `uncertain` or `settling`. verdict and so on are what live_move kept. */
struct live_due {
	const char *id, *verdict, *attempts, *due, *reply, *times, *asked;
};
WARN_UNUSED int live_due(struct task *t, struct store *s, const char *place, size_t max,
                         struct live_due **list_r, size_t *n_r);

/* Which of these jobs are not where their rows say? pairs: id and place. place: where it stands, "" for nowhere. */
struct live_stray {
	const char *id, *place;
};
WARN_UNUSED int live_astray(struct task *t, struct store *s, const char *const *pairs, size_t n_pairs,
                            struct live_stray **list_r, size_t *n_r);

/* A page of all jobs (set "") or of those in a set, whose name has no prefix; *cursor begins and ends with "0". *ids_r on the task. */
WARN_UNUSED int live_scan(struct task *t, struct store *s, const char *set, const char **cursor,
                          const char *const **ids_r, size_t *n_r);
/* The names of all sets in which jobs may stand. */
WARN_UNUSED int live_sets(struct task *t, struct store *s, const char *const **sets_r, size_t *n_r);
/* What is wrong with these jobs, of that set or, "", by their hashes: place is then a sentence. */
WARN_UNUSED int live_check(struct task *t, struct store *s, const char *set, const char *const *ids, size_t n,
                           struct live_stray **list_r, size_t *n_r);
/* Out of Redis, and out of that set ("": only of the one that its hash names). */
WARN_UNUSED int live_expel(struct task *t, struct store *s, const char *id, const char *set);
/* At the next sweep every row is looked at. */
WARN_UNUSED int live_look_at_all(struct task *t, struct store *s);

/* Where how many stand, how old and late the next are, how these lanes fare (none: each that has any); all of one moment. Which figures: figures.lua. */
struct live_figure {
	const char *what, *whom, *which;
	int64_t n;
};
WARN_UNUSED int live_figures(struct task *t, struct store *s, const char *const *lanes, size_t n_lanes, struct live_figure **list_r, size_t *n_r);

WARN_UNUSED int live_forget(struct task *t, struct store *s, const char *cool);
WARN_UNUSED int live_trim(struct task *t, struct store *s, int64_t older_ms, size_t max);

/* A key NAME that lives for ms: *got_r true if it was absent. Elects the sweeper, and tells of a flushed
 * Redis. */
WARN_UNUSED int live_claim(struct task *t, struct store *s, const char *name, const char *owner, int64_t ms,
                           bool *got_r);

/* "host boot-id pid starttime" of this process, and: does that owner live on this host no more? */
const char *live_owner(TALLOC_CTX *ctx);
bool live_owner_is_dead(const char *owner);

#endif
