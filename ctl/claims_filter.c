#include "ctl/claims.h"

#include <string.h>

#include "common/base/text.h"

static const char *const states[] = {"received", "in_study", "accepted", "refused", "open", "all"};
static const char *const objects[] = {
#define OBJECT(word, label) word,
#include "portal/objects.def"
#undef OBJECT
};
static const char *const names[] = {"state", "scrutin", "object", "academy", "late"};
#define N(array) (sizeof(array) / sizeof(*(array)))

static int
take_state(struct ctl *c, struct claims_filter *f, const char *word)
{
	f->states = strcmp(word, "all") == 0 ? "" : strcmp(word, "open") == 0 ? CLAIMS_OPEN : word;
	return ctl_word(c, "state", word, states, N(states));
}

static int
take(struct ctl *c, struct claims_filter *f, const char *name, const char *value)
{
	int rc = ctl_word(c, "filter", name, names, N(names));

	if (rc != EX_OK)
		return rc;
	if (strcmp(name, "late") == 0) {
		f->late = 1;
		return value[0] == '\0' ? EX_OK : ctl_fail(c, EX_USAGE, "late takes no value");
	}
	if (value[0] == '\0')
		return ctl_fail(c, EX_USAGE, "%s takes a value: %s=…", name, name);
	if (strcmp(name, "state") == 0)
		return take_state(c, f, value);
	if (strcmp(name, "scrutin") == 0)
		f->scrutin = value;
	else if (strcmp(name, "academy") == 0)
		f->academy = value;
	else
		f->object = value;
	return f->object[0] != '\0' ? ctl_word(c, "object", f->object, objects, N(objects)) : EX_OK;
}

int
claims_filter_read(struct ctl *c, struct claims_filter *f)
{
	char *rest = talloc_strdup(c, ctl_has(c, OPTION_WHERE) ? c->option[OPTION_WHERE] : ""), *name;
	int rc = EX_OK;

	*f = (struct claims_filter){.states = CLAIMS_OPEN, .scrutin = "", .object = "", .academy = "", .election = ""};
	if (ctl_has(c, OPTION_ELECTION))
		f->election = c->option[OPTION_ELECTION];
	while (rc == EX_OK && (name = strsep(&rest, ",")) != NULL) {
		char *value = strchr(name, '=');

		if (value != NULL)
			*value++ = '\0';
		if (name[0] != '\0' || value != NULL)
			rc = take(c, f, name, value != NULL ? value : "");
	}
	return rc;
}

#define FILTER(f) P((f)->states), P((f)->states), P((f)->scrutin), P((f)->scrutin), P((f)->object), P((f)->object), P((f)->academy), \
	P((f)->academy), P((f)->election), P((f)->election), P((f)->late)

int
claims_count(struct ctl *c, struct db *d, const struct claims_filter *f, int64_t *n_r)
{
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_CLAIM_COUNT, &rows, PARAMS(FILTER(f))) == -1)
		return -1;
	*n_r = db_number(rows, 0, 0);
	return 0;
}

int
claims_page(struct task *t, struct db *d, const struct claims_filter *f, int64_t due_s, int64_t id, struct db_rows **rows_r)
{
	return db_run(t, d, SQL_CLAIM_PAGE, rows_r, PARAMS(FILTER(f), P(due_s), P(due_s), P(id)));
}
