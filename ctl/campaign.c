/*
 * isoloirctl campaign: one mail each to many electors. `create` writes down who is meant, once, with the rule and the counts; `start` sends the mail to the
 * test mailboxes and, once somebody has looked, lets the campaign run. From then on the mailer makes the jobs (mailer/campaign.c): nothing here has to
 * stay alive, and pausing or ending a campaign is one word in its row.
 */
#include "ctl/campaign.h"

#include <ctype.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/fault.h"
#include "common/fold.h"
#include "common/queue/live.h"
#include "common/queue/name.h"

#define RANGE 20000 /* ids of electors in one statement */
#define TESTS_MAX 5
#define NAME_MAX_LEN 40

static const struct kind {
	const char *word, *rule;
	int fill_sql;
} kinds[] = {
#define CAMPAIGN(name, word, rule, condition) {word, rule, SQL_CAMPAIGN_FILL_##name},
#include "ctl/campaigns.def"
#undef CAMPAIGN
};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *const list_names[] = {"name", "kind", "state", "people", "in_the_queue", "created_at", "created_by", "started_at", "finished_at"};
static const char *const test_names[] = {"address", "state", "last_reply", "finished_at"};

/* columns of CAMPAIGN_GET */
int
campaign_get(struct ctl *c, const char *name, struct campaign *it)
{
	struct db_rows *rows;
	int rc;

	*it = (struct campaign){.c = c, .db = ctl_db(c), .name = name};
	rc = office_election(c, it->db, &it->election_id, &it->slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, it->db, SQL_CAMPAIGN_GET, &rows, PARAMS(P(it->election_id), P(name))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "no campaign is called %s; `isoloirctl campaign list` names them", name);
	it->row = rows;
	it->id = db_number(rows, 0, 0);
	it->kind = db_text(rows, 0, 1);
	it->state = db_text(rows, 0, 2);
	it->rule = db_text(rows, 0, 3);
	it->test = db_text(rows, 0, 4);
	it->planned = db_number(rows, 0, 5);
	it->fed = db_number(rows, 0, 6);
	it->ramp = db_number(rows, 0, 7);
	it->doubling_s = db_number(rows, 0, 8);
	it->title = db_text(rows, 0, 14);
	it->closed = db_number(rows, 0, 15) != 0;
	it->opens_s = db_number(rows, 0, 16);
	it->closes_s = db_number(rows, 0, 17);
	return EX_OK;
}

int
ctl_campaign_list(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;
	const char *slug;
	int64_t election_id;
	int rc = office_election(c, d, &election_id, &slug);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, d, SQL_CAMPAIGNS, &rows, PARAMS(P(election_id))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "campaigns", ctl_rows(c, rows, list_names));
	if (rows->n == 0)
		ctl_say(c, "There is no campaign.");
	return EX_OK;
}

/* ---- create ---- */

static int
check_name(struct ctl *c, const char *name)
{
	size_t len = strlen(name);
	bool good = len > 0 && len <= NAME_MAX_LEN && isalnum((unsigned char)name[0]);

	for (const char *s = name; *s != '\0' && good; s++)
		good = isalnum((unsigned char)*s) || strchr("-_.", *s) != NULL;
	return good ? EX_OK : ctl_fail(c, EX_USAGE, "a name has at most %d letters, digits, points, hyphens and underscores", NAME_MAX_LEN);
}

static int
find_kind(struct ctl *c, const char *word, const struct kind **kind_r)
{
	const char *words[N_KINDS];
	int rc;

	for (size_t i = 0; i < N_KINDS; i++) {
		words[i] = kinds[i].word;
		if (strcmp(word, words[i]) == 0)
			*kind_r = &kinds[i];
	}
	rc = ctl_word(c, "kind of campaign", word, words, N_KINDS);
	if (rc != EX_OK && strstr(c->error, "did you mean") == NULL)
		return ctl_fail(c, rc, "%s: there are opening, reminder and scrutins_changed", c->error);
	return rc;
}

/* The addresses of --test, folded, with commas between. */
static int
read_tests(struct ctl *c, char **list_r)
{
	char *rest = talloc_strdup(c, ctl_has(c, OPTION_TEST) ? c->option[OPTION_TEST] : ""), *one;
	size_t n = 0;

	*list_r = talloc_strdup(c, "");
	while ((one = strsep(&rest, ",")) != NULL) {
		char *folded = fold_identifier(c, one);

		if (text_trim(c, one)[0] == '\0')
			continue;
		if (folded == NULL)
			return ctl_fail(c, EX_USAGE, "--test: %s is no address that mails go to", one);
		if (++n > TESTS_MAX)
			return ctl_fail(c, EX_USAGE, "--test takes at most %d addresses", TESTS_MAX);
		*list_r = talloc_asprintf_append(*list_r, "%s%s", n > 1 ? "," : "", folded);
	}
	return n > 0 ? EX_OK : ctl_fail(c, EX_USAGE, "name a mailbox with --test where somebody reads the mail before it goes to electors");
}

