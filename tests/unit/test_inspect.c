/* A mail that may leave, spoiled in every way that mailer/inspect.def knows: each is told by its own row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mailer/bulk.h"
#include "mailer/html.h"
#include "mailer/inspect.h"

static const struct conf conf = {
    .public_url = "https://vote.example", .mail_from = "elections@vote.example", .mail_from_name = "Bureau de vote", .mail_reply_to = "", .mail_unsubscribe = ""};

#define HEAD \
	"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nFrom: Bureau <elections@vote.example>\r\nSubject: Votre lien\r\n" \
	"Message-Id: <1@vote.example>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: multipart/alternative; boundary=\"=_1\"\r\n\r\n"
#define PART(kind, text) "--=_1\r\nContent-Type: text/" kind "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" text "\r\n"
#define TEXT PART("plain", "Ouvrez ce lien=C2=A0:\r\n\r\nhttps://vote.example/demo\r\n")
#define HTML PART("html", "<p>Ouvrez ce lien=C2=A0:</p>\r\n<p><a href=3D\"https://vote.example/demo\">Ouvrir</a></p>\r\n")
#define GOOD HEAD TEXT HTML "--=_1--\r\n"

/* Of a good mail, the first `from` become `to`, and the row `check` must tell; with "" nobody may. */
static const struct {
	const char *check, *from, *to;
} spoilt[] = {
    {"", "Votre lien", "Votre autre lien"},
    {"links", "Ouvrir</a>", "https://vote.example.evil/</a>"},
    {"links", "lien=C2=A0:</p>", "https://vote.example@evil</p>"},
    {"links", "<a href=3D\"https://vote.example/demo\">", "<a href=3D'mailto:a@b'>"},
    {"links", "https://vote.example/demo\r\n", "https://vote.exampl/demo\r\n"},
    {"links", "https://vote.example/demo\r\n", "HTTPS://autre.example\r\n"},
    {"action", "<a href=3D\"https://vote.example/demo\">Ouvrir</a>", "Ouvrir"},
    {"action", "Ouvrir</a>", "Ouvrir</a> <A HREF=3D\"https://vote.example/demo\">ou ici</A>"},
    {"action", "https://vote.example/demo\r\n", "https://vote.example/demo et\r\nhttps://vote.example/b\r\n"},
    {"alternative", "https://vote.example/demo\r\n", "https://vote.example/autre\r\n"},
    {"alternative", TEXT, ""},
    {"alternative", TEXT, PART("plain", "")},
    {"alternative", TEXT HTML, HTML TEXT},
    {"lines", "Ouvrez ce", "Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez-Ouvrez ce"},
    {"lines", "Votre lien", "Votre lien, votre lien, votre lien, votre lien, votre lien, votre lien, votre lien"},
    {"lines", "Votre lien", "Votre li\xc3\xa9n"},
    {"lines", "Auto-Submitted: auto-generated\r\n", "Auto-Submitted: auto-generated\n"},
    {"subject", "Subject: Votre lien\r\n", ""},
    {"subject", "Subject: Votre lien", "Subject: Votre lien, votre lien, votre lien, votre lien,\r\n votre lien, votre lien, votre lien, votre lien"},
    {"spaces", "lien=C2=A0:\r\n", "lien :\r\n"},
    {"spaces", "lien=C2=A0:\r\n", "lien:\r\n"},
    {"spaces", "lien=C2=A0:</p>", "lien !</p>"},
    {"spaces", "lien=C2=A0:</p>", "=C2=AB lien=C2=A0=C2=BB</p>"},
    {"spaces", "lien=C2=A0:</p>", "=C2=AB=C2=A0lien =C2=BB</p>"},
    {"spaces", "Votre lien", "Votre lien ?"},
    {"", "lien=C2=A0:</p>", "=C2=AB=C2=A0lien&nbsp;=C2=BB =\r\n=C3=A0 9:30=E2=80=AF; oui=C2=A0?!</p>"},
    {"remote", "</p>\r\n<p>", "<img src=3D\"https://vote.example/p.png\" alt=3D\"\"></p>\r\n<p>"},
    {"remote", "<p>Ouvrez", "<style>@import 'a.css';</style><p>Ouvrez"},
    {"remote", "<p>Ouvrez", "<p style=3D\"background: URL(a.png)\">Ouvrez"},
    {"remote", "<p>Ouvrez", "<LINK rel=3Dstylesheet><p>Ouvrez"},
    {"", "<p>Ouvrez", "<p><img src=3D\"data:image/png;base64,AA=3D=3D\"=\r\n alt=3D\"\">Ouvrez"},
    {"script", "<p>Ouvrez", "<script>1</script><p>Ouvrez"},
    {"script", "<p>Ouvrez", "<p onclick=3D\"a()\">Ouvrez"},
    {"script", "<a href=3D\"https://vote.example/demo\">", "<a href=3D\"https://vote.example/demo\" title=3D\"javascript:a\">"},
    {"script", "<p>Ouvrez", "<form></form><p>Ouvrez"},
    {"script", "<p>Ouvrez", "<meta http-equiv=3DRefresh content=3D0><p>Ouvrez"},
    {"headers", "<1@vote.example>", "<1@autre.example>"},
    {"headers", "Auto-Submitted: auto-generated\r\n", ""},
    {"headers", "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n", ""},
    {"headers", "<elections@vote.example>", "<autre@vote.example>"},
    {"headers", "MIME-Version", "List-Unsubscribe: <mailto:a@vote.example>\r\nMIME-Version"},
};

