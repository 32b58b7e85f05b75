#include "portal/pages/password.h"

#include "portal/model/election.h"

static void
show(struct request *r, const struct password_verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "regles");

		tmpl_text(item, "regle_texte", v->rules[i].text);
		tmpl_switch(item, "regle_ok", v->rules[i].state == RULE_KEPT);
		tmpl_switch(item, "regle_ko", v->rules[i].state == RULE_BROKEN);
	}
}

/* « il contient a, b et c » */
static char *
reasons(struct request *r, const struct guess *g)
{
	static const char *const words[GUESS__MAX] = {
	    [GUESS_PERSON] = "votre nom, votre académie ou un mot de ces élections",
	    [GUESS_WORD] = "des mots courants",
	    [GUESS_KEYS] = "une suite de touches du clavier",
	    [GUESS_SEQUENCE] = "une suite de lettres ou de chiffres",
	    [GUESS_REPEAT] = "une répétition",
	    [GUESS_DATE] = "une date",
	};
	char *all = talloc_strdup(r->task, "");
	int left = 0;

	for (int i = 0; i < GUESS__MAX; i++)
		left += g->why[i];
	for (int i = 0; i < GUESS__MAX; i++)
		if (g->why[i])
			all = talloc_asprintf(r->task, "%s%s%s", all, all[0] == '\0' ? "" : left == 1 ? " et " : ", ", words[i]), left--;
	return all;
}

static int
count_broken(const struct password_verdict *v)
{
	int n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->rules[i].state == RULE_BROKEN;
	return n;
}

static const char *
fault(struct request *r, const struct password_verdict *v)
{
	const char *why = reasons(r, &v->guess);

	if (!v->guess.easy || count_broken(v) > 1)
		return "Ce mot de passe ne respecte pas toutes les règles\u00a0: voyez dans la liste celles qui restent à respecter.";
	if (why[0] == '\0')
		return "Ce mot de passe serait vite deviné\u00a0: il est trop simple. Ajoutez des mots qui n’ont rien à voir entre eux.";
	return talloc_asprintf(r->task, "Ce mot de passe serait vite deviné\u00a0: il contient %s, et trop peu d’autre chose. Ajoutez des mots qui n’ont rien à voir entre eux.", why);
}

void
password_show_rules(struct request *r)
{
	struct password_verdict v;

	password_judge(r->task, (enum conf_profile)r->portal->conf->password_profile, NULL, &v);
	show(r, &v);
}

bool
password_check(struct request *r, const struct password_try *t, bool with_guess)
{
	struct password_try full = *t;
	struct password_verdict v;

	if (t->password[0] == '\0') {
		password_show_rules(r);
		reply_error(r, "erreur_mot_de_passe", "Saisissez le mot de passe que vous choisissez.");
		return false;
	}
	full.election = r->election->title;
	full.list = with_guess ? r->portal->loaded->guessed : NULL;
	password_judge(r->task, (enum conf_profile)r->portal->conf->password_profile, &full, &v);
	show(r, &v);
	if (!v.accepted)
		reply_error(r, "erreur_mot_de_passe", fault(r, &v));
	return v.accepted;
}
