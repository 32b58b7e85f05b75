/*
 * Accepting a mail. In this order: the cool-down key is reserved in Redis and holds the job's id; the row is
 * inserted under that id, on a repeat too; the job is queued. A crash after the first step leaves a key that
 * the next repeat fills with a row, a crash after the second a row that the sweeper queues. That there is one
 * unfinished mail per person and purpose is MySQL's unique key `unfinished`, so that even an emptied Redis
 * makes no second one. Nothing here looks at the roll: for whom there is no elector, the mailer finds out.
 */
#include "common/queue.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fault.h"
#include "common/fold.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/queue/live.h"
#include "common/queue/name.h"

/* The statements' places after q->first_sql. */
enum {
#define SQL(name, text) STATEMENT_##name,
#include "common/queue/queue_sql.def"
#undef SQL
};

#define DOMAINS_FRESH_MS 60000

/* For how long a mail without a link is worth being sent. */
#define DEADLINE_S (3 * 86400)

void
queue_reference(const struct keys *k, const char *identifier, int64_t at_s, char out[QUEUE_REFERENCE_SIZE])
{
	unsigned char hash[HASH_SIZE];
	uint64_t n = 0;
	char *about = talloc_asprintf(NULL, "%lld %s", (long long)(at_s / 86400), identifier);

	hash_keyed_text(k->key[KEY_REFERENCE], "reference", about, hash);
	talloc_free(about);
	for (int i = 0; i < 8; i++)
		n = n << 8 | hash[i];
	queue_reference_write(n, out);
}

