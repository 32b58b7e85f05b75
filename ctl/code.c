/*
 * isoloirctl code: the desk, for who has no answer on record or no mailbox. Four eyes: one operator has seen the person and a document, and asks; another
 * one approves, and the code is shown once. Of the document its kind is kept, and a keyed hash of the number by which a doubt can be settled later.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fold.h"
#include "common/issue.h"
#include "ctl/leaflet.h"
#include "ctl/office.h"
#include "ctl/tell.h"

#define OFFICE_ZONE "Europe/Paris"

static const char *const documents[] = {"CNI", "PASSEPORT", "PERMIS", "SEJOUR", "PROFESSIONNELLE"};
#define N_DOCUMENTS (sizeof(documents) / sizeof(*documents))

static const char *const request_names[] = {"id", "election", "identifier", "family_name", "given_name", "document", "asked_by", "asked_at", "expires_at"};

struct desk {
	struct ctl *c;
	struct db *db;
	struct keys *keys;
	/* Of a request: REQUEST_GET. */
	int64_t id, elector_id, election_id;
	const char *identifier, *name, *posting, *asked_by, *document, *slug;
	bool closed, suspended, voted; /* voted: in each scrutin */
};

static int
open_desk(struct ctl *c, struct desk *d)
{
	char *why;

	*d = (struct desk){.c = c, .db = ctl_db(c)};
	d->keys = keys_load(c, c->conf->keys_dir, &why);
	return d->keys != NULL ? EX_OK : ctl_fail(c, EX_NOPERM, "%s", why);
}

/* The elector is told of it in Mon compte, by this subject. */
static int
audit(struct desk *d, const char *act, const char *detail)
{
	const char *reason = ctl_has(d->c, OPTION_REASON) ? d->c->option[OPTION_REASON] : "";
	char subject[AUDIT_PSEUDONYM_SIZE];
	struct audit_entry e = {
	    .election_id = d->election_id,
	    .actor = talloc_asprintf(d->c, "isoloirctl %s", ctl_operator(d->c)),
	    .act = act,
	    .subject = subject,
	    .detail = talloc_asprintf(d->c, "%s%s%.300s", detail, reason[0] != '\0' ? ": " : "", reason),
	};

	audit_pseudonym(d->keys, d->identifier, subject);
	return audit_add(d->c->task, d->db, SQL_AUDIT_ADD, &e);
}

/* ---- asking ---- */

/* "CNI 12AB34" or "cni 12 ab 34": the kind, and a hash of the letters and digits of the number. */
static int
read_document(struct desk *d, const char **kind_r, unsigned char hash[HASH_SIZE])
{
	const char *given = ctl_has(d->c, OPTION_IDENTITY) ? d->c->option[OPTION_IDENTITY] : "", *number = given + strcspn(given, " ");
	char *plain = talloc_strdup(d->c, "");

	*kind_r = NULL;
	for (size_t i = 0; i < N_DOCUMENTS; i++)
		if (strlen(documents[i]) == (size_t)(number - given) && strncasecmp(given, documents[i], strlen(documents[i])) == 0)
			*kind_r = documents[i];
	for (const char *s = number; *s != '\0'; s++)
		if (isalnum((unsigned char)*s))
			plain = talloc_asprintf_append(plain, "%c", toupper((unsigned char)*s));
	if (*kind_r == NULL || strlen(plain) < 4)
		return ctl_fail(d->c, EX_USAGE, "say which document was seen, as --identity-checked \"CNI 12AB34567\"; kinds: CNI, PASSEPORT, PERMIS, SEJOUR, PROFESSIONNELLE");
	hash_keyed_text(d->keys->key[KEY_PEPPER], "identity document", talloc_asprintf(d->c, "%s %s", *kind_r, plain), hash);
	return EX_OK;
}

