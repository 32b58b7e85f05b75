#include "portal/multipart.h"

#include <string.h>
#include <strings.h>

#include "common/base/text.h"

#define TYPE "multipart/form-data"
#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define HEADERS_MAX 2
#define HEADER_MAX 2048 /* a header: a file's name is the longest thing in it */

bool
multipart_is(const char *content_type)
{
	size_t len = strcspn(content_type, "; \t");

	return len == strlen(TYPE) && strncasecmp(content_type, TYPE, len) == 0;
}

/* The one parameter that matters, with quotes or without; NULL: none that is allowed. */
static char *
boundary_of(TALLOC_CTX *ctx, const char *content_type)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=?";
	const char *at = strcasestr(content_type, "boundary=");
	bool quoted;
	size_t len;

	if (at == NULL || (at[-1] != ' ' && at[-1] != ';'))
		return NULL;
	at += strlen("boundary=");
	quoted = *at == '"';
	at += quoted;
	len = strspn(at, allowed);
	if (len == 0 || len > BOUNDARY_MAX || at[len] != (quoted ? '"' : '\0'))
		return NULL;
	return talloc_strndup(ctx, at, len);
}

bool
multipart_begin(TALLOC_CTX *ctx, struct multipart *m, const char *content_type, char *body, size_t len)
{
	char *boundary = multipart_is(content_type) ? boundary_of(ctx, content_type) : NULL;
	size_t first;

	if (boundary == NULL)
		return false;
	m->mark = talloc_asprintf(ctx, "\r\n--%s", boundary);
	m->end = body + len;
	m->is_over = false;
	first = strlen(m->mark) - 2;
	if (len < first + 2 || memcmp(body, m->mark + 2, first) != 0 || memcmp(body + first, "\r\n", 2) != 0)
		return false;
	m->at = body + first + 2;
	return true;
}

/* The line at m->at, its CRLF cut off, NULL when it is none. */
static char *
take_line(struct multipart *m)
{
	char *line = m->at, *lf = memchr(line, '\n', (size_t)(m->end - line));
	size_t len = lf != NULL ? (size_t)(lf - line) : 0;

	if (lf == NULL || len == 0 || len > HEADER_MAX || lf[-1] != '\r' || memchr(line, '\0', len) != NULL ||
	    memchr(line, '\r', len - 1) != NULL)
		return NULL;
	lf[-1] = '\0';
	m->at = lf + 1;
	return line;
}

/* `name="…"` at *at, which moves behind it. Browsers write a quote within as %22 (HTML, "multipart/form-data encoding algorithm"). */
static char *
take_quoted(char **at, const char *name)
{
	char *value = *at + strlen(name), *quote;

	if (strncasecmp(*at, name, strlen(name)) != 0 || *value != '"')
		return NULL;
	quote = strchr(++value, '"');
	if (quote == NULL)
		return NULL;
	*quote = '\0';
	*at = quote + 1;
	return value;
}

/* `form-data; name="…"` and perhaps `; filename="…"`. */
static bool
read_disposition(char *at, struct multipart_part *p)
{
	static const char kind[] = "form-data; ";

	if (strncasecmp(at, kind, strlen(kind)) != 0)
		return false;
	at += strlen(kind);
	p->name = take_quoted(&at, "name=");
	if (p->name == NULL)
		return false;
	if (*at == '\0')
		return true;
	if (!text_starts(at, "; "))
		return false;
	at += 2;
	p->file = take_quoted(&at, "filename=");
	return p->file != NULL && *at == '\0';
}

static bool
read_header(char *line, struct multipart_part *p)
{
	static const char where[] = "Content-Disposition: ", what[] = "Content-Type: ";

	if (strncasecmp(line, where, strlen(where)) == 0)
		return p->name == NULL && read_disposition(line + strlen(where), p);
	return strncasecmp(line, what, strlen(what)) == 0; /* what the browser takes it for proves nothing */
}

static bool
read_headers(struct multipart *m, struct multipart_part *p)
{
	for (int n = 0; n <= HEADERS_MAX; n++) {
		char *line = take_line(m);

		if (line == NULL)
			return false;
		if (line[0] == '\0')
			return p->name != NULL;
		if (!read_header(line, p))
			return false;
	}
	return false;
}

/* Behind a boundary: another part, or the end, after which browsers send one CRLF more. */
static bool
read_mark_end(struct multipart *m)
{
	size_t left = (size_t)(m->end - m->at);

	if (left >= 2 && memcmp(m->at, "\r\n", 2) == 0) {
		m->at += 2;
		return true;
	}
	m->is_over = left >= 2 && memcmp(m->at, "--", 2) == 0;
	return m->is_over && (left == 2 || (left == 4 && memcmp(m->at + 2, "\r\n", 2) == 0));
}

enum multipart_step
multipart_next(struct multipart *m, struct multipart_part *p)
{
	char *mark;

	*p = (struct multipart_part){.name = NULL};
	if (m->is_over)
		return MULTIPART_END;
	if (!read_headers(m, p))
		return MULTIPART_WRONG;
	p->data = m->at;
	mark = memmem(m->at, (size_t)(m->end - m->at), m->mark, strlen(m->mark));
	if (mark == NULL)
		return MULTIPART_WRONG;
	p->len = (size_t)(mark - p->data);
	m->at = mark + strlen(m->mark);
	*mark = '\0';
	return read_mark_end(m) ? MULTIPART_PART : MULTIPART_WRONG;
}
