/* The draws of the lists' order, for anybody to compute again: public, from the minute on at which the lists themselves are, since they name them. */
#include <string.h>

#include "common/base/clock.h"
#include "common/draw.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/list.h"
#include "portal/pages/lists.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"

/* Columns of list_draws_of. */
enum { SEED, SEED_HASH, ORDERED, RESULT, DRAWN_AT, REASON, SCRUTIN_ID, CODE, KIND, NAME };

static bool
fill_publication(struct request *r)
{
	return lists_fill_publication(r, r->elector != NULL ? r->elector->time_zone : PARIS);
}

/* ---- every scrutin ---- */

enum reply_kind
draw_index(struct request *r)
{
	struct db_rows *rows;

	tmpl_text(r->reply.data, "titre", "Tirage au sort de l’ordre des listes");
	if (!fill_publication(r))
		return reply_page(r, PAGE_TIRAGE_AU_SORT);
	if (list_draws(r, &rows) == -1)
		return reply_trouble(r);
	tmpl_switch(r->reply.data, "tirages_aucun", rows->n == 0);
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "tirages");

		tmpl_format(item, "tirage_adresse", "%s/tirage-au-sort/%s", r->base, db_text(rows, i, 0));
		tmpl_text(item, "scrutin_type", db_text(rows, i, 1));
		tmpl_text(item, "scrutin_nom", db_text(rows, i, 2));
		tmpl_text(item, "tirage_le", clock_french(r->task, db_number(rows, i, 3), PARIS));
	}
	return reply_page(r, PAGE_TIRAGE_AU_SORT);
}

/* ---- one scrutin ---- */

/* What to type into a shell: a seed has no sign that means anything between these marks (draw_seed_fault), a code none at all. */
static char *
command_of(TALLOC_CTX *ctx, const struct db_rows *rows)
{
	return talloc_asprintf(ctx,
	                       "h=$(printf %%s \"%s\" | sha256sum | cut -c1-64)\n"
	                       "for l in %s\n"
	                       "do printf \"%%s  %%s\\n\" $(printf %%s \"$h/%s/$l\" | sha256sum | cut -c1-64) $l\n"
	                       "done | sort",
	                       db_text(rows, 0, SEED), db_text(rows, 0, ORDERED), db_text(rows, 0, CODE));
}

static const char *
title_of(const struct db_rows *titles, const char *code)
{
	for (size_t i = 0; i < titles->n; i++)
		if (strcmp(db_text(titles, i, 0), code) == 0)
			return db_text(titles, i, 1);
	return "";
}

/* The lists in their order, each with its number: computed anew, from what was stored of the draw. */
static void
fill_order(struct request *r, const struct db_rows *rows, const struct db_rows *titles)
{
	char *codes = talloc_strdup(r->task, db_text(rows, 0, RESULT));

	for (char *code; (code = strsep(&codes, " ")) != NULL;) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "tirage_ordre");
		char number[DRAW_HEX_SIZE];

		draw_number(db_text(rows, 0, SEED_HASH), db_text(rows, 0, CODE), code, number);
		tmpl_text(item, "liste_code", code);
		tmpl_text(item, "liste_titre", title_of(titles, code));
		tmpl_text(item, "tirage_nombre", number);
	}
}

/* Draws that others replaced, the last first; why stands with the one that replaced. */
static void
fill_replaced(struct request *r, const struct db_rows *rows)
{
	for (size_t i = 1; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "tirages_remplaces");

		tmpl_text(item, "tirage_le", clock_french(r->task, db_number(rows, i, DRAWN_AT), PARIS));
		tmpl_text(item, "tirage_graine", db_text(rows, i, SEED));
		tmpl_text(item, "tirage_resultat", db_text(rows, i, RESULT));
		tmpl_text(item, "tirage_motif", db_text(rows, i - 1, REASON));
	}
}

static void
fill_draw(struct request *r, const struct db_rows *rows)
{
	struct tmpl_data *d = r->reply.data;

	tmpl_format(d, "titre", "Tirage au sort – %s", db_text(rows, 0, CODE));
	tmpl_text(d, "scrutin_type", db_text(rows, 0, KIND));
	tmpl_text(d, "scrutin_nom", db_text(rows, 0, NAME));
	tmpl_text(d, "tirage_le", clock_french(r->task, db_number(rows, 0, DRAWN_AT), PARIS));
	tmpl_text(d, "tirage_graine", db_text(rows, 0, SEED));
	tmpl_text(d, "tirage_empreinte", db_text(rows, 0, SEED_HASH));
	tmpl_text(d, "tirage_commande", command_of(r->task, rows));
}

enum reply_kind
draw_show(struct request *r)
{
	struct db_rows *rows, *titles;

	if (!fill_publication(r))
		return reply_refuse(r, 404);
	if (list_draws_of(r, r->rest, &rows) == -1)
		return reply_trouble(r);
	if (rows->n == 0)
		return reply_refuse(r, 404);
	if (list_titles(r, db_number(rows, 0, SCRUTIN_ID), &titles) == -1)
		return reply_trouble(r);
	fill_draw(r, rows);
	fill_order(r, rows, titles);
	fill_replaced(r, rows);
	return reply_page(r, PAGE_TIRAGE);
}
