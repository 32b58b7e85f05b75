/* A posted body, and the same as a query: what handlers get to see is whole, valid and within its bounds, whatever was sent. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "portal/request.h"

static const size_t longest[FIELD__MAX] = {
#define FIELD(name, word, max, kept, sentence) max,
#include "portal/forms.def"
#undef FIELD
};

/* Each byte as %xx: what any form means, written in another way. */
static char *
encode(TALLOC_CTX *ctx, const struct request *r)
{
	char *body = talloc_strdup(ctx, "");

	for (int f = 0; f < FIELD__MAX; f++) {
		if (r->form.value[f] == NULL)
			continue;
		body = talloc_asprintf_append(body, "%s%s=", body[0] != '\0' ? "&" : "", form_word((enum field)f));
		for (const char *p = r->form.value[f]; *p != '\0'; p++)
			body = talloc_asprintf_append_buffer(body, "%%%02x", (unsigned char)*p);
	}
	return body;
}

static void
check_fields(const struct request *r, size_t size)
{
	for (int f = 0; f < FIELD__MAX; f++) {
		const char *value = r->form.value[f];

		if (value == NULL)
			continue;
		must(strlen(value) <= size && text_is_utf8(value, strlen(value)));
		must(strlen(value) <= longest[f] || (r->form.too_long[f] && form_is_kept((enum field)f)));
	}
}

static void
check_query(struct request *r, const uint8_t *data, size_t size)
{
	const char *words;

	r->query = fuzz_text(r->task, data, size);
	words = form_query(r, "q");
	must(words == NULL || (strlen(words) <= size && text_is_utf8(words, strlen(words))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r = {.task = task_new(NULL, 0)}, again = {.task = r.task};
	char *body = talloc_array(r.task, char, size + 1), *written;

	memcpy(body, data, size);
	body[size] = '\0';
	check_query(&r, data, size);
	if (form_parse(&r, body, size) == 0) {
		check_fields(&r, size);
		written = encode(r.task, &r);
		must(form_parse(&again, written, strlen(written)) == 0);
		for (int f = 0; f < FIELD__MAX; f++)
			must(strcmp(form_text(&r, (enum field)f), form_text(&again, (enum field)f)) == 0);
	}
	talloc_free(r.task);
	return 0;
}
