/*
 * isoloirctl queue list, hold, release, retry, drop, restore: many mails by a filter, or one by its id or reference. The row is changed first, page by
 * page, each page with its row of the audit trail in one transaction; then Redis is told. If it is away the sweep tells it.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/keys.h"
#include "common/queue/live.h"
#include "common/queue/name.h"
#include "ctl/office.h"

#define PAGE_ROWS 500 /* of QUEUE_PAGE and QUEUE_DROPPED_PAGE */

static const char *const list_names[] = {"reference", "mail",   "state",      "domain",     "identifier", "attempts",
                                         "created_at", "due_at", "last_reply", "id"};
enum { COLUMN_REFERENCE, COLUMN_MAIL, COLUMN_STATE, COLUMN_DOMAIN, COLUMN_IDENTIFIER, COLUMN_ID = 9, COLUMN_ELECTION, COLUMN_LANE };

static const char *const states[] = {"ready", "held", "uncertain"};
static const char *const classes[QUEUE_CLASS__MAX] = {"interactive", "notice", "campaign"};

/* What an operator may do: the statement that changes a row (or finds it changed by now), and where the job then stands. */
struct action {
	const char *act, *done, *note; /* note: as it stands beside each mail */
	int page_sql, row_sql;
	const char *place; /* NULL: out of Redis */
};
static const struct action hold = {"mails held", "held", "held", SQL_QUEUE_PAGE, SQL_QUEUE_HOLD, "held"};
static const struct action release = {"mails released", "released", "released", SQL_QUEUE_PAGE, SQL_QUEUE_RELEASE, "ready"};
static const struct action retry = {"mails retried", "due now", "retried", SQL_QUEUE_PAGE, SQL_QUEUE_RETRY, "ready"};
static const struct action drop = {"mails dropped", "dropped", "dropped", SQL_QUEUE_PAGE, SQL_QUEUE_DROP, NULL};
static const struct action restore = {"mails restored", "held again", "restored", SQL_QUEUE_DROPPED_PAGE, SQL_QUEUE_RESTORE, "held"};

struct filter {
	const char *state, *domain, *mails, *campaign, *one;
	int64_t older_s;
};

/* ---- the filter ---- */

static const char *
option_text(const struct ctl *c, enum option o)
{
	return ctl_has(c, o) ? c->option[o] : "";
}

