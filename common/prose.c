/* A line at a time: each either ends what is open, goes on with it, or begins something else. Nothing here knows how a text is shown. */
#include "common/prose.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/task.h"
#include "common/base/text.h"
#include "common/fold.h"

#define TITLE_MAX 200
#define ANCHOR_MAX 60
#define NBSP "\u00a0"

const struct text_row text_rows[TEXT__MAX] = {
#define TEXT(name, word, questions, sentence) {word, sentence, questions},
#include "common/texts.def"
};

static const struct page {
	const char *path, *label;
} pages[] = {
#define TEXT_PAGE(path, label) {path, label},
#include "common/texts.def"
};
#define N_PAGES (sizeof(pages) / sizeof(*pages))

bool
text_name_find(const char *word, enum text_name *name_r, const char **near_r)
{
	const char *words[TEXT__MAX];

	for (int i = 0; i < TEXT__MAX; i++) {
		words[i] = text_rows[i].word;
		*name_r = (enum text_name)i;
		if (strcmp(words[i], word) == 0)
			return true;
	}
	*near_r = text_nearest(word, words, TEXT__MAX);
	return false;
}

struct parser {
	struct prose *prose;
	enum text_name name;
	const char *file;
	size_t line;
	enum { OPEN_NOTHING, OPEN_PARAGRAPH, OPEN_ITEM } open;
	char *words;      /* of what is open */
	size_t open_line; /* where it began */
	bool in_list;     /* another item belongs to the same list */
	bool after_title; /* "mots" and "ancre" may stand here */
	char *why;
};

static bool fail(struct parser *p, size_t line, const char *fmt, ...) PRINTF_LIKE(3, 4);

static bool
fail(struct parser *p, size_t line, const char *fmt, ...)
{
	char *sentence;
	va_list args;

	va_start(args, fmt);
	sentence = talloc_vasprintf(p->prose, fmt, args);
	va_end(args);
	p->why = talloc_asprintf(p->prose, "%s:%zu: %s", p->file, line, sentence);
	return false;
}

static struct prose_section *
section_now(struct parser *p)
{
	return &p->prose->sections[p->prose->n - 1];
}

static void
add_section(struct parser *p, const char *title)
{
	struct prose *t = p->prose;

	t->sections = talloc_realloc(t, t->sections, struct prose_section, (unsigned)t->n + 1);
	t->sections[t->n++] = (struct prose_section){.title = title, .anchor = "", .words = ""};
}

/* ---- spans ---- */

static void
add_span(struct parser *p, struct prose_line *l, struct prose_span span)
{
	if (span.text[0] == '\0')
		return;
	l->spans = talloc_realloc(p->prose, l->spans, struct prose_span, (unsigned)l->n + 1);
	l->spans[l->n++] = span;
}

/* Bytes of the address that begins here: up to white space or a sign that stands around addresses, without a sentence's last sign. */
static size_t
address_length(const char *s)
{
	size_t n = strcspn(s, " \t<>\"'`{}|\\^");

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			n = i;
	while (n > 0 && strchr(".,;:!?)]", s[n - 1]) != NULL)
		n--;
	return n;
}

