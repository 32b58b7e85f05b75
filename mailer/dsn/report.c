#include "mailer/dsn/report.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"

#define PARTS_MAX 100 /* of one message: a report has three */
#define DEPTH_MAX 8

void
report_init(void)
{
	g_mime_init();
}

const char *
report_kind_word(enum report_kind k)
{
	static const char *const words[REPORT__MAX] = {"report", "auto-reply", "truncated", "oversize", "garbage"};

	return words[k];
}

/* ---- texts ---- */

/* Printable ASCII of one line; a word with an @ becomes a star. */
static void
clean(const char *text, char *out, size_t size)
{
	size_t n = 0, word = 0;

	for (const char *p = text; *p != '\0' && n + 2 < size; p++) {
		bool plain = *p > ' ' && *p < 0x7f;

		if (*p == '@') {
			n = word;
			out[n++] = '*';
			while (p[1] > ' ' && p[1] < 0x7f)
				p++;
			continue;
		}
		if (!plain && (n == 0 || out[n - 1] == ' '))
			continue;
		out[n++] = plain ? *p : ' ';
		if (!plain)
			word = n;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

/* Every address within a header's value is a candidate: which one it is, its signature says. */
static void
add_addresses(struct report *r, const char *value)
{
	static const char ends[] = " \t\r\n<>,;:\"()";

	while (value != NULL && *value != '\0' && r->n_addresses < REPORT_ADDRESSES_MAX) {
		size_t len;

		value += strspn(value, ends);
		len = strcspn(value, ends);
		if (memchr(value, '@', len) != NULL && memchr(value, '+', len) != NULL)
			r->addresses[r->n_addresses++] = talloc_strndup(r, value, len);
		value += len;
	}
}

/* ---- message/delivery-status: groups of fields, divided by empty lines ---- */

struct group {
	const char *action, *status, *diagnostic, *envid;
	bool has_recipient;
};

/* The value of a field, if its line is of that name. */
static const char *
field(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, " \t");
	return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static void
take_field(struct group *g, const char *line)
{
	const struct {
		const char *name, **to;
	} rows[] = {{"Action", &g->action}, {"Status", &g->status}, {"Diagnostic-Code", &g->diagnostic}, {"Original-Envelope-Id", &g->envid}};
	const char *value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((value = field(line, rows[i].name)) != NULL && *rows[i].to == NULL)
			*rows[i].to = value;
	if (field(line, "Final-Recipient") != NULL || field(line, "Original-Recipient") != NULL)
		g->has_recipient = true;
}

/* A failure wins over whatever else the report tells; our mails have one recipient. */
static void
end_group(struct report *r, struct group *g)
{
	enum dsn_action action = g->action != NULL ? classify_action(g->action) : DSN_ACTION_NONE;

	if (g->envid != NULL && r->envid[0] == '\0')
		r->envid = talloc_strndup(r, g->envid, strcspn(g->envid, " \t"));
	if (g->has_recipient && action != DSN_ACTION_NONE && r->action != DSN_ACTION_FAILED && (r->action == DSN_ACTION_NONE || action == DSN_ACTION_FAILED)) {
		const char *diagnostic = g->diagnostic != NULL ? g->diagnostic : "";

		r->action = action;
		classify_status(g->status != NULL ? g->status : "", diagnostic, r->status);
		clean(diagnostic, r->diagnostic, sizeof(r->diagnostic));
	}
	*g = (struct group){0};
}

/* One logical line of the text, folded ones joined; *at goes on behind it. NULL at the end. */
static char *
next_line(TALLOC_CTX *ctx, const char **at)
{
	char *line = NULL;

	while (**at != '\0') {
		size_t len = strcspn(*at, "\n"), kept = len > 0 && (*at)[len - 1] == '\r' ? len - 1 : len;

		line = line == NULL ? talloc_strndup(ctx, *at, kept) : talloc_asprintf_append_buffer(line, " %.*s", (int)kept, *at);
		*at += len + ((*at)[len] == '\n');
		if (line[0] == '\0' || (**at != ' ' && **at != '\t'))
			break;
	}
	return line;
}

static void
read_fields(struct report *r, const char *text)
{
	struct group g = {0};
	TALLOC_CTX *lines = talloc_new(r);
	const char *line;

	while ((line = next_line(lines, &text)) != NULL) {
		if (line[strspn(line, " \t")] == '\0')
			end_group(r, &g);
		else
			take_field(&g, line);
	}
	end_group(r, &g);
	talloc_free(lines);
}

/* ---- the parts ---- */

struct walk {
	struct report *r;
	bool is_report; /* it says so of itself */
	bool cut;
	int parts, depth;
};

static char *
part_text(TALLOC_CTX *ctx, GMimeObject *part)
{
	GMimeDataWrapper *content = GMIME_IS_PART(part) ? g_mime_part_get_content(GMIME_PART(part)) : NULL;
	GMimeStream *out = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *copy;

	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, out);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
	copy = talloc_strndup(ctx, (const char *)bytes->data, bytes->len);
	g_object_unref(out);
	return copy != NULL ? copy : talloc_strdup(ctx, "");
}

/* The head of the mail that came back: whose signed sender stands in Return-Path, if some server wrote it there. */
static void
take_returned(struct report *r, const char *return_path, const char *message_id)
{
	add_addresses(r, return_path);
	if (message_id != NULL && r->message_id[0] == '\0') {
		const char *from = message_id + strspn(message_id, " \t<");

		r->message_id = talloc_strndup(r, from, strcspn(from, "@>\r\n"));
	}
}

static void
read_returned_head(struct report *r, const char *text)
{
	TALLOC_CTX *lines = talloc_new(r);
	const char *line;

	while ((line = next_line(lines, &text)) != NULL && line[0] != '\0')
		take_returned(r, field(line, "Return-Path"), field(line, "Message-ID"));
	talloc_free(lines);
}

static void walk_part(struct walk *w, GMimeObject *part);

static void
walk_message(struct walk *w, GMimeMessage *m)
{
	GMimeObject *head = GMIME_OBJECT(m);

	if (m != NULL && w->is_report)
		take_returned(w->r, g_mime_object_get_header(head, "Return-Path"), g_mime_object_get_header(head, "Message-ID"));
}

static void
walk_leaf(struct walk *w, GMimeObject *part, const GMimeContentType *type)
{
	GMimeContentType *t = (GMimeContentType *)(uintptr_t)type;
	char *text;

	if (g_mime_content_type_is_type(t, "message", "delivery-status") || g_mime_content_type_is_type(t, "message", "global-delivery-status")) {
		text = part_text(w->r, part);
		w->is_report = true;
		read_fields(w->r, text);
		talloc_free(text);
	} else if (g_mime_content_type_is_type(t, "text", "rfc822-headers") || g_mime_content_type_is_type(t, "message", "global-headers")) {
		text = part_text(w->r, part);
		read_returned_head(w->r, text);
		talloc_free(text);
	}
}

static void
walk_part(struct walk *w, GMimeObject *part)
{
	GMimeContentType *type = part != NULL ? g_mime_object_get_content_type(part) : NULL;
	int n;

	if (type == NULL || ++w->parts > PARTS_MAX || w->depth > DEPTH_MAX)
		return;
	w->is_report = w->is_report || g_mime_content_type_is_type(type, "multipart", "report");
	if (GMIME_IS_MESSAGE_PART(part)) {
		walk_message(w, g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)));
		return;
	}
	if (!GMIME_IS_MULTIPART(part)) {
		walk_leaf(w, part, type);
		return;
	}
	w->depth++;
	n = g_mime_multipart_get_count(GMIME_MULTIPART(part));
	for (int i = 0; i < n && i < PARTS_MAX; i++)
		walk_part(w, g_mime_multipart_get_part(GMIME_MULTIPART(part), i));
	w->depth--;
}

