/*
 * isoloirctl trace: the whole story of a mail, or of a person's mails: the click, each attempt, what operators decided, what became of it, the link and
 * what it led to. All of it stands in MariaDB; Redis is not asked. Who looks, at whom and why is audited before anything is told.
 */
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/queue/name.h"
#include "ctl/office.h"
#include "ctl/story.h"

#define BEFORE_MS 5000      /* the click that asks for a mail may have done something else first */
#define AFTERWARDS_MS 60000 /* what the audit trail has of a person this long after the last step of a mail still belongs to it */

struct trace {
	struct ctl *c;
	struct db *db;
	struct keys *keys;
	struct story story;
	struct db_rows *mails; /* columns of TRACE_…, the oldest first */
	int64_t election_id;   /* of the person */
	const char *identifier;
	int64_t from_ms, until_ms;
};

enum { MAIL_ID, MAIL_ELECTION, MAIL_ELECTION_ID, MAIL_REFERENCE, MAIL_KIND, MAIL_IDENTIFIER, MAIL_STATE, MAIL_ATTEMPTS, MAIL_ASKED, MAIL_FINISHED, MAIL_DUE, MAIL_REPLY, MAIL_REQUEST,
       MAIL_REPEATS, MAIL_REPEATS_AFTER, MAIL_FIRST_REPEAT, MAIL_REPEATED, MAIL_BROUGHT };

/* What is kept beside a mail's row: a statement with its id as parameter, and how a row is told. A table of bounces would be one more row here. */
struct source {
	int sql;
	void (*tell)(struct trace *tr, size_t mail, const struct db_rows *rows, size_t row);
};

static const char *
mail_text(const struct trace *tr, size_t mail, size_t column)
{
	return db_text(tr->mails, mail, column);
}

/* ---- which mails ---- */

static int
read_mails(struct trace *tr, int sql, const char *value)
{
	return db_run(tr->c->task, tr->db, sql, &tr->mails, PARAMS(P(value))) == 0 ? EX_OK : ctl_trouble(tr->c);
}

static int
read_person(struct trace *tr, const char *identifier)
{
	const char *slug;
	int rc = office_election(tr->c, tr->db, &tr->election_id, &slug);

	if (rc != EX_OK)
		return rc;
	tr->identifier = identifier;
	if (db_run(tr->c->task, tr->db, SQL_TRACE_PERSON, &tr->mails, PARAMS(P(tr->election_id), P(identifier))) == -1)
		return ctl_trouble(tr->c);
	return EX_OK;
}

/* A request that asked for no mail has a story, too: its rows of the audit trail. */
static int
add_request(struct trace *tr, const char *request)
{
	struct db_rows *rows;

	if (db_run(tr->c->task, tr->db, SQL_TRACE_REQUEST_AUDIT, &rows, PARAMS(P(request))) == -1)
		return ctl_trouble(tr->c);
	for (size_t i = 0; i < rows->n; i++)
		story_add(&tr->story, tr->c,
		          &(struct story_event){db_number(rows, i, 0), "", db_text(rows, i, 1), db_text(rows, i, 3), db_text(rows, i, 2), -1});
	return EX_OK;
}

static int
find(struct trace *tr, enum story_subject subject, const char *value)
{
	static const int by[STORY__MAX] = {[STORY_JOB] = SQL_TRACE_JOB, [STORY_REFERENCE] = SQL_TRACE_REFERENCE, [STORY_REQUEST] = SQL_TRACE_REQUEST};
	int rc = subject == STORY_PERSON ? read_person(tr, value) : read_mails(tr, by[subject], value);

	if (rc == EX_OK && subject == STORY_REQUEST && tr->mails->n == 0)
		rc = add_request(tr, value);
	if (rc == EX_OK && tr->mails->n == 0 && tr->story.n == 0)
		rc = ctl_fail(tr->c, EX_NOUSER, "no mail was asked for by or for %s", tr->c->args[0]);
	if (rc != EX_OK || tr->mails->n == 0)
		return rc;
	tr->election_id = db_number(tr->mails, 0, MAIL_ELECTION_ID);
	tr->identifier = mail_text(tr, 0, MAIL_IDENTIFIER);
	return EX_OK;
}

