#include "portal/model/roll.h"

#include <string.h>

#include "portal/model/election.h"
#include "portal/request.h"

#define LOOKED_AT 1900 /* postings that begin as typed, of whatever scrutin: some milliseconds */

static void
take_row(const struct db_rows *rows, size_t i, struct roll_row *row)
{
	*row = (struct roll_row){
	    .family = db_text(rows, i, 0),
	    .given = db_text(rows, i, 1),
	    .posting = db_text(rows, i, 2),
	    .place = {.key = db_text(rows, i, 3), .elector_id = db_number(rows, i, 4)},
	};
}

/* As many rows as there is room for in list, from one range of keys. -1: MariaDB. */
static int
read_range(struct request *r, const struct roll_search *s, bool backward, const char *low, const char *high, const struct roll_place *from,
           struct roll_row *list, size_t room, size_t *n)
{
	static const enum portal_sql any[] = {SQL_ROLL_AFTER, SQL_ROLL_BEFORE}, one[] = {SQL_ROLL_POSTING_AFTER, SQL_ROLL_POSTING_BEFORE};
	struct db_rows *rows;
	const struct db_param params[] = {P(s->scrutin_id), P(s->posting_id), P(low), P(high), P(from->key), P(from->elector_id), P((int64_t)(room - *n))};
	const struct db_param all[] = {params[0], params[2], params[3], params[4], params[5], params[6]};
	int rc = s->posting_id != 0 ? db_run(r->task, r->portal->db, one[backward], &rows, params, 7) : db_run(r->task, r->portal->db, any[backward], &rows, all, 6);

	for (size_t i = 0; rc == 0 && i < rows->n; i++)
		take_row(rows, i, &list[(*n)++]);
	return rc;
}

/* The ranges lie in the order of the roll and share nothing: one after the other is the roll's order. */
static int
read_after(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_row *list, size_t room, size_t *n)
{
	for (size_t i = 0; i < s->n_begins && *n < room; i++) {
		const char *low = s->begins[i], *high = name_after(r->task, low);

		if (strcmp(from->key, low) > 0)
			low = from->key;
		if (strcmp(low, high) < 0 && read_range(r, s, false, low, high, from, list, room, n) == -1)
			return -1;
	}
	return 0;
}

static int
read_before(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_row *list, size_t room, size_t *n)
{
	for (size_t i = s->n_begins; i > 0 && *n < room; i--) {
		const char *low = s->begins[i - 1], *high = name_after(r->task, low);

		if (strcmp(from->key, high) < 0)
			high = from->key;
		if (strcmp(low, high) <= 0 && read_range(r, s, true, low, high, from, list, room, n) == -1)
			return -1;
	}
	return 0;
}

int
roll_read(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_page *page_r)
{
	static const struct roll_place start = {"", 0};
	struct roll_row list[ROLL_PAGE + 1];
	size_t n = 0;

	if (read_after(r, s, from != NULL ? from : &start, list, ROLL_PAGE + 1, &n) == -1)
		return -1;
	*page_r = (struct roll_page){.is_first = from == NULL, .is_last = n <= ROLL_PAGE, .n = n <= ROLL_PAGE ? n : ROLL_PAGE};
	memcpy(page_r->rows, list, page_r->n * sizeof(*list));
	return 0;
}

int
roll_read_before(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_page *page_r)
{
	struct roll_row list[ROLL_PAGE + 1];
	size_t n = 0;

	if (read_before(r, s, from, list, ROLL_PAGE + 1, &n) == -1)
		return -1;
	if (n <= ROLL_PAGE)
		return roll_read(r, s, NULL, page_r);
	*page_r = (struct roll_page){.n = ROLL_PAGE};
	for (size_t i = 0; i < ROLL_PAGE; i++)
		page_r->rows[i] = list[ROLL_PAGE - 1 - i];
	return 0;
}

static struct posting *
take_postings(struct request *r, const struct db_rows *rows)
{
	struct posting *list = talloc_zero_array(r->task, struct posting, (unsigned)rows->n + 1);

	for (size_t i = 0; i < rows->n; i++)
		list[i] = (struct posting){.id = db_number(rows, i, 0), .name = db_text(rows, i, 1), .academy = db_text(rows, i, 2)};
	return list;
}

/* The key before which LOOKED_AT postings lie; high itself when there are fewer. -1: MariaDB. */
static int
find_end(struct request *r, const char *low, const char *high, const char **end_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_ROLL_POSTINGS_END, &rows, PARAMS(P(r->election->id), P(low), P(high), P(LOOKED_AT))) == -1)
		return -1;
	*end_r = rows->n > 0 ? db_text(rows, 0, 0) : high;
	return 0;
}

int
roll_postings(struct request *r, int64_t scrutin_id, const char *typed, struct roll_postings *found_r)
{
	const char *low = name_posting_key(r->task, typed), *high = name_after(r->task, low), *end;
	struct db_rows *rows;

	if (find_end(r, low, high, &end) == -1)
		return -1;
	if (db_run(r->task, r->portal->db, SQL_ROLL_POSTINGS, &rows,
	           PARAMS(P(r->election->id), P(low), P(end), P(scrutin_id), P(ROLL_POSTINGS + 1))) == -1)
		return -1;
	*found_r = (struct roll_postings){
	    .list = take_postings(r, rows),
	    .n = rows->n <= ROLL_POSTINGS ? rows->n : ROLL_POSTINGS,
	    .more = rows->n > ROLL_POSTINGS || strcmp(end, high) != 0,
	};
	return 0;
}

int
roll_posting_find(struct request *r, int64_t scrutin_id, int64_t id, struct posting **posting_r)
{
	struct db_rows *rows;

	*posting_r = NULL;
	if (db_run(r->task, r->portal->db, SQL_ROLL_POSTING, &rows, PARAMS(P(id), P(r->election->id), P(scrutin_id))) == -1)
		return -1;
	if (rows->n > 0)
		*posting_r = take_postings(r, rows);
	return 0;
}