void
queue_reference_write(uint64_t n, char out[QUEUE_REFERENCE_SIZE])
{
	static const char signs[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

	for (int i = 0; i < QUEUE_REFERENCE_SIZE - 1; i++) {
		if (i == 3) {
			out[i] = '-';
			continue;
		}
		out[i] = signs[n % (sizeof(signs) - 1)];
		n /= sizeof(signs) - 1;
	}
	out[QUEUE_REFERENCE_SIZE - 1] = '\0';
}

static const struct {
	const char *word;
	enum queue_class queue_class;
	const char *purpose;
	bool twice;
	enum { ELECTOR, ANYBODY } whom;
} mails[QUEUE_MAIL__MAX] = {
#define X(name, word, class, purpose, twice, whom, sentence) {word, QUEUE_##class, purpose, twice, whom},
    QUEUE_MAIL_ROWS(X)
#undef X
};

const char *
queue_mail_word(enum queue_mail mail)
{
	return mails[mail].word;
}

bool
queue_mail_find(const char *word, enum queue_mail *mail_r)
{
	for (int i = 0; i < QUEUE_MAIL__MAX; i++) {
		if (strcmp(mails[i].word, word) != 0)
			continue;
		*mail_r = (enum queue_mail)i;
		return true;
	}
	return false;
}

enum queue_class
queue_mail_class(enum queue_mail mail)
{
	return mails[mail].queue_class;
}

const char *
queue_mail_purpose(enum queue_mail mail)
{
	return mails[mail].purpose;
}

const char *
queue_mails_with_link(TALLOC_CTX *ctx)
{
	char *words = talloc_strdup(ctx, "");

	for (int i = 0; i < QUEUE_MAIL__MAX; i++)
		if (mails[i].purpose != NULL)
			words = talloc_asprintf_append(words, "%s%s", words[0] != '\0' ? "," : "", mails[i].word);
	return words;
}

bool
queue_mail_may_double(enum queue_mail mail)
{
	return mails[mail].twice;
}

bool
queue_mail_is_to_anybody(enum queue_mail mail)
{
	return mails[mail].whom == ANYBODY;
}

const char *
queue_cool(TALLOC_CTX *ctx, const struct keys *k, enum queue_mail mail, int64_t election_id,
           const char *identifier)
{
	unsigned char hash[HASH_SIZE];
	char *about =
	    talloc_asprintf(ctx, "%s %lld %s", mails[mail].word, (long long)election_id, identifier);

	hash_keyed_text(k->key[KEY_REFERENCE], "cool-down", about, hash);
	talloc_free(about);
	return text_hex(ctx, hash, 16);
}

void
queue_make_id(char id[QUEUE_ID_SIZE])
{
	unsigned char raw[16];
	uint64_t now = (uint64_t)clock_now_ms();
	char *hex;

	secret_random(raw, sizeof(raw));
	for (int i = 0; i < 6; i++)
		raw[i] = (unsigned char)(now >> (40 - 8 * i));
	hex = text_hex(NULL, raw, sizeof(raw));
	memcpy(id, hex, QUEUE_ID_SIZE);
	talloc_free(hex);
}

/* The roll's domains, as this process last saw them. They are few and public; electors are never looked up
 * here. */
static struct {
	struct db_rows *rows;
	int64_t read_ms;
} domains;

static int
read_domains(struct task *t, struct queue *q)
{
	struct db_rows *rows;

	if (domains.rows != NULL && clock_mono_ms() - domains.read_ms < DOMAINS_FRESH_MS)
		return 0;
	if (db_run(t, q->db, q->first_sql + STATEMENT_QUEUE_DOMAINS, &rows, NO_PARAMS) == -1)
		return -1;
	talloc_free(domains.rows);
	domains.rows = talloc_steal(NULL, rows);
	domains.read_ms = clock_mono_ms();
	return 0;
}

const char *
queue_lane(const char *domain)
{
	size_t low = 0, high = domains.rows != NULL ? domains.rows->n : 0;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(domain, db_text(domains.rows, middle, 0));

		if (order == 0)
			return domain;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return QUEUE_LANE_OTHER;
}

/* Redis away: go on with the row alone; the sweeper queues it when Redis is back. */
static void
forgive_redis(struct task *t, const char *doing)
{
	log_warning("queue without Redis", "task=%s doing=%s why=%s", t->id, doing,
	            log_quote(t, t->err.text));
	task_forgive(t);
}

struct wish {
	enum queue_mail mail;
	int64_t election_id;
	const char *identifier;
	const char *cool;
	char reference[QUEUE_REFERENCE_SIZE];
	char id[QUEUE_ID_SIZE];
};

static int
reserve(struct task *t, struct queue *q, struct wish *w)
{
	char holder[LIVE_ID_SIZE];

	queue_make_id(w->id);
	if (live_reserve(t, q->store, w->cool, w->id, QUEUE_RESERVED_MS, holder) == 0)
		memcpy(w->id, holder, sizeof(w->id));
	else if (t->err.kind == ERR_REFUSED)
		return -1;
	else
		forgive_redis(t, "reserve");
	return 0;
}

/* A mail is tried for as long as its link would work; that time begins anew with its 250, so that one that comes late is still good. */
static int64_t
deadline_s(const struct queue *q, enum queue_mail mail)
{
	return mails[mail].purpose != NULL && q->link_validity > 0 ? q->link_validity / 1000 : DEADLINE_S;
}

static int
insert_row(struct task *t, struct queue *q, const struct wish *w)
{
	const struct db_param params[] = {
	    P(w->id),
	    P(w->election_id),
	    P(mails[w->mail].word),
	    P(w->identifier),
	    P(fold_domain(w->identifier)),
	    P(w->reference),
	    P(deadline_s(q, w->mail)),
	    P((const char *)t->id),
	    P(w->reference),
	};

	return db_run(t, q->db, q->first_sql + STATEMENT_QUEUE_INSERT, NULL, params,
	              sizeof(params) / sizeof(*params));
}

/* Queue the unfinished row, if there is one: after a mail that is in its cool-down there is none. One that
 * waits for more than its turn is the sweeper's. Redis is asked in any case, so that no time tells who has one. */
static int
queue_job(struct task *t, struct queue *q, const struct wish *w)
{
	struct live_put p = {.id = w->id,
	                     .place = "",
	                     .queue_class = mails[w->mail].queue_class,
	                     .lane = queue_lane(fold_domain(w->identifier)),
	                     .mail = mails[w->mail].word,
	                     .cool = w->cool,
	                     .cool_ms = QUEUE_RESERVED_MS};
	struct db_rows *rows;

	if (db_run(t, q->db, q->first_sql + STATEMENT_QUEUE_FIND, &rows,
	           PARAMS(P(w->election_id), P(mails[w->mail].word), P(w->identifier))) == -1)
		return -1;
	if (rows->n > 0 && strcmp(db_text(rows, 0, 1), "ready") == 0 && db_number(rows, 0, 2) == 0) {
		p.id = db_text(rows, 0, 0);
		p.place = "ready";
		p.in_ms = db_number(rows, 0, 3);
	}
	if (live_put(t, q->store, &p) == -1)
		forgive_redis(t, "put");
	return 0;
}

int
queue_put(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id, const char *identifier)
{
	char reference[QUEUE_REFERENCE_SIZE];

	queue_reference(q->keys, identifier, clock_now_s(), reference);
	return queue_put_about(t, q, mail, election_id, identifier, reference);
}

int
queue_put_about(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id,
                const char *identifier, const char *reference)
{
	struct wish w = {.mail = mail, .election_id = election_id, .identifier = identifier};

	w.cool = queue_cool(t, q->keys, mail, election_id, identifier);
	snprintf(w.reference, sizeof(w.reference), "%s", reference);
	if (read_domains(t, q) == -1 || reserve(t, q, &w) == -1)
		return -1;
	fault_point("reserved");
	if (insert_row(t, q, &w) == -1)
		return -1;
	fault_point("inserted");
	return queue_job(t, q, &w);
}

int
queue_write(struct task *t, struct db *d, int sql, enum queue_mail mail, int64_t election_id, const char *identifier,
            const char *reference)
{
	char id[QUEUE_ID_SIZE];

	queue_make_id(id);
	return db_run(t, d, sql, NULL,
	              PARAMS(P((const char *)id), P(election_id), P(mails[mail].word), P(identifier), P(fold_domain(identifier)),
	                     P(reference), P(reference), P(DEADLINE_S), P((const char *)t->id)));
}

int
queue_forget_cooldown(struct task *t, struct queue *q, enum queue_mail mail, int64_t election_id,
                      const char *identifier)
{
	return live_forget(t, q->store, queue_cool(t, q->keys, mail, election_id, identifier));
}