/* ---- each mail ---- */

static void
tell_attempt(struct trace *tr, size_t mail, const struct db_rows *rows, size_t row)
{
	int64_t tries = db_number(rows, row, 7), code = db_number(rows, row, 3);
	const char *outcome = db_text(rows, row, 1);
	struct ctl *c = tr->c;
	char *what = talloc_asprintf(c, "attempt %s: %s", db_text(rows, row, 0), strcmp(outcome, "ready") == 0 ? "put off" : outcome);
	char *detail = talloc_asprintf(c, "%s %s%s%s", db_text(rows, row, 2), code != 0 ? talloc_asprintf(c, "%lld ", (long long)code) : "no reply ",
	                               db_text(rows, row, 4), db_text(rows, row, 8)[0] != '\0' ? talloc_asprintf(c, " (%s)", db_text(rows, row, 8)) : "");

	if (tries > 1)
		detail = talloc_asprintf_append(detail, ", %lld times, the last at %s", (long long)tries, story_time(c, db_number(rows, row, 6)));
	story_add(&tr->story, c, &(struct story_event){db_number(rows, row, 5), mail_text(tr, mail, MAIL_REFERENCE), what, "", detail, db_number(rows, row, 9)});
}

static void
tell_note(struct trace *tr, size_t mail, const struct db_rows *rows, size_t row)
{
	char *detail = talloc_asprintf(tr->c, "%s%s%s", db_text(rows, row, 1), db_text(rows, row, 3)[0] != '\0' ? ": " : "", db_text(rows, row, 3));

	story_add(&tr->story, tr->c, &(struct story_event){db_number(rows, row, 0), mail_text(tr, mail, MAIL_REFERENCE), db_text(rows, row, 2), "", detail, -1});
}

static const struct source sources[] = {{SQL_TRACE_ATTEMPTS, tell_attempt}, {SQL_TRACE_NOTES, tell_note}};

/* Asked for, and how it ended; what is between, the sources tell. */
static void
tell_ends(struct trace *tr, size_t i)
{
	const char *reference = mail_text(tr, i, MAIL_REFERENCE), *request = mail_text(tr, i, MAIL_REQUEST);
	int64_t asked_ms = db_number(tr->mails, i, MAIL_ASKED), finished_ms = db_number(tr->mails, i, MAIL_FINISHED);

	story_add(&tr->story, tr->c, &(struct story_event){asked_ms, reference, "asked for and queued", request, mail_text(tr, i, MAIL_KIND), -1});
	if (finished_ms != 0)
		story_add(&tr->story, tr->c, &(struct story_event){finished_ms, reference, mail_text(tr, i, MAIL_STATE), "", mail_text(tr, i, MAIL_REPLY), finished_ms - asked_ms});
}

/* What stood in the way of those who asked again: the mail itself, or the cool-down after it. */
static const char *
repeats_why(const struct trace *tr, size_t i)
{
	int64_t n = db_number(tr->mails, i, MAIL_REPEATS), after = db_number(tr->mails, i, MAIL_REPEATS_AFTER);
	char *why = talloc_strdup(tr->c, "no second mail:");

	if (n > after)
		why = talloc_asprintf_append(why, " %lld while it was unfinished%s", (long long)(n - after), after > 0 ? "," : "");
	if (after > 0)
		why = talloc_asprintf_append(why, " %lld within the cool-down after its end (%s)", (long long)after, mail_text(tr, i, MAIL_STATE));
	if (n > 1)
		why = talloc_asprintf_append(why, "; the first at %s", story_time(tr->c, db_number(tr->mails, i, MAIL_FIRST_REPEAT)));
	return why;
}

