/* The pages that only inform: the office's texts, the searchable questions, the tutorials, the table of personal data. */
#include <string.h>

#include "portal/model/election.h"
#include "portal/model/text.h"
#include "portal/pages/help.h"
#include "portal/pages/home.h"
#include "portal/route.h"
#include "portal/search.h"

#define PARIS "Europe/Paris"
#define QUERY_MAX 300 /* bytes; the field takes 100 characters */

/* ---- a text of the office, for parts/texte.html ---- */

static void
fill_spans(struct request *r, struct tmpl_data *d, const struct prose_line *line)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct prose_span *s = &line->spans[i];
		struct tmpl_data *item = tmpl_item(d, "fragments");

		tmpl_text(item, "fragment_texte", s->text);
		tmpl_switch(item, "fragment_externe", s->kind == PROSE_LINK);
		if (s->kind == PROSE_PAGE)
			tmpl_format(item, "fragment_adresse", "%s%s", r->base, s->place);
		else if (s->kind == PROSE_LINK)
			tmpl_text(item, "fragment_adresse", s->place);
	}
}

static void
fill_block(struct request *r, struct tmpl_data *d, const struct prose_block *b)
{
	tmpl_switch(d, "bloc_liste", b->is_list);
	for (size_t i = 0; i < b->n; i++)
		fill_spans(r, tmpl_item(d, "lignes"), &b->lines[i]);
}

static void
fill_section(struct request *r, const struct prose_section *s)
{
	struct tmpl_data *d = tmpl_item(r->reply.data, "rubriques");

	tmpl_text(d, "rubrique_titre", s->title);
	tmpl_text(d, "rubrique_ancre", s->anchor);
	for (size_t i = 0; i < s->n; i++)
		fill_block(r, tmpl_item(d, "blocs"), &s->blocks[i]);
}

void
help_fill_prose(struct request *r, const struct prose *t)
{
	for (size_t i = 0; i < t->n; i++)
		fill_section(r, &t->sections[i]);
}

void
help_fill_text(struct request *r, enum text_name name)
{
	help_fill_prose(r, text_get(r, name));
}

/* ---- pages without a question ---- */

static const struct help {
	const char *path, *title;
	enum page page;
	int text; /* of text_name, or NO_TEXT */
} rows[] = {
#define NO_TEXT TEXT__MAX
    {"/edito", "Édito", PAGE_TEXTE, TEXT_EDITO},
    {"/identifiant-oublie", "Vous ne connaissez pas votre identifiant\u00a0?", PAGE_TEXTE, TEXT_IDENTIFIANT_OUBLIE},
    {"/mentions-legales", "Mentions légales", PAGE_MENTIONS_LEGALES, TEXT_MENTIONS_LEGALES},
    {"/tutoriels/parcours-electeur", "Parcours électeur", PAGE_PARCOURS_ELECTEUR, NO_TEXT},
    {"/tutoriels/parcours-de-vote", "Parcours de vote", PAGE_PARCOURS_DE_VOTE, NO_TEXT},
    {"/tutoriels/reassorts", "Réassorts", PAGE_REASSORTS, NO_TEXT},
    {"/accessibilite", "Déclaration d’accessibilité", PAGE_ACCESSIBILITE, NO_TEXT},
    {"/plan-du-site", "Plan du site", PAGE_PLAN_DU_SITE, NO_TEXT},
};

void
help_fill_organiser(struct request *r)
{
	const struct conf *c = r->portal->conf;

	tmpl_text(r->reply.data, "responsable", c->controller);
	tmpl_text(r->reply.data, "delegue", c->dpo);
	tmpl_text(r->reply.data, "hebergeur", c->host_name);
}

enum reply_kind
help_show(struct request *r)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].path, r->route->path) != 0)
			continue;
		tmpl_text(r->reply.data, "titre", rows[i].title);
		if (rows[i].text != NO_TEXT)
			help_fill_text(r, (enum text_name)rows[i].text);
		help_fill_organiser(r);
		home_fill_vote(r, PARIS);
		return reply_page(r, rows[i].page);
	}
	return reply_refuse(r, 404);
}

/* ---- the questions ---- */

static size_t
fill_hits(struct request *r, const struct prose *t, const char *wanted)
{
	size_t hits = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->sections[i].title[0] == '\0' || !search_is_hit(search_section(r->task, &t->sections[i]), wanted))
			continue;
		fill_section(r, &t->sections[i]);
		hits++;
	}
	return hits;
}

static enum reply_kind
show_hits(struct request *r, const struct prose *t, const char *wanted)
{
	size_t hits = fill_hits(r, t, wanted);

	tmpl_text(r->reply.data, "titre", "Aide\u00a0: résultats de la recherche");
	tmpl_switch(r->reply.data, "recherche_vide", hits == 0);
	if (hits > 0)
		tmpl_format(r->reply.data, "recherche_nombre", "%zu réponse%s", hits, hits > 1 ? "s" : "");
	return reply_page(r, PAGE_AIDE);
}

/* GET /aide?q=mots. What was looked for stands in no log, here or at nginx. Nothing but small words looks for everything. */
enum reply_kind
help_search(struct request *r)
{
	const char *typed = form_query(r, "q"), *wanted;
	const struct prose *t = text_get(r, TEXT_FAQ);

	if (typed == NULL || strlen(typed) > QUERY_MAX)
		return reply_refuse(r, 400);
	wanted = search_words(r->task, typed);
	tmpl_text(r->reply.data, "recherche", typed);
	if (wanted[1] != '\0')
		return show_hits(r, t, wanted);
	tmpl_text(r->reply.data, "titre", "Aide en ligne – Foire aux questions");
	help_fill_text(r, TEXT_FAQ);
	return reply_page(r, PAGE_AIDE);
}
