#include "mailer/inspect.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "mailer/domain.h"
#include "mailer/html.h"

#define LINE_MAX_SMTP 998    /* RFC 5321, 4.5.3.1.6, without CRLF */
#define LINE_MAX_HEAD 78     /* RFC 5322, 2.1.1 */
#define LINE_MAX_ENCODED 76  /* RFC 2045, 6.7 */
#define SUBJECT_MAX 78
#define MAIL_MAX 100000      /* webmails cut what is longer */
#define AROUND 24            /* bytes told on both sides of what is wrong */

struct look {
	const struct conf *conf;
	bool unsubscribes;
	const char *mail;
	size_t len;
	const struct compose_seen *seen;
	const struct html *html;
	const char *check;
	struct inspect_report *report;
};

static void tell(struct look *k, const char *where, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
tell(struct look *k, const char *where, const char *fmt, ...)
{
	struct inspect_report *r = k->report;
	va_list ap;

	r->faults = talloc_realloc(r, r->faults, struct inspect_fault, r->n + 1);
	va_start(ap, fmt);
	r->faults[r->n++] = (struct inspect_fault){k->check, where, talloc_vasprintf(r, fmt, ap)};
	va_end(ap);
}

/* ---- addresses ---- */

static bool
is_ours(const struct look *k, const char *url, size_t len)
{
	const char *base = k->conf->public_url;
	size_t n = strlen(base);

	return len >= n && strncmp(url, base, n) == 0 && (len == n || url[n] == '/');
}

/* Where the next address begins in words, and how long it is; NULL: there is none. */
static const char *
find_address(const char *words, size_t *len_r)
{
	static const char *const beginnings[] = {"http://", "https://", "www.", "ftp://"};

	for (const char *at = words; *at != '\0'; at++)
		for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
			if (strncasecmp(at, beginnings[i], strlen(beginnings[i])) == 0) {
				*len_r = strcspn(at, " \t\r\n<>\"");
				return at;
			}
	return NULL;
}

/* The one address in words; "" when there is none, NULL when there are several. */
static const char *
only_address(const struct look *k, const char *words)
{
	const char *first = "";
	size_t len;

	for (const char *at = words; (at = find_address(at, &len)) != NULL; at += len) {
		const char *one = talloc_strndup(k->report, at, len);

		if (first[0] != '\0' && strcmp(first, one) != 0)
			return NULL;
		first = one;
	}
	return first;
}

static void
check_addresses(struct look *k, const char *where, const char *words)
{
	size_t len;

	for (const char *at = words; (at = find_address(at, &len)) != NULL; at += len)
		if (!is_ours(k, at, len))
			tell(k, where, "an address that is not ours: %.*s", (int)len, at);
}

static void
inspect_links(struct look *k)
{
	check_addresses(k, "text", k->seen->text);
	check_addresses(k, "html", k->html->words);
	for (size_t i = 0; i < k->html->n; i++) {
		const char *to = html_attribute(&k->html->tags[i], "href");

		if (to != NULL && !is_ours(k, to, strlen(to)))
			tell(k, "html", "<%s> leads to an address that is not ours: %s", k->html->tags[i].name, to);
	}
}

/* ---- what there is to do ---- */

/* The href of its one <a>; "" when there is none. */
static const char *
first_link(const struct look *k, size_t *n_r)
{
	const char *first = "";

	*n_r = 0;
	for (size_t i = 0; i < k->html->n; i++) {
		const struct html_tag *tag = &k->html->tags[i];
		const char *to = html_attribute(tag, "href");

		if ((strcmp(tag->name, "a") != 0 && strcmp(tag->name, "area") != 0) || to == NULL)
			continue;
		first = *n_r == 0 ? to : first;
		++*n_r;
	}
	return first;
}

static void
inspect_action(struct look *k)
{
	size_t n;

	first_link(k, &n);
	if (n != 1)
		tell(k, "html", "%zu links to click, and not one", n);
	if (only_address(k, k->seen->text) == NULL)
		tell(k, "text", "several addresses, and not one");
}

static void
inspect_alternative(struct look *k)
{
	const char *in_text = only_address(k, k->seen->text), *in_html;
	size_t n;

	in_html = first_link(k, &n);
	if (strcmp(k->seen->kinds, "text/plain text/html") != 0)
		tell(k, "head", "its parts are \"%s\", and not \"text/plain text/html\"", k->seen->kinds);
	if (text_trim(k->report, k->seen->text)[0] == '\0')
		tell(k, "text", "there is no text");
	else if (in_text != NULL && strcmp(in_text, in_html) != 0)
		tell(k, "text", "the text gives %s, the HTML %s", in_text[0] != '\0' ? in_text : "no link", in_html[0] != '\0' ? in_html : "none");
}

/* ---- bytes ---- */

/* Nothing could be done about its length. */
static bool
is_one_word(const char *line, size_t len)
{
	return len < 2 || memchr(line + 1, ' ', len - 1) == NULL;
}

static void
check_line(struct look *k, const char *line, size_t len, bool in_head)
{
	size_t most = in_head ? LINE_MAX_HEAD : LINE_MAX_ENCODED;
	const char *where = in_head ? "head" : "body";

	if (len > LINE_MAX_SMTP || (len > most && !(in_head && is_one_word(line, len))))
		tell(k, where, "a line of %zu, which begins %.*s", len, 2 * AROUND, line);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] >= 0x80 || line[i] == '\0' || line[i] == '\r' || line[i] == '\n') {
			tell(k, where, "a byte that is no plain ASCII, or half a line end: %.*s", (int)(len < AROUND ? len : AROUND), line);
			break;
		}
}

