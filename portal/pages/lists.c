/*
 * The candidate lists of a scrutin: to those who vote in it, from the minute of their publication on, which is looked at with each request; all of
 * them on one page, in the drawn order, each with the same box, or none. Whatever is not to be seen yet answers as if it did not exist.
 */
#include "portal/pages/lists.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/list.h"
#include "portal/pages/help.h"
#include "portal/route.h"

#define PARIS "Europe/Paris"
#define KIB 1024
#define VERSION_SIGNS 12 /* of a logo's hash, in its address */


bool
lists_fill_publication(struct request *r, const char *zone)
{
	struct tmpl_data *d = r->reply.data;
	int64_t at_s = r->election->lists_s;
	bool shown = election_shows_lists(r->election, clock_now_s());

	tmpl_switch(d, "listes_publiees", shown);
	if (at_s == 0)
		return shown;
	tmpl_text(d, "listes_le", clock_french(r->task, at_s, PARIS));
	tmpl_text(d, "listes_iso", clock_iso(r->task, at_s, PARIS));
	if (clock_differs(at_s, zone, PARIS)) {
		tmpl_text(d, "listes_locale", clock_french(r->task, at_s, zone));
		tmpl_text(d, "fuseau_nom", clock_zone_french(zone));
	}
	return shown;
}

/* "312 Ko", "1,2 Mo": never less than it is. */
static char *
size_french(TALLOC_CTX *ctx, int64_t bytes)
{
	int64_t tenths = (bytes * 10 + KIB * KIB - 1) / (KIB * KIB);

	if (bytes < KIB * KIB)
		return talloc_asprintf(ctx, "%lld\u00a0Ko", (long long)(bytes + KIB - 1) / KIB);
	return talloc_asprintf(ctx, "%lld,%lld\u00a0Mo", (long long)tenths / 10, (long long)tenths % 10);
}

static void
fill_scrutin(struct request *r, const struct scrutin *s)
{
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "scrutin_type", s->kind);
	tmpl_text(d, "scrutin_nom", s->name);
	tmpl_text(d, "scrutin_niveau", s->level);
	tmpl_format(d, "listes_adresse", "%s/mes-scrutins/%s/listes", r->base, s->code);
	tmpl_format(d, "tirage_adresse", "%s/tirage-au-sort/%s", r->base, s->code);
	tmpl_switch(d, "listes_sigle", s->sigle);
}

/* ---- the page ---- */

static void
fill_candidates(struct request *r, struct tmpl_data *d, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct candidate *c = &l->candidates[i];
		struct tmpl_data *item = tmpl_item(d, "candidats");

		tmpl_text(item, "candidat_nom", elector_name(r->task, c->civility, c->given_name, c->family_name));
		tmpl_text(item, "candidat_affectation", c->posting);
	}
}

static void
fill_names(struct tmpl_data *d, const struct list *l)
{
	tmpl_text(d, "liste_titre", l->title);
	tmpl_text(d, "liste_code", l->code);
	tmpl_text(d, "liste_sigle", l->sigle);
	tmpl_text(d, "liste_organisation", l->organization);
}

static void
fill_list(struct request *r, const struct scrutin *s, const struct list *l)
{
	struct tmpl_data *d = tmpl_item(r->reply.data, "listes");
	const char *base = talloc_asprintf(r->task, "%s/mes-scrutins/%s/listes/%s", r->base, s->code, l->code);

	fill_names(d, l);
	if (l->logo[0] != '\0')
		tmpl_format(d, "liste_logo", "%s/logo?v=%.*s", base, VERSION_SIGNS, l->logo);
	if (l->text_size > 0)
		tmpl_format(d, "liste_texte", "%s/profession-de-foi", base);
	if (l->pdf_size > 0) {
		tmpl_format(d, "liste_pdf", "%s/profession-de-foi.pdf", base);
		tmpl_text(d, "liste_pdf_taille", size_french(r->task, l->pdf_size));
	}
	tmpl_switch(d, "liste_sans_profession", l->text_size == 0 && l->pdf_size == 0);
	fill_candidates(r, d, l);
}

/* What was seen and is no more: only if it was seen. */
static void
fill_withdrawn(struct request *r, const struct list *l)
{
	struct tmpl_data *d;

	if (l->withdrawn_s < r->election->lists_s)
		return;
	d = tmpl_item(r->reply.data, "listes_retirees");
	fill_names(d, l);
	tmpl_text(d, "liste_retiree_le", clock_french(r->task, l->withdrawn_s, PARIS));
}

