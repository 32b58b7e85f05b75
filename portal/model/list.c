#include "portal/model/list.h"

#include <string.h>

#include "portal/model/election.h"
#include "portal/request.h"

static void
read_row(const struct db_rows *rows, size_t i, struct list *l)
{
	*l = (struct list){
	    .id = db_number(rows, i, 0),
	    .code = db_text(rows, i, 1),
	    .title = db_text(rows, i, 2),
	    .sigle = db_text(rows, i, 3),
	    .organization = db_text(rows, i, 4),
	    .place = db_number(rows, i, 5),
	    .withdrawn_s = db_number(rows, i, 6),
	    .logo = db_text(rows, i, 7),
	    .text_size = db_number(rows, i, 8),
	    .pdf_size = db_number(rows, i, 9),
	};
}

int
list_all(struct request *r, const struct scrutin *s, struct list_set *set_r)
{
	struct db_rows *rows;

	if (db_run(r->task, r->portal->db, SQL_LISTS_OF, &rows, PARAMS(P(s->id))) == -1)
		return -1;
	*set_r = (struct list_set){.lists = talloc_zero_array(r->task, struct list, (unsigned)rows->n + 1), .n = rows->n, .drawn = rows->n > 0};
	for (size_t i = 0; i < rows->n; i++) {
		struct list *l = &set_r->lists[i];

		read_row(rows, i, l);
		if (l->withdrawn_s != 0)
			continue;
		set_r->n_standing++;
		set_r->drawn = set_r->drawn && l->place != 0;
	}
	set_r->drawn = set_r->drawn && set_r->n_standing > 0;
	return 0;
}

static struct list *
list_with_id(struct list_set *set, int64_t id)
{
	for (size_t i = 0; i < set->n_standing; i++)
		if (set->lists[i].id == id)
			return &set->lists[i];
	return NULL;
}

/* One query for the scrutin. The rows of a list come together, by rank; one that was added a moment ago is not in the set yet. */
int
list_candidates(struct request *r, const struct scrutin *s, struct list_set *set)
{
	struct db_rows *rows;
	struct candidate *all;

	if (db_run(r->task, r->portal->db, SQL_LISTS_CANDIDATES, &rows, PARAMS(P(s->id))) == -1)
		return -1;
	all = talloc_zero_array(r->task, struct candidate, (unsigned)rows->n + 1);
	for (size_t i = 0; i < rows->n; i++) {
		struct list *l = list_with_id(set, db_number(rows, i, 0));

		all[i] = (struct candidate){db_text(rows, i, 1), db_text(rows, i, 2), db_text(rows, i, 3), db_text(rows, i, 4)};
		if (l == NULL)
			continue;
		if (l->n == 0)
			l->candidates = &all[i];
		l->n++;
	}
	return 0;
}

int
list_find(struct request *r, const struct scrutin *s, const char *code, struct list **list_r)
{
	struct list_set set;

	*list_r = NULL;
	if (list_all(r, s, &set) == -1)
		return -1;
	for (size_t i = 0; set.drawn && i < set.n_standing; i++)
		if (strcmp(set.lists[i].code, code) == 0)
			*list_r = &set.lists[i];
	return 0;
}

int
list_file(struct request *r, const struct list *l, const char *kind, struct db_bytes *bytes_r)
{
	struct db_rows *rows;

	*bytes_r = (struct db_bytes){NULL, 0};
	if (db_run(r->task, r->portal->db, SQL_LIST_FILE, &rows, PARAMS(P(l->id), P(kind))) == -1)
		return -1;
	if (rows->n == 1)
		*bytes_r = (struct db_bytes){rows->values[0].text, rows->values[0].len};
	return 0;
}

int
list_draws(struct request *r, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_DRAWS, rows_r, PARAMS(P(r->election->id)));
}

int
list_draws_of(struct request *r, const char *code, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_DRAWS_OF, rows_r, PARAMS(P(r->election->id), P(code)));
}

int
list_titles(struct request *r, int64_t scrutin_id, struct db_rows **rows_r)
{
	return db_run(r->task, r->portal->db, SQL_LIST_TITLES, rows_r, PARAMS(P(scrutin_id)));
}