static int
find_elector(struct desk *d)
{
	const char *slug = ctl_has(d->c, OPTION_ELECTION) ? d->c->option[OPTION_ELECTION] : "";
	struct db_rows *rows;
	int rc = office_election(d->c, d->db, &d->election_id, &slug);

	if (rc != EX_OK)
		return rc;
	d->identifier = fold_identifier(d->c, d->c->args[0]);
	if (d->identifier == NULL)
		return ctl_fail(d->c, EX_USAGE, "%s is no identifier: those are mail addresses", d->c->args[0]);
	if (db_run(d->c->task, d->db, SQL_ELECTOR_AT_DESK, &rows, PARAMS(P(d->election_id), P(d->identifier))) == -1)
		return ctl_trouble(d->c);
	if (rows->n == 0)
		return ctl_fail(d->c, EX_NOUSER, "%s is on no roll of %s", d->identifier, slug);
	d->elector_id = db_number(rows, 0, 0);
	js_set_text(d->c->out, "elector", talloc_asprintf(d->c, "%s %s, %s", db_text(rows, 0, 1), db_text(rows, 0, 2), db_text(rows, 0, 3)));
	return EX_OK;
}

static int
ask(struct desk *d, const char *kind, unsigned char hash[HASH_SIZE])
{
	struct db_bytes bytes = {hash, HASH_SIZE};
	const char *who = ctl_operator(d->c);
	struct db_rows *rows;

	if (db_run(d->c->task, d->db, SQL_REQUEST_EXPIRE, NULL, NO_PARAMS) == -1 || db_begin(d->c->task, d->db) == -1)
		return ctl_trouble(d->c);
	if (db_run(d->c->task, d->db, SQL_REQUEST_ADD, &rows, PARAMS(P(d->elector_id), P(kind), P(bytes), P(who))) == -1)
		return db_is_duplicate(d->db) ? ctl_fail(d->c, EX_DATAERR, "one is pending for this elector; see `isoloirctl code pending`") : ctl_trouble(d->c);
	d->id = (int64_t)rows->insert_id;
	if (audit(d, "code asked", talloc_asprintf(d->c, "request=%lld document=%s", (long long)d->id, kind)) == -1 || db_commit(d->c->task, d->db) == -1)
		return ctl_trouble(d->c);
	js_set_number(d->c->out, "id", d->id);
	ctl_say(d->c, "Asked. Within a day somebody else runs: isoloirctl code approve %lld", (long long)d->id);
	return EX_OK;
}

int
ctl_code_reissue(struct ctl *c)
{
	unsigned char hash[HASH_SIZE];
	const char *kind;
	struct desk d;
	int rc;

	if ((rc = open_desk(c, &d)) != EX_OK || (rc = read_document(&d, &kind, hash)) != EX_OK || (rc = find_elector(&d)) != EX_OK)
		return rc;
	if (!ctl_has(c, OPTION_DRY_RUN))
		return ask(&d, kind, hash);
	ctl_say(c, "A new code could be asked for; nothing was changed.");
	return EX_OK;
}

int
ctl_code_pending(struct ctl *c)
{
	struct db *d = ctl_db(c);
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_REQUEST_EXPIRE, NULL, NO_PARAMS) == -1 || db_run(c->task, d, SQL_REQUESTS, &rows, NO_PARAMS) == -1)
		return ctl_trouble(c);
	js_set(c->out, "requests", ctl_rows(c, rows, request_names));
	ctl_say(c, "%zu waiting.", rows->n);
	return EX_OK;
}

/* ---- settling ---- */

