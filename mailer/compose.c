#include "mailer/compose.h"

#include <gmime/gmime.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "mailer/bulk.h"
#include "mailer/domain.h"

#define PARIS "Europe/Paris"

/* Three templates a mail: WORD-subject.txt, WORD.txt, WORD.html. */
static const char *const files[] = {
#define X(name, word, class, purpose, twice, whom, sentence) word "-subject.txt", word ".txt", word ".html",
    QUEUE_MAIL_ROWS(X)
#undef X
};

static const char *const names[] = {
    "subject",      /* of this mail */
    "civility",     /* M., Mme, or nothing */
    "given_name",   /* */
    "family_name",  /* */
    "title",        /* of the election */
    "sender",       /* who writes */
    "link",         /* the one address to open */
    "expires",      /* until when it works, Paris time */
    "expires_here", /* the same on the elector's own clock, if that differs */
    "when",         /* what the mail tells of happened, Paris time */
    "when_here",    /* the same on the elector's own clock, if that differs */
    "opens",        /* when the vote opens, Paris time */
    "opens_here",   /* the same on the elector's own clock, if that differs */
    "closes",       /* when it closes, Paris time */
    "closes_here",  /* the same on the elector's own clock, if that differs */
    "voting",       /* set: it was open when the mail was asked for */
    "reference",    /* as the page showed it */
    "reply",        /* set: replies reach somebody */
    "answer",       /* what the office answers: a list, of which each */
    "line",         /* is a line */
    "accepted",     /* set: the claim is accepted */
};

void
compose_init(void)
{
	g_mime_init();
}

struct tmpl_set *
compose_load(TALLOC_CTX *ctx, const char *dir, char **why_r)
{
	return tmpl_load(ctx, dir[0] != '\0' ? dir : MAILTHEMEDIR, files, sizeof(files) / sizeof(*files),
	                 names, sizeof(names) / sizeof(*names), why_r);
}

/* An instant in words: by the clocks of Paris and, where they show another time, by the elector's. */
static void
fill_time(struct tmpl_data *d, const struct compose_facts *f, const char *name, const char *name_here, int64_t at_s)
{
	tmpl_text(d, name, clock_french(d, at_s, PARIS));
	if (clock_differs(at_s, f->time_zone, PARIS))
		tmpl_text(d, name_here, clock_french(d, at_s, f->time_zone));
}

/* A line each; mail programs show one paragraph for several otherwise. */
static void
fill_answer(struct tmpl_data *d, const struct compose_facts *f)
{
	char *rest = talloc_strdup(d, f->answer != NULL ? f->answer : ""), *line;

	tmpl_switch(d, "accepted", f->accepted);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			tmpl_text(tmpl_item(d, "answer"), "line", line);
}

static struct tmpl_data *
fill(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f)
{
	struct tmpl_data *d = tmpl_data_new(ctx);

	tmpl_text(d, "civility", f->civility);
	tmpl_text(d, "given_name", f->given_name);
	tmpl_text(d, "family_name", f->family_name);
	tmpl_text(d, "title", f->title);
	tmpl_text(d, "sender", c->mail_from_name);
	tmpl_text(d, "reference", f->reference);
	tmpl_switch(d, "reply", c->mail_reply_to[0] != '\0');
	fill_time(d, f, "when", "when_here", f->created_s);
	fill_time(d, f, "opens", "opens_here", f->opens_s);
	fill_time(d, f, "closes", "closes_here", f->closes_s);
	tmpl_switch(d, "voting", f->opens_s <= f->created_s);
	fill_answer(d, f);
	if (f->token == NULL) {
		tmpl_format(d, "link", "%s/%s/portail/accueil", c->public_url, f->slug);
		return d;
	}
	tmpl_format(d, "link", "%s/%s/portail/%s/%s", c->public_url, f->slug, f->mail == QUEUE_MAIL_REISSUE ? "reassort/lien" : "activation", f->token);
	fill_time(d, f, "expires", "expires_here", f->expires_s);
	return d;
}

/* A template of this mail, rendered; its last line end is cut off for the subject. */
static char *
render(TALLOC_CTX *ctx, const struct tmpl_set *theme, const struct compose_facts *f, const char *ending,
       const struct tmpl_data *d)
{
	return tmpl_render(ctx, theme, talloc_asprintf(ctx, "%s%s", queue_mail_word(f->mail), ending), d,
	                   NULL);
}

static GMimeObject *
make_part(const char *subtype, const char *text)
{
	GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);

	g_mime_text_part_set_charset(part, "utf-8");
	g_mime_text_part_set_text(part, text);
	g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	return GMIME_OBJECT(part);
}

static GMimeObject *
make_body(const struct compose_facts *f, const char *text, const char *html)
{
	GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
	const char *kinds[][2] = {{"plain", text}, {"html", html}};
	char boundary[64];

	g_snprintf(boundary, sizeof(boundary), "=_%s", f->id);
	g_mime_multipart_set_boundary(both, boundary);
	for (int i = 0; i < 2; i++) {
		GMimeObject *part = make_part(kinds[i][0], kinds[i][1]);

		g_mime_multipart_add(both, part);
		g_object_unref(part);
	}
	return GMIME_OBJECT(both);
}

