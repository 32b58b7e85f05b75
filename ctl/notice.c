/*
 * isoloirctl notice make: voting codes on paper, once and only once. A batch is planned in one transaction (who, in which order), then made chunk by chunk:
 * the codes of a chunk are drawn and their hashes inserted, its print files are written and synced, and only then is the transaction committed, with the
 * length that the printer's file has now. Whatever a run was cut at, the next one goes on behind the last commit: what was on the disk without one is cut
 * off, and its codes, whose hashes nobody has, open nothing.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/fault.h"
#include "common/issue.h"
#include "ctl/notice_files.h"
#include "ctl/office.h"

#define CHUNK 1000 /* sheets in a PDF file at most */
#define TRIES 3    /* of a chunk, when an elector gets a code by another way at that moment */
#define OFFICE_ZONE "Europe/Paris"
#define WARNING                                                                                                                                      \
	"These files open the vote, and nothing can print them again: the database has hashes alone. Hand them to the printer encrypted and in person, " \
	"print under watch, and destroy every copy (shred) once the count of sheets was confirmed; void the batch if one is missing."

struct making {
	struct ctl *c;
	struct db *db;
	struct keys *keys;
	struct notice_files *files;
	int64_t election_id, batch_id;
	int64_t planned, done, issued, bytes;
	const char *state, *academy;
	int64_t began_ms, began_at;
};

static bool
is_batch_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 40 || name[0] == '-' || name[0] == '.')
		return false;
	for (const char *s = name; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("-_.", *s) == NULL)
			return false;
	return true;
}

/* *found_r: the batch of that name is there, and its row is in m. */
static int
find(struct making *m, const char *name, bool *found_r)
{
	struct db_rows *rows;

	if (db_run(m->c->task, m->db, SQL_BATCH_GET, &rows, PARAMS(P(m->election_id), P(name))) == -1)
		return -1;
	*found_r = rows->n == 1;
	if (!*found_r)
		return 0;
	m->batch_id = db_number(rows, 0, 0);
	m->state = db_text(rows, 0, 1);
	m->academy = db_text(rows, 0, 2);
	m->planned = db_number(rows, 0, 3);
	m->done = db_number(rows, 0, 4);
	m->issued = db_number(rows, 0, 5);
	m->bytes = db_number(rows, 0, 6);
	return 0;
}

/* Read committed: ordering a million rows of the roll must not hold one of them. */
static int
plan(struct making *m, const char *name, const char *academy)
{
	struct task *t = m->c->task;
	const char *who = ctl_operator(m->c);
	struct db_rows *rows;
	bool found;

	if (db_script(t, m->db, "set session transaction isolation level read committed") == -1 || db_begin(t, m->db) == -1 ||
	    db_run(t, m->db, SQL_BATCH_ADD, &rows, PARAMS(P(m->election_id), P(name), P(academy), P(who))) == -1)
		return -1;
	m->batch_id = (int64_t)rows->insert_id;
	if (db_run(t, m->db, SQL_NOTICE_PLAN, &rows, PARAMS(P(m->batch_id), P(m->election_id), P(academy), P(academy))) == -1 ||
	    db_run(t, m->db, SQL_BATCH_PLANNED, NULL, PARAMS(P((int64_t)rows->affected), P(m->batch_id))) == -1 ||
	    office_audit(m->c, m->db, m->election_id, "notices begun", talloc_asprintf(t, "batch=%s notices=%llu", name, (unsigned long long)rows->affected)) == -1 ||
	    db_commit(t, m->db) == -1)
		return -1;
	fault_point("notice-planned");
	return find(m, name, &found);
}

/* Is the file in that directory the one of this batch? Its last code tells. */
static int
check_file(struct making *m)
{
	unsigned char hash[HASH_SIZE];
	struct db_bytes bytes = {hash, sizeof(hash)};
	struct db_rows *rows;
	struct code code;

	if (m->issued == 0)
		return EX_OK;
	if (code_read(notice_files_last_code(m->files, m->c->task, m->bytes), &code) != CODE_RIGHT)
		return ctl_fail(m->c, EX_DATAERR, "%s/%s.csv: its last committed line holds no code: the file was changed, and the batch must be voided",
		                m->files->dir, m->files->name);
	code_hash(m->keys, m->election_id, &code, hash);
	if (db_run(m->c->task, m->db, SQL_NOTICE_KNOWN, &rows, PARAMS(P(m->batch_id), P(bytes))) == -1)
		return ctl_trouble(m->c);
	return rows->n == 1 ? EX_OK : ctl_fail(m->c, EX_DATAERR, "%s/%s.csv is not the file of this batch", m->files->dir, m->files->name);
}

/* ---- a chunk ---- */