static int
find_request(struct desk *d)
{
	struct db_rows *rows;

	if (!text_number(d->c->args[0], 1, UINT32_MAX, &d->id))
		return ctl_fail(d->c, EX_USAGE, "%s is no number of a request; see `isoloirctl code pending`", d->c->args[0]);
	if (db_run(d->c->task, d->db, SQL_REQUEST_GET, &rows, PARAMS(P(d->id))) == -1)
		return ctl_trouble(d->c);
	if (rows->n == 0)
		return ctl_fail(d->c, EX_NOUSER, "no request %lld is pending: it was settled, or its day is over", (long long)d->id);
	d->elector_id = db_number(rows, 0, 0);
	d->election_id = db_number(rows, 0, 1);
	d->identifier = db_text(rows, 0, 2);
	d->name = talloc_asprintf(d->c, "%s%s%s %s", db_text(rows, 0, 3), db_text(rows, 0, 3)[0] != '\0' ? " " : "", db_text(rows, 0, 4), db_text(rows, 0, 5));
	d->posting = db_text(rows, 0, 6);
	d->asked_by = db_text(rows, 0, 7);
	d->document = db_text(rows, 0, 8);
	d->slug = db_text(rows, 0, 9);
	d->closed = db_number(rows, 0, 10) != 0;
	d->suspended = db_number(rows, 0, 11) != 0;
	d->voted = db_number(rows, 0, 12) != 0;
	return EX_OK;
}

/* *won_r: nobody was faster. */
static int
settle(struct desk *d, const char *outcome, bool *won_r)
{
	const char *who = ctl_operator(d->c);
	struct db_rows *rows;

	if (db_run(d->c->task, d->db, SQL_REQUEST_SETTLE, &rows, PARAMS(P(who), P(outcome), P(d->id))) == -1)
		return -1;
	*won_r = rows->affected == 1;
	return 0;
}

static int
issue(struct desk *d, char text[CODE_TEXT_SIZE], bool *won_r)
{
	struct issue what = {.how = ISSUE_DESK, .election_id = d->election_id, .elector_id = d->elector_id};
	char *detail = talloc_asprintf(d->c, "request=%lld document=%s asked_by=%s", (long long)d->id, d->document, d->asked_by);
	struct code code;

	if (db_begin(d->c->task, d->db) == -1 || settle(d, "issued", won_r) == -1)
		return -1;
	if (!*won_r) {
		db_rollback(d->db);
		return 0;
	}
	if (issue_code(d->c->task, d->db, SQL_ISSUE_VOID, d->keys, &what, &code) == -1 || audit(d, "code issued", detail) == -1)
		return -1;
	code_write(&code, text);
	secret_wipe(&code, sizeof(code));
	return db_commit(d->c->task, d->db);
}

