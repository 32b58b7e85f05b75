/* isoloirctl list logo, statement. */
#include "ctl/list_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "common/prose.h"
#include "ctl/logo.h"

#define PDF_MAX ((size_t)4 * 1024 * 1024)
#define PDF_TAIL 1024 /* in which a PDF says %%EOF */
#define PACKET_ROOM (64 * 1024)
#define NONE "none"

const char *const list_file_words[LIST_FILE__MAX] = {"logo", "text", "pdf"};

static const unsigned char *
read_bytes(TALLOC_CTX *ctx, const char *path, size_t max, size_t *len_r, const char **why_r)
{
	FILE *f = fopen(path, "r");
	unsigned char *bytes = talloc_zero_size(ctx, max + 2);

	if (f == NULL) {
		*why_r = strerror(errno);
		return NULL;
	}
	*len_r = fread(bytes, 1, max + 1, f);
	*why_r = ferror(f) ? strerror(errno) : *len_r > max ? talloc_asprintf(ctx, "longer than %zu KiB", max / 1024) : *len_r == 0 ? "empty" : NULL;
	fclose(f);
	return *why_r == NULL ? bytes : NULL;
}

static const char *
logo_fault(TALLOC_CTX *ctx, struct list_bytes *b)
{
	const char *why = NULL;
	size_t len;
	const unsigned char *png = logo_make(ctx, b->bytes, b->len, &len, &why);

	if (png == NULL)
		return why;
	b->bytes = png;
	b->len = len;
	return NULL;
}

static const char *
text_fault(TALLOC_CTX *ctx, struct list_bytes *b)
{
	char *why = NULL;

	if (!text_is_utf8((const char *)b->bytes, b->len))
		return "not UTF-8";
	return prose_parse(ctx, TEXT_EDITO, "line", (const char *)b->bytes, b->len, &why) != NULL ? NULL : why;
}

static bool
holds(const unsigned char *bytes, size_t len, const char *word)
{
	return memmem(bytes, len, word, strlen(word)) != NULL;
}

static bool
is_pdf(const unsigned char *bytes, size_t len)
{
	return len >= 8 && (memcmp(bytes, "%PDF-1.", 7) == 0 || memcmp(bytes, "%PDF-2.", 7) == 0);
}

/* What can be seen without a PDF library: compressed parts are not looked into. Readers of electors do the rest, in their own sandboxes. */
static const char *
pdf_fault(TALLOC_CTX *ctx, struct list_bytes *b)
{
	static const char *const refused[] = {"/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/Encrypt", "/XFA"};
	size_t tail = b->len < PDF_TAIL ? b->len : PDF_TAIL;

	if (!is_pdf(b->bytes, b->len))
		return "is no PDF, whatever it is called";
	if (!holds(b->bytes + b->len - tail, tail, "%%EOF"))
		return "the PDF has no end: it was cut off";
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (holds(b->bytes, b->len, refused[i]))
			return talloc_asprintf(ctx, "the PDF holds %s: print it into a plain one", refused[i]);
	return NULL;
}

bool
list_file_is_pdf(const char *path)
{
	unsigned char start[8] = {0};
	FILE *f = fopen(path, "r");
	size_t len = f != NULL ? fread(start, 1, sizeof(start), f) : 0;

	if (f != NULL)
		fclose(f);
	return is_pdf(start, len);
}

bool
list_file_read(TALLOC_CTX *ctx, enum list_file kind, const char *path, struct list_bytes *out_r, const char **why_r)
{
	static const struct {
		size_t max;
		const char *(*fault)(TALLOC_CTX *ctx, struct list_bytes *b);
	} rows[LIST_FILE__MAX] = {{LOGO_IN_MAX, logo_fault}, {PROSE_SIZE_MAX, text_fault}, {PDF_MAX, pdf_fault}};
	unsigned char hash[HASH_SIZE];
	const char *why = NULL;

	out_r->bytes = read_bytes(ctx, path, rows[kind].max, &out_r->len, &why);
	if (why == NULL)
		why = rows[kind].fault(ctx, out_r);
	if (why != NULL) {
		*why_r = talloc_asprintf(ctx, "%s: %s", path, why);
		return false;
	}
	hash_sha256(out_r->bytes, out_r->len, hash);
	snprintf(out_r->hash, sizeof(out_r->hash), "%s", text_hex(ctx, hash, sizeof(hash)));
	return true;
}

