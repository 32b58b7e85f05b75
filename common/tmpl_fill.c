/* Templates: filling. What a page is filled with, and the walk over its tree (tmpl.c), which writes into one growing buffer. */
#include <stdarg.h>
#include <string.h>

#include "common/base/text.h"
#include "common/tmpl_tree.h"

struct value {
	struct value *next;
	const char *name;
	const char *text; /* NULL: not set, or a list */
	struct tmpl_data **items;
	size_t n_items;
};

struct tmpl_data {
	const struct tmpl_data *around; /* of an item */
	struct value *values;
};

struct tmpl_data *
tmpl_data_new(TALLOC_CTX *ctx)
{
	struct tmpl_data *d = talloc_zero(ctx, struct tmpl_data);

	must(d != NULL);
	return d;
}

/* The value of that name in d alone. */
static struct value *
value_find(const struct tmpl_data *d, const char *name)
{
	struct value *v = d->values;

	while (v != NULL && strcmp(v->name, name) != 0)
		v = v->next;
	return v;
}

static struct value *
value_make(struct tmpl_data *d, const char *name)
{
	struct value *v = value_find(d, name);

	if (v != NULL)
		return v;
	v = talloc_zero(d, struct value);
	must(v != NULL);
	v->name = talloc_strdup(v, name);
	v->next = d->values;
	d->values = v;
	return v;
}

/* In an item, what was said to be off hides what is on around it. */
static const struct value *
value_look_up(const struct tmpl_data *d, const char *name)
{
	const struct value *v = NULL;

	for (; d != NULL && v == NULL; d = d->around)
		v = value_find(d, name);
	return v;
}

void
tmpl_text(struct tmpl_data *d, const char *name, const char *text)
{
	struct value *v = value_make(d, name);

	must(v->n_items == 0);
	v->text = text != NULL && *text != '\0' ? talloc_strdup(v, text) : NULL;
}

void
tmpl_format(struct tmpl_data *d, const char *name, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = talloc_vasprintf(d, fmt, args);
	va_end(args);
	tmpl_text(d, name, text);
	talloc_free(text);
}

void
tmpl_switch(struct tmpl_data *d, const char *name, bool on)
{
	tmpl_text(d, name, on ? "1" : NULL);
}

struct tmpl_data *
tmpl_item(struct tmpl_data *d, const char *name)
{
	struct value *v = value_make(d, name);
	struct tmpl_data *item = tmpl_data_new(v);

	must(v->text == NULL);
	item->around = d;
	v->items = talloc_realloc(v, v->items, struct tmpl_data *, v->n_items + 1);
	must(v->items != NULL);
	v->items[v->n_items++] = item;
	return item;
}

/* ---- rendering ---- */

struct output {
	char *text;
	size_t len, room;
	enum tmpl_escape escape;
};

static void
put(struct output *out, const char *bytes, size_t len)
{
	if (len > out->room - out->len) {
		out->room = 2 * (out->room + len);
		out->text = talloc_realloc(NULL, out->text, char, out->room + 1);
		must(out->text != NULL);
	}
	memcpy(out->text + out->len, bytes, len);
	out->len += len;
}

static const char *const entities[] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static void
put_html(struct output *out, const char *text)
{
	size_t plain;

	while (text[plain = strcspn(text, "&<>\"'")] != '\0') {
		const char *entity = entities[(unsigned char)text[plain]];

		put(out, text, plain);
		put(out, entity, strlen(entity));
		text += plain + 1;
	}
	put(out, text, plain);
}

static void
put_variable(struct output *out, const char *name, const struct tmpl_data *d)
{
	const struct value *v = value_look_up(d, name);

	if (v == NULL || v->text == NULL)
		return;
	if (out->escape == TMPL_HTML)
		put_html(out, v->text);
	else
		put(out, v->text, strlen(v->text));
}

static void block_render(struct output *out, const struct block *b, const struct tmpl_data *d);

static void
put_section(struct output *out, const struct node *n, const struct tmpl_data *d)
{
	const struct value *v = value_look_up(d, n->text);
	bool is_set = v != NULL && (v->text != NULL || v->n_items > 0);

	if (n->kind == NODE_INVERTED && !is_set)
		block_render(out, &n->body, d);
	if (n->kind == NODE_INVERTED || !is_set)
		return;
	if (v->text != NULL)
		block_render(out, &n->body, d);
	for (size_t i = 0; i < v->n_items; i++)
		block_render(out, &n->body, v->items[i]);
}

static void
block_render(struct output *out, const struct block *b, const struct tmpl_data *d)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct node *n = &b->nodes[i];

		if (n->kind == NODE_TEXT)
			put(out, n->text, n->len);
		else if (n->kind == NODE_VARIABLE)
			put_variable(out, n->text, d);
		else if (n->kind == NODE_PART)
			block_render(out, &n->part->body, d);
		else
			put_section(out, n, d);
	}
}

/* A name that no template can ask for is a slip of ours; better seen at the first page than never. */
static void
data_check(const struct tmpl_set *set, const struct tmpl_data *d)
{
	for (const struct value *v = d->values; v != NULL; v = v->next) {
		must(tmpl_name_is_known(set, v->name));
		for (size_t i = 0; i < v->n_items; i++)
			data_check(set, v->items[i]);
	}
}

char *
tmpl_render(TALLOC_CTX *ctx, const struct tmpl_set *set, const char *file, const struct tmpl_data *d,
            size_t *len_r)
{
	const struct tmpl_file *f = tmpl_file_find(set, file);
	struct output out = {.room = 16 * 1024};

	must(f != NULL);
	data_check(set, d);
	out.escape = f->escape;
	out.text = talloc_array(ctx, char, out.room + 1);
	must(out.text != NULL);
	block_render(&out, &f->body, d);
	out.text[out.len] = '\0';
	if (len_r != NULL)
		*len_r = out.len;
	return out.text;
}