static int
issue_one(struct making *m, struct task *t, const struct db_rows *rows, size_t i, struct notice *e)
{
	struct issue what = {.how = ISSUE_NOTICE, .election_id = m->election_id, .elector_id = db_number(rows, i, 1), .batch_id = m->batch_id};
	struct code code;

	*e = (struct notice){
	    .place = db_number(rows, i, 0),
	    .civility = db_text(rows, i, 2),
	    .given_name = db_text(rows, i, 3),
	    .family_name = db_text(rows, i, 4),
	    .posting = db_text(rows, i, 5),
	    .academy = db_text(rows, i, 6),
	};
	if (issue_code(t, m->db, SQL_ISSUE_VOID, m->keys, &what, &code) == -1)
		return -1;
	code_write(&code, e->code);
	secret_wipe(&code, sizeof(code));
	return 0;
}

/* Who has got a code by another way since the plan, or has left the roll, gets none: column 7. */
static int
make_in_transaction(struct making *m, struct task *t, int64_t *done, int64_t *issued, int64_t *bytes)
{
	struct notice *list = secret_alloc(t, CHUNK * sizeof(*list));
	struct db_rows *rows;
	size_t n = 0;

	if (db_run(t, m->db, SQL_NOTICE_CHUNK, &rows, PARAMS(P(m->batch_id), P(*done), P(*done / CHUNK * CHUNK + CHUNK))) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		if (db_number(rows, i, 7) == 0 && issue_one(m, t, rows, i, &list[n++]) == -1)
			return -1;
	if (notice_files_write(m->files, t, *done / CHUNK + 1, list, n, bytes) == -1)
		return -1;
	fault_point("notice-written");
	*done = *done / CHUNK * CHUNK + CHUNK < m->planned ? *done / CHUNK * CHUNK + CHUNK : m->planned;
	*issued += (int64_t)n;
	return db_run(t, m->db, SQL_BATCH_DONE, NULL, PARAMS(P(*done), P(*issued), P(*bytes), P(m->batch_id)));
}

static int
make_chunk(struct making *m, struct task *t)
{
	int64_t done = m->done, issued = m->issued, bytes = m->bytes;

	if (db_begin(t, m->db) == -1 || make_in_transaction(m, t, &done, &issued, &bytes) == -1 || db_commit(t, m->db) == -1)
		return -1;
	fault_point("notice-committed");
	m->done = done;
	m->issued = issued;
	m->bytes = bytes;
	return 0;
}

/* Its task dies with it, so that a million sheets need the memory of one chunk. */
static int
next_chunk(struct making *m)
{
	int rc = -1;

	for (int i = 0; i < TRIES; i++) {
		struct task *t = task_new(m->c, 0);
		bool overtaken;

		rc = make_chunk(m, t);
		overtaken = rc == -1 && db_is_duplicate(m->db);
		m->c->task->err = t->err;
		if (rc == -1)
			db_rollback(m->db);
		talloc_free(t);
		if (!overtaken)
			break;
	}
	if (rc == 0)
		task_forgive(m->c->task);
	return rc;
}

static void
tell_progress(struct making *m)
{
	int64_t passed_ms = clock_mono_ms() - m->began_ms, made = m->done - m->began_at, left = m->planned - m->done;
	int64_t rate = passed_ms > 0 ? made * 1000 / passed_ms : 0;
	char *what = talloc_asprintf(NULL, "%lld of %lld notices, %lld a second, %lld min left", (long long)m->done, (long long)m->planned, (long long)rate,
	                             (long long)(rate > 0 ? (left / rate + 59) / 60 : 0));

	ctl_progress(what, m->planned > 0 ? (int)(m->done * 100 / m->planned) : 100);
	talloc_free(what);
}

static int
make_all(struct making *m)
{
	m->began_ms = clock_mono_ms();
	for (m->began_at = m->done; m->done < m->planned; tell_progress(m))
		if (next_chunk(m) == -1)
			return ctl_trouble(m->c);
	if (db_begin(m->c->task, m->db) == -1 || db_run(m->c->task, m->db, SQL_BATCH_COMPLETE, NULL, PARAMS(P(m->batch_id))) == -1 ||
	    office_audit(m->c, m->db, m->election_id, "notices made", talloc_asprintf(m->c, "batch=%s notices=%lld", m->files->name, (long long)m->issued)) == -1 ||
	    db_commit(m->c->task, m->db) == -1)
		return ctl_trouble(m->c);
	return EX_OK;
}

/* ---- the command ---- */

static int
fill_frame(struct making *m, const char *slug)
{
	struct leaflet_frame *f = &m->files->frame;
	struct ctl *c = m->c;
	struct db_rows *rows;

	if (db_run(c->task, m->db, SQL_ELECTION_FACTS, &rows, PARAMS(P(m->election_id))) == -1)
		return -1;
	f->title = db_text(rows, 0, 0);
	f->opens = clock_french(c, db_number(rows, 0, 1), OFFICE_ZONE);
	f->closes = clock_french(c, db_number(rows, 0, 2), OFFICE_ZONE);
	f->address = talloc_asprintf(c, "%s/%s/portail/", c->conf->public_url, slug);
	f->batch = talloc_asprintf(c, "Lot %s", m->files->name);
	return 0;
}

static int
dry_run(struct making *m, const char *academy, bool found)
{
	struct db_rows *rows;

	if (found) {
		ctl_say(m->c, "%lld of %lld notices are made; nothing was changed.", (long long)m->done, (long long)m->planned);
		return EX_OK;
	}
	if (db_run(m->c->task, m->db, SQL_NOTICE_COUNT, &rows, PARAMS(P(m->election_id), P(academy), P(academy))) == -1)
		return ctl_trouble(m->c);
	js_set_number(m->c->out, "notices", db_number(rows, 0, 0));
	ctl_say(m->c, "%s notices would be made; nothing was changed.", db_text(rows, 0, 0));
	return EX_OK;
}

/* The batch as it stands, new or begun; refused when it is over, or another one than is asked for. */
static int
begin(struct making *m, const char *name, const char *academy)
{
	bool found;

	if (find(m, name, &found) == -1)
		return ctl_trouble(m->c);
	if (found && strcmp(m->state, "making") != 0)
		return ctl_fail(m->c, EX_DATAERR, "the batch %s is %s: nothing is printed twice; choose another name", name, m->state);
	if (found && ctl_has(m->c, OPTION_ACADEMY) && strcmp(m->academy, academy) != 0)
		return ctl_fail(m->c, EX_DATAERR, "the batch %s was begun for the academy \"%s\"", name, m->academy);
	if (ctl_has(m->c, OPTION_DRY_RUN))
		return dry_run(m, academy, found);
	if (!found && plan(m, name, academy) == -1)
		return ctl_trouble(m->c);
	return EX_OK;
}

static int
lock(struct making *m)
{
	struct db_rows *rows;

	if (db_run(m->c->task, m->db, SQL_NOTICE_LOCK, &rows, NO_PARAMS) == -1)
		return ctl_trouble(m->c);
	return db_number(rows, 0, 0) == 1 ? EX_OK : ctl_fail(m->c, EX_TEMPFAIL, "another `notice make` is at work");
}

static void
tell_done(struct making *m)
{
	struct js *out = m->c->out;

	js_set_text(out, "batch", m->files->name);
	js_set_number(out, "notices", m->issued);
	js_set_number(out, "left_out", m->planned - m->issued);
	js_set_text(out, "printer_file", talloc_asprintf(m->c, "%s/%s.csv", m->files->dir, m->files->name));
	js_set_number(out, "sheet_files", (m->planned + CHUNK - 1) / CHUNK);
	ctl_say(m->c, "%lld notices. %s", (long long)m->issued, WARNING);
}

static int
open_making(struct ctl *c, struct making *m, const char **slug_r)
{
	char *why;

	*m = (struct making){.c = c, .db = ctl_db(c)};
	if ((m->keys = keys_load(c, c->conf->keys_dir, &why)) == NULL)
		return ctl_fail(c, EX_NOPERM, "%s", why);
	return office_election(c, m->db, &m->election_id, slug_r);
}

int
ctl_notice_make(struct ctl *c)
{
	const char *name = ctl_has(c, OPTION_BATCH) ? c->option[OPTION_BATCH] : "", *slug;
	const char *academy = ctl_has(c, OPTION_ACADEMY) ? c->option[OPTION_ACADEMY] : "";
	struct making *m = talloc_zero(c, struct making);
	int rc;

	if (!is_batch_name(name))
		return ctl_fail(c, EX_USAGE, "name the batch with --batch: at most 40 letters, digits, points, hyphens and underscores");
	if ((rc = open_making(c, m, &slug)) != EX_OK || (rc = lock(m)) != EX_OK)
		return rc;
	if (!ctl_has(c, OPTION_DRY_RUN) && (rc = notice_files_enter(c, c->args[0], name, &m->files)) != EX_OK)
		return rc;
	if ((rc = begin(m, name, academy)) != EX_OK || ctl_has(c, OPTION_DRY_RUN))
		return rc;
	if ((rc = notice_files_open(m->files, m->bytes)) != EX_OK || (rc = check_file(m)) != EX_OK)
		return rc;
	if (fill_frame(m, slug) == -1)
		return ctl_trouble(c);
	if ((rc = make_all(m)) == EX_OK)
		tell_done(m);
	return rc;
}
