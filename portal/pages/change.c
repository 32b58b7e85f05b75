/* Mon compte: another password against the present one; another challenge question against the password and the present answer. */
#include <string.h>

#include "common/fold.h"
#include "common/hash.h"
#include "portal/limit.h"
#include "portal/model/account.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"
#include "portal/pages/secrets.h"
#include "portal/route.h"

/* Who entered without activation has nothing to change: the page says how to activate. */
static void
fill_person(struct request *r, const struct account *a)
{
	struct tmpl_data *d = r->reply.data;

	tmpl_text(d, "identifiant", r->elector->identifier);
	tmpl_switch(d, "active", a != NULL);
	if (a != NULL)
		tmpl_text(d, "question_actuelle", a->question);
	limit_offer(r, PACE_PASSWORD);
}

static enum reply_kind
password_page(struct request *r, const struct account *a)
{
	fill_person(r, a);
	tmpl_switch(r->reply.data, "renouvellement", true);
	tmpl_text(r->reply.data, "titre", "Changer mon mot de passe");
	return reply_page(r, PAGE_CHANGER_MOT_DE_PASSE);
}

enum reply_kind
change_password_show(struct request *r)
{
	struct account *a;

	if (account_find(r, r->session.elector_id, &a) == -1)
		return reply_trouble(r);
	password_show_rules(r);
	return password_page(r, a);
}

/* *right_r: is that the secret behind stored? A wrong one is noted, and its try stays charged. */
static int
check(struct request *r, const char *stored, const char *secret, bool *right_r)
{
	if (hash_password_check(r->task, r->portal->loaded->keys, elector_hash_cost(r), stored, secret, right_r) == -1)
		return -1;
	return *right_r ? 0 : elector_audit(r, r->elector->identifier, "change refused", request_browser(r));
}

static int
check_password(struct request *r, const struct account *a, bool *right_r)
{
	const char *typed = fold_password(r->task, form_text(r, FIELD_MOT_DE_PASSE_ACTUEL));

	if (check(r, a->password_hash, typed, right_r) == -1)
		return -1;
	if (!*right_r)
		reply_error(r, "erreur_mot_de_passe_actuel", "Ce n’est pas votre mot de passe actuel. Vérifiez majuscules et minuscules\u00a0; "
		                                             "si vous l’avez oublié, demandez un lien par courriel.");
	return 0;
}

static bool
has_password(struct request *r)
{
	if (form_text(r, FIELD_MOT_DE_PASSE_ACTUEL)[0] != '\0')
		return true;
	reply_error(r, "erreur_mot_de_passe_actuel", "Saisissez votre mot de passe actuel.");
	return false;
}

/* Whatever is wrong with what is new is told before anything is tried. */
static bool
new_password_is_fine(struct request *r, struct password_try *t)
{
	bool has = has_password(r);

	*t = (struct password_try){
	    .password = fold_password(r->task, form_text(r, FIELD_MOT_DE_PASSE)),
	    .name = r->elector->name,
	    .identifier = r->elector->identifier,
	    .academy = r->elector->academy,
	};
	if (strcmp(form_text(r, FIELD_MOT_DE_PASSE_ACTUEL), form_text(r, FIELD_MOT_DE_PASSE)) == 0 && has) {
		password_show_rules(r);
		reply_error(r, "erreur_mot_de_passe", "Choisissez un autre mot de passe que l’actuel.");
		return false;
	}
	return secret_password_check(r, t, true) && has;
}

/* The password is stored: our session goes on under a new id, all others are over. */
static enum reply_kind
password_changed(struct request *r, int64_t epoch)
{
	secret_tell(r, QUEUE_MAIL_PASSWORD_CHANGED, r->elector->identifier);
	r->session.epoch = epoch;
	if (session_rise(r, SESSION_ELECTOR) == -1 || session_outlive(r, epoch) == -1)
		return reply_trouble(r);
	return reply_go(r, "/mon-compte?mot-de-passe-change");
}

/* Somebody else was faster: the page says what holds now. */
static enum reply_kind
overtaken(struct request *r)
{
	tmpl_text(r->reply.data, "notice", "Votre compte vient d’être modifié depuis une autre fenêtre. Recommencez si c’est toujours utile.");
	return r->route->show(r);
}