static void
inspect_lines(struct look *k)
{
	bool in_head = true;

	for (size_t at = 0; at < k->len;) {
		const char *line = k->mail + at, *end = memmem(line, k->len - at, "\r\n", 2);

		if (end == NULL) {
			tell(k, "body", "its last line does not end");
			return;
		}
		in_head = in_head && end != line;
		check_line(k, line, (size_t)(end - line), in_head);
		at += (size_t)(end - line) + 2;
	}
}

static void
inspect_size(struct look *k)
{
	if (k->len > MAIL_MAX)
		tell(k, "body", "%zu bytes", k->len);
}

/* ---- words ---- */

static void
inspect_subject(struct look *k)
{
	size_t n = text_length(k->seen->subject);

	if (text_trim(k->report, k->seen->subject)[0] == '\0')
		tell(k, "subject", "there is none");
	else if (n > SUBJECT_MAX)
		tell(k, "subject", "%zu characters: %s", n, k->seen->subject);
}

static bool
ends_no_break(const char *from, const char *at)
{
	size_t n = (size_t)(at - from);

	return (n >= 2 && memcmp(at - 2, "\u00a0", 2) == 0) || (n >= 3 && memcmp(at - 3, "\u202f", 3) == 0);
}

static bool
begins_no_break(const char *at)
{
	return strncmp(at, "\u00a0", 2) == 0 || strncmp(at, "\u202f", 3) == 0;
}

/* Is what stands at `at` a sign that ends a word, as in "lien :" and not in "https://" or "9:30"? */
static bool
is_stop(const char *at)
{
	return strchr(":;?!", *at) != NULL &&
	       (at[1] == '\0' || strchr(" \n\r:;?!)", at[1]) != NULL || begins_no_break(at + 1));
}

static const char *
wrong_space(const char *from, const char *at)
{
	bool bare = at == from || strchr(" \t\n", at[-1]) != NULL;

	if (strncmp(at, "\u00ab", 2) == 0)
		return begins_no_break(at + 2) ? NULL : "no no-break space after";
	if (strncmp(at, "\u00bb", 2) == 0)
		return ends_no_break(from, at) ? NULL : "no no-break space before";
	if (*at == '\0' || !is_stop(at) || ends_no_break(from, at))
		return NULL;
	return bare || strchr(":;?!", at[-1]) == NULL ? "no no-break space before" : NULL;
}

/* The words around a place, on one line. */
static char *
around(const struct look *k, const char *from, const char *at)
{
	const char *begin = at - from > AROUND ? at - AROUND : from, *end = at;
	char *text;

	while (begin < at && ((unsigned char)*begin & 0xc0) == 0x80)
		begin++;
	while (*end != '\0' && (end - at < AROUND || ((unsigned char)*end & 0xc0) == 0x80))
		end++;
	text = talloc_strndup(k->report, begin, (size_t)(end - begin));
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	return text;
}

static void
check_spaces(struct look *k, const char *where, const char *words)
{
	for (const char *at = words; *at != '\0'; at++) {
		const char *what = ((unsigned char)*at & 0xc0) == 0x80 ? NULL : wrong_space(words, at);

		if (what != NULL)
			tell(k, where, "%s %.*s: “%s”", what, (unsigned char)*at >= 0x80 ? 2 : 1, at, around(k, words, at));
	}
}