/* Clicks that made no mail: one line, at the last of them; and the last that had a deferred one tried at once. */
static void
tell_repeats(struct trace *tr, size_t i)
{
	const char *reference = mail_text(tr, i, MAIL_REFERENCE);
	int64_t n = db_number(tr->mails, i, MAIL_REPEATS), brought_ms = db_number(tr->mails, i, MAIL_BROUGHT);
	char *what = talloc_asprintf(tr->c, "asked for again %lld time%s", (long long)n, n > 1 ? "s" : "");

	if (n > 0)
		story_add(&tr->story, tr->c, &(struct story_event){db_number(tr->mails, i, MAIL_REPEATED), reference, what, "", repeats_why(tr, i), -1});
	if (brought_ms != 0)
		story_add(&tr->story, tr->c, &(struct story_event){brought_ms, reference, "brought forward", "", "its person asked again, and it waited for nobody else", -1});
}

static int
tell_mail(struct trace *tr, size_t i)
{
	tell_ends(tr, i);
	tell_repeats(tr, i);
	for (size_t k = 0; k < sizeof(sources) / sizeof(*sources); k++) {
		struct db_rows *rows;

		if (db_run(tr->c->task, tr->db, sources[k].sql, &rows, PARAMS(P(mail_text(tr, i, MAIL_ID)))) == -1)
			return -1;
		for (size_t row = 0; row < rows->n; row++)
			sources[k].tell(tr, i, rows, row);
	}
	return 0;
}

static void
list_repeats(const struct trace *tr, struct js *row, size_t i)
{
	int64_t first_ms = db_number(tr->mails, i, MAIL_FIRST_REPEAT), last_ms = db_number(tr->mails, i, MAIL_REPEATED);

	js_set_number(row, "repeats", db_number(tr->mails, i, MAIL_REPEATS));
	js_set_number(row, "repeats_after_end", db_number(tr->mails, i, MAIL_REPEATS_AFTER));
	js_set_text(row, "first_repeat_at", first_ms != 0 ? story_time(row, first_ms) : "");
	js_set_text(row, "last_repeat_at", last_ms != 0 ? story_time(row, last_ms) : "");
}

static void
list_mail(struct trace *tr, struct js *list, size_t i)
{
	int64_t finished_ms = db_number(tr->mails, i, MAIL_FINISHED), asked_ms = db_number(tr->mails, i, MAIL_ASKED);
	struct js *row = js_object(list);

	js_set_text(row, "reference", mail_text(tr, i, MAIL_REFERENCE));
	js_set_text(row, "mail", mail_text(tr, i, MAIL_KIND));
	js_set_text(row, "state", mail_text(tr, i, MAIL_STATE));
	js_set_number(row, "attempts", db_number(tr->mails, i, MAIL_ATTEMPTS));
	js_set_text(row, "asked_at", story_time(row, asked_ms));
	js_set_text(row, finished_ms != 0 ? "finished_at" : "due_at", story_time(row, finished_ms != 0 ? finished_ms : db_number(tr->mails, i, MAIL_DUE)));
	js_set_text(row, "after", finished_ms != 0 ? story_delay(row, finished_ms - asked_ms) : "");
	list_repeats(tr, row, i);
	js_set_text(row, "id", mail_text(tr, i, MAIL_ID));
	js_push(list, row);
}

static int
tell_mails(struct trace *tr)
{
	struct js *list = js_array(tr->c);

	for (size_t i = 0; i < tr->mails->n; i++) {
		if (tell_mail(tr, i) == -1)
			return -1;
		list_mail(tr, list, i);
	}
	js_set(tr->c->out, "mails", list);
	return 0;
}

/* ---- the links, and what they led to ---- */

enum { LINK_PURPOSE, LINK_MADE, LINK_OPENED, LINK_USED, LINK_HOW, LINK_EXPIRES };

/* Is it a mail with a link for this? */
static bool
carries(const struct trace *tr, size_t i, const char *purpose)
{
	enum queue_mail mail;

	return queue_mail_find(mail_text(tr, i, MAIL_KIND), &mail) && queue_mail_purpose(mail) != NULL && strcmp(queue_mail_purpose(mail), purpose) == 0;
}

