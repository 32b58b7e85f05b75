/*
 * The roll of one of my scrutins: first what it says of me, then the others, found by the beginning of a name or by their posting. The address holds what is
 * looked for (?q= a name, &lieu= a posting as typed, &dans= one that was chosen, &apres= or &avant= a row); it stands in no log, here or at nginx.
 */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "portal/limit.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/model/roll.h"
#include "portal/model/scrutin.h"
#include "portal/pages/scrutins.h"
#include "portal/route.h"

#define QUERY_MAX 400 /* bytes; the fields take 100 characters */
#define ID_MAX INT64_C(999999999999999)

struct roll_query {
	const char *name, *posting; /* as typed */
	int64_t within;             /* a posting that was chosen, 0: none */
	int64_t shown;              /* that whose name the form had beside `posting`: another name over it is another wish */
	struct roll_place place;
	enum { FROM_START, FROM_AFTER, FROM_BEFORE } from;
	struct roll_search search;
	struct posting *chosen;
	const char *address; /* of the roll, without a query */
};

/* ---- what is asked for; false: no page of ours asks so ---- */

static bool
read_text(struct request *r, const char *word, const char **text_r)
{
	*text_r = form_query(r, word);
	if (*text_r == NULL || strlen(*text_r) > QUERY_MAX)
		return false;
	*text_r = text_trim(r->task, *text_r);
	return true;
}

static bool
read_id(struct request *r, const char *word, int64_t *id_r)
{
	const char *text = form_query(r, word);

	return text != NULL && (text[0] == '\0' || text_number(text, 1, ID_MAX, id_r));
}

/* "dupont jean.123" */
static bool
read_place(struct request *r, const char *word, struct roll_query *q)
{
	const char *text = form_query(r, word), *dot = text != NULL ? strrchr(text, '.') : NULL;
	size_t len = dot != NULL ? (size_t)(dot - text) : 0;

	if (text == NULL || text[0] == '\0')
		return text != NULL;
	if (dot == NULL || len > NAME_KEY_MAX || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789 ") != len)
		return false;
	q->from = strcmp(word, "avant") == 0 ? FROM_BEFORE : FROM_AFTER;
	q->place.key = talloc_strndup(r->task, text, len);
	return text_number(dot + 1, 0, ID_MAX, &q->place.elector_id);
}

static bool
read_query(struct request *r, struct roll_query *q)
{
	return read_text(r, "q", &q->name) && read_text(r, "lieu", &q->posting) && read_id(r, "dans", &q->within) &&
	       read_id(r, "choisi", &q->shown) && read_place(r, "avant", q) && read_place(r, "apres", q);
}

/* ---- addresses of the same search ---- */

static char *
address(struct request *r, const struct roll_query *q, const char *name, int64_t posting_id)
{
	return talloc_asprintf(r->task, "%s?q=%s%s", q->address, text_url(r->task, name),
	                       posting_id != 0 ? talloc_asprintf(r->task, "&dans=%lld", (long long)posting_id) : "");
}

static void
put_place(struct request *r, const struct roll_query *q, const char *name, const char *word, const struct roll_place *place)
{
	tmpl_format(r->reply.data, name, "%s&%s=%s.%lld", address(r, q, q->name, q->search.posting_id), word, text_url(r->task, place->key),
	            (long long)place->elector_id);
}

/* ---- the posting: chosen already, or typed and to be chosen ---- */

static void
offer_postings(struct request *r, const struct roll_query *q, const struct roll_postings *found)
{
	for (size_t i = 0; i < found->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "lieux");

		tmpl_text(item, "lieu_texte", found->list[i].name);
		tmpl_text(item, "lieu_academie", found->list[i].academy);
		tmpl_text(item, "lieu_adresse", address(r, q, q->name, found->list[i].id));
	}
	tmpl_switch(r->reply.data, "choix_lieu", found->n > 0);
	tmpl_switch(r->reply.data, "lieux_trop", found->more);
	tmpl_switch(r->reply.data, "lieu_inconnu", found->n == 0 && !found->more);
}

/* -1: MariaDB. */
static int
find_chosen(struct request *r, struct roll_query *q)
{
	int64_t id = q->within != 0 ? q->within : q->shown;

	if (id != 0 && roll_posting_find(r, q->search.scrutin_id, id, &q->chosen) == -1)
		return -1;
	if (q->within == 0 && q->chosen != NULL && strcmp(name_posting_key(r->task, q->posting), name_posting_key(r->task, q->chosen->name)) != 0)
		q->chosen = NULL;
	return 0;
}

/* 1: the posting is settled (one, or none wanted), 0: it is to be chosen first, -1: MariaDB. */
static int
settle_posting(struct request *r, struct roll_query *q)
{
	struct roll_postings found = {.n = 0};

	if (q->chosen == NULL && name_posting_key(r->task, q->posting)[0] == '\0')
		return 1;
	if (q->chosen == NULL && roll_postings(r, q->search.scrutin_id, q->posting, &found) == -1)
		return -1;
	if (q->chosen == NULL && (found.n != 1 || found.more)) {
		offer_postings(r, q, &found);
		return 0;
	}
	if (q->chosen == NULL)
		q->chosen = &found.list[0];
	q->search.posting_id = q->chosen->id;
	return 1;
}

/* ---- the rows ---- */