/* Opened before anything is issued: a code that cannot be written is not drawn. */
static int
open_sheet(struct desk *d, int *fd_r)
{
	*fd_r = -1;
	if (d->c->n_args < 2)
		return EX_OK;
	*fd_r = open(d->c->args[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *fd_r != -1 ? EX_OK : ctl_fail(d->c, EX_CANTCREAT, "%s: %s", d->c->args[1], strerror(errno));
}

static int
write_sheet(struct desk *d, int fd, const char *code)
{
	struct leaflet_page p = {.name = d->name, .posting = d->posting, .number = d->id, .code = code};
	struct leaflet_frame f = {.address = talloc_asprintf(d->c, "%s/%s/portail/", d->c->conf->public_url, d->slug), .batch = "Guichet"};
	struct db_rows *rows;
	struct leaflet *l;

	if (db_run(d->c->task, d->db, SQL_ELECTION_FACTS, &rows, PARAMS(P(d->election_id))) == -1)
		return ctl_trouble(d->c);
	f.title = db_text(rows, 0, 0);
	f.opens = clock_french(d->c, db_number(rows, 0, 1), OFFICE_ZONE);
	f.closes = clock_french(d->c, db_number(rows, 0, 2), OFFICE_ZONE);
	l = leaflet_open(d->c, fd, &f);
	leaflet_add(l, &p);
	if (leaflet_close(l) == -1)
		return ctl_fail(d->c, EX_IOERR, "%s: %s; the code is lost, ask again", d->c->args[1], strerror(errno));
	js_set_text(d->c->out, "sheet", d->c->args[1]);
	ctl_say(d->c, "One sheet. Print it, hand it over, and destroy the file (shred): nothing can show this code again.");
	return EX_OK;
}

static void
show_code(struct desk *d, const char *code)
{
	char *said = talloc_strdup(d->c, "");

	for (const char *s = code; *s != '\0'; s++)
		said = talloc_asprintf_append(said, "%s%s", said[0] == '\0' || *s == '-' ? "" : ", ", *s == '-' ? " /" : code_word(*s));
	js_set_text(d->c->out, "code", code);
	js_set_text(d->c->out, "said", said);
	ctl_say(d->c, "Hand it over to %s alone, on paper; then clear this screen. Nothing can show it again.", d->name);
}

/* Whoever asked cannot approve; the account that runs the command is who one is. */
static int
check_approver(struct desk *d)
{
	if (strcmp(d->asked_by, ctl_operator(d->c)) == 0)
		return ctl_fail(d->c, EX_NOPERM, "%s asked for it: somebody else must approve", d->asked_by);
	if (d->closed)
		return ctl_fail(d->c, EX_DATAERR, "the vote is closed: there are no new codes");
	if (d->suspended)
		return ctl_fail(d->c, EX_DATAERR, "the vote is suspended: there are no new codes until `isoloirctl election resume`");
	if (d->voted)
		return ctl_fail(d->c, EX_DATAERR, "%s has voted in every scrutin: a code opens nothing any more", d->name);
	return EX_OK;
}

/* The elector hears of it, and so does whoever pretended to be one. */
static int
hand_out(struct desk *d, int fd, const char *code)
{
	js_set_bool(d->c->out, "mail_queued", tell_elector(d->c, d->keys, QUEUE_MAIL_CODE_REISSUED, d->election_id, d->identifier));
	if (fd != -1)
		return write_sheet(d, fd, code);
	show_code(d, code);
	return EX_OK;
}

static int
approve(struct desk *d)
{
	char *code = secret_alloc(d->c, CODE_TEXT_SIZE);
	bool won;
	int fd, rc = open_sheet(d, &fd);

	if (rc != EX_OK)
		return rc;
	if (issue(d, code, &won) == -1)
		rc = ctl_trouble(d->c);
	else if (!won)
		rc = ctl_fail(d->c, EX_DATAERR, "somebody else settled request %lld just now", (long long)d->id);
	else
		rc = hand_out(d, fd, code);
	if (fd != -1)
		close(fd);
	if (fd != -1 && rc != EX_OK)
		unlink(d->c->args[1]);
	return rc;
}

int
ctl_code_approve(struct ctl *c)
{
	struct desk d;
	int rc;

	if ((rc = open_desk(c, &d)) != EX_OK || (rc = find_request(&d)) != EX_OK || (rc = check_approver(&d)) != EX_OK)
		return rc;
	js_set_text(c->out, "elector", talloc_asprintf(c, "%s, %s", d.name, d.posting));
	if (!ctl_has(c, OPTION_DRY_RUN))
		return approve(&d);
	ctl_say(c, "It could be approved; nothing was changed.");
	return EX_OK;
}

int
ctl_code_refuse(struct ctl *c)
{
	struct desk d;
	bool won;
	int rc;

	if ((rc = open_desk(c, &d)) != EX_OK || (rc = find_request(&d)) != EX_OK)
		return rc;
	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "It could be refused; nothing was changed.");
		return EX_OK;
	}
	if (db_begin(c->task, d.db) == -1 || settle(&d, "refused", &won) == -1 ||
	    audit(&d, "code refused", talloc_asprintf(c, "request=%lld", (long long)d.id)) == -1 || db_commit(c->task, d.db) == -1)
		return ctl_trouble(c);
	ctl_say(c, won ? "Refused." : "It was settled already.");
	return EX_OK;
}
