/*
 * isoloirctl draw: the order of the lists, from a seed that the delegates give (common/draw.h). Each scrutin's draw is a row that is never changed
 * nor deleted; another draw is another row, with its reason.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/draw.h"
#include "ctl/list.h"

#define WITNESSES_MAX 500
#define REASON_MAX 500

struct drawing {
	struct lists l;
	const char *seed, *witnesses, *reason;
	char seed_hash[DRAW_HEX_SIZE];
	struct js *told;
	size_t n;
};

static int
take_options(struct ctl *c, struct drawing *d)
{
	const char *why = NULL;

	d->seed = c->option[OPTION_SEED];
	d->witnesses = ctl_has(c, OPTION_WITNESSES) ? c->option[OPTION_WITNESSES] : "";
	d->reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "";
	if (d->seed == NULL)
		return ctl_fail(c, EX_USAGE, "the delegates give the seed: --seed TEXT");
	if ((why = draw_seed_fault(d->seed)) != NULL)
		return ctl_fail(c, EX_DATAERR, "%s", why);
	if ((why = lists_text_fault(c, d->witnesses, 0, WITNESSES_MAX)) != NULL)
		return ctl_fail(c, EX_DATAERR, "--witnesses %s", why);
	if ((why = lists_text_fault(c, d->reason, 0, REASON_MAX)) != NULL)
		return ctl_fail(c, EX_DATAERR, "--reason %s", why);
	if (ctl_has(c, OPTION_AGAIN) && d->reason[0] == '\0')
		return ctl_fail(c, EX_USAGE, "--again replaces a draw that was made before witnesses: say why, with --reason");
	draw_seed_hash(d->seed, d->seed_hash);
	return EX_OK;
}

static char *
codes_of(TALLOC_CTX *ctx, const struct draw_list *lists, size_t n)
{
	char *codes = talloc_strdup(ctx, "");

	for (size_t i = 0; i < n; i++)
		codes = talloc_asprintf_append(codes, "%s%s", i > 0 ? " " : "", lists[i].code);
	return codes;
}

static void
tell(struct ctl *c, struct drawing *d, const char *scrutin, const struct draw_list *lists, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct js *row = js_object(c);

		js_set_text(row, "scrutin", scrutin);
		js_set_number(row, "place", (int64_t)i + 1);
		js_set_text(row, "list", lists[i].code);
		js_set_text(row, "number", lists[i].number);
		js_push(d->told, row);
	}
}

static int
store(struct ctl *c, struct drawing *d, int64_t scrutin_id, const char *scrutin, const char *before, const char *after)
{
	const char *who = ctl_operator(c), *hash = d->seed_hash;
	char *detail = talloc_asprintf(c, "%s seed_hash=%s order=%s", scrutin, hash, after);

	if (db_run(c->task, d->l.db, SQL_DRAW_ADD, NULL,
	           PARAMS(P(scrutin_id), P(d->seed), P(DRAW_METHOD), P(hash), P(before), P(after), P(who), P(d->witnesses), P(d->reason))) == -1)
		return ctl_trouble(c);
	return office_audit(c, d->l.db, d->l.election_id, "lists drawn", detail) == -1 ? ctl_trouble(c) : EX_OK;
}

static int
store_places(struct ctl *c, struct drawing *d, int64_t scrutin_id, const struct draw_list *lists, size_t n)
{
	if (db_run(c->task, d->l.db, SQL_DRAW_PLACES_CLEAR, NULL, PARAMS(P(scrutin_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < n; i++)
		if (db_run(c->task, d->l.db, SQL_DRAW_PLACE, NULL, PARAMS(P((int64_t)i + 1), P(scrutin_id), P(lists[i].code))) == -1)
			return ctl_trouble(c);
	return EX_OK;
}

static int
draw_one(struct ctl *c, struct drawing *d, int64_t scrutin_id, const char *scrutin)
{
	struct draw_list *lists;
	struct db_rows *rows;
	char *before, *after;
	int rc;

	if (db_run(c->task, d->l.db, SQL_DRAW_LISTS, &rows, PARAMS(P(scrutin_id))) == -1)
		return ctl_trouble(c);
	lists = talloc_zero_array(c, struct draw_list, (unsigned)rows->n + 1);
	for (size_t i = 0; i < rows->n; i++)
		lists[i].code = db_text(rows, i, 0);
	before = codes_of(c, lists, rows->n);
	draw_order(d->seed_hash, scrutin, lists, rows->n);
	after = codes_of(c, lists, rows->n);
	tell(c, d, scrutin, lists, rows->n);
	d->n++;
	rc = store_places(c, d, scrutin_id, lists, rows->n);
	return rc == EX_OK ? store(c, d, scrutin_id, scrutin, before, after) : rc;
}

/* Without an argument: each scrutin that has lists and no draw, or (--again) each that has lists. */
static int
draw_each(struct ctl *c, struct drawing *d, const char *wanted)
{
	struct db_rows *rows;
	int rc = EX_OK;

	if (db_run(c->task, d->l.db, SQL_LISTS_SCRUTINS, &rows, PARAMS(P(d->l.election_id))) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < rows->n && rc == EX_OK; i++) {
		const char *code = db_text(rows, i, 1);
		bool drawn = db_number(rows, i, 3) != 0, has_lists = db_number(rows, i, 4) != 0;

		if (wanted != NULL ? strcmp(wanted, code) == 0 : has_lists && (!drawn || ctl_has(c, OPTION_AGAIN)))
			rc = draw_one(c, d, db_number(rows, i, 0), code);
	}
	return rc;
}