static void
fill_rows(struct request *r, const struct roll_query *q, const struct roll_page *page)
{
	for (size_t i = 0; i < page->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "electeurs");

		tmpl_text(item, "electeur_nom", page->rows[i].family);
		tmpl_text(item, "electeur_prenom", page->rows[i].given);
		tmpl_text(item, "electeur_affectation", page->rows[i].posting);
	}
	tmpl_switch(r->reply.data, "liste_pleine", page->n > 0);
	tmpl_switch(r->reply.data, "plusieurs_pages", !page->is_first || !page->is_last);
	if (!page->is_first)
		tmpl_text(r->reply.data, "premiere_adresse", address(r, q, q->name, q->search.posting_id));
	if (!page->is_first && page->n > 0)
		put_place(r, q, "precedente_adresse", "avant", &page->rows[0].place);
	if (!page->is_last)
		put_place(r, q, "suivante_adresse", "apres", &page->rows[page->n - 1].place);
}

/* Nobody: with an article before the name, perhaps? -1: MariaDB. */
static int
offer_articles(struct request *r, const struct roll_query *q)
{
	struct roll_page *page = talloc_zero(r->task, struct roll_page);

	for (size_t i = 0; name_article(i) != NULL; i++) {
		char *name = talloc_asprintf(r->task, "%s%s", name_article(i), q->name);
		struct roll_search s = {.scrutin_id = q->search.scrutin_id, .posting_id = q->search.posting_id, .begins = {name_prefix(r->task, name)}, .n_begins = 1};

		if (roll_read(r, &s, NULL, page) == -1)
			return -1;
		if (page->n == 0)
			continue;
		struct tmpl_data *item = tmpl_item(r->reply.data, "essais");
		tmpl_text(item, "essai_texte", name);
		tmpl_text(item, "essai_adresse", address(r, q, name, q->search.posting_id));
	}
	return 0;
}

static int
fill_nobody(struct request *r, const struct roll_query *q)
{
	tmpl_switch(r->reply.data, "liste_vide", true);
	if (q->search.posting_id != 0)
		tmpl_text(r->reply.data, "sans_lieu_adresse", address(r, q, q->name, 0));
	return q->search.n_begins > 0 && q->from == FROM_START && q->name[0] != '\0' ? offer_articles(r, q) : 0;
}

static int
fill_page(struct request *r, struct roll_query *q)
{
	struct roll_page *page = talloc_zero(r->task, struct roll_page);
	int rc;

	q->search.n_begins = name_readings(r->task, q->name, q->search.begins);
	if (q->from == FROM_BEFORE)
		rc = roll_read_before(r, &q->search, &q->place, page);
	else
		rc = roll_read(r, &q->search, q->from == FROM_AFTER ? &q->place : NULL, page);
	if (rc == -1)
		return -1;
	fill_rows(r, q, page);
	return page->n == 0 ? fill_nobody(r, q) : 0;
}

/* ---- the page ---- */

static void
fill_own_line(struct request *r)
{
	tmpl_text(r->reply.data, "nom_de_famille", r->elector->family_name);
	tmpl_text(r->reply.data, "prenom", r->elector->given_name);
	tmpl_text(r->reply.data, "affectation", r->elector->posting);
}

static void
fill_form(struct request *r, const struct roll_query *q)
{
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "recherche", q->name);
	tmpl_text(d, "lieu_saisi", q->chosen != NULL ? q->chosen->name : q->posting);
	if (q->chosen == NULL)
		return;
	tmpl_format(d, "lieu_choisi", "%lld", (long long)q->chosen->id);
	tmpl_text(d, "lieu_nom", q->chosen->name);
	tmpl_text(d, "sans_lieu_adresse", address(r, q, q->name, 0));
}

/* Before the first day and after the last one: when it is. */
static enum reply_kind
show_closed(struct request *r)
{
	limit_give_back(r);
	return reply_page(r, PAGE_LISTE_FERMEE);
}

static enum reply_kind
show_open(struct request *r, struct roll_query *q)
{
	int settled;

	if (find_chosen(r, q) == -1)
		return reply_trouble(r);
	if (q->within != 0 && q->chosen == NULL)
		return reply_refuse(r, 404);
	settled = settle_posting(r, q);
	if (settled == -1 || (settled == 1 && fill_page(r, q) == -1))
		return reply_trouble(r);
	fill_own_line(r);
	fill_form(r, q);
	tmpl_switch(r->reply.data, "recherche_faite", q->name[0] != '\0' || q->chosen != NULL);
	return reply_page(r, PAGE_LISTE_ELECTORALE);
}

enum reply_kind
roll_show(struct request *r)
{
	struct roll_query q = {.from = FROM_START};
	struct scrutin *s;

	if (scrutin_find(r, r->rest, &s) == -1)
		return reply_trouble(r);
	if (s == NULL || !read_query(r, &q)) {
		limit_give_back(r);
		return reply_refuse(r, s == NULL ? 404 : 400);
	}
	q.search.scrutin_id = s->id;
	q.address = talloc_asprintf(r->task, "%s/mes-scrutins/%s/liste-electorale", r->base, s->code);
	scrutins_fill_one(r, r->reply.data, s);
	scrutins_fill_dates(r);
	tmpl_format(r->reply.data, "titre", "Liste électorale\u00a0: %s", s->name);
	return election_shows_rolls(r->election, clock_now_s()) ? show_open(r, &q) : show_closed(r);
}
