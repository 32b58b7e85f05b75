/* isoloirctl elector show: one elector as the helpdesk needs it. Never a token, a hash, an answer or a code. */
#include <string.h>

#include "common/fold.h"
#include "ctl/ctl.h"

static const char *const roll_names[] = {"id",          "election", "identifier", "civility", "given_name",
                                         "family_name", "posting",  "academy",    "time_zone", "gone_at"};
static const char *const scrutin_names[] = {"code", "kind", "level", "name", "bureau", "state"};
static const char *const link_names[] = {"purpose", "state", "created_at", "expires_at", "used_at"};
static const char *const code_names[] = {"how", "batch", "issued_at", "void_at", "void_how"};
static const char *const mail_names[] = {"reference",  "mail",        "state",      "attempts",
                                         "created_at", "finished_at", "last_reply", "id"};

/* One answer under a name; -1 as db_run. */
static int
add_rows(struct ctl *c, struct db *d, int which, const char *name, const char *const *columns,
         const struct db_param *params, size_t n)
{
	struct db_rows *rows;

	if (db_run(c->task, d, which, &rows, params, n) == -1)
		return -1;
	js_set(c->out, name, ctl_rows(c, rows, columns));
	return 0;
}

static int
add_account(struct ctl *c, struct db *d, int64_t id)
{
	struct js *account = js_object(c);
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_ELECTOR_ACCOUNT, &rows, PARAMS(P(id))) == -1)
		return -1;
	js_set_text(account, "state", rows->n == 0 ? "not activated" : "activated");
	if (rows->n > 0) {
		ctl_set_time(account, "activated_at", rows, 0, 0);
		ctl_set_time(account, "changed_at", rows, 0, 1);
		js_set_text(account, "question", db_text(rows, 0, 2));
	}
	js_set(c->out, "account", account);
	return 0;
}

static void
add_live_link(struct ctl *c)
{
	const struct js *links = js_get(c->out, "links");
	bool live = false;

	for (size_t i = 0; i < js_size(links); i++)
		live = live || strcmp(js_text(js_at(links, i), "state", ""), "live") == 0;
	js_set_text(js_get(c->out, "account"), "live_link", live ? "yes" : "no");
}

static int
show(struct ctl *c, struct db *d, const struct db_rows *found)
{
	int64_t id = db_number(found, 0, 0);
	const char *election = db_text(found, 0, 1), *identifier = db_text(found, 0, 2);

	js_set(c->out, "elector", ctl_row(c, found, 0, roll_names));
	if (add_account(c, d, id) == -1 ||
	    add_rows(c, d, SQL_ELECTOR_SCRUTINS, "scrutins", scrutin_names, PARAMS(P(id))) == -1 ||
	    add_rows(c, d, SQL_ELECTOR_LINKS, "links", link_names, PARAMS(P(id))) == -1 ||
	    add_rows(c, d, SQL_ELECTOR_CODES, "codes", code_names, PARAMS(P(id))) == -1 ||
	    add_rows(c, d, SQL_ELECTOR_MAILS, "mails", mail_names, PARAMS(P(identifier), P(election))) == -1)
		return ctl_trouble(c);
	add_live_link(c);
	return EX_OK;
}

static int
refuse_several(struct ctl *c, const struct db_rows *found)
{
	char *slugs = talloc_strdup(c, "");

	for (size_t i = 0; i < found->n; i++)
		slugs = talloc_asprintf_append(slugs, " %s", db_text(found, i, 1));
	return ctl_fail(c, EX_USAGE, "on the roll of several elections, choose one with --election:%s",
	                slugs);
}

int
ctl_elector_show(struct ctl *c)
{
	const char *identifier = fold_identifier(c, c->args[0]);
	const char *slug = ctl_has(c, OPTION_ELECTION) ? c->option[OPTION_ELECTION] : "";
	struct db *d = ctl_db(c);
	struct db_rows *found;

	if (identifier == NULL)
		return ctl_fail(c, EX_USAGE, "%s is no identifier: those are mail addresses", c->args[0]);
	if (db_run(c->task, d, SQL_ELECTOR_FIND, &found, PARAMS(P(identifier), P(slug), P(slug))) == -1)
		return ctl_trouble(c);
	if (found->n == 0)
		return ctl_fail(c, EX_NOUSER, "%s is on no roll%s%s", identifier,
		                slug[0] != '\0' ? " of " : "", slug);
	return found->n > 1 ? refuse_several(c, found) : show(c, d, found);
}