static int
fill_lists(struct request *r, const struct scrutin *s)
{
	struct list_set set;

	if (list_all(r, s, &set) == -1 || list_candidates(r, s, &set) == -1)
		return -1;
	tmpl_switch(r->reply.data, "listes_aucune", set.n_standing == 0);
	tmpl_switch(r->reply.data, "listes_non_tirees", set.n_standing > 0 && !set.drawn);
	for (size_t i = 0; set.drawn && i < set.n_standing; i++)
		fill_list(r, s, &set.lists[i]);
	for (size_t i = set.n_standing; i < set.n; i++)
		fill_withdrawn(r, &set.lists[i]);
	return 0;
}

enum reply_kind
lists_show(struct request *r)
{
	struct scrutin *s;

	if (scrutin_find(r, r->star[0], &s) == -1)
		return reply_trouble(r);
	if (s == NULL)
		return reply_refuse(r, 404);
	tmpl_format(r->reply.data, "titre", "Listes de candidats – %s", s->code);
	fill_scrutin(r, s);
	if (lists_fill_publication(r, r->elector->time_zone) && fill_lists(r, s) == -1)
		return reply_trouble(r);
	return reply_page(r, PAGE_LISTES);
}

/* ---- what belongs to one list ---- */

/* The list that stars 0 and 1 name, if this elector may see it now; *list_r NULL: not so. -1: MariaDB. */
static int
find_list(struct request *r, struct scrutin **scrutin_r, struct list **list_r)
{
	*list_r = NULL;
	if (scrutin_find(r, r->star[0], scrutin_r) == -1)
		return -1;
	if (*scrutin_r == NULL || !election_shows_lists(r->election, clock_now_s()))
		return 0;
	return list_find(r, *scrutin_r, r->star[1], list_r);
}

/* bytes_r: a file of that list; data NULL: there is none to be seen. */
static int
find_file(struct request *r, const char *kind, struct scrutin **scrutin_r, struct list **list_r, struct db_bytes *bytes_r)
{
	*bytes_r = (struct db_bytes){NULL, 0};
	if (find_list(r, scrutin_r, list_r) == -1)
		return -1;
	return *list_r != NULL ? list_file(r, *list_r, kind, bytes_r) : 0;
}

/* Its address carries its version: a browser that has seen it need not ask again. */
enum reply_kind
list_logo(struct request *r)
{
	struct scrutin *s;
	struct list *l;
	struct db_bytes b;

	if (find_file(r, "logo", &s, &l, &b) == -1)
		return reply_trouble(r);
	if (b.data == NULL)
		return reply_refuse(r, 404);
	if (strncmp(r->query, "v=", 2) == 0 && strlen(r->query) == 2 + VERSION_SIGNS && strncmp(r->query + 2, l->logo, VERSION_SIGNS) == 0)
		r->reply.cache = "private, max-age=86400";
	return reply_bytes(r, "image/png", b.data, b.len);
}

enum reply_kind
list_statement(struct request *r)
{
	const struct prose *text;
	struct scrutin *s;
	struct list *l;
	struct db_bytes b;
	char *why = NULL;

	if (find_file(r, "text", &s, &l, &b) == -1)
		return reply_trouble(r);
	if (b.data == NULL)
		return reply_refuse(r, 404);
	text = prose_parse(r->task, TEXT_EDITO, "statement", b.data, b.len, &why);
	if (text == NULL) {
		log_warning("statement not understood", "why=%s", log_quote(r->task, why));
		return reply_refuse(r, 404);
	}
	tmpl_format(r->reply.data, "titre", "Profession de foi – %s – %s", l->sigle, s->code);
	fill_scrutin(r, s);
	fill_names(r->reply.data, l);
	help_fill_prose(r, text);
	return reply_page(r, PAGE_PROFESSION_DE_FOI);
}

enum reply_kind
list_statement_pdf(struct request *r)
{
	struct scrutin *s;
	struct list *l;
	struct db_bytes b;

	if (find_file(r, "pdf", &s, &l, &b) == -1)
		return reply_trouble(r);
	if (b.data == NULL)
		return reply_refuse(r, 404);
	reply_header(r, "Content-Security-Policy", "sandbox"); /* beside that of every reply: both hold */
	reply_header(r, "Content-Disposition", "%s; filename=%s", "inline", talloc_asprintf(r->task, "profession-de-foi-%s-%s.pdf", s->code, l->code));
	return reply_bytes(r, "application/pdf", b.data, b.len);
}
