/*
 * isoloirctl assistance: the requests that people wrote in the portal, from received to closed. An answer with a text goes to their contact by mail and
 * stands in their page. Each step is one transaction with its row of the audit trail, and its mail.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/queue.h"
#include "ctl/office.h"

#define PAGE_ROWS 500 /* of ASSISTANCE_PAGE */
#define NOTE_MAX 4000 /* characters of assistance_request.note */

static const char *const states[] = {"received", "in_progress", "answered", "closed"};
#define N_STATES (sizeof(states) / sizeof(*states))
#define UNFINISHED "received,in_progress"

static const char *const subjects[] = {
#define SUBJECT(word, label) word,
#include "portal/subjects.def"
#undef SUBJECT
};

static const char *const list_names[] = {"reference", "state", "subject", "election", "created_at",
                                         "handled_by", "name", "contact", "id"};
#define LIST_ID 8
static const char *const show_names[] = {"reference", "election",   "state",      "subject", "name",
                                         "contact",   "phone",      "posting",    "elector", "created_at",
                                         "changed_at", "handled_by", "request",    "note",    "election_id"};
#define SHOW_STATE 2
#define SHOW_CONTACT 5
#define SHOW_ELECTION 14

/* ---- list ---- */

struct filter {
	const char *states, *subject, *election;
	int64_t older_s;
};

static const char *
option_text(const struct ctl *c, enum option o)
{
	return ctl_has(c, o) ? c->option[o] : "";
}

static int
read_filter(struct ctl *c, struct filter *f)
{
	const char *state = option_text(c, OPTION_STATE);
	int64_t older_ms = 0;

	*f = (struct filter){.subject = option_text(c, OPTION_SUBJECT), .election = option_text(c, OPTION_ELECTION)};
	f->states = state[0] == '\0' ? UNFINISHED : strcmp(state, "all") == 0 ? "" : state;
	if (f->states[0] != '\0' && state[0] != '\0' && ctl_word(c, "state", state, states, N_STATES) != EX_OK)
		return EX_USAGE;
	if (f->subject[0] != '\0' &&
	    ctl_word(c, "subject", f->subject, subjects, sizeof(subjects) / sizeof(*subjects)) != EX_OK)
		return EX_USAGE;
	if (ctl_has(c, OPTION_OLDER) && !conf_time(c->option[OPTION_OLDER], &older_ms))
		return ctl_fail(c, EX_USAGE, "--older takes a time such as 30min, 4h or 2d");
	f->older_s = older_ms / 1000;
	return EX_OK;
}

/* People read each page as it comes; programs get one object in the end. */
static void
tell_page(struct ctl *c, struct js *list, const struct db_rows *rows)
{
	struct js *page = js_array(c);

	for (size_t i = 0; i < rows->n; i++)
		js_push(ctl_has(c, OPTION_JSON) ? list : page, ctl_row(c, rows, i, list_names));
	if (ctl_has(c, OPTION_JSON) || rows->n == 0)
		return;
	js_set(c->out, "requests", page);
	print_answer(stdout, c->out);
	talloc_free(c->out);
	c->out = js_object(c);
}

/* *after is the id of the last one told. */
static int
list_page(struct ctl *c, struct db *d, const struct filter *f, struct js *list, int64_t *after, size_t *n_r)
{
	struct task *t = task_new(c, 0);
	struct db_rows *rows;
	int rc = db_run(t, d, SQL_ASSISTANCE_PAGE, &rows,
	                PARAMS(P(*after), P(f->states), P(f->states), P(f->subject), P(f->subject), P(f->election),
	                       P(f->election), P(f->older_s)));

	if (rc == -1) {
		c->task->err = t->err;
	} else {
		*n_r = rows->n;
		if (rows->n > 0)
			*after = db_number(rows, rows->n - 1, LIST_ID);
		tell_page(c, list, rows);
	}
	talloc_free(t);
	return rc;
}

