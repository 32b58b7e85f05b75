/*
 * Mails as they go over the wire, compared byte by byte with tests/unit/golden. After a wanted change of the
 * templates: GOLDEN_WRITE=1 writes them anew; read the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mailer/compose.h"

static const struct conf conf = {
    .public_url = "https://vote.example",
    .mail_from = "elections@vote.example",
    .mail_from_name = "Élections professionnelles",
    .mail_reply_to = "",
    .mail_unsubscribe = "desinscription@vote.example",
};

static struct compose_facts
facts(void)
{
	return (struct compose_facts){
	    .mail = QUEUE_MAIL_ACTIVATION,
	    .id = "0193c0ffee00aaaaaaaaaaaaaaaaaaaa",
	    .created_s = 1795521600,
	    .address = "elise.martin@ac-polynesie.pf",
	    .civility = "Mme",
	    .given_name = "Élise",
	    .family_name = "MARTIN & <CIE>",
	    .time_zone = "Pacific/Tahiti",
	    .title = "Élections professionnelles 2026",
	    .slug = "demo",
	    .token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE",
	    .expires_s = 1795780800,
	    .opens_s = 1796108400,
	    .closes_s = 1796745600,
	    .reference = "K7M-2QX4",
	};
}

static char *
write_it(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f, size_t *len_r)
{
	char *why = NULL;
	struct tmpl_set *theme = compose_load(ctx, MAIL_SOURCE, &why);

	if (theme == NULL)
		fail_msg("%s", why);
	return compose_write(ctx, c, theme, f, len_r);
}

static char *
read_golden(TALLOC_CTX *ctx, const char *path)
{
	char *text = talloc_zero_array(ctx, char, 65536);
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s is missing", path);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void
compare(const struct compose_facts *f, const char *name)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *path = talloc_asprintf(ctx, GOLDEN "/%s.eml", name), *mail;
	size_t len;

	mail = write_it(ctx, &conf, f, &len);
	if (getenv("GOLDEN_WRITE") != NULL) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fwrite(mail, 1, len, out);
		fclose(out);
	}
	assert_string_equal(mail, read_golden(ctx, path));
	talloc_free(ctx);
}

static void
the_activation_mail_is_as_it_was_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	compare(&f, "activation");
}

static void
the_confirmation_is_as_it_was_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_ACTIVATED;
	f.token = NULL;
	compare(&f, "activated");
}

/* To an address that somebody typed, perhaps another's: no name, and nothing of what was typed. */
static void
the_receipt_of_a_request_for_assistance_greets_nobody_by_name(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_ASSISTANCE;
	f.token = NULL;
	f.civility = f.given_name = f.family_name = "";
	compare(&f, "assistance");
}

/* Whoever reads that mailbox now: no name, and not the address that has taken its place. */
static void
what_an_old_address_is_told_greets_nobody_by_name(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_ADDRESS_CHANGED;
	f.token = NULL;
	f.civility = f.given_name = f.family_name = "";
	f.time_zone = "Europe/Paris";
	compare(&f, "address_changed");
}

static void
mails_about_secrets_are_as_they_were_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_RESET;
	compare(&f, "reset");
	f.token = NULL;
	f.mail = QUEUE_MAIL_PASSWORD_CHANGED;
	compare(&f, "password_changed");
	f.mail = QUEUE_MAIL_CHALLENGE_CHANGED;
	compare(&f, "challenge_changed");
}

/* Written to whoever claimed or asked: no name, but the office's words, each line a paragraph, escaped. */
static void
mails_that_answer_are_as_they_were_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.token = NULL;
	f.civility = f.given_name = f.family_name = "";
	f.mail = QUEUE_MAIL_CLAIM_RECEIVED;
	compare(&f, "claim_received");
	f.answer = "Vous êtes inscrite depuis ce matin.\n\nVotre affectation <ancienne> & la nouvelle figurent au dossier.";
	f.mail = QUEUE_MAIL_CLAIM_ANSWERED;
	f.accepted = true;
	compare(&f, "claim_answered");
	f.mail = QUEUE_MAIL_ASSISTANCE_ANSWERED;
	compare(&f, "assistance_answered");
}