int
list_file_store(struct ctl *c, struct db *d, int64_t list_id, enum list_file kind, const struct list_bytes *b, bool *changed_r)
{
	const char *who = ctl_operator(c), *word = list_file_words[kind], *hash = b->hash;
	struct db_bytes bytes = {b->bytes, b->len};
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_LIST_FILE_HASH, &rows, PARAMS(P(list_id), P(word))) == -1)
		return ctl_trouble(c);
	*changed_r = strcmp(db_text(rows, 0, 0), hash) != 0;
	if (!*changed_r)
		return EX_OK;
	if ((size_t)db_number(rows, 0, 1) < b->len + PACKET_ROOM)
		return ctl_fail(c, EX_CONFIG, "MariaDB takes no statement of %zu bytes: its max_allowed_packet is %lld", b->len,
		                (long long)db_number(rows, 0, 1));
	return db_run(c->task, d, SQL_LIST_FILE_PUT, NULL, PARAMS(P(list_id), P(word), P(bytes), P((int64_t)b->len), P(hash), P(who))) == -1
	           ? ctl_trouble(c)
	           : EX_OK;
}

static int
drop(struct ctl *c, struct lists *l, enum list_file first, enum list_file last)
{
	for (int kind = (int)first; kind <= (int)last; kind++)
		if (db_run(c->task, l->db, SQL_LIST_FILE_DROP, NULL, PARAMS(P(l->list_id), P(list_file_words[kind]))) == -1)
			return ctl_trouble(c);
	return lists_end(c, l, "list file removed", talloc_asprintf(c, "%s %s %s", l->scrutin, l->list, list_file_words[first]),
	                 talloc_asprintf(c, "%s of %s: removed.", l->list, l->scrutin));
}

static int
put(struct ctl *c, struct lists *l, enum list_file kind)
{
	struct list_bytes b;
	const char *why = NULL;
	bool changed;
	int rc;

	if (!list_file_read(c, kind, c->args[2], &b, &why))
		return ctl_fail(c, EX_DATAERR, "%s; nothing was changed", why);
	if ((rc = lists_begin(c, l)) != EX_OK || (rc = list_file_store(c, l->db, l->list_id, kind, &b, &changed)) != EX_OK)
		return rc;
	js_set_text(c->out, "kind", list_file_words[kind]);
	js_set_number(c->out, "bytes", (int64_t)b.len);
	js_set_text(c->out, "sha256", b.hash);
	return lists_end(c, l, "list file set",
	                 talloc_asprintf(c, "%s %s %s %zu bytes sha256=%s", l->scrutin, l->list, list_file_words[kind], b.len, b.hash),
	                 changed ? "Stored." : "It was this one already.");
}

int
ctl_list_logo(struct ctl *c)
{
	struct lists l;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK || strcmp(c->args[2], NONE) != 0)
		return rc == EX_OK ? put(c, &l, LIST_LOGO) : rc;
	rc = lists_begin(c, &l);
	return rc == EX_OK ? drop(c, &l, LIST_LOGO, LIST_LOGO) : rc;
}

/* Text and PDF stand beside each other; "none" takes both away. */
int
ctl_list_statement(struct ctl *c)
{
	struct lists l;
	int rc = lists_open_named(c, &l);

	if (rc != EX_OK || strcmp(c->args[2], NONE) != 0)
		return rc == EX_OK ? put(c, &l, list_file_is_pdf(c->args[2]) ? LIST_PDF : LIST_TEXT) : rc;
	rc = lists_begin(c, &l);
	return rc == EX_OK ? drop(c, &l, LIST_TEXT, LIST_PDF) : rc;
}