int
ctl_assistance_list(struct ctl *c)
{
	struct js *list = js_array(c);
	struct db *d = ctl_db(c);
	size_t n = PAGE_ROWS, total = 0;
	struct filter f;
	int64_t after = 0;

	if (read_filter(c, &f) != EX_OK)
		return EX_USAGE;
	for (; n == PAGE_ROWS; total += n)
		if (list_page(c, d, &f, list, &after, &n) == -1)
			return ctl_trouble(c);
	if (ctl_has(c, OPTION_JSON))
		js_set(c->out, "requests", list);
	ctl_say(c, "%zu request%s.", total, total == 1 ? "" : "s");
	return EX_OK;
}

/* ---- one request ---- */

static int
find(struct ctl *c, struct db *d, struct db_rows **rows_r)
{
	const char *reference = office_reference(c, c->args[0]);

	if (db_run(c->task, d, SQL_ASSISTANCE_GET, rows_r, PARAMS(P(reference))) == -1)
		return ctl_trouble(c);
	return (*rows_r)->n == 1 ? EX_OK : ctl_fail(c, EX_NOUSER, "no request for assistance has the reference %s", c->args[0]);
}

int
ctl_assistance_show(struct ctl *c)
{
	struct db_rows *rows;
	int rc = find(c, ctl_db(c), &rows);

	if (rc != EX_OK)
		return rc;
	js_set(c->out, "assistance", ctl_row(c, rows, 0, show_names));
	return EX_OK;
}

struct move {
	const char *act, *from, *to, *done;
};

static int
write_move(struct ctl *c, struct db *d, const struct move *m, const char *reference, const char *note, bool *moved_r)
{
	const char *who = ctl_operator(c);
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_ASSISTANCE_MOVE, &rows,
	           PARAMS(P(m->to), P(who), P(note), P(note), P(reference), P(m->from))) == -1)
		return -1;
	*moved_r = rows->affected == 1;
	return 0;
}

/* What was answered goes out; moves without words have no mail. */
static int
send_note(struct ctl *c, struct db *d, const struct db_rows *rows, const char *note)
{
	if (note[0] == '\0')
		return 0;
	return queue_write(c->task, d, SQL_QUEUE_WRITE, QUEUE_MAIL_ASSISTANCE_ANSWERED, db_number(rows, 0, SHOW_ELECTION),
	                   db_text(rows, 0, SHOW_CONTACT), db_text(rows, 0, 0));
}

/* Whoever comes second finds the state that the first one left, and is told. */
static int
move(struct ctl *c, const struct move *m, const char *note)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;
	const char *reference;
	bool moved;
	int rc = find(c, d, &rows);

	if (rc != EX_OK)
		return rc;
	reference = db_text(rows, 0, 0);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "%s is %s; nothing was changed.", reference, db_text(rows, 0, SHOW_STATE));
		return EX_OK;
	}
	if (db_begin(c->task, d) == -1 || write_move(c, d, m, reference, note, &moved) == -1)
		return ctl_trouble(c);
	if (!moved)
		return ctl_fail(c, EX_DATAERR, "%s is %s: it cannot be %s", reference, db_text(rows, 0, SHOW_STATE), m->done);
	if (send_note(c, d, rows, note) == -1 || office_audit(c, d, db_number(rows, 0, SHOW_ELECTION), m->act, reference) == -1 ||
	    db_commit(c->task, d) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s is %s.", reference, m->done);
	return EX_OK;
}

int
ctl_assistance_take(struct ctl *c)
{
	return move(c, &(struct move){"assistance taken", "received,in_progress", "in_progress", "taken"}, "");
}

int
ctl_assistance_answer(struct ctl *c)
{
	char *note = talloc_strdup(c, "");
	int rc = ctl_has(c, OPTION_TEXT) ? office_read(c, c->option[OPTION_TEXT], 4 * NOTE_MAX, &note) : EX_OK;

	if (rc != EX_OK)
		return rc;
	if (text_length(note) > NOTE_MAX)
		return ctl_fail(c, EX_DATAERR, "the answer has %zu characters, and at most %d fit", text_length(note), NOTE_MAX);
	return move(c, &(struct move){"assistance answered", "received,in_progress,answered", "answered", "answered"},
	            text_trim(c, note));
}

int
ctl_assistance_close(struct ctl *c)
{
	return move(c, &(struct move){"assistance closed", "received,in_progress,answered", "closed", "closed"}, "");
}
