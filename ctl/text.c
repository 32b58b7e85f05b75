/*
 * isoloirctl text: what the office writes on the portal's pages. A text is checked whole before it is stored; the workers see it within seconds.
 * The banner is one too, but stands in the election's row.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/prose.h"
#include "ctl/office.h"

#define BANNER "banner"
#define BANNER_MAX 500 /* of election.banner */

static const char *const stored_names[] = {"name", "from", "changed_at", "changed_by", "bytes"};

struct text {
	struct db *db;
	int64_t election_id;
	const char *slug;
	bool is_banner;
	enum text_name name;
};

static int
open_election(struct ctl *c, struct text *t)
{
	t->db = ctl_db(c);
	return office_election(c, t->db, &t->election_id, &t->slug);
}

static int
open_text(struct ctl *c, struct text *t)
{
	const char *near = NULL;

	t->is_banner = strcmp(c->args[0], BANNER) == 0;
	if (!t->is_banner && !text_name_find(c->args[0], &t->name, &near))
		return ctl_fail(c, EX_USAGE, "no text is called %s; did you mean %s?", c->args[0], near != NULL ? near : BANNER);
	return open_election(c, t);
}

/* ---- list ---- */

static void
add_theme_row(struct ctl *c, struct js *list, int name)
{
	struct js *row = js_object(c);

	for (size_t i = 0; i < sizeof(stored_names) / sizeof(*stored_names); i++)
		js_set_text(row, stored_names[i], "");
	js_set_text(row, "name", text_rows[name].word);
	js_set_text(row, "from", "theme");
	js_push(list, row);
}

static void
add_row(struct ctl *c, struct js *list, int name, const struct db_rows *stored)
{
	for (size_t i = 0; i < stored->n; i++) {
		if (strcmp(db_text(stored, i, 0), text_rows[name].word) != 0)
			continue;
		js_push(list, ctl_row(c, stored, i, stored_names));
		return;
	}
	add_theme_row(c, list, name);
}

int
ctl_text_list(struct ctl *c)
{
	struct js *list = js_array(c);
	struct db_rows *stored, *banner;
	struct text t;
	int rc = open_election(c, &t);

	if (rc != EX_OK)
		return rc;
	if (db_run(c->task, t.db, SQL_TEXTS, &stored, PARAMS(P(t.election_id))) == -1 ||
	    db_run(c->task, t.db, SQL_BANNER, &banner, PARAMS(P(t.election_id))) == -1)
		return ctl_trouble(c);
	for (int i = 0; i < TEXT__MAX; i++)
		add_row(c, list, i, stored);
	js_set_text(c->out, "election", t.slug);
	js_set_text(c->out, BANNER, db_text(banner, 0, 0));
	js_set(c->out, "texts", list);
	return EX_OK;
}

/* ---- show ---- */

static int
read_theme(struct ctl *c, enum text_name name, char **body_r)
{
	const char *theme = c->conf->portal_theme[0] != '\0' ? c->conf->portal_theme : THEMEDIR "/default";

	return office_read(c, talloc_asprintf(c, "%s/textes/%s.txt", theme, text_rows[name].word), PROSE_SIZE_MAX, body_r);
}

/* As it stands, so that it can be changed in an editor and set again. */
static int
tell_body(struct ctl *c, const char *from, const char *body)
{
	if (!ctl_has(c, OPTION_JSON)) {
		printf("%s%s", body, text_ends(body, "\n") || body[0] == '\0' ? "" : "\n");
		return EX_OK;
	}
	js_set_text(c->out, "name", c->args[0]);
	js_set_text(c->out, "from", from);
	js_set_text(c->out, "body", body);
	return EX_OK;
}

int
ctl_text_show(struct ctl *c)
{
	struct db_rows *rows;
	struct text t;
	char *body;
	int rc = open_text(c, &t);

	if (rc != EX_OK)
		return rc;
	if (t.is_banner ? db_run(c->task, t.db, SQL_BANNER, &rows, PARAMS(P(t.election_id)))
	                : db_run(c->task, t.db, SQL_TEXT_GET, &rows, PARAMS(P(t.election_id), P(c->args[0]))))
		return ctl_trouble(c);
	if (rows->n == 1)
		return tell_body(c, "office", db_text(rows, 0, 0));
	rc = read_theme(c, t.name, &body);
	return rc == EX_OK ? tell_body(c, "theme", body) : rc;
}