static void
set_head(GMimeMessage *m, const struct conf *c, const struct compose_facts *f, TALLOC_CTX *ctx,
         const char *subject)
{
	GDateTime *date = g_date_time_new_from_unix_utc(f->created_s);
	char *name = f->family_name[0] != '\0' ? talloc_asprintf(ctx, "%s %s", f->given_name, f->family_name) : NULL;

	g_mime_message_set_date(m, date);
	g_date_time_unref(date);
	g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_FROM, c->mail_from_name, c->mail_from);
	if (c->mail_reply_to[0] != '\0')
		g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_REPLY_TO, NULL, c->mail_reply_to);
	g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_TO, name, f->address);
	g_mime_message_set_subject(m, subject, "utf-8");
	/* The host of our own address, and not this machine's: whichever host sends a retry, its Message-ID is the same. */
	g_mime_message_set_message_id(m, talloc_asprintf(ctx, "%s@%s", f->id, domain_of(c->mail_from)));
	g_mime_object_set_header(GMIME_OBJECT(m), "Auto-Submitted", "auto-generated", NULL);
	g_mime_object_set_header(GMIME_OBJECT(m), "Content-Language", "fr", NULL);
	for (const struct bulk_header *h = bulk_headers(ctx, c, f); h->name != NULL; h++)
		g_mime_object_set_header(GMIME_OBJECT(m), h->name, h->value, NULL);
}

static char *
to_bytes(TALLOC_CTX *ctx, GMimeMessage *m, size_t *len_r)
{
	GMimeFormatOptions *how = g_mime_format_options_new();
	GMimeStream *out = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *copy;

	g_mime_format_options_set_newline_format(how, GMIME_NEWLINE_FORMAT_DOS);
	g_mime_object_write_to_stream(GMIME_OBJECT(m), how, out);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
	copy = talloc_strndup(ctx, (const char *)bytes->data, bytes->len);
	*len_r = bytes->len;
	g_object_unref(out);
	g_mime_format_options_free(how);
	return copy;
}

char *
compose_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme,
              const struct compose_facts *f, size_t *len_r)
{
	struct tmpl_data *d = fill(ctx, c, f);
	char *subject = render(ctx, theme, f, "-subject.txt", d), *mail;
	GMimeMessage *m = g_mime_message_new(FALSE);
	GMimeObject *body;

	subject[strcspn(subject, "\r\n")] = '\0';
	tmpl_text(d, "subject", subject);
	body = make_body(f, render(ctx, theme, f, ".txt", d), render(ctx, theme, f, ".html", d));
	set_head(m, c, f, ctx, subject);
	g_mime_message_set_mime_part(m, body);
	mail = to_bytes(ctx, m, len_r);
	g_object_unref(body);
	g_object_unref(m);
	return mail;
}

/* ---- reading ---- */

/* Unfolded. */
static const char *
header(TALLOC_CTX *ctx, GMimeMessage *m, const char *name)
{
	const char *value = g_mime_object_get_header(GMIME_OBJECT(m), name);
	char *text = talloc_strdup(ctx, value != NULL ? value : "");

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\r' || *p == '\n' || *p == '\t')
			*p = ' ';
	return text_trim(ctx, text);
}

/* A copy whose lines end in LF. */
static const char *
lines(TALLOC_CTX *ctx, const char *text)
{
	char *copy = talloc_strdup(ctx, text), *to = copy;

	for (const char *from = copy; *from != '\0'; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
	return copy;
}

/* The text of a part where it belongs; of several of a kind the last. */
static void
see_part(struct compose_seen *seen, GMimeObject *part)
{
	char *kind = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(part));
	char *text = GMIME_IS_TEXT_PART(part) ? g_mime_text_part_get_text(GMIME_TEXT_PART(part)) : NULL;

	seen->kinds = talloc_asprintf(seen, "%s%s%s", seen->kinds, seen->kinds[0] != '\0' ? " " : "", kind);
	if (text != NULL && strcmp(kind, "text/html") == 0)
		seen->html = lines(seen, text);
	else if (text != NULL)
		seen->text = lines(seen, text);
	g_free(text);
	g_free(kind);
}

static void
see_parts(struct compose_seen *seen, GMimeObject *body)
{
	if (!GMIME_IS_MULTIPART(body)) {
		see_part(seen, body);
		return;
	}
	for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(body)); i++)
		see_part(seen, g_mime_multipart_get_part(GMIME_MULTIPART(body), i));
}

static void
see_head(struct compose_seen *seen, GMimeMessage *m)
{
	GDateTime *date = g_mime_message_get_date(m);
	const char *subject = g_mime_message_get_subject(m), *id = g_mime_message_get_message_id(m);

	seen->subject = talloc_strdup(seen, subject != NULL ? subject : "");
	seen->message_id = talloc_strdup(seen, id != NULL ? id : "");
	seen->date_s = date != NULL ? g_date_time_to_unix(date) : 0;
	seen->from = header(seen, m, "From");
	seen->to = header(seen, m, "To");
	seen->auto_submitted = header(seen, m, "Auto-Submitted");
	seen->unsubscribe = header(seen, m, "List-Unsubscribe");
}

struct compose_seen *
compose_read(TALLOC_CTX *ctx, const char *mail, size_t len)
{
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(mail, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(in);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	struct compose_seen *seen = NULL;

	if (m != NULL) {
		seen = talloc_zero(ctx, struct compose_seen);
		seen->kinds = seen->text = seen->html = "";
		see_head(seen, m);
		if (g_mime_message_get_mime_part(m) != NULL)
			see_parts(seen, g_mime_message_get_mime_part(m));
		g_object_unref(m);
	}
	g_object_unref(parser);
	g_object_unref(in);
	return seen;
}
