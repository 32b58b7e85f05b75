/* What the pages that inform share. */
#ifndef ISOLOIR_PAGES_HELP_H
#define ISOLOIR_PAGES_HELP_H

#include "common/conf.h"
#include "common/prose.h"
#include "portal/request.h"

/* A text for parts/texte.html; of the office, or any other. */
void help_fill_text(struct request *r, enum text_name name);
void help_fill_prose(struct request *r, const struct prose *t);

/* Who answers for the portal and for the data. */
void help_fill_organiser(struct request *r);

/* A cell of docs/donnees.csv with its {settings} in words; aborts on a sign that is no setting (a test reads them all). */
const char *help_data_times(TALLOC_CTX *ctx, const struct conf *c, const char *text);

#endif
