#include "mailer/campaign.h"

#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "common/queue/ramp.h"
#include "mailer/model/sql.h"

#define SLICE 500      /* jobs in one transaction */
#define PATIENCE_MS 3000 /* of one sweep: a sender that feeds sends nothing */

/* A campaign that runs, as it stands at this sweep. */
struct campaign {
	int64_t id, election_id, planned, fed, closes_s;
	enum queue_mail mail;
	int64_t room;     /* how many more the ramp-up lets go now */
	int64_t until_ms; /* clock_mono_ms(); the rest is for the next sweep */
	bool closed;      /* the vote is */
};

/* One person of a slice. */
struct addressee {
	char id[QUEUE_ID_SIZE];
	const char *lane;
};

/* ---- a slice ---- */

/* The campaign is locked until the commit, and what holds of it now is known: it may have been paused, or fed by another sweeper. */
static int
lock(struct task *t, struct sender *s, const struct campaign *c, const char *domain, int64_t *last_r, bool *runs_r)
{
	struct db_rows *rows, *last;

	if (db_run(t, s->db, SQL_CAMPAIGN_LOCK, &rows, PARAMS(P(c->id), P("running"))) == -1 ||
	    db_run(t, s->db, SQL_CAMPAIGN_LAST, &last, PARAMS(P(c->id), P(domain))) == -1)
		return -1;
	*runs_r = rows->n == 1;
	*last_r = db_number(last, 0, 0);
	return 0;
}

/* columns of CAMPAIGN_SLICE: elector, identifier, lane */
static int
insert_job(struct task *t, struct sender *s, const struct campaign *c, const struct db_rows *rows, size_t i, struct addressee *a)
{
	const char *identifier = db_text(rows, i, 1), *topic = talloc_asprintf(t, "C%lld", (long long)c->id);
	char reference[QUEUE_REFERENCE_SIZE];

	queue_make_id(a->id);
	queue_reference(s->shared->keys, identifier, clock_now_s(), reference);
	a->lane = db_text(rows, i, 2);
	return db_run(t, s->db, SQL_CAMPAIGN_JOB, NULL,
	              PARAMS(P((const char *)a->id), P(c->election_id), P(queue_mail_word(c->mail)), P(identifier),
	                     P(strrchr(identifier, '@') + 1), P((const char *)reference), P(topic), P(db_number(rows, i, 0)), P(c->id),
	                     P(s->conf->campaign_validity / 1000), P(c->closes_s)));
}