static const char *
replace(TALLOC_CTX *ctx, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return talloc_asprintf(ctx, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static bool
tells(const struct inspect_report *r, const char *check)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->faults[i].check, check) == 0)
			return true;
	return false;
}

static void
what_is_spoilt_is_told_by_its_row(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(*spoilt); i++) {
		const char *mail = replace(ctx, GOOD, spoilt[i].from, spoilt[i].to);
		const struct inspect_report *r = inspect_mail(ctx, &conf, false, mail, strlen(mail));

		if (spoilt[i].check[0] == '\0' && r->n > 0)
			fail_msg("row %zu (%s): %s: %s", i, spoilt[i].to, r->faults[0].check, r->faults[0].what);
		if (spoilt[i].check[0] != '\0' && !tells(r, spoilt[i].check))
			fail_msg("row %zu: %s does not see: %s", i, spoilt[i].check, spoilt[i].to);
	}
	talloc_free(ctx);
}

static void
every_row_is_spoilt_once_at_least(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_inspections; i++) {
		size_t at = 0;

		while (at < sizeof(spoilt) / sizeof(*spoilt) && strcmp(spoilt[at].check, inspections[i].word) != 0)
			at++;
		if (at == sizeof(spoilt) / sizeof(*spoilt) && strcmp(inspections[i].word, "size") != 0)
			fail_msg("nothing spoils a mail for %s", inspections[i].word);
	}
}

static void
a_mail_that_webmails_would_cut_is_told(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *more = talloc_strdup(ctx, "");
	const char *mail;

	(void)state;
	for (int i = 0; i < 2000; i++)
		more = talloc_asprintf_append(more, "Cinquante signes de plus, et encore cinquante....\r\n");
	mail = replace(ctx, GOOD, "<p>Ouvrez", talloc_asprintf(ctx, "%s<p>Ouvrez", more));
	assert_true(tells(inspect_mail(ctx, &conf, false, mail, strlen(mail)), "size"));
	talloc_free(ctx);
}

static void
a_campaign_may_say_where_to_write(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *mail = replace(ctx, GOOD, "MIME-Version", "List-Unsubscribe: <mailto:a@vote.example>\r\nMIME-Version");

	(void)state;
	assert_int_equal(inspect_mail(ctx, &conf, true, mail, strlen(mail))->n, 0);
	talloc_free(ctx);
}

static void
what_is_no_mail_is_an_error_and_no_crash(void **state)
{
	static const char *const odd[] = {"", "\r\n", "a", "\r\n\r\n", "Subject: a\r\n\r\n<", "Content-Type: text/html\r\n\r\n<a href=\r\n", "Content-Type: text/html\r\n\r\n<style>",
	                                  "Content-Type: text/html\r\n\r\n<!-- <p a='\r\n", "Content-Type: text/html\r\n\r\n<p = / =\"a\" b=c/>\r\n"};
	TALLOC_CTX *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		assert_true(inspect_mail(ctx, &conf, false, odd[i], strlen(odd[i]))->n > 0);
	talloc_free(ctx);
}

static void
words_are_read_as_people_see_them(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const struct html *h = html_read(ctx, "<title>x</title><p>A<b>B</b> &lt;&amp;&#39;<br>C<!-- D --><script>E</script>");

	(void)state;
	assert_non_null(strstr(h->words, "AB <&'\nC"));
	assert_null(strchr(h->words, 'D'));
	assert_null(strchr(h->words, 'E'));
	assert_null(strchr(h->words, 'x'));
	talloc_free(ctx);
}

/* As deliver.c would have it, for every kind: the class alone decides. */
static void
only_campaigns_carry_the_headers_of_bulk(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct conf c = conf;
	struct compose_facts f = {.slug = "demo"};
	const struct bulk_header *h;

	(void)state;
	c.mail_unsubscribe = "listes@vote.example";
	for (f.mail = 0; f.mail < QUEUE_MAIL__MAX; f.mail++)
		assert_int_equal(bulk_headers(ctx, &c, &f)->name != NULL, queue_mail_class(f.mail) == QUEUE_CAMPAIGN);
	f.mail = QUEUE_MAIL_ACTIVATION;
	h = bulk_headers_of_campaign(ctx, &c, &f);
	assert_string_equal(h[3].name, "List-Unsubscribe");
	assert_string_equal(h[3].value, "<mailto:listes@vote.example>");
	assert_string_equal(h[2].value, "activation:demo:campaign:isoloir");
	assert_null(bulk_headers_of_campaign(ctx, &conf, &f)[3].name);
	talloc_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_spoilt_is_told_by_its_row),
	    cmocka_unit_test(every_row_is_spoilt_once_at_least),
	    cmocka_unit_test(a_mail_that_webmails_would_cut_is_told),
	    cmocka_unit_test(a_campaign_may_say_where_to_write),
	    cmocka_unit_test(what_is_no_mail_is_an_error_and_no_crash),
	    cmocka_unit_test(words_are_read_as_people_see_them),
	    cmocka_unit_test(only_campaigns_carry_the_headers_of_bulk),
	};

	compose_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