/* ---- the message ---- */

/* Programs answer so for people (RFC 3834), and some in ways of their own. */
static bool
is_auto_reply(GMimeMessage *m)
{
	static const struct {
		const char *name, *start; /* "": any value */
	} rows[] = {
	    {"Auto-Submitted", "auto-replied"}, {"X-Autoreply", ""},          {"X-Autorespond", ""},  {"X-Auto-Response", ""},
	    {"X-Autoreply-From", ""},           {"Precedence", "auto_reply"}, {"X-Mail-Autoreply", ""}, {"Delivered-By-The-Graces-Of", "vacation"},
	    {"X-Mailer", "vacation"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *value = g_mime_object_get_header(GMIME_OBJECT(m), rows[i].name);

		if (value != NULL && strncasecmp(value, rows[i].start, strlen(rows[i].start)) == 0)
			return true;
	}
	return false;
}

static void
on_warning(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer arg)
{
	struct walk *w = arg;

	(void)offset;
	(void)item;
	w->cut = w->cut || code == GMIME_WARN_TRUNCATED_MESSAGE;
}

static void
read_head(struct report *r, GMimeMessage *m)
{
	static const char *const names[] = {"X-Original-To", "Delivered-To", "Envelope-To", "To"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		add_addresses(r, g_mime_object_get_header(GMIME_OBJECT(m), names[i]));
}

static void
read_message(struct walk *w, GMimeMessage *m)
{
	struct report *r = w->r;

	read_head(r, m);
	walk_part(w, g_mime_message_get_mime_part(m));
	if (w->is_report)
		r->kind = w->cut || r->action == DSN_ACTION_NONE ? REPORT_TRUNCATED : REPORT_STATUS;
	else if (is_auto_reply(m))
		r->kind = REPORT_AUTO_REPLY;
}

struct report *
report_read(TALLOC_CTX *ctx, const char *bytes, size_t len)
{
	struct report *r = talloc_zero(ctx, struct report);
	struct walk w = {.r = r};
	GMimeParserOptions *how;
	GMimeStream *in;
	GMimeParser *parser;
	GMimeMessage *m;

	r->kind = len > REPORT_SIZE_MAX ? REPORT_OVERSIZE : REPORT_GARBAGE;
	r->envid = r->message_id = "";
	if (r->kind == REPORT_OVERSIZE || len == 0)
		return r;
	how = g_mime_parser_options_new();
	g_mime_parser_options_set_warning_callback(how, on_warning, &w);
	in = g_mime_stream_mem_new_with_buffer(bytes, len);
	parser = g_mime_parser_new_with_stream(in);
	m = g_mime_parser_construct_message(parser, how);
	if (m != NULL) {
		read_message(&w, m);
		g_object_unref(m);
	}
	g_object_unref(parser);
	g_object_unref(in);
	g_mime_parser_options_free(how);
	return r;
}