enum reply_kind
change_password(struct request *r)
{
	char hash[HASH_PASSWORD_SIZE];
	struct password_try t;
	struct account *a;
	bool right, done;
	int64_t epoch;

	if (account_find(r, r->session.elector_id, &a) == -1)
		return reply_trouble(r);
	if (a == NULL || !new_password_is_fine(r, &t)) {
		limit_give_back(r);
		return password_page(r, a);
	}
	if (check_password(r, a, &right) == -1)
		return reply_trouble(r);
	if (!right)
		return password_page(r, a);
	limit_forgive(r);
	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), t.password, hash) == -1 ||
	    account_change_password(r, a, hash, &epoch, &done) == -1)
		return reply_trouble(r);
	return done ? password_changed(r, epoch) : overtaken(r);
}

static enum reply_kind
challenge_page(struct request *r, const struct account *a)
{
	if (secret_fill_questions(r) == -1)
		return reply_trouble(r);
	fill_person(r, a);
	tmpl_text(r->reply.data, "titre", "Changer ma question défi");
	return reply_page(r, PAGE_CHANGER_QUESTION);
}

enum reply_kind
change_challenge_show(struct request *r)
{
	struct account *a;

	if (account_find(r, r->session.elector_id, &a) == -1)
		return reply_trouble(r);
	return challenge_page(r, a);
}

/* The new answer, with every fault of the form on the page; NULL: there are some. -1: MariaDB. */
static int
read_challenge(struct request *r, int64_t *question_id_r, const char **answer_r)
{
	has_password(r);
	if (fold_answer(r->task, form_text(r, FIELD_REPONSE_ACTUELLE))[0] == '\0')
		reply_error(r, "erreur_reponse_actuelle", "Saisissez la réponse à votre question défi actuelle.");
	if (secret_question_check(r, question_id_r) == -1)
		return -1;
	*answer_r = secret_answer_read(r);
	if (reply_has_errors(r))
		*answer_r = NULL;
	return 0;
}

/* The password first: the answer is not to be found out without it. */
static int
check_both(struct request *r, const struct account *a, bool *right_r)
{
	if (check_password(r, a, right_r) == -1)
		return -1;
	if (!*right_r)
		return 0;
	if (check(r, a->answer_hash, fold_answer(r->task, form_text(r, FIELD_REPONSE_ACTUELLE)), right_r) == -1)
		return -1;
	if (!*right_r)
		reply_error(r, "erreur_reponse_actuelle", "Ce n’est pas la réponse enregistrée. Majuscules, accents et espaces ne comptent pas\u00a0; "
		                                          "si vous l’avez oubliée, adressez-vous à l’assistance.");
	return 0;
}

static enum reply_kind
challenge_store(struct request *r, const struct account *a, int64_t question_id, const char *answer)
{
	char hash[HASH_PASSWORD_SIZE];
	bool done;

	if (hash_password(r->task, r->portal->loaded->keys, elector_hash_cost(r), answer, hash) == -1 ||
	    account_change_challenge(r, a, question_id, hash, &done) == -1)
		return reply_trouble(r);
	if (!done)
		return overtaken(r);
	secret_tell(r, QUEUE_MAIL_CHALLENGE_CHANGED, r->elector->identifier);
	return reply_go(r, "/mon-compte?question-changee");
}

enum reply_kind
change_challenge(struct request *r)
{
	const char *answer = NULL;
	int64_t question_id;
	struct account *a;
	bool right;

	if (account_find(r, r->session.elector_id, &a) == -1)
		return reply_trouble(r);
	if (a != NULL && read_challenge(r, &question_id, &answer) == -1)
		return reply_trouble(r);
	if (answer == NULL) {
		limit_give_back(r);
		return challenge_page(r, a);
	}
	if (check_both(r, a, &right) == -1)
		return reply_trouble(r);
	if (!right)
		return challenge_page(r, a);
	limit_forgive(r);
	return challenge_store(r, a, question_id, answer);
}