/* One open campaign of a kind: else two of them would write to the same people at once. */
static int
check_open(struct campaign *it)
{
	struct ctl *c = it->c;
	struct db_rows *same, *open;

	if (db_run(c->task, it->db, SQL_CAMPAIGN_GET, &same, PARAMS(P(it->election_id), P(it->name))) == -1 ||
	    db_run(c->task, it->db, SQL_CAMPAIGN_OPEN, &open, PARAMS(P(it->election_id), P(it->kind))) == -1)
		return ctl_trouble(c);
	if (same->n > 0)
		return ctl_fail(c, EX_DATAERR, "there is a campaign %s already", it->name);
	if (open->n > 0)
		return ctl_fail(c, EX_DATAERR, "the campaign %s of the same kind is not over: wait for it, or cancel it", db_text(open, 0, 0));
	return EX_OK;
}

/* Who is meant, range by range. */
static int
fill(struct campaign *it, const struct kind *k)
{
	struct task *t = it->c->task;
	struct db_rows *rows;
	int64_t from, last;

	if (db_run(t, it->db, SQL_CAMPAIGN_RANGE, &rows, PARAMS(P(it->election_id))) == -1)
		return -1;
	from = db_number(rows, 0, 0);
	last = db_number(rows, 0, 1);
	for (int64_t at = from; at < last; at += RANGE) {
		ctl_progress("who is meant", (int)((at - from) * 50 / (last - from)));
		if (db_run(t, it->db, k->fill_sql, NULL, PARAMS(P(it->id), P(it->election_id), P(at), P(at + RANGE))) == -1)
			return -1;
		fault_point("campaign-filling");
	}
	return 0;
}

static int
count(struct campaign *it)
{
	struct task *t = it->c->task;
	struct db_rows *domains;

	if (db_run(t, it->db, SQL_CAMPAIGN_DOMAINS, NULL, PARAMS(P(it->id))) == -1 ||
	    db_run(t, it->db, SQL_CAMPAIGN_PLANNED, NULL, PARAMS(P(it->id), P(it->id))) == -1 ||
	    db_run(t, it->db, SQL_CAMPAIGN_ACADEMIES, NULL, PARAMS(P(it->id))) == -1 ||
	    db_run(t, it->db, SQL_CAMPAIGN_BY_DOMAIN, &domains, PARAMS(P(it->id))) == -1)
		return -1;
	for (size_t i = 0; i < domains->n; i++) {
		ctl_progress("counts by body", (int)(50 + i * 50 / domains->n));
		if (db_run(t, it->db, SQL_CAMPAIGN_BODIES, NULL, PARAMS(P(it->id), P(db_text(domains, i, 0)))) == -1)
			return -1;
		it->planned += db_number(domains, i, 1);
	}
	return 0;
}

/* Read committed: looking at a million rows of the roll must not hold one of them. */
static int
write_down(struct campaign *it, const struct kind *k)
{
	struct ctl *c = it->c;
	const char *who = ctl_operator(c);
	struct db_rows *rows;

	if (db_script(c->task, it->db, "set session transaction isolation level read committed") == -1 || db_begin(c->task, it->db) == -1 ||
	    db_run(c->task, it->db, SQL_CAMPAIGN_NEW, &rows,
	           PARAMS(P(it->election_id), P(it->name), P(it->kind), P(it->rule), P(it->test), P(it->ramp), P(it->doubling_s), P(who))) == -1)
		return -1;
	it->id = (int64_t)rows->insert_id;
	if (fill(it, k) == -1 || count(it) == -1)
		return -1;
	return office_audit(c, it->db, it->election_id, "campaign created",
	                    talloc_asprintf(c, "%s kind=%s people=%lld", it->name, it->kind, (long long)it->planned));
}

