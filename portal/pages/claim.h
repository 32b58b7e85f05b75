/* What the pages about claims share: until when they are taken, and the words of tables. */
#ifndef ISOLOIR_CLAIM_PAGES_H
#define ISOLOIR_CLAIM_PAGES_H

#include "portal/request.h"

/* When the posted form was opened, by its signed field; 0: there is none of this person and election. */
int64_t claim_opened_s(const struct request *r);

/* May this be sent now? Up to the minute of the closing; a form opened before it, for half an hour more. opened_s 0: not known. */
bool claim_in_time(const struct request *r, int64_t opened_s);

/* The form's signed field, and until when claims are taken: in Paris, and by the elector's clocks where those differ. */
void claim_fill_time(struct request *r, int64_t opened_s);

/* The page that says that claims are closed, or not open yet, and whom to call. typed: what was written, so that it is not lost; or "". */
enum reply_kind claim_closed(struct request *r, const char *typed);

/* The table portal/objects.def: for the form, with the chosen one; its words; the check of what was posted (told on the page, NULL). */
void claim_fill_objects(struct request *r, const char *chosen);
const char *claim_object_label(const char *word);
const char *claim_check_object(struct request *r);

#endif
