#include "portal/model/scrutin.h"

#include <string.h>

#include "portal/request.h"

static void
read_row(const struct db_rows *rows, size_t i, struct scrutin *s)
{
	*s = (struct scrutin){
	    .id = db_number(rows, i, 0),
	    .code = db_text(rows, i, 1),
	    .kind = db_text(rows, i, 2),
	    .name = db_text(rows, i, 3),
	    .level = db_text(rows, i, 4),
	    .seats = db_number(rows, i, 5),
	    .sigle = strcmp(db_text(rows, i, 6), "sigle") == 0,
	    .bureau = db_text(rows, i, 7),
	    .voted_s = db_number(rows, i, 8),
	};
}

int
scrutin_list(struct request *r, struct scrutin **list_r, size_t *n_r)
{
	struct db_rows *rows;

	*n_r = 0;
	must(r->session.level == SESSION_ELECTOR);
	if (db_run(r->task, r->portal->db, SQL_SCRUTINS_OF, &rows, PARAMS(P(r->session.elector_id))) == -1)
		return -1;
	*list_r = talloc_zero_array(r->task, struct scrutin, (unsigned)rows->n + 1);
	for (size_t i = 0; i < rows->n; i++)
		read_row(rows, i, &(*list_r)[i]);
	*n_r = rows->n;
	return 0;
}

/* Nobody votes in more than seven. */
int
scrutin_find(struct request *r, const char *code, struct scrutin **scrutin_r)
{
	struct scrutin *list;
	size_t n;

	*scrutin_r = NULL;
	if (scrutin_list(r, &list, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].code, code) == 0)
			*scrutin_r = &list[i];
	return 0;
}