int
ctl_campaign_create(struct ctl *c)
{
	struct campaign it = {.c = c, .db = ctl_db(c), .name = c->args[1], .ramp = c->conf->campaign_ramp, .doubling_s = c->conf->campaign_doubling / 1000};
	const struct kind *k = NULL;
	char *tests;
	int rc;

	if ((rc = find_kind(c, c->args[0], &k)) != EX_OK || (rc = check_name(c, it.name)) != EX_OK || (rc = read_tests(c, &tests)) != EX_OK ||
	    (rc = office_election(c, it.db, &it.election_id, &it.slug)) != EX_OK)
		return rc;
	it.kind = k->word;
	it.rule = k->rule;
	it.test = tests;
	if ((rc = check_open(&it)) != EX_OK)
		return rc;
	if (write_down(&it, k) == -1)
		return db_is_duplicate(it.db) ? ctl_fail(c, EX_TEMPFAIL, "somebody else creates a campaign just now") : ctl_trouble(c);
	js_set_text(c->out, "rule", it.rule);
	js_set_number(c->out, "people", it.planned);
	if (it.planned == 0)
		return ctl_fail(c, EX_DATAERR, "nobody is meant: %s", it.rule);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "%lld people would be meant; nothing was written (--dry-run).", (long long)it.planned);
		return EX_OK;
	}
	if (db_commit(c->task, it.db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%lld people are meant; nothing is sent yet. `isoloirctl campaign preview %s` shows all of it.", (long long)it.planned, it.name);
	return EX_OK;
}

/* ---- start ---- */

static bool
is(const struct campaign *it, const char *state)
{
	return strcmp(it->state, state) == 0;
}

static int
note(struct campaign *it, const char *act)
{
	const char *detail = talloc_asprintf(it->c, "%s kind=%s people=%lld in the queue=%lld", it->name, it->kind, (long long)it->planned, (long long)it->fed);

	return office_audit(it->c, it->db, it->election_id, act, detail) == -1 ? ctl_trouble(it->c) : EX_OK;
}

/* In a transaction that commit() ends: the row moves on from the state in which it was read, with its line in the audit trail. */
static int
move(struct campaign *it, int sql, const struct db_param *params, size_t n, const char *act)
{
	struct ctl *c = it->c;
	struct db_rows *rows;

	if (db_begin(c->task, it->db) == -1 || db_run(c->task, it->db, sql, &rows, params, n) == -1)
		return ctl_trouble(c);
	if (rows->affected != 1)
		return ctl_fail(c, EX_TEMPFAIL, "the campaign %s has moved on meanwhile: look at its status", it->name);
	return note(it, act);
}

static int
move_to(struct campaign *it, const char *state, const char *act)
{
	return move(it, SQL_CAMPAIGN_MOVE, PARAMS(P(state), P(state), P(it->id), P(it->state)), act);
}

static int
commit(struct campaign *it)
{
	return db_commit(it->c->task, it->db) == -1 ? ctl_trouble(it->c) : EX_OK;
}

static int
put_test(struct campaign *it, const struct keys *k, const char *address)
{
	const char *topic = talloc_asprintf(it->c, "T%lld", (long long)it->id);
	char id[QUEUE_ID_SIZE], reference[QUEUE_REFERENCE_SIZE];

	queue_make_id(id);
	queue_reference(k, address, clock_now_s(), reference);
	return db_run(it->c->task, it->db, SQL_CAMPAIGN_TEST, NULL,
	              PARAMS(P((const char *)id), P(it->election_id), P(it->kind), P(address), P(fold_domain(address)), P((const char *)reference), P(topic), P(it->id)));
}

/* The mailer's sweep queues them. */
static int
start_test(struct campaign *it)
{
	char *why, *rest = talloc_strdup(it->c, it->test), *one;
	struct keys *k = keys_load(it->c, it->c->conf->keys_dir, &why);
	int rc;

	if (k == NULL)
		return ctl_fail(it->c, EX_CONFIG, "%s", why);
	if (is(it, "created"))
		rc = move_to(it, "testing", "campaign tested");
	else /* once more, as after a change of the theme */
		rc = db_begin(it->c->task, it->db) == -1 ? ctl_trouble(it->c) : note(it, "campaign tested");
	while (rc == EX_OK && (one = strsep(&rest, ",")) != NULL)
		if (put_test(it, k, one) == -1)
			rc = ctl_trouble(it->c);
	if (rc != EX_OK || (rc = commit(it)) != EX_OK)
		return rc;
	ctl_say(it->c, "The mail goes to %s. Read it there; then `isoloirctl campaign start %s --confirmed` lets the campaign go.", it->test, it->name);
	return EX_OK;
}

static size_t
count_tests(const struct campaign *it)
{
	size_t n = 1;

	for (const char *s = it->test; *s != '\0'; s++)
		n += *s == ',';
	return n;
}

static int
check_tested(struct campaign *it)
{
	struct db_rows *rows, *tests;

	if (!is(it, "testing"))
		return ctl_fail(it->c, EX_DATAERR, "the test mailboxes come first: `isoloirctl campaign start %s` without --confirmed", it->name);
	if (db_run(it->c->task, it->db, SQL_CAMPAIGN_TEST_WAITS, &rows, PARAMS(P(it->id))) == -1 ||
	    db_run(it->c->task, it->db, SQL_CAMPAIGN_TESTED, &tests, PARAMS(P(it->id))) == -1)
		return ctl_trouble(it->c);
	if (db_number(rows, 0, 0) == (int64_t)count_tests(it))
		return EX_OK;
	js_set(it->c->out, "tests", ctl_rows(it->c, tests, test_names));
	return ctl_fail(it->c, EX_TEMPFAIL, "the mail has reached %s of %zu test mailboxes", db_text(rows, 0, 0), count_tests(it));
}

static int
run(struct campaign *it, const char *act)
{
	const char *who = ctl_operator(it->c);

	return move(it, SQL_CAMPAIGN_RUN, PARAMS(P(who), P(it->id), P(it->state)), act);
}

static int
start_all(struct campaign *it)
{
	int rc = run(it, "campaign started");

	if (rc != EX_OK || (rc = commit(it)) != EX_OK)
		return rc;
	ctl_say(it->c, "The campaign runs: the mailer takes its %lld people up from its next sweep on.", (long long)it->planned);
	return EX_OK;
}

static int
dry(struct campaign *it, const char *what)
{
	ctl_say(it->c, "The campaign %s (%s) would be %s; nothing was changed (--dry-run).", it->name, it->state, what);
	return EX_OK;
}

int
ctl_campaign_start(struct ctl *c)
{
	bool confirmed = ctl_has(c, OPTION_CONFIRMED);
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK)
		return rc;
	if (!is(&it, "created") && !is(&it, "testing"))
		return ctl_fail(c, EX_DATAERR, "the campaign %s is %s: it was started already", it.name, it.state);
	if (it.closed)
		return ctl_fail(c, EX_DATAERR, "the vote is closed");
	if (confirmed && ((rc = office_reason(c)) != EX_OK || (rc = check_tested(&it)) != EX_OK))
		return rc;
	if (ctl_has(c, OPTION_DRY_RUN))
		return dry(&it, confirmed ? "started" : "sent to the test mailboxes");
	return confirmed ? start_all(&it) : start_test(&it);
}