/* One that is named must be one that can be drawn. */
static int
check_scrutin(struct ctl *c, struct drawing *d)
{
	struct db_rows *rows;
	int rc = lists_scrutin(c, &d->l, c->args[0]);

	if (rc != EX_OK)
		return rc;
	if (d->l.drawn && !ctl_has(c, OPTION_AGAIN))
		return ctl_fail(c, EX_DATAERR, "%s is drawn already: another draw is --again, with its --reason", d->l.scrutin);
	if (db_run(c->task, d->l.db, SQL_DRAW_LISTS, &rows, PARAMS(P(d->l.scrutin_id))) == -1)
		return ctl_trouble(c);
	return rows->n > 0 ? EX_OK : ctl_fail(c, EX_DATAERR, "%s has no list to draw", d->l.scrutin);
}

static int
finish(struct ctl *c, struct drawing *d)
{
	js_set_text(c->out, "seed", d->seed);
	js_set_text(c->out, "seed_hash", d->seed_hash);
	js_set_text(c->out, "method", DRAW_METHOD);
	js_set(c->out, "order", d->told);
	if (ctl_has(c, OPTION_DRY_RUN)) {
		db_rollback(d->l.db);
		ctl_say(c, "%zu scrutin%s would be drawn like this; nothing was changed (--dry-run).", d->n, d->n == 1 ? "" : "s");
		return EX_OK;
	}
	if (db_commit(c->task, d->l.db) == -1)
		return ctl_trouble(c);
	ctl_say(c, "%zu scrutin%s drawn.", d->n, d->n == 1 ? "" : "s");
	return EX_OK;
}

int
ctl_draw(struct ctl *c)
{
	struct drawing d = {.told = js_array(c)};
	int rc = take_options(c, &d);

	if (rc != EX_OK || (rc = lists_open(c, &d.l)) != EX_OK)
		return rc;
	if (d.l.published)
		return ctl_fail(c, EX_DATAERR, "the lists of %s are published: their order stays", d.l.slug);
	if ((rc = lists_begin(c, &d.l)) != EX_OK)
		return rc;
	if (c->n_args > 0 && (rc = check_scrutin(c, &d)) != EX_OK)
		return rc;
	rc = draw_each(c, &d, c->n_args > 0 ? d.l.scrutin : NULL);
	if (rc == EX_OK && d.n == 0)
		return ctl_fail(c, EX_DATAERR, "no scrutin of %s has lists that wait for a draw", d.l.slug);
	return rc == EX_OK ? finish(c, &d) : rc;
}
