/*
 * Declared input. A form is the list of its fields (forms.def); handlers only ever see values that are whole,
 * valid UTF-8 without NUL, and within their bounds. Fields that no form declares are ignored.
 */
#ifndef ISOLOIR_FORM_H
#define ISOLOIR_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

enum field {
#define FIELD(name, word, max, kept, sentence) FIELD_##name,
#include "portal/forms.def"
#undef FIELD
	FIELD__MAX
};

/* The one document that a form may bring (uploads.def), under the field's name "document". */
struct form_file {
	const char *name; /* as the browser names it; NULL: none was chosen */
	const void *bytes;
	size_t len;
};

struct form {
	const char *value[FIELD__MAX]; /* NULL: not sent */
	bool too_long[FIELD__MAX];
	struct form_file file;
};

/* Read the body into the form. 0, or the status to refuse with: 400, 403, 413, 415. */
int form_read(struct request *r);

/* Parse an urlencoded body of len bytes (it is changed). 0 or 400. For form_read and the tests. */
int form_parse(struct request *r, char *body, size_t len);

/* The same of a body of multipart/form-data, with a NUL behind its len bytes. */
int form_parse_parts(struct request *r, const char *content_type, char *body, size_t len);

/* What was typed, "" when absent. */
const char *form_text(const struct request *r, enum field f);
/* Was the button pressed, the field sent? */
bool form_has(const struct request *r, enum field f);

/* As if it had been typed: a draft that is shown again. A word that is no field, or one that may not be kept, is left out. */
void form_put(struct request *r, const char *word, const char *value);

/* The field's name in the page, and whether it may be shown or sent again (secrets and codes may not). */
const char *form_word(enum field f);
bool form_is_kept(enum field f);

/* A field of the address (?q=…), decoded: "" when absent, NULL when it is broken or not UTF-8. */
const char *form_query(struct request *r, const char *word);

#endif