/* ---- pause, resume, cancel ---- */

int
ctl_campaign_pause(struct ctl *c)
{
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK || (rc = office_reason(c)) != EX_OK)
		return rc;
	if (!is(&it, "running"))
		return ctl_fail(c, EX_DATAERR, "the campaign %s is %s: only one that runs can be paused", it.name, it.state);
	if (ctl_has(c, OPTION_DRY_RUN))
		return dry(&it, "paused");
	rc = move_to(&it, "paused", "campaign paused");
	if (rc != EX_OK || (rc = commit(&it)) != EX_OK)
		return rc;
	ctl_say(c, "Paused: what is on its way just now still arrives, nothing else.");
	return EX_OK;
}

/* What the pause held in the queue is looked at again; without Redis the mailer's next look at all rows does it. */
static int
release(struct campaign *it)
{
	return db_run(it->c->task, it->db, SQL_CAMPAIGN_RELEASE, NULL, PARAMS(P(it->id))) == -1 ? ctl_trouble(it->c) : EX_OK;
}

static void
wake(struct ctl *c)
{
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);
	struct task *t = task_new(c, c->conf->redis_timeout);

	if (live_look_at_all(t, s) == -1)
		ctl_say(c, "%s Redis is away: what waits in it follows some minutes after it is back.", js_text(c->out, "message", ""));
	talloc_free(t);
}

int
ctl_campaign_resume(struct ctl *c)
{
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK)
		return rc;
	if (!is(&it, "paused"))
		return ctl_fail(c, EX_DATAERR, "the campaign %s is %s: only one that is paused can be resumed", it.name, it.state);
	if (ctl_has(c, OPTION_DRY_RUN))
		return dry(&it, "resumed");
	if ((rc = run(&it, "campaign resumed")) != EX_OK || (rc = release(&it)) != EX_OK || (rc = commit(&it)) != EX_OK)
		return rc;
	ctl_say(c, "The campaign runs again, slowly first.");
	wake(c);
	return EX_OK;
}

/* What is in the queue ends there: the mailer finds the campaign cancelled when it takes each up. */
int
ctl_campaign_cancel(struct ctl *c)
{
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK || (rc = office_reason(c)) != EX_OK)
		return rc;
	if (is(&it, "done") || is(&it, "cancelled"))
		return ctl_fail(c, EX_DATAERR, "the campaign %s is %s", it.name, it.state);
	if (ctl_has(c, OPTION_DRY_RUN))
		return dry(&it, "cancelled");
	rc = move_to(&it, "cancelled", "campaign cancelled");
	if (rc != EX_OK || (rc = release(&it)) != EX_OK || (rc = commit(&it)) != EX_OK)
		return rc;
	ctl_say(c, "Cancelled: %lld of %lld people were not taken up, and what waits in the queue ends there.", (long long)(it.planned - it.fed), (long long)it.planned);
	wake(c);
	return EX_OK;
}
