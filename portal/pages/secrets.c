#include "portal/pages/secrets.h"

#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"
#include "common/log.h"
#include "portal/model/election.h"
#include "portal/model/elector.h"

#define ANSWER_LENGTH_MIN 2

bool
secret_password_check(struct request *r, const struct password_try *t, bool with_guess)
{
	const char *again = fold_password(r->task, form_text(r, FIELD_CONFIRMATION));
	bool same = strcmp(t->password, again) == 0;

	if (!password_check(r, t, with_guess))
		return false;
	if (!same)
		reply_error(r, "erreur_confirmation", "Les deux saisies diffèrent. Saisissez deux fois le même mot de passe.");
	return same;
}

int
secret_fill_questions(struct request *r)
{
	struct db_rows *rows;

	if (elector_questions(r, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "questions");

		tmpl_text(item, "question_id", db_text(rows, i, 0));
		tmpl_text(item, "question_texte", db_text(rows, i, 1));
		tmpl_switch(item, "question_choisie", strcmp(db_text(rows, i, 0), form_text(r, FIELD_QUESTION)) == 0);
	}
	return 0;
}

int
secret_question_check(struct request *r, int64_t *id_r)
{
	struct db_rows *rows;
	bool known = false;

	if (!text_number(form_text(r, FIELD_QUESTION), 1, UINT32_MAX, id_r))
		*id_r = 0;
	if (elector_questions(r, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++)
		known |= db_number(rows, i, 0) == *id_r;
	if (!known)
		reply_error(r, "erreur_question", "Choisissez une question dans la liste.");
	return 0;
}

const char *
secret_answer_read(struct request *r)
{
	const char *answer = fold_answer(r->task, form_text(r, FIELD_REPONSE));
	const char *again = fold_answer(r->task, form_text(r, FIELD_REPONSE_CONFIRMATION));

	if (r->form.too_long[FIELD_REPONSE] || text_length(answer) < ANSWER_LENGTH_MIN) {
		reply_error(r, "erreur_reponse", "Saisissez une réponse d’au moins deux lettres ou chiffres et d’au plus "
		                                 "cent caractères.");
		return NULL;
	}
	if (strcmp(answer, again) != 0) {
		reply_error(r, "erreur_reponse_confirmation", "Les deux réponses diffèrent. Saisissez deux fois la même.");
		return NULL;
	}
	return answer;
}

/* Each change is told, however soon after the last one. */
void
secret_tell(struct request *r, enum queue_mail mail, const char *identifier)
{
	struct queue *q = &r->portal->queue;

	if (queue_forget_cooldown(r->task, q, mail, r->election->id, identifier) == 0 &&
	    queue_put(r->task, q, mail, r->election->id, identifier) == 0)
		return;
	log_task_error("mail about a change not queued", r->task);
	task_forgive(r->task);
}