/* Did one of these mails carry it? A link that was not used yet when a mail left is the one in that mail. */
static bool
was_carried(const struct trace *tr, const struct db_rows *links, size_t link)
{
	int64_t used_ms = db_number(links, link, LINK_USED);

	for (size_t i = 0; i < tr->mails->n; i++) {
		int64_t finished_ms = db_number(tr->mails, i, MAIL_FINISHED);

		if (carries(tr, i, db_text(links, link, LINK_PURPOSE)) &&
		    (used_ms == 0 || used_ms + 1000 >= db_number(tr->mails, i, MAIL_ASKED)) &&
		    (finished_ms == 0 || db_number(links, link, LINK_MADE) <= finished_ms))
			return true;
	}
	return false;
}

/* The last 250 of a mail of that purpose before a moment; 0: none. */
static int64_t
sent_before(const struct trace *tr, const char *purpose, int64_t at_ms)
{
	int64_t last_ms = 0;

	for (size_t i = 0; i < tr->mails->n; i++) {
		int64_t finished_ms = db_number(tr->mails, i, MAIL_FINISHED);

		if (carries(tr, i, purpose) && strcmp(mail_text(tr, i, MAIL_STATE), "sent") == 0 && finished_ms <= at_ms + 999 && finished_ms > last_ms)
			last_ms = finished_ms;
	}
	return last_ms;
}

/* Links know seconds, mails milliseconds: one made in the second in which its mail was asked for was made after that. */
static int64_t
made_ms(const struct trace *tr, const char *purpose, int64_t at_ms)
{
	for (size_t i = 0; i < tr->mails->n; i++) {
		int64_t asked_ms = db_number(tr->mails, i, MAIL_ASKED);

		if (at_ms < asked_ms && asked_ms - at_ms < 1000 && carries(tr, i, purpose))
			return asked_ms;
	}
	return at_ms;
}

static void
set_moment(struct js *row, const char *name, int64_t at_ms)
{
	js_set_text(row, name, at_ms != 0 ? clock_iso(row, at_ms / 1000, "Europe/Paris") : "");
}

static void
set_delay(struct js *row, const char *name, int64_t from_ms, int64_t to_ms)
{
	js_set_text(row, name, from_ms != 0 && to_ms != 0 ? story_delay(row, to_ms > from_ms ? to_ms - from_ms : 0) : "");
}

static void
list_link(struct trace *tr, struct js *list, const struct db_rows *links, size_t i)
{
	int64_t opened_ms = db_number(links, i, LINK_OPENED), used_ms = db_number(links, i, LINK_USED);
	const char *purpose = db_text(links, i, LINK_PURPOSE);
	struct js *row = js_object(list);

	js_set_text(row, "purpose", purpose);
	set_moment(row, "made_at", db_number(links, i, LINK_MADE));
	set_moment(row, "opened_at", opened_ms);
	set_moment(row, "used_at", used_ms);
	js_set_text(row, "used_how", db_text(links, i, LINK_HOW));
	set_moment(row, "expires_at", db_number(links, i, LINK_EXPIRES));
	set_delay(row, "sent_to_opened", sent_before(tr, purpose, opened_ms), opened_ms);
	set_delay(row, "opened_to_used", opened_ms, used_ms);
	js_push(list, row);
	story_add(&tr->story, tr->c, &(struct story_event){made_ms(tr, purpose, db_number(links, i, LINK_MADE)), "", "link made", "", purpose, -1});
	if (used_ms > tr->until_ms)
		tr->until_ms = used_ms;
	if (used_ms == 0 && db_number(links, i, LINK_EXPIRES) > clock_now_ms())
		tr->until_ms = clock_now_ms();
}

static int
tell_links(struct trace *tr)
{
	struct js *list = js_array(tr->c);
	struct db_rows *links;

	if (db_run(tr->c->task, tr->db, SQL_TRACE_LINKS, &links, PARAMS(P(tr->election_id), P(tr->identifier))) == -1)
		return -1;
	for (size_t i = 0; i < links->n; i++)
		if (was_carried(tr, links, i))
			list_link(tr, list, links, i);
	js_set(tr->c->out, "links", list);
	return 0;
}

