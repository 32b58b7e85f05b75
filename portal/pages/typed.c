#include "portal/pages/typed.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fold.h"

#define NONCE_SIZE 16

static char *
clean(struct request *r, const struct typed *row)
{
	char *s = talloc_strdup(r->task, form_text(r, row->field)), *out = s;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '\r' && p[1] == '\n')
			continue;
		if (((unsigned char)*p < ' ' && !(*p == '\n' && row->has_lines)) || *p == 127)
			*out++ = ' ';
		else
			*out++ = *p;
	}
	*out = '\0';
	return text_trim(r->task, s);
}

const char *
typed_check(struct request *r, const struct typed *row)
{
	const char *typed = clean(r, row);

	if (row->missing != NULL && typed[0] == '\0')
		reply_error(r, row->error, row->missing);
	if (r->form.too_long[row->field] || text_length(typed) > row->max)
		reply_error(r, row->error, row->too_long);
	return typed;
}

void
typed_fill(struct request *r, const struct typed *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tmpl_text(r->reply.data, rows[i].name, form_text(r, rows[i].field));
	tmpl_text(r->reply.data, "courriel_saisi", form_text(r, FIELD_COURRIEL));
}

const char *
typed_contact(struct request *r)
{
	const char *contact = fold_identifier(r->task, form_text(r, FIELD_COURRIEL));

	if (contact == NULL || r->form.too_long[FIELD_COURRIEL])
		reply_error(r, "erreur_courriel", "Saisissez l’adresse à laquelle vous répondre, comme prenom.nom@exemple.fr.");
	return contact;
}

const char *
typed_nonce(struct request *r)
{
	unsigned char raw[NONCE_SIZE];

	if (text_unbase64url(form_text(r, FIELD_JETON), raw, sizeof(raw)))
		return form_text(r, FIELD_JETON);
	secret_random(raw, sizeof(raw));
	return text_base64url(r->task, raw, sizeof(raw));
}
