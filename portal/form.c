#include "portal/form.h"

#include <string.h>
#include <strings.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "portal/multipart.h"
#include "portal/request.h"
#include "portal/route.h"

#define FIELDS_MAX 40
#define FILE_FIELD "document"

static const struct row {
	const char *word;
	size_t max;
	bool kept;
} rows[FIELD__MAX] = {
#define FIELD(name, word, max, kept, sentence) {word, max, kept},
#include "portal/forms.def"
#undef FIELD
};

const char *
form_text(const struct request *r, enum field f)
{
	return r->form.value[f] != NULL ? r->form.value[f] : "";
}

bool
form_has(const struct request *r, enum field f)
{
	return r->form.value[f] != NULL;
}

const char *
form_word(enum field f)
{
	return rows[f].word;
}

bool
form_is_kept(enum field f)
{
	return rows[f].kept;
}

/* In place: "+" and "%xx". The length, or -1 for a broken escape or a NUL. */
static long
unescape(char *s)
{
	char *out = s, pair[3] = "";
	unsigned char byte;

	for (; *s != '\0'; s++) {
		byte = (unsigned char)*s;
		if (*s == '+') {
			byte = ' ';
		} else if (*s == '%') {
			pair[0] = s[1];
			pair[1] = s[1] != '\0' ? s[2] : '\0';
			if (!text_unhex(pair, &byte, 1) || byte == '\0')
				return -1;
			s += 2;
		}
		*out++ = (char)byte;
	}
	*out = '\0';
	return 0;
}

static int
find_field(const char *word)
{
	for (int i = 0; i < FIELD__MAX; i++)
		if (strcmp(rows[i].word, word) == 0)
			return i;
	return FIELD__MAX;
}

void
form_put(struct request *r, const char *word, const char *value)
{
	int f = find_field(word);

	if (f != FIELD__MAX && rows[f].kept)
		r->form.value[f] = value;
}

/* One field; 400 for what no browser sends of itself: bad UTF-8, a field twice. */
static int
take_field(struct request *r, const char *name, const char *value)
{
	int f;

	if (!text_is_utf8(name, strlen(name)) || !text_is_utf8(value, strlen(value)))
		return 400;
	f = find_field(name);
	if (f == FIELD__MAX)
		return 0;
	if (r->form.value[f] != NULL)
		return 400;
	r->form.too_long[f] = strlen(value) > rows[f].max;
	r->form.value[f] = r->form.too_long[f] && !rows[f].kept ? "" : value;
	return 0;
}

/* One "name=value". */
static int
take_pair(struct request *r, char *pair)
{
	char *value = strchr(pair, '=');

	if (value == NULL)
		value = pair + strlen(pair);
	else
		*value++ = '\0';
	if (unescape(pair) == -1 || unescape(value) == -1)
		return 400;
	return take_field(r, pair, value);
}

/* A browser sends an empty file of no name when none was chosen. The name is a field like any other, so that it can be told when the document is lost. */
static int
take_file(struct request *r, const struct multipart_part *p)
{
	if (strcmp(p->name, FILE_FIELD) != 0 || r->form.file.name != NULL)
		return 400;
	if (p->file[0] == '\0')
		return p->len == 0 ? 0 : 400;
	r->form.file = (struct form_file){.name = p->file, .bytes = p->data, .len = p->len};
	return take_field(r, form_word(FIELD_DOCUMENT_NOM), p->file);
}

static int
take_part(struct request *r, const struct multipart_part *p)
{
	if (p->file != NULL)
		return take_file(r, p);
	return strlen(p->data) == p->len ? take_field(r, p->name, p->data) : 400;
}

int
form_parse_parts(struct request *r, const char *content_type, char *body, size_t len)
{
	struct multipart m;
	struct multipart_part p;
	enum multipart_step step;
	int parts = 0, status = 0;

	if (!multipart_begin(r->task, &m, content_type, body, len))
		return 400;
	while (status == 0 && (step = multipart_next(&m, &p)) != MULTIPART_END) {
		if (step == MULTIPART_WRONG || ++parts > FIELDS_MAX)
			return 400;
		status = take_part(r, &p);
	}
	return status;
}

int
form_parse(struct request *r, char *body, size_t len)
{
	char *next = body;
	int fields = 0;

	if (memchr(body, '\0', len) != NULL)
		return 400;
	while (len > 0 && next != NULL) {
		char *pair = strsep(&next, "&");
		int status;

		if (++fields > FIELDS_MAX)
			return 400;
		status = pair[0] != '\0' ? take_pair(r, pair) : 0;
		if (status != 0)
			return status;
	}
	return 0;
}

/* The one kind of body that a page of ours sends; its name is case-insensitive and parameters may follow (RFC 9110, 8.3.1). */
static bool
is_form(const char *type)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t len = strcspn(type, "; \t");

	return len == strlen(form) && strncasecmp(type, form, len) == 0;
}

static bool
takes_upload(const struct request *r)
{
	static const char *const paths[] = {
#define UPLOAD(path, sentence) path,
#include "portal/uploads.def"
#undef UPLOAD
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (strcmp(paths[i], r->route->path) == 0)
			return true;
	return false;
}

/* The body on the task, a NUL behind it. 0, or the status to refuse with. No more memory than what was announced. */
static int
read_body(struct request *r, size_t max, char **body_r, size_t *len_r)
{
	int64_t announced = 0;
	long len;

	if (text_number(request_param(r, "CONTENT_LENGTH"), 0, INT64_MAX, &announced) && (uint64_t)announced > max)
		return 413;
	*body_r = secret_alloc(r->task, (size_t)announced + 1);
	len = request_body(r, *body_r, (size_t)announced);
	if (len < 0)
		return len == -1 ? 413 : 400;
	*len_r = (size_t)len;
	return 0;
}

/* From a browser that never had a page of ours, no document is read at all. */
static int
read_upload(struct request *r, const char *type)
{
	char *body;
	size_t len;
	int status;

	if (r->session.id[0] == '\0')
		return 403;
	status = read_body(r, (size_t)r->portal->conf->portal_upload_max, &body, &len);
	return status != 0 ? status : form_parse_parts(r, type, body, len);
}

int
form_read(struct request *r)
{
	const char *type = request_param(r, "CONTENT_TYPE");
	char *body;
	size_t len;
	int status;

	if (multipart_is(type) && takes_upload(r))
		return read_upload(r, type);
	if (!is_form(type))
		return 415;
	status = read_body(r, (size_t)r->portal->conf->portal_body_max, &body, &len);
	return status != 0 ? status : form_parse(r, body, len);
}

const char *
form_query(struct request *r, const char *word)
{
	char *rest = talloc_strdup(r->task, r->query), *pair;
	size_t len = strlen(word);

	while ((pair = strsep(&rest, "&")) != NULL) {
		if (!text_starts(pair, word) || pair[len] != '=')
			continue;
		pair += len + 1;
		return unescape(pair) == 0 && text_is_utf8(pair, strlen(pair)) ? pair : NULL;
	}
	return "";
}