static void
mails_about_voting_codes_are_as_they_were_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_REISSUE;
	compare(&f, "reissue");
	f.token = NULL;
	f.mail = QUEUE_MAIL_CODE_REISSUED;
	compare(&f, "code_reissued");
}

/* Before the opening, while the vote is open, and about the roll. */
static void
mails_of_campaigns_are_as_they_were_read_and_approved(void **state)
{
	struct compose_facts f = facts();

	(void)state;
	f.mail = QUEUE_MAIL_OPENING;
	compare(&f, "opening");
	f.mail = QUEUE_MAIL_REMINDER;
	f.opens_s = f.created_s - 3600;
	compare(&f, "reminder");
	f.token = NULL;
	f.mail = QUEUE_MAIL_SCRUTINS_CHANGED;
	compare(&f, "scrutins_changed");
}

static void
a_retry_writes_the_same_bytes(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct compose_facts f = facts();
	size_t first_len, second_len;
	char *first = write_it(ctx, &conf, &f, &first_len), *second = write_it(ctx, &conf, &f, &second_len);

	(void)state;
	assert_int_equal(first_len, second_len);
	assert_memory_equal(first, second, first_len);
	talloc_free(ctx);
}

static void
every_line_fits_smtp(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct compose_facts f = facts();
	char longest[600];
	size_t len, from = 0;
	char *mail;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	f.family_name = longest;
	mail = write_it(ctx, &conf, &f, &len);
	for (size_t i = 0; i < len; i++) {
		assert_true((unsigned char)mail[i] < 0x80 && mail[i] != '\0');
		if (mail[i] != '\n')
			continue;
		assert_true(i > 0 && mail[i - 1] == '\r');
		assert_true(i - from < 998);
		from = i + 1;
	}
	assert_int_equal(from, len);
	talloc_free(ctx);
}

static void
no_name_writes_a_header(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct compose_facts f = facts();
	size_t len;
	char *mail, *end;

	(void)state;
	f.family_name = "MARTIN\r\nBcc: all@vote.example\r\n\r\nbody";
	mail = write_it(ctx, &conf, &f, &len);
	end = strstr(mail, "\r\n\r\n");
	assert_non_null(end);
	*end = '\0';
	assert_null(strstr(mail, "\nBcc:"));
	talloc_free(ctx);
}

static void
replies_go_where_the_settings_say(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct compose_facts f = facts();
	struct conf c = conf;
	size_t len;
	char *mail;

	(void)state;
	c.mail_reply_to = "assistance@vote.example";
	mail = write_it(ctx, &c, &f, &len);
	assert_non_null(strstr(mail, "Reply-To: assistance@vote.example\r\n"));
	assert_null(strstr(mail, "automatiquement"));
	talloc_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_activation_mail_is_as_it_was_read_and_approved),
	    cmocka_unit_test(the_confirmation_is_as_it_was_read_and_approved),
	    cmocka_unit_test(what_an_old_address_is_told_greets_nobody_by_name),
	    cmocka_unit_test(the_receipt_of_a_request_for_assistance_greets_nobody_by_name),
	    cmocka_unit_test(mails_about_secrets_are_as_they_were_read_and_approved),
	    cmocka_unit_test(mails_about_voting_codes_are_as_they_were_read_and_approved),
	    cmocka_unit_test(mails_that_answer_are_as_they_were_read_and_approved),
	    cmocka_unit_test(mails_of_campaigns_are_as_they_were_read_and_approved),
	    cmocka_unit_test(a_retry_writes_the_same_bytes),
	    cmocka_unit_test(every_line_fits_smtp),
	    cmocka_unit_test(no_name_writes_a_header),
	    cmocka_unit_test(replies_go_where_the_settings_say),
	};

	compose_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
