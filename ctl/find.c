/*
 * isoloirctl elector find: by the beginning of a name, as rolls are read. Keys stand in the roll of each scrutin, so each is asked for its next few and the
 * first of them all are shown: as many ranges of an index as there are scrutins, however many electors.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/name.h"
#include "ctl/office.h"

#define PAGE 50

static const char *const found_names[] = {"identifier", "family_name", "given_name", "posting", "academy", "left"};

struct hit {
	char key[NAME_KEY_MAX + 1];
	int64_t id;
};

struct search {
	struct ctl *c;
	struct db *db;
	const char *from, *to; /* keys: from the first on, before the second */
	struct hit after;      /* what the last page ended with */
	struct hit *hits;      /* the first PAGE + 1 of those seen, in order, each once */
	size_t n;
};

static int
compare(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

/* Whoever votes in seven scrutins comes seven times. */
static void
merge(struct search *s)
{
	size_t kept = 0;

	qsort(s->hits, s->n, sizeof(*s->hits), compare);
	for (size_t i = 0; i < s->n; i++)
		if (kept == 0 || compare(&s->hits[kept - 1], &s->hits[i]) != 0)
			s->hits[kept++] = s->hits[i];
	s->n = kept < PAGE + 1 ? kept : PAGE + 1;
}

static int
search_scrutin(struct search *s, int64_t scrutin_id)
{
	struct task *t = task_new(s->c, 0);
	struct db_rows *rows;
	int rc = db_run(t, s->db, SQL_ELECTORS_NAMED, &rows,
	                PARAMS(P(scrutin_id), P(s->from), P(s->to), P((const char *)s->after.key), P((const char *)s->after.key), P(s->after.id), P(PAGE + 1)));

	if (rc == -1)
		s->c->task->err = t->err;
	for (size_t i = 0; rc == 0 && i < rows->n; i++) {
		struct hit *h = &s->hits[s->n++];

		*h = (struct hit){.id = db_number(rows, i, 1)};
		strncpy(h->key, db_text(rows, i, 0), NAME_KEY_MAX);
	}
	if (rc == 0 && rows->n > 0)
		merge(s);
	talloc_free(t);
	return rc;
}

static int
tell(struct search *s)
{
	struct js *list = js_array(s->c);
	size_t shown = s->n < PAGE ? s->n : PAGE;

	for (size_t i = 0; i < shown; i++) {
		struct db_rows *rows;

		if (db_run(s->c->task, s->db, SQL_ELECTOR_BRIEF, &rows, PARAMS(P(s->hits[i].id))) == -1)
			return ctl_trouble(s->c);
		if (rows->n == 1)
			js_push(list, ctl_row(s->c, rows, 0, found_names));
	}
	js_set(s->c->out, "electors", list);
	if (s->n > PAGE) {
		const char *next = talloc_asprintf(s->c, "%lld/%s", (long long)s->hits[PAGE - 1].id, s->hits[PAGE - 1].key);

		js_set_text(s->c->out, "next", next);
		ctl_say(s->c, "The first %d. The next ones: --after '%s'", PAGE, next);
	} else {
		ctl_say(s->c, "%zu elector%s.", s->n, s->n == 1 ? "" : "s");
	}
	return EX_OK;
}

/* "1234/dupont jean", as the last page told it. */
static int
read_after(struct search *s)
{
	const char *text = ctl_has(s->c, OPTION_AFTER) ? s->c->option[OPTION_AFTER] : "0/", *slash = strchr(text, '/');

	if (slash == NULL || !text_number(talloc_strndup(s->c, text, (size_t)(slash - text)), 0, INT64_MAX, &s->after.id) ||
	    strlen(slash + 1) > NAME_KEY_MAX)
		return ctl_fail(s->c, EX_USAGE, "--after takes what the page before ended with");
	strncpy(s->after.key, slash + 1, NAME_KEY_MAX);
	return EX_OK;
}

int
ctl_elector_find(struct ctl *c)
{
	struct search *s = talloc_zero(c, struct search);
	const char *slug;
	struct db_rows *scrutins;
	int64_t election_id;
	int rc;

	*s = (struct search){.c = c, .db = ctl_db(c), .from = name_prefix(c, c->args[0]), .hits = talloc_array(s, struct hit, 2 * (PAGE + 1))};
	if (s->from == NULL || s->from[0] == '\0')
		return ctl_fail(c, EX_USAGE, "give the beginning of a family name, or a family and a given name after a comma: dupont,je");
	s->to = name_after(c, s->from);
	rc = read_after(s);
	if (rc == EX_OK)
		rc = office_election(c, s->db, &election_id, &slug);
	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, s->db, SQL_SCRUTIN_IDS, &scrutins, PARAMS(P(election_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < scrutins->n; i++)
		if (search_scrutin(s, db_number(scrutins, i, 0)) == -1)
			return ctl_trouble(c);
	return tell(s);
}
