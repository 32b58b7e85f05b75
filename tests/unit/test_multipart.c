#include "tests/unit/unit.h"

#include <string.h>

#include "portal/form.h"
#include "portal/multipart.h"
#include "portal/request.h"

#define TYPE "multipart/form-data; boundary=----B"
#define FIELD(name, value) "------B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, file, data) \
	"------B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\nContent-Type: application/pdf\r\n\r\n" data "\r\n"
#define END "------B--\r\n"

static int
parse(struct request *r, const char *type, const char *body, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->task = task_new(story, 0);
	return form_parse_parts(r, type, talloc_strndup(r->task, body, len), len);
}

/* Bytes with a NUL among them survive. */
#define PARSE(r, body) parse_bytes(r, TYPE, body, sizeof(body) - 1)

static int
parse_bytes(struct request *r, const char *type, const char *body, size_t len)
{
	char *copy;

	memset(r, 0, sizeof(*r));
	r->task = task_new(story, 0);
	copy = talloc_zero_size(r->task, len + 1);
	memcpy(copy, body, len);
	return form_parse_parts(r, type, copy, len);
}

static void
fields_and_a_document_arrive_byte_for_byte(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(PARSE(&r, FIELD("texte", "une ligne\r\n--autre & <%41>+") FIELD("objet", "") FILE_PART("document", "caf\xc3\xa9.pdf", "a\0b\r\n--") END), 0);
	assert_string_equal(form_text(&r, FIELD_TEXTE), "une ligne\r\n--autre & <%41>+");
	assert_true(form_has(&r, FIELD_OBJET));
	assert_string_equal(r.form.file.name, "caf\xc3\xa9.pdf");
	assert_int_equal(r.form.file.len, 7);
	assert_memory_equal(r.form.file.bytes, "a\0b\r\n--", 7);
	assert_string_equal(form_text(&r, FIELD_DOCUMENT_NOM), "caf\xc3\xa9.pdf");
}

static void
no_document_chosen_is_none(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(PARSE(&r, FIELD("texte", "x") FILE_PART("document", "", "") END), 0);
	assert_null(r.form.file.name);
	assert_false(form_has(&r, FIELD_DOCUMENT_NOM));
	assert_int_equal(PARSE(&r, FILE_PART("document", "", "bytes") END), 400);
}

static void
an_empty_document_is_a_document(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(PARSE(&r, FILE_PART("document", "vide.pdf", "") END), 0);
	assert_string_equal(r.form.file.name, "vide.pdf");
	assert_int_equal(r.form.file.len, 0);
}

static void
a_boundary_is_what_the_type_says(void **state)
{
	static const char *const right[] = {"multipart/form-data; boundary=----B", "Multipart/Form-Data;boundary=\"----B\"", "multipart/form-data; Boundary=----B"};
	static const char *const wrong[] = {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"----B",
	                                    "multipart/form-data; xboundary=----B", "multipart/form-data; boundary=----B; charset=x",
	                                    "multipart/form-data; boundary=--\xc3\xa9", "multipart/form-data; boundary=----C", "multipart/mixed; boundary=----B",
	                                    "multipart/form-data; boundary=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"};
	static const char body[] = FIELD("texte", "x") END;
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		assert_int_equal(parse(&r, right[i], body, strlen(body)), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parse(&r, wrong[i], body, strlen(body)), 400);
}

static void
what_no_browser_sends_is_refused(void **state)
{
#define WRONG(body) {body, sizeof(body) - 1}
	static const struct {
		const char *body;
		size_t len;
	} wrong[] = {
	    WRONG(""), WRONG("--"), WRONG("------B"), WRONG("------B--\r\n"), WRONG("preamble\r\n" FIELD("texte", "x") END),
	    WRONG(FIELD("texte", "x")), WRONG(FIELD("texte", "x") "------B--\r\nepilogue"), WRONG(FIELD("texte", "x") "------B--\n"),
	    WRONG(FIELD("texte", "x") "------Bx\r\n"), WRONG(FIELD("texte", "x") FIELD("texte", "y") END), WRONG(FIELD("texte", "a\0b") END),
	    WRONG(FIELD("texte", "\xff") END), WRONG(FIELD("te\xffxte", "x") END), WRONG(FILE_PART("texte", "a.pdf", "x") END),
	    WRONG(FILE_PART("document", "a.pdf", "x") FILE_PART("document", "b.pdf", "y") END), WRONG(FILE_PART("document", "a\xff.pdf", "x") END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"texte\"\n\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=texte\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: attachment; name=\"texte\"\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Type: text/plain\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"texte\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"texte\"\r\nContent-Disposition: form-data; name=\"objet\"\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"document\"; filename*=UTF-8''a.pdf\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a\"; filename=\"b\"\r\n\r\nx\r\n" END),
	    WRONG("------B\r\nContent-Disposition: form-data; name=\"te\0xte\"\r\n\r\nx\r\n" END),
	    WRONG("------B\r\n X: folded\r\n\r\nx\r\n" END),
	};
#undef WRONG
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (parse_bytes(&r, TYPE, wrong[i].body, wrong[i].len) != 400)
			fail_msg("row %zu was accepted: %s", i, wrong[i].body);
}

static void
a_body_cut_anywhere_is_no_form(void **state)
{
	static const char body[] = FIELD("texte", "une ligne") FILE_PART("document", "a.pdf", "%PDF") "------B--";
	struct request r;

	(void)state;
	for (size_t len = 0; len < sizeof(body) - 1; len++)
		assert_int_equal(parse_bytes(&r, TYPE, body, len), 400);
	assert_int_equal(parse_bytes(&r, TYPE, body, sizeof(body) - 1), 0);
}

static void
a_flood_of_parts_and_of_headers_is_refused(void **state)
{
	char *flood = talloc_strdup(story, ""), *line = talloc_zero_size(story, 4001);
	struct request r;

	(void)state;
	for (int i = 0; i < 60; i++)
		flood = talloc_strdup_append(flood, FIELD("x", "1"));
	flood = talloc_strdup_append(flood, END);
	assert_int_equal(parse(&r, TYPE, flood, strlen(flood)), 400);
	memset(line, 'n', 4000);
	line = talloc_asprintf(story, "------B\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\nx\r\n" END, line);
	assert_int_equal(parse(&r, TYPE, line, strlen(line)), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_and_a_document_arrive_byte_for_byte),
	    cmocka_unit_test(no_document_chosen_is_none),
	    cmocka_unit_test(an_empty_document_is_a_document),
	    cmocka_unit_test(a_boundary_is_what_the_type_says),
	    cmocka_unit_test(what_no_browser_sends_is_refused),
	    cmocka_unit_test(a_body_cut_anywhere_is_no_form),
	    cmocka_unit_test(a_flood_of_parts_and_of_headers_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
