#include "portal/model/assistance.h"

#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "common/log.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/request.h"

#define REFERENCES_MAX 5 /* 31^7 references: a second try is already rare */
#define MAILS_A_DAY 2    /* to one address, since anybody can type anybody's */

static void
reference_of(struct request *r, const char *nonce, int nth, char out[QUEUE_REFERENCE_SIZE])
{
	unsigned char hash[HASH_SIZE];
	uint64_t n;
	char *about = talloc_asprintf(r->task, "%d %s", nth, nonce);

	hash_keyed_text(r->portal->loaded->keys->key[KEY_REFERENCE], "assistance", about, hash);
	memcpy(&n, hash, sizeof(n));
	queue_reference_write(n, out);
}

int
assistance_find(struct request *r, const char *reference, struct assistance *a, bool *found_r)
{
	struct db_rows *rows;

	*found_r = false;
	if (db_run(r->task, r->portal->db, SQL_ASSISTANCE_FIND, &rows, PARAMS(P(reference), P(r->election->id))) == -1)
		return -1;
	if (rows->n == 0)
		return 0;
	*found_r = true;
	*a = (struct assistance){
	    .subject = db_text(rows, 0, 0),
	    .name = db_text(rows, 0, 1),
	    .contact = db_text(rows, 0, 2),
	    .phone = db_text(rows, 0, 3),
	    .posting = db_text(rows, 0, 4),
	    .body = db_text(rows, 0, 5),
	    .created_at_s = db_number(rows, 0, 6),
	};
	snprintf(a->reference, sizeof(a->reference), "%s", reference);
	return 0;
}

static int
insert(struct request *r, const struct assistance *a)
{
	int64_t elector_id = r->session.level == SESSION_ELECTOR ? r->session.elector_id : 0;
	const struct db_param params[] = {
	    P(r->election->id), P((const char *)a->reference), P(elector_id), P(a->subject), P(a->name),
	    P(a->contact),      P(a->phone),                   P(a->posting), P(a->body),
	};

	return db_run(r->task, r->portal->db, SQL_ASSISTANCE_ADD, NULL, params, sizeof(params) / sizeof(*params));
}

/* With the trail of whoever is logged in; without a session it is about nobody whom we know. */
static int
store(struct request *r, const struct assistance *a)
{
	if (db_begin(r->task, r->portal->db) == -1 || insert(r, a) == -1)
		return -1;
	if (r->session.level == SESSION_ELECTOR &&
	    elector_audit(r, r->session.identifier, "assistance requested", a->reference) == -1)
		return -1;
	return db_commit(r->task, r->portal->db);
}

static bool
is_same(const struct assistance *a, const struct assistance *b)
{
	return strcmp(a->subject, b->subject) == 0 && strcmp(a->name, b->name) == 0 && strcmp(a->contact, b->contact) == 0 &&
	       strcmp(a->phone, b->phone) == 0 && strcmp(a->posting, b->posting) == 0 && strcmp(a->body, b->body) == 0;
}

/* The request stands; if the mail about it cannot be queued now, the page still shows the reference. */
static void
confirm_by_mail(struct request *r, const struct assistance *a)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_ASSISTANCE_MAILS, &rows, PARAMS(P(r->election->id), P(a->contact))) == 0 &&
	    (db_number(rows, 0, 0) >= MAILS_A_DAY ||
	     queue_put_about(r->task, &r->portal->queue, QUEUE_MAIL_ASSISTANCE, r->election->id, a->contact, a->reference) == 0))
		return;
	log_task_error("receipt not queued", r->task);
	task_forgive(r->task);
}

/* Store it under its nth reference. 1: stands now, or stood already; 0: that reference is another request's; -1: MariaDB. */
static int
store_as(struct request *r, const char *nonce, int nth, struct assistance *a)
{
	struct assistance there;
	bool found;

	reference_of(r, nonce, nth, a->reference);
	if (store(r, a) == 0)
		return 1;
	if (!db_is_duplicate(r->portal->db))
		return -1;
	task_forgive(r->task);
	db_rollback(r->portal->db);
	if (assistance_find(r, a->reference, &there, &found) == -1)
		return -1;
	a->repeated = found && is_same(a, &there);
	return a->repeated;
}

int
assistance_add(struct request *r, const char *nonce, struct assistance *a)
{
	int rc = 0;

	for (int nth = 0; rc == 0 && nth < REFERENCES_MAX; nth++)
		rc = store_as(r, nonce, nth, a);
	if (rc == 0)
		return task_fail(r->task, ERR_RETRY, "no reference was free for a request for assistance");
	if (rc == 1)
		confirm_by_mail(r, a);
	return rc == 1 ? 0 : -1;
}

int
assistance_list(struct request *r, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_ASSISTANCE_OF, rows_r, PARAMS(P(r->session.elector_id)));
}