static int
write_slice(struct task *t, struct sender *s, const struct campaign *c, const char *domain, int64_t n, struct addressee *list, size_t *n_r)
{
	struct db_rows *rows;
	int64_t last;
	bool runs;

	*n_r = 0;
	if (lock(t, s, c, domain, &last, &runs) == -1)
		return -1;
	if (!runs)
		return 0;
	if (db_run(t, s->db, SQL_CAMPAIGN_SLICE, &rows, PARAMS(P(c->id), P(domain), P(last), P(n))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (insert_job(t, s, c, rows, i, &list[i]) == -1)
			return -1;
	fault_point("campaign-feeding");
	*n_r = rows->n;
	return rows->n == 0 ? 0
	                    : db_run(t, s->db, SQL_CAMPAIGN_FED, NULL,
	                             PARAMS(P((int64_t)rows->n), P(db_number(rows, rows->n - 1, 0)), P(c->id), P(domain)));
}

/* What Redis does not hear of now it hears of at the next sweep, as of any row that it lacks. */
static int
queue_slice(struct task *t, struct sender *s, const struct campaign *c, const struct addressee *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct live_put p = {.id = list[i].id,
		                     .place = "ready",
		                     .queue_class = queue_mail_class(c->mail),
		                     .lane = list[i].lane,
		                     .mail = queue_mail_word(c->mail),
		                     .cool = ""};

		if (live_put(t, s->store, &p) == -1)
			return -1;
	}
	return 0;
}

static int
feed_slice(struct task *t, struct sender *s, const struct campaign *c, const char *domain, int64_t n, size_t *n_r)
{
	struct addressee *list = talloc_array(t, struct addressee, SLICE);

	if (db_begin(t, s->db) == -1 || write_slice(t, s, c, domain, n, list, n_r) == -1 || db_commit(t, s->db) == -1)
		return -1;
	fault_point("campaign-fed");
	return queue_slice(t, s, c, list, *n_r);
}

/* At most n more of this domain; slices on tasks of their own. */
static int
feed_domain(struct task *t, struct sender *s, struct campaign *c, const char *domain, int64_t n)
{
	size_t fed = 1;

	while (n > 0 && fed > 0 && clock_mono_ms() < c->until_ms) {
		struct task *slice = task_new(t, 0);
		int rc = feed_slice(slice, s, c, domain, n < SLICE ? n : SLICE, &fed);

		if (rc == -1) {
			db_rollback(s->db);
			task_fail(t, slice->err.kind, "%s", slice->err.text);
		}
		talloc_free(slice);
		if (rc == -1)
			return -1;
		n -= (int64_t)fed;
		c->room -= (int64_t)fed;
	}
	return 0;
}

/* ---- a campaign ---- */

/* columns of CAMPAIGNS_RUNNING; false: of a kind that this version does not know */
static bool
from_row(const struct db_rows *rows, size_t i, struct campaign *c)
{
	int64_t fed = db_number(rows, i, 5), base = db_number(rows, i, 6);
	int64_t ramp = ramp_total(db_number(rows, i, 7), db_number(rows, i, 8) * 1000, db_number(rows, i, 9));

	*c = (struct campaign){
	    .id = db_number(rows, i, 0),
	    .election_id = db_number(rows, i, 1),
	    .planned = db_number(rows, i, 3),
	    .fed = fed,
	    .closes_s = db_number(rows, i, 4),
	    .room = base + ramp - fed,
	    .until_ms = clock_mono_ms() + PATIENCE_MS,
	    .closed = db_number(rows, i, 10) != 0,
	};
	return queue_mail_find(db_text(rows, i, 2), &c->mail);
}

/* Of n that all domains share that are not through, the part of one, rounded up. */
static int64_t
part_of(int64_t n, int64_t planned, int64_t all)
{
	return n >= all ? planned : (n * planned + all - 1) / all;
}

/* How many of this domain next. all: the people of the domains that are not through. Window and room are shared in proportion: all get there together. */
static int64_t
share(const struct sender *s, const struct campaign *c, int64_t whole_room, int64_t planned, int64_t all, int64_t waiting)
{
	int64_t window = part_of(s->conf->campaign_window, planned, all) - waiting, part = part_of(whole_room, planned, all);

	part = part < window ? part : window;
	return part < c->room ? part : c->room;
}

/* No job waits, and everybody has one, or the vote is closed: whom it has not taken up by then it takes up no more. */
static int
finish(struct task *t, struct sender *s, const struct campaign *c)
{
	struct audit_entry e = {.election_id = c->election_id, .actor = "mailer", .act = "campaign done", .subject = ""};
	struct db_rows *rows;

	if (db_begin(t, s->db) == -1 || db_run(t, s->db, SQL_CAMPAIGN_DONE, &rows, PARAMS(P(c->id), P((int64_t)c->closed))) == -1)
		return -1;
	e.detail = talloc_asprintf(t, "campaign=%lld kind=%s people=%lld taken up=%lld", (long long)c->id, queue_mail_word(c->mail), (long long)c->planned,
	                           (long long)c->fed);
	if (rows->affected == 1 && audit_add(t, s->db, SQL_AUDIT_ADD, &e) == -1)
		return -1;
	return db_commit(t, s->db);
}

/* columns of CAMPAIGN_DOMAINS: domain, planned, waiting */
static int
feed_one(struct task *t, struct sender *s, struct campaign *c)
{
	int64_t whole_room = c->room, all = 0;
	struct db_rows *rows;

	if (db_run(t, s->db, SQL_CAMPAIGN_DOMAINS, &rows, PARAMS(P(c->id))) == -1)
		return -1;
	if (rows->n == 0 || c->closed)
		return finish(t, s, c);
	for (size_t i = 0; i < rows->n; i++)
		all += db_number(rows, i, 1);
	for (size_t i = 0; i < rows->n; i++)
		if (feed_domain(t, s, c, db_text(rows, i, 0), share(s, c, whole_room, db_number(rows, i, 1), all, db_number(rows, i, 2))) == -1)
			return -1;
	if (c->room < whole_room)
		log_info("campaign fed", "campaign=%lld mails=%lld", (long long)c->id, (long long)(whole_room - c->room));
	return 0;
}

static int
feed_all(struct task *t, struct sender *s)
{
	struct db_rows *rows;
	struct campaign c;

	if (db_run(t, s->db, SQL_CAMPAIGNS_RUNNING, &rows, NO_PARAMS) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (from_row(rows, i, &c) && feed_one(t, s, &c) == -1) {
			db_rollback(s->db);
			return -1;
		}
	return 0;
}

/* One sender at a time: a second one would only find the rows locked, and send nothing meanwhile. Its lock ends with its connection. */
int
campaign_feed(struct task *t, struct sender *s)
{
	struct db_rows *rows;
	int rc;

	if (db_run(t, s->db, SQL_CAMPAIGNS_RUNNING, &rows, NO_PARAMS) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	if (db_run(t, s->db, SQL_CAMPAIGN_ALONE, &rows, NO_PARAMS) == -1)
		return -1;
	if (db_number(rows, 0, 0) != 1)
		return 0;
	rc = feed_all(t, s);
	return db_run(t, s->db, SQL_CAMPAIGN_NOT_ALONE, NULL, NO_PARAMS) == -1 ? -1 : rc;
}

/* ---- a mail ---- */

/* The campaign's row is locked first, as by those who resume it: else the mail of one that runs again would stay held. */
static int
hold(struct task *t, struct db *d, const struct job *j, enum campaign_word *word_r)
{
	struct db_rows *paused, *held;

	if (db_begin(t, d) == -1 || db_run(t, d, SQL_CAMPAIGN_LOCK, &paused, PARAMS(P(j->campaign_id), P("paused"))) == -1)
		return -1;
	if (paused->n == 1) {
		if (db_run(t, d, SQL_CAMPAIGN_HOLD, &held, PARAMS(P(j->id))) == -1)
			return -1;
		*word_r = held->affected == 1 ? CAMPAIGN_WAITS : CAMPAIGN_GO;
	}
	return db_commit(t, d);
}

int
campaign_judge(struct task *t, struct db *d, const struct job *j, enum campaign_word *word_r)
{
	struct db_rows *rows;

	*word_r = CAMPAIGN_GO;
	if (j->campaign_id == 0)
		return 0;
	if (db_run(t, d, SQL_CAMPAIGN_STATE, &rows, PARAMS(P(j->campaign_id))) == -1)
		return -1;
	must(rows->n == 1);
	if (strcmp(db_text(rows, 0, 0), "cancelled") == 0)
		*word_r = CAMPAIGN_OVER;
	if (strcmp(db_text(rows, 0, 0), "paused") != 0)
		return 0;
	return hold(t, d, j, word_r);
}

int
campaign_readdress(struct task *t, struct db *d, const struct job *j, bool *moved_r)
{
	struct db_rows *rows;

	*moved_r = false;
	if (j->campaign_id == 0)
		return 0;
	if (db_run(t, d, SQL_CAMPAIGN_READDRESS, &rows, PARAMS(P(j->id))) == -1)
		return -1;
	*moved_r = rows->affected == 1;
	return 0;
}

void
campaign_specimen(struct elector *e)
{
	e->civility = "Mme";
	e->given_name = "Prénom";
	e->family_name = "NOM";
}

int64_t
campaign_link_validity_s(const struct conf *c, enum queue_mail mail)
{
	return (queue_mail_class(mail) == QUEUE_CAMPAIGN ? c->campaign_validity : c->link_validity) / 1000;
}