/* A name with a dot, letters, digits and hyphens: no user before it, who would make one host look like another. */
static bool
has_host(const char *address, size_t len)
{
	size_t at = strlen("https://"), host;

	host = strspn(address + at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	if (host < 3 || at + host > len || memchr(address + at, '.', host) == NULL)
		return false;
	return at + host == len || strchr("/:?#", address[at + host]) != NULL;
}

static bool
take_link(struct parser *p, struct prose_line *l, const char *s, size_t *len_r)
{
	char *address;

	*len_r = address_length(s);
	if (!has_host(s, *len_r) || memchr(s, '@', *len_r) != NULL)
		return fail(p, p->open_line, "%.60s is no address that a link may have", s);
	address = talloc_strndup(p->prose, s, *len_r);
	add_span(p, l, (struct prose_span){PROSE_LINK, address, address});
	return true;
}

static bool
take_page(struct parser *p, struct prose_line *l, const char *s, size_t *len_r)
{
	const char *paths[N_PAGES];
	char *path;

	*len_r = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-/");
	path = talloc_strndup(p->prose, s, *len_r);
	for (size_t i = 0; i < N_PAGES; i++) {
		paths[i] = pages[i].path;
		if (strcmp(path, paths[i]) != 0)
			continue;
		add_span(p, l, (struct prose_span){PROSE_PAGE, pages[i].label, pages[i].path});
		return true;
	}
	return fail(p, p->open_line, "the portal has no page %s%s", path, text_did_you_mean(p->prose, text_nearest(path, paths, N_PAGES)));
}

static bool
begins_word(const char *start, const char *at)
{
	return at == start || strchr(" (", at[-1]) != NULL ||
	       (at - start >= 2 && memcmp(at - 2, NBSP, strlen(NBSP)) == 0);
}

/* *taken_r 0: words. */
static bool
take_special(struct parser *p, struct prose_line *l, const char *s, size_t *taken_r)
{
	*taken_r = 0;
	if (text_starts(s, "http://"))
		return fail(p, p->open_line, "links are https:// alone");
	if (text_starts(s, "https://"))
		return take_link(p, l, s, taken_r);
	if (s[0] == '/' && islower((unsigned char)s[1]))
		return take_page(p, l, s, taken_r);
	return true;
}

static bool
split_line(struct parser *p, const char *words, struct prose_line *l)
{
	const char *from = words;
	size_t taken;

	for (const char *s = words; *s != '\0'; s += taken > 0 ? taken : 1) {
		struct prose_line special = {NULL, 0};

		taken = 0;
		if (begins_word(words, s) && !take_special(p, &special, s, &taken))
			return false;
		if (taken == 0)
			continue;
		add_span(p, l, (struct prose_span){PROSE_WORDS, talloc_strndup(p->prose, from, (size_t)(s - from)), NULL});
		add_span(p, l, special.spans[0]);
		from = s + taken;
	}
	add_span(p, l, (struct prose_span){PROSE_WORDS, talloc_strdup(p->prose, from), NULL});
	return true;
}

/* ---- blocks ---- */

static bool
close_open(struct parser *p)
{
	struct prose_section *s = section_now(p);
	bool is_item = p->open == OPEN_ITEM;
	struct prose_line line = {NULL, 0};
	struct prose_block *b;

	if (p->open == OPEN_NOTHING)
		return true;
	p->open = OPEN_NOTHING;
	if (!split_line(p, p->words, &line))
		return false;
	if (!is_item || !p->in_list) {
		s->blocks = talloc_realloc(p->prose, s->blocks, struct prose_block, (unsigned)s->n + 1);
		s->blocks[s->n++] = (struct prose_block){.is_list = is_item};
	}
	p->in_list = is_item;
	b = &s->blocks[s->n - 1];
	b->lines = talloc_realloc(p->prose, b->lines, struct prose_line, (unsigned)b->n + 1);
	b->lines[b->n++] = line;
	return true;
}

static bool
begin(struct parser *p, int kind, const char *words)
{
	if (!close_open(p))
		return false;
	if (kind != OPEN_ITEM)
		p->in_list = false;
	p->open = kind == OPEN_ITEM ? OPEN_ITEM : OPEN_PARAGRAPH;
	p->open_line = p->line;
	p->words = text_trim(p->prose, words);
	p->after_title = false;
	return p->words[0] != '\0' || fail(p, p->line, "an item without words");
}

static bool
go_on(struct parser *p, const char *line)
{
	p->words = talloc_asprintf(p->prose, "%s %s", p->words, text_trim(p->prose, line));
	return true;
}

/* The part of the address that stays when the portal is rebuilt: the heading's words. */
static char *
make_anchor(struct parser *p, const char *title)
{
	char *anchor = fold_words(p->prose, title);

	for (char *c = anchor; *c != '\0'; c++)
		if (*c == ' ')
			*c = '-';
	if (!islower((unsigned char)anchor[0]))
		anchor = talloc_asprintf(p->prose, "q-%s", anchor);
	for (char *c = anchor; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = 'x';
	return talloc_strndup(p->prose, anchor, ANCHOR_MAX);
}

static bool
end_section(struct parser *p)
{
	const struct prose_section *s = section_now(p);

	if (!close_open(p))
		return false;
	p->in_list = false;
	if (text_rows[p->name].questions && s->title[0] != '\0' && s->n == 0)
		return fail(p, p->line, "the question \"%s\" has no answer", s->title);
	for (size_t i = 0; i + 1 < p->prose->n; i++)
		if (s->title[0] != '\0' && strcmp(p->prose->sections[i].anchor, s->anchor) == 0)
			return fail(p, p->line, "the heading \"%s\" has the same place in the page as an earlier one: give it an \"ancre : …\"",
			            s->title);
	return true;
}

static bool
begin_section(struct parser *p, const char *line)
{
	char *title = text_trim(p->prose, line);

	if (!end_section(p))
		return false;
	if (title[0] == '\0' || text_length(title) > TITLE_MAX)
		return fail(p, p->line, "a heading has 1 to %d characters", TITLE_MAX);
	add_section(p, title);
	section_now(p)->anchor = make_anchor(p, title);
	p->after_title = true;
	return true;
}

/* "mots : …": what follows the colon, before which French wants a space; NULL for another line. */
static const char *
after_word(const char *line, const char *word)
{
	if (!text_starts(line, word))
		return NULL;
	line += strlen(word);
	line += text_starts(line, NBSP) ? strlen(NBSP) : strspn(line, " ");
	return *line == ':' ? line + 1 : NULL;
}

static bool
take_anchor(struct parser *p, const char *text)
{
	char *anchor = text_trim(p->prose, text);
	size_t len = strspn(anchor, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (!islower((unsigned char)anchor[0]) || anchor[len] != '\0' || len > ANCHOR_MAX)
		return fail(p, p->line, "\"ancre\" takes at most %d lower-case letters, digits and hyphens", ANCHOR_MAX);
	section_now(p)->anchor = anchor;
	return true;
}

/* ---- lines ---- */

static bool
check_signs(struct parser *p, const char *line)
{
	for (const char *s = line; *s != '\0'; s++) {
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return fail(p, p->line, "a control character");
		if (*s == '<' && (isalpha((unsigned char)s[1]) || s[1] == '/' || s[1] == '!'))
			return fail(p, p->line, "HTML is not understood and would be shown as it stands: %.40s", s);
	}
	return true;
}

static bool
take_line(struct parser *p, const char *line)
{
	const char *text;

	if (!check_signs(p, line))
		return false;
	if (line[strspn(line, " \t")] == '\0')
		return close_open(p);
	if (text_starts(line, "## "))
		return begin_section(p, line + 3);
	if (line[0] == '#')
		return fail(p, p->line, "a heading begins with \"## \", there is but this one kind");
	if (p->after_title && (text = after_word(line, "mots")) != NULL) {
		section_now(p)->words = text_trim(p->prose, text);
		return true;
	}
	if (p->after_title && (text = after_word(line, "ancre")) != NULL)
		return take_anchor(p, text);
	if (text_starts(line, "- ") || strcmp(line, "-") == 0)
		return begin(p, OPEN_ITEM, line + 1);
	if (p->open == OPEN_PARAGRAPH || (p->open == OPEN_ITEM && text_starts(line, "  ")))
		return go_on(p, line);
	return begin(p, OPEN_PARAGRAPH, line);
}

static bool
take_lines(struct parser *p, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		size_t len = strlen(line);

		p->line++;
		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		if (!take_line(p, line))
			return false;
	}
	return end_section(p);
}

static bool
is_readable(struct parser *p, const char *text, size_t len)
{
	if (len > PROSE_SIZE_MAX)
		return fail(p, 1, "the text is longer than %d bytes", PROSE_SIZE_MAX);
	return text_is_utf8(text, len) || fail(p, 1, "the text is not UTF-8");
}

struct prose *
prose_parse(TALLOC_CTX *ctx, enum text_name name, const char *file, const char *text, size_t len, char **why_r)
{
	struct parser p = {.prose = talloc_zero(ctx, struct prose), .name = name, .file = file};

	add_section(&p, "");
	if (is_readable(&p, text, len) && take_lines(&p, talloc_strndup(p.prose, text, len)))
		return p.prose;
	*why_r = talloc_steal(ctx, p.why);
	talloc_free(p.prose);
	return NULL;
}