static bool
is_among(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* The kinds of mail of a class, as a list for find_in_set. */
static char *
mails_of(TALLOC_CTX *ctx, const char *class)
{
	char *list = talloc_strdup(ctx, "");

	for (int i = 0; i < QUEUE_MAIL__MAX; i++)
		if (strcmp(classes[queue_mail_class((enum queue_mail)i)], class) == 0)
			list = talloc_asprintf_append(list, "%s%s", list[0] != '\0' ? "," : "", queue_mail_word((enum queue_mail)i));
	return list;
}

static int
read_filter(struct ctl *c, struct filter *f)
{
	const char *class = option_text(c, OPTION_CLASS);
	enum queue_mail mail;
	int64_t older_ms = 0;

	*f = (struct filter){.state = option_text(c, OPTION_STATE), .domain = option_text(c, OPTION_DOMAIN), .mails = option_text(c, OPTION_MAIL),
	                     .campaign = option_text(c, OPTION_CAMPAIGN)};
	f->one = c->n_args == 1 ? c->args[0] : "";
	if (ctl_has(c, OPTION_REFERENCE) && f->one[0] != '\0')
		return ctl_fail(c, EX_USAGE, "--reference and an id or a reference exclude each other");
	if (ctl_has(c, OPTION_REFERENCE))
		f->one = office_reference(c, c->option[OPTION_REFERENCE]);
	if (f->state[0] != '\0' && !is_among(f->state, states, sizeof(states) / sizeof(*states)))
		return ctl_fail(c, EX_USAGE, "--state takes ready, held or uncertain");
	if (f->mails[0] != '\0' && !queue_mail_find(f->mails, &mail))
		return ctl_fail(c, EX_USAGE, "no kind of mail is called %s; isoloir-queue(7) lists them", f->mails);
	if (class[0] != '\0' && f->mails[0] != '\0')
		return ctl_fail(c, EX_USAGE, "--class and --mail exclude each other");
	if (class[0] != '\0' && (f->mails = mails_of(c, class))[0] == '\0')
		return ctl_fail(c, EX_USAGE, "--class takes interactive, notice or campaign");
	if (ctl_has(c, OPTION_OLDER) && !conf_time(c->option[OPTION_OLDER], &older_ms))
		return ctl_fail(c, EX_USAGE, "--older takes a time such as 30min, 4h or 2d");
	f->older_s = older_ms / 1000;
	return EX_OK;
}

/* As it stands in the audit trail. */
static char *
filter_text(TALLOC_CTX *ctx, const struct filter *f)
{
	return talloc_asprintf(ctx, "%s%s%s%s%s%s%s%s%s%s older=%llds", f->one, f->one[0] != '\0' ? " " : "", "state=",
	                       f->state[0] != '\0' ? f->state : "any", " domain=", f->domain[0] != '\0' ? f->domain : "any", " mail=",
	                       f->mails[0] != '\0' ? f->mails : "any", f->campaign[0] != '\0' ? " campaign=" : "", f->campaign, (long long)f->older_s);
}

static int
read_page(struct task *t, struct db *d, int sql, const struct filter *f, const char *after, struct db_rows **rows_r)
{
	return db_run(t, d, sql, rows_r,
	              PARAMS(P(after), P(f->state), P(f->state), P(f->domain), P(f->domain), P(f->mails), P(f->mails), P(f->campaign), P(f->campaign), P(f->one), P(f->one),
	                     P(f->one), P(f->older_s)));
}

/* ---- list ---- */

/* Each page goes out as it comes, so that memory stays flat however many there are. */
static void
tell_page(struct ctl *c, struct task *t, const struct db_rows *rows)
{
	struct js *page = js_array(t);

	for (size_t i = 0; i < rows->n; i++) {
		struct db_rows one = {.n = 1, .columns = sizeof(list_names) / sizeof(*list_names), .values = &rows->values[i * rows->columns]};
		struct js *row = ctl_row(t, &one, 0, list_names);

		if (ctl_has(c, OPTION_JSON))
			ctl_stream(c, "mails", row);
		else
			js_push(page, row);
	}
	if (ctl_has(c, OPTION_JSON) || rows->n == 0)
		return;
	js_set(c->out, "mails", page);
	print_answer(stdout, c->out);
	talloc_free(c->out);
	c->out = js_object(c);
}

int
ctl_queue_list(struct ctl *c)
{
	struct db *d = ctl_db(c);
	size_t n = PAGE_ROWS, total = 0;
	char after[QUEUE_ID_SIZE] = "";
	struct filter f;

	if (read_filter(c, &f) != EX_OK)
		return EX_USAGE;
	for (; n == PAGE_ROWS; total += n) {
		struct task *t = task_new(c, 0);
		struct db_rows *rows;

		if (read_page(t, d, SQL_QUEUE_PAGE, &f, after, &rows) == -1) {
			c->task->err = t->err;
			return ctl_trouble(c);
		}
		n = rows->n;
		if (n > 0)
			snprintf(after, sizeof(after), "%s", db_text(rows, n - 1, COLUMN_ID));
		tell_page(c, t, rows);
		talloc_free(t);
	}
	if (ctl_has(c, OPTION_JSON))
		ctl_stream(c, "mails", NULL);
	ctl_say(c, "%zu mail%s.", total, total == 1 ? "" : "s");
	return EX_OK;
}

/* ---- the actions ---- */

struct work {
	struct ctl *c;
	const struct action *action;
	struct filter filter;
	struct db *db;
	struct store *store;
	struct keys *keys;
	const char *who, *why;
	size_t found, done;
	bool no_redis;
};

static int
tell_redis(struct work *w, struct task *t, const struct db_rows *rows, size_t i)
{
	const char *id = db_text(rows, i, COLUMN_ID), *cool;
	enum queue_mail mail;

	if (!queue_mail_find(db_text(rows, i, COLUMN_MAIL), &mail))
		return 0; /* of another version, which will see to it */
	cool = queue_cool(t, w->keys, mail, db_number(rows, i, COLUMN_ELECTION), db_text(rows, i, COLUMN_IDENTIFIER));
	if (w->action->place == NULL)
		return live_finish(t, w->store, id, NULL, 0, cool);
	if (w->action->row_sql == SQL_QUEUE_RESTORE) {
		struct live_put p = {id, w->action->place, 0, queue_mail_class(mail), db_text(rows, i, COLUMN_LANE), queue_mail_word(mail), cool,
		                     QUEUE_RESERVED_MS};

		return live_put(t, w->store, &p);
	}
	return live_move(t, w->store, &(struct live_move){id, "", LIVE_ANY_LEASE, w->action->place, 0, NULL, 0}, NULL);
}

/* The rows of a page, and one of the audit trail: all or nothing. changed: which of them were still as the filter found them. */
static int
change_rows(struct work *w, struct task *t, const struct db_rows *rows, bool *changed)
{
	size_t before = w->done;

	if (db_begin(t, w->db) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		struct db_rows *said;

		if (db_run(t, w->db, w->action->row_sql, &said, PARAMS(P(db_text(rows, i, COLUMN_ID)))) == -1)
			return -1;
		changed[i] = said->affected == 1;
		w->done += changed[i];
		if (changed[i] && db_run(t, w->db, SQL_NOTE_ADD, NULL, PARAMS(P(db_text(rows, i, COLUMN_ID)), P(w->who), P(w->action->note), P(w->why))) == -1)
			return -1;
	}
	if (w->done > before &&
	    office_audit(w->c, w->db, 0, w->action->act, talloc_asprintf(t, "%zu of %s", w->done - before, filter_text(t, &w->filter))) == -1)
		return task_fail(t, w->c->task->err.kind, "%s", w->c->task->err.text);
	return db_commit(t, w->db);
}

static int
work_page(struct work *w, struct task *t, const struct db_rows *rows)
{
	bool *changed = talloc_zero_array(t, bool, (unsigned)(rows->n + 1));

	w->found += rows->n;
	if (ctl_has(w->c, OPTION_DRY_RUN))
		return 0;
	if (change_rows(w, t, rows, changed) == -1)
		return -1;
	for (size_t i = 0; i < rows->n && !w->no_redis; i++)
		if (changed[i] && tell_redis(w, t, rows, i) == -1) {
			w->no_redis = true;
			task_forgive(t);
		}
	return 0;
}

static int
work_all(struct work *w)
{
	char after[QUEUE_ID_SIZE] = "";
	size_t n = PAGE_ROWS;

	while (n == PAGE_ROWS) {
		struct task *t = task_new(w->c, 0);
		struct db_rows *rows;

		if (read_page(t, w->db, w->action->page_sql, &w->filter, after, &rows) == -1 || work_page(w, t, rows) == -1) {
			w->c->task->err = t->err;
			return ctl_trouble(w->c);
		}
		n = rows->n;
		if (n > 0)
			snprintf(after, sizeof(after), "%s", db_text(rows, n - 1, COLUMN_ID));
		talloc_free(t);
	}
	return EX_OK;
}

static int
report(struct work *w)
{
	struct ctl *c = w->c;

	js_set_number(c->out, "found", (int64_t)w->found);
	js_set_number(c->out, "changed", (int64_t)w->done);
	if (w->found == 0 && w->filter.one[0] != '\0')
		return ctl_fail(c, EX_NOUSER, "no mail with the id or reference %s is in a state for that", w->filter.one);
	if (ctl_has(c, OPTION_DRY_RUN))
		ctl_say(c, "%zu mail%s would be looked at; nothing was changed (--dry-run).", w->found, w->found == 1 ? "" : "s");
	else
		ctl_say(c, "%zu of %zu mail%s %s%s", w->done, w->found, w->found == 1 ? "" : "s", w->action->done,
		        w->no_redis ? ". Redis is away: it follows at the sweep after it is back." : ".");
	return EX_OK;
}

/* It stands beside each mail, and a column has its end. */
static int
check_reason(struct ctl *c)
{
	return ctl_has(c, OPTION_REASON) ? office_reason(c) : EX_OK;
}

/* All of the queue at once is never meant: some filter must be told. */
static int
act(struct ctl *c, const struct action *a)
{
	struct work w = {.c = c, .action = a, .db = ctl_db(c), .store = store_new(c, c->conf->redis_queue, c->conf->redis_timeout)};
	char *why = NULL;
	int rc = read_filter(c, &w.filter);
	const struct filter *f = &w.filter;

	if (rc != EX_OK || (rc = check_reason(c)) != EX_OK)
		return rc;
	w.who = ctl_operator(c);
	w.why = option_text(c, OPTION_REASON);
	if (f->one[0] == '\0' && f->state[0] == '\0' && f->domain[0] == '\0' && f->mails[0] == '\0' && f->campaign[0] == '\0' && f->older_s == 0)
		return ctl_fail(c, EX_USAGE, "which mails? an id, a reference, or --state, --domain, --mail, --class, --campaign, --older");
	w.keys = keys_load(c, c->conf->keys_dir, &why);
	if (w.keys == NULL)
		return ctl_fail(c, EX_CONFIG, "%s", why);
	rc = work_all(&w);
	return rc == EX_OK ? report(&w) : rc;
}

int
ctl_queue_hold(struct ctl *c)
{
	return act(c, &hold);
}

int
ctl_queue_release(struct ctl *c)
{
	return act(c, &release);
}

int
ctl_queue_retry(struct ctl *c)
{
	return act(c, &retry);
}

int
ctl_queue_drop(struct ctl *c)
{
	return act(c, &drop);
}

int
ctl_queue_restore(struct ctl *c)
{
	return act(c, &restore);
}