/* ---- set, reset ---- */

static int64_t
count_links(const struct prose_section *s)
{
	int64_t n = 0;

	for (size_t b = 0; b < s->n; b++)
		for (size_t l = 0; l < s->blocks[b].n; l++)
			for (size_t i = 0; i < s->blocks[b].lines[l].n; i++)
				n += s->blocks[b].lines[l].spans[i].kind != PROSE_WORDS;
	return n;
}

/* What the page will be made of, for whoever set the text. */
static void
tell_outline(struct ctl *c, const struct prose *p)
{
	struct js *list = js_array(c);

	for (size_t i = 0; i < p->n; i++) {
		const struct prose_section *s = &p->sections[i];
		struct js *row = js_object(c);

		if (s->title[0] == '\0' && s->n == 0)
			continue;
		js_set_text(row, "heading", s->title);
		js_set_text(row, "anchor", s->anchor);
		js_set_number(row, "paragraphs_and_lists", (int64_t)s->n);
		js_set_number(row, "links", count_links(s));
		js_push(list, row);
	}
	js_set(c->out, "outline", list);
}

static int
check_text(struct ctl *c, const struct text *t, const char *body)
{
	char *why = NULL;
	struct prose *p = prose_parse(c, t->name, c->args[1], body, strlen(body), &why);

	if (p == NULL)
		return ctl_fail(c, EX_DATAERR, "%s; nothing was changed", why);
	tell_outline(c, p);
	return EX_OK;
}

static int
check_banner(struct ctl *c, const char *line)
{
	if (text_length(line) > BANNER_MAX)
		return ctl_fail(c, EX_DATAERR, "the banner has %zu characters, and at most %d fit", text_length(line), BANNER_MAX);
	for (const char *s = line; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return ctl_fail(c, EX_DATAERR, "the banner is one line of plain text");
	js_set_text(c->out, BANNER, line);
	return EX_OK;
}

/* The write and its row in the audit trail, or neither. */
static int
write_text(struct ctl *c, const struct text *t, const char *body)
{
	const char *who = ctl_operator(c), *name = c->args[0];

	if (t->is_banner)
		return db_run(c->task, t->db, SQL_BANNER_SET, NULL, PARAMS(P(body), P(t->election_id)));
	if (body[0] == '\0')
		return db_run(c->task, t->db, SQL_TEXT_DROP, NULL, PARAMS(P(t->election_id), P(name)));
	return db_run(c->task, t->db, SQL_TEXT_SET, NULL, PARAMS(P(t->election_id), P(name), P(body), P(who)));
}

static int
store(struct ctl *c, const struct text *t, const char *body, const char *act)
{
	char *detail = talloc_asprintf(c, "%s %zu bytes", c->args[0], strlen(body));

	if (ctl_has(c, OPTION_DRY_RUN)) {
		ctl_say(c, "Nothing was changed.");
		return EX_OK;
	}
	if (db_begin(c->task, t->db) == -1 || write_text(c, t, body) == -1 ||
	    office_audit(c, t->db, t->election_id, act, detail) == -1 || db_commit(c->task, t->db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%s of %s: shown within seconds.", c->args[0], t->slug);
	return EX_OK;
}

int
ctl_text_set(struct ctl *c)
{
	struct text t;
	char *body;
	int rc = open_text(c, &t);

	if (rc != EX_OK || (rc = office_read(c, c->args[1], PROSE_SIZE_MAX, &body)) != EX_OK)
		return rc;
	if (t.is_banner)
		body = text_trim(c, body);
	if (text_trim(c, body)[0] == '\0')
		return ctl_fail(c, EX_DATAERR, "%s is empty; `isoloirctl text reset %s` takes a text away", c->args[1], c->args[0]);
	rc = t.is_banner ? check_banner(c, body) : check_text(c, &t, body);
	return rc == EX_OK ? store(c, &t, body, "text set") : rc;
}

int
ctl_text_reset(struct ctl *c)
{
	struct text t;
	int rc = open_text(c, &t);

	return rc == EX_OK ? store(c, &t, "", "text reset") : rc;
}
