#include "portal/draft.h"

#include <string.h>

#include "common/base/text.h"
#include "portal/route.h"
#include "portal/session_lua.h"

#define LIFE_S "3600"
#define VALUE "value:" /* before a form field's name, among the members of a draft */

static const struct store_script keep_script = {"draft_keep", SESSION_LUA_KEEP};

static const char *
path_of(const struct request *r)
{
	return r->path + strlen(r->base);
}

/* Is there a page to lead back to? */
static bool
has_page(const struct request *r, const char *path)
{
	struct request get = {.task = r->task, .method = METHOD_GET};
	const char *allow;

	return route_find(&get, path, &allow) != NULL;
}

int
draft_keep(struct request *r)
{
	const char *parts[6 + 2 * FIELD__MAX] = {
	    session_key(r, "draft", r->presented),
	    session_key(r, "session", r->presented),
	    LIFE_S,
	    path_of(r),
	    "elector",
	    talloc_asprintf(r->task, "%lld", (long long)r->session.was_elector_id),
	};
	size_t n = 6;

	for (int f = 0; f < FIELD__MAX; f++) {
		if (!form_is_kept((enum field)f) || form_text(r, (enum field)f)[0] == '\0')
			continue;
		parts[n++] = talloc_asprintf(r->task, VALUE "%s", form_word((enum field)f));
		parts[n++] = form_text(r, (enum field)f);
	}
	if (n == 6 || !has_page(r, path_of(r)))
		return 0;
	r->session.draft = path_of(r);
	return store_eval(r->task, r->portal->ephemeral, &keep_script, NULL, 2, parts, n);
}

static int
give_back(struct request *r)
{
	struct store_value v;

	if (store_run(r->task, r->portal->ephemeral, &v, STORE("HGETALL", session_key(r, "draft", r->session.id))) == -1)
		return -1;
	for (size_t i = 0; i + 1 < v.n; i += 2)
		if (text_starts(v.items[i].text, VALUE))
			form_put(r, v.items[i].text + strlen(VALUE), v.items[i + 1].text);
	if (v.n > 0)
		tmpl_text(r->reply.data, "notice", "Votre saisie a été retrouvée. Vérifiez-la\u00a0; mots de passe et réponses "
		                                   "secrètes sont à saisir de nouveau.");
	return 0;
}

int
draft_meet(struct request *r)
{
	const char *draft = r->session.draft;

	if (r->session.level != SESSION_ELECTOR || draft == NULL || strcmp(draft, path_of(r)) != 0)
		return 0;
	if (r->method != METHOD_POST)
		return give_back(r);
	return store_run(r->task, r->portal->ephemeral, NULL, STORE("DEL", session_key(r, "draft", r->session.id)));
}

const char *
draft_way_in(const struct request *r)
{
	const char *draft = r->session.draft;

	return draft != NULL && draft[0] != '\0' && has_page(r, draft) ? draft : "/";
}
