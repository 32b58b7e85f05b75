/*
 * A posted body of multipart/form-data with a document in it. The first line of the input is the content type. Whatever was sent: fields are whole, valid and
 * within their bounds, the document lies within the body, and its
 * name does no harm.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "portal/document.h"
#include "portal/request.h"

static const size_t longest[FIELD__MAX] = {
#define FIELD(name, word, max, kept, sentence) max,
#include "portal/forms.def"
#undef FIELD
};

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
check_name(struct request *r, const struct document_kind *kind)
{
	const char *name = document_name(r->task, r->form.file.name, kind);

	must(text_is_utf8(name, strlen(name)) && text_length(name) <= 80 + 4 && name[0] != '.' && text_ends(name, kind->ending));
	must(strpbrk(name, "/\\\"\r\n<>") == NULL);
}

/* Each byte is looked at, so that a sanitizer sees one that is not the body's. */
static void
check_file(struct request *r, const char *body, size_t size)
{
	const struct form_file *f = &r->form.file;
	const char *bytes = f->bytes;
	const struct document_kind *kind;

	if (f->name == NULL)
		return;
	must(f->name[0] != '\0' && bytes >= body && f->len <= size && bytes + f->len <= body + size);
	kind = document_kind_of(bytes, f->len);
	check_name(r, kind != NULL ? kind : document_kind_find("pdf"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	struct request r = {.task = task_new(NULL, 0)};
	size_t head = line != NULL ? (size_t)(line - data) : 0, len = line != NULL ? size - head - 1 : 0;
	char *type = fuzz_text(r.task, data, head), *body = talloc_size(r.task, len + 1);

	memcpy(body, data + size - len, len);
	body[len] = '\0';
	if (form_parse_parts(&r, type, body, len) == 0) {
		check_fields(&r, len);
		check_file(&r, body, len);
	}
	document_kind_of(data, size);
	talloc_free(r.task);
	return 0;
}
