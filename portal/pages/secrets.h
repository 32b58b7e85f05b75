/* What the screens share on which secrets are chosen: the fields' faults, each beside its field, and the mail that tells of a change. */
#ifndef ISOLOIR_PAGES_SECRETS_H
#define ISOLOIR_PAGES_SECRETS_H

#include "portal/pages/password.h"

/* Is the chosen password (t, and its confirmation in the form) fine? See password_check. */
bool secret_password_check(struct request *r, const struct password_try *t, bool with_guess);

/* The challenge questions, for the page; the one that was chosen stays so. -1: MariaDB. */
WARN_UNUSED int secret_fill_questions(struct request *r);

/* *id_r: the chosen question, if it is one of this election's. -1: MariaDB. */
WARN_UNUSED int secret_question_check(struct request *r, int64_t *id_r);

/* The chosen answer, folded; NULL: it is none. */
const char *secret_answer_read(struct request *r);

/* The change stands, whatever comes of its mail: what goes wrong is logged and forgiven, the page still says it. */
void secret_tell(struct request *r, enum queue_mail mail, const char *identifier);

#endif
