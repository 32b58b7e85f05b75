/* Mails to invented persons, composed as the mailer composes them, for eyes and for checks. */
#ifndef ISOLOIR_SPECIMEN_H
#define ISOLOIR_SPECIMEN_H

#include "ctl/ctl.h"
#include "mailer/compose.h"

/* In the place of a link's token: of its length and signs, and nothing that any key could have made. */
#define SPECIMEN_TOKEN "SPECIMEN-SANS-VALEUR-SPECIMEN-SANS-VALEUR-S"

struct specimen {
	const char *word, *civility, *given_name, *family_name, *address, *time_zone;
};
extern const struct specimen specimens[];
extern const size_t n_specimens;

/* To how many of them, the first ones, a kind of mail is shown. */
size_t specimen_count(enum queue_mail mail);

/* The bytes without DKIM's signature, on ctx. */
char *specimen_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen *to, size_t *len_r);

#endif
