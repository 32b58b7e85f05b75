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

/* The theme of the settings. EX_OK, or the refusal with file and line. */
int specimen_theme(struct ctl *c, struct tmpl_set **theme_r);

/* The bytes without DKIM's signature, on ctx. */
char *specimen_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen *to, size_t *len_r);

/* The same of a campaign's mail as a test mailbox at this address would get it now. */
struct specimen_election {
	const char *title, *slug;
	int64_t opens_s, closes_s;
};
char *specimen_test(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen_election *of, const char *address, size_t *len_r);

/* A mail into the answer: from, to and subject; under --json its texts and bytes too. Returns what a reader without HTML reads. */
const char *specimen_show(struct ctl *c, const char *bytes, size_t len);

#endif