/* The audit trail tells the rest: the link opened, the account activated. What the mails' rows told is not told twice. */
static int
tell_audit(struct trace *tr)
{
	char who[AUDIT_PSEUDONYM_SIZE];
	struct db_rows *rows;

	audit_pseudonym(tr->keys, tr->identifier, who);
	if (db_run(tr->c->task, tr->db, SQL_TRACE_AUDIT, &rows, PARAMS(P((const char *)who), P(tr->election_id), P(tr->from_ms - BEFORE_MS))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		story_add(&tr->story, tr->c,
		          &(struct story_event){db_number(rows, i, 0), "", db_text(rows, i, 1), db_text(rows, i, 3), db_text(rows, i, 2), -1});
	return 0;
}

/* From the first click on; until the last thing that can be said to have come of these mails, if it is not still to come. */
static void
find_bounds(struct trace *tr)
{
	tr->from_ms = tr->until_ms = 0;
	for (size_t i = 0; i < tr->mails->n; i++) {
		int64_t asked_ms = db_number(tr->mails, i, MAIL_ASKED), finished_ms = db_number(tr->mails, i, MAIL_FINISHED);

		if (tr->from_ms == 0 || asked_ms < tr->from_ms)
			tr->from_ms = asked_ms;
		if (finished_ms == 0)
			finished_ms = clock_now_ms();
		if (finished_ms < db_number(tr->mails, i, MAIL_REPEATED))
			finished_ms = db_number(tr->mails, i, MAIL_REPEATED);
		if (finished_ms > tr->until_ms)
			tr->until_ms = finished_ms;
	}
}

/* ---- who looks at whom ---- */

static int
note_look(struct trace *tr, enum story_subject subject, const char *value)
{
	char who[AUDIT_PSEUDONYM_SIZE] = "";
	char *about;

	if (tr->identifier != NULL)
		audit_pseudonym(tr->keys, tr->identifier, who);
	about = talloc_asprintf(tr->c, "%s person=%s mails=%zu", subject == STORY_PERSON ? "person" : value, who, tr->mails->n);
	return office_audit(tr->c, tr->db, tr->election_id, "mail traced", about) == 0 ? EX_OK : ctl_trouble(tr->c);
}

static int
tell_all(struct trace *tr, enum story_subject subject)
{
	find_bounds(tr);
	if (tr->mails->n > 0 && (tell_mails(tr) == -1 || tell_links(tr) == -1 || tell_audit(tr) == -1))
		return ctl_trouble(tr->c);
	story_sort(&tr->story);
	if (tr->mails->n > 0 && subject != STORY_PERSON)
		story_cut(&tr->story, tr->until_ms + AFTERWARDS_MS);
	js_set(tr->c->out, "story", story_json(tr->c, &tr->story));
	return EX_OK;
}

int
ctl_trace(struct ctl *c)
{
	struct trace tr = {.c = c, .db = ctl_db(c)};
	char *value, *why = NULL;
	enum story_subject subject = story_subject(c, c->args[0], &value);
	int rc = office_reason_for(c, "a person's mails are told for a reason");

	if (rc != EX_OK)
		return rc;
	if (subject == STORY_NONE)
		return ctl_fail(c, EX_USAGE, "%s is no address, no reference as K7M-2QX4, and no id of a mail, a Message-ID or a request", c->args[0]);
	tr.keys = keys_load(c, c->conf->keys_dir, &why);
	if (tr.keys == NULL)
		return ctl_fail(c, EX_CONFIG, "%s", why);
	rc = find(&tr, subject, value);
	if (rc == EX_OK)
		rc = note_look(&tr, subject, value);
	if (rc != EX_OK)
		return rc;
	if (tr.identifier != NULL) {
		js_set_text(c->out, "identifier", tr.identifier);
		js_set_text(c->out, "election", mail_text(&tr, 0, MAIL_ELECTION));
	}
	return tell_all(&tr, subject);
}