static void
inspect_spaces(struct look *k)
{
	check_spaces(k, "subject", k->seen->subject);
	check_spaces(k, "text", k->seen->text);
	check_spaces(k, "html", k->html->words);
}

/* ---- what HTML can do ---- */

static void
inspect_remote(struct look *k)
{
	static const char *const fetched[] = {"src", "srcset", "background", "poster", "data", "xlink:href", "manifest"};

	for (size_t i = 0; i < k->html->n; i++) {
		const struct html_tag *tag = &k->html->tags[i];

		if (strcmp(tag->name, "link") == 0 || strcmp(tag->name, "base") == 0)
			tell(k, "html", "<%s>", tag->name);
		for (size_t a = 0; a < sizeof(fetched) / sizeof(*fetched); a++) {
			const char *from = html_attribute(tag, fetched[a]);

			if (from != NULL && strncasecmp(from, "data:image/", 11) != 0)
				tell(k, "html", "<%s %s> fetches %s", tag->name, fetched[a], from);
		}
	}
	if (strcasestr(k->html->style, "url(") != NULL || strcasestr(k->html->style, "@import") != NULL)
		tell(k, "html", "its style fetches: url() or @import");
}

static void
inspect_script(struct look *k)
{
	static const char *const active[] = {"script", "form", "input", "button", "select", "textarea", "iframe", "frame", "object", "embed", "applet", "svg"};

	for (size_t i = 0; i < k->html->n; i++) {
		const struct html_tag *tag = &k->html->tags[i];
		const char *refresh = html_attribute(tag, "http-equiv");

		for (size_t a = 0; a < sizeof(active) / sizeof(*active); a++)
			if (strcmp(tag->name, active[a]) == 0)
				tell(k, "html", "<%s>", tag->name);
		for (size_t a = 0; a < tag->n; a++)
			if (text_starts(tag->attributes[a].name, "on") ||
			    strcasestr(tag->attributes[a].value, "script:") != NULL)
				tell(k, "html", "<%s %s=\"%s\">", tag->name, tag->attributes[a].name, tag->attributes[a].value);
		if (refresh != NULL && strcasecmp(refresh, "refresh") == 0)
			tell(k, "html", "<%s http-equiv=\"refresh\">", tag->name);
	}
}

/* ---- headers ---- */

static void
inspect_headers(struct look *k)
{
	const struct compose_seen *s = k->seen;

	if (s->date_s == 0)
		tell(k, "head", "no Date");
	if (strstr(s->from, k->conf->mail_from) == NULL)
		tell(k, "head", "From is not mailer.from: %s", s->from);
	if (strcmp(domain_of(s->message_id), domain_of(k->conf->mail_from)) != 0)
		tell(k, "head", "Message-ID is not of our domain: %s", s->message_id);
	if (strcmp(s->auto_submitted, "auto-generated") != 0)
		tell(k, "head", "Auto-Submitted is not auto-generated: %s", s->auto_submitted);
	if (!k->unsubscribes && s->unsubscribe[0] != '\0')
		tell(k, "head", "List-Unsubscribe, though it is no campaign's");
}

/* ---- all of them ---- */

const struct inspection inspections[] = {
#define INSPECTION(name, word, sentence) {word, sentence},
#include "mailer/inspect.def"
#undef INSPECTION
};
const size_t n_inspections = sizeof(inspections) / sizeof(*inspections);

static void (*const acts[])(struct look *k) = {
#define INSPECTION(name, word, sentence) inspect_##name,
#include "mailer/inspect.def"
#undef INSPECTION
};

struct inspect_report *
inspect_mail(TALLOC_CTX *ctx, const struct conf *c, bool unsubscribes, const char *mail, size_t len)
{
	struct inspect_report *r = talloc_zero(ctx, struct inspect_report);
	struct look k = {.conf = c, .unsubscribes = unsubscribes, .mail = mail, .len = len, .report = r};

	k.seen = compose_read(r, mail, len);
	if (k.seen == NULL) {
		k.check = "headers";
		tell(&k, "head", "no mail");
		return r;
	}
	k.html = html_read(r, k.seen->html);
	for (size_t i = 0; i < n_inspections; i++) {
		k.check = inspections[i].word;
		acts[i](&k);
	}
	return r;
}
