#include "tests/unit/unit.h"

#include <string.h>

#include "portal/form.h"
#include "portal/request.h"

/* A form as it would stand after this body, or the status of its refusal. */
static int
parse(struct request *r, const char *body, size_t len)
{
	memset(r, 0, sizeof(*r));
	return form_parse(r, talloc_strndup(story, body, len), len);
}

static int
parse_text(struct request *r, const char *body)
{
	return parse(r, body, strlen(body));
}

static void
fields_are_unescaped_once(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse_text(&r, "identifiant=a%2Bb%2525%40c.fr&captcha=12+34&inconnu=1"), 0);
	assert_string_equal(form_text(&r, FIELD_IDENTIFIANT), "a+b%25@c.fr");
	assert_string_equal(form_text(&r, FIELD_CAPTCHA), "12 34");
	assert_false(form_has(&r, FIELD_MOT_DE_PASSE));
	assert_string_equal(form_text(&r, FIELD_MOT_DE_PASSE), "");
}

static void
an_empty_body_is_an_empty_form(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse_text(&r, ""), 0);
	assert_int_equal(parse_text(&r, "&&"), 0);
	assert_int_equal(parse_text(&r, "activer"), 0);
	assert_true(form_has(&r, FIELD_ACTIVER));
}

static void
what_no_browser_sends_is_refused(void **state)
{
	static const char *const bodies[] = {"captcha=%0", "captcha=%", "captcha=%zz", "captcha=%00", "captcha=%ff",
	                                     "%ff=1", "captcha=1&captcha=2"};
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		assert_int_equal(parse_text(&r, bodies[i]), 400);
	assert_int_equal(parse(&r, "captcha=1\0x", 11), 400);
}

static void
a_flood_of_fields_is_refused(void **state)
{
	char body[400] = "";
	struct request r;

	(void)state;
	for (int i = 0; i < 41; i++)
		strcat(body, "x=1&");
	assert_int_equal(parse_text(&r, body), 400);
}

static void
a_long_value_is_told_and_a_long_secret_is_not_kept(void **state)
{
	char *body = talloc_strdup(story, "identifiant=");
	struct request r;

	(void)state;
	for (int i = 0; i < 400; i++)
		body = talloc_strdup_append(body, "a");
	body = talloc_strdup_append(body, "&captcha=111111111111111111111111111111111111111111");
	assert_int_equal(parse_text(&r, body), 0);
	assert_true(r.form.too_long[FIELD_IDENTIFIANT]);
	assert_int_equal(strlen(form_text(&r, FIELD_IDENTIFIANT)), 400);
	assert_true(r.form.too_long[FIELD_CAPTCHA]);
	assert_string_equal(form_text(&r, FIELD_CAPTCHA), "");
	talloc_free(body);
}

static void
secrets_and_codes_are_never_sent_back(void **state)
{
	(void)state;
	assert_true(form_is_kept(FIELD_IDENTIFIANT));
	assert_true(form_is_kept(FIELD_QUESTION));
	assert_false(form_is_kept(FIELD_MOT_DE_PASSE));
	assert_false(form_is_kept(FIELD_CONFIRMATION));
	assert_false(form_is_kept(FIELD_REPONSE));
	assert_false(form_is_kept(FIELD_CAPTCHA));
	assert_false(form_is_kept(FIELD_CSRF));
}

/* A draft comes back from Redis: only what may be kept, whatever stands there. */
static void
a_draft_is_read_as_if_typed_but_for_secrets(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse_text(&r, ""), 0);
	form_put(&r, "question", "3");
	form_put(&r, "mot_de_passe", "Un vieux-1 secret");
	form_put(&r, "inconnu", "x");
	assert_string_equal(form_text(&r, FIELD_QUESTION), "3");
	assert_false(form_has(&r, FIELD_MOT_DE_PASSE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_unescaped_once),
	    cmocka_unit_test(an_empty_body_is_an_empty_form),
	    cmocka_unit_test(what_no_browser_sends_is_refused),
	    cmocka_unit_test(a_flood_of_fields_is_refused),
	    cmocka_unit_test(a_long_value_is_told_and_a_long_secret_is_not_kept),
	    cmocka_unit_test(secrets_and_codes_are_never_sent_back),
	    cmocka_unit_test(a_draft_is_read_as_if_typed_but_for_secrets),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
