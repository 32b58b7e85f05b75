/* The pages that only inform: one row each. */
#include <string.h>

#include "portal/model/election.h"
#include "portal/route.h"

static const struct help {
	const char *path, *title;
	enum page page;
} rows[] = {
    {"/aide", "Aide et foire aux questions", PAGE_AIDE},
    {"/identifiant-oublie", "Vous ne connaissez pas votre identifiant\u00a0?", PAGE_IDENTIFIANT_OUBLIE},
    {"/accessibilite", "Déclaration d’accessibilité", PAGE_ACCESSIBILITE},
};

enum reply_kind
help_show(struct request *r)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].path, r->route->path) != 0)
			continue;
		tmpl_text(r->reply.data, "titre", rows[i].title);
		return reply_page(r, rows[i].page);
	}
	return reply_refuse(r, 404);
}
