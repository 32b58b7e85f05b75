/* The talloc wrapper round jansson's counted values: see json.h. */
#include "common/json.h"

#include <jansson.h>
#include <string.h>

#include "common/base/task.h"
#include "common/base/text.h"

struct js {
	json_t *value;
};

static int
let_go(struct js *v)
{
	json_decref(v->value);
	return 0;
}

/* Takes over one reference of value. */
static struct js *
wrap(const TALLOC_CTX *ctx, json_t *value)
{
	struct js *v = talloc(ctx, struct js);

	must(v != NULL && value != NULL);
	v->value = value;
	talloc_set_destructor(v, let_go);
	return v;
}

struct js *
js_object(TALLOC_CTX *ctx)
{
	return wrap(ctx, json_object());
}

struct js *
js_array(TALLOC_CTX *ctx)
{
	return wrap(ctx, json_array());
}

/* jansson refuses texts that are not UTF-8; an answer with a question mark is better than none. */
static json_t *
text_value(const char *text)
{
	json_t *value;
	char *clean;

	if (text == NULL)
		return json_null();
	if (text_is_utf8(text, strlen(text)))
		return json_string(text);
	clean = talloc_strdup(NULL, text);
	must(clean != NULL);
	for (char *c = clean; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	value = json_string(clean);
	talloc_free(clean);
	return value;
}

static void
put(struct js *object, const char *name, json_t *value)
{
	must(json_object_set_new(object->value, name, value) == 0);
}

void
js_set_text(struct js *object, const char *name, const char *text)
{
	put(object, name, text_value(text));
}

void
js_set_number(struct js *object, const char *name, int64_t number)
{
	put(object, name, json_integer(number));
}

void
js_set_real(struct js *object, const char *name, double number)
{
	put(object, name, json_real(number));
}

void
js_set_bool(struct js *object, const char *name, bool truth)
{
	put(object, name, json_boolean(truth));
}

void
js_set_null(struct js *object, const char *name)
{
	put(object, name, json_null());
}

void
js_set(struct js *object, const char *name, const struct js *value)
{
	put(object, name, json_incref(value->value));
}

void
js_push(struct js *array, const struct js *value)
{
	must(json_array_append(array->value, value->value) == 0);
}

void
js_push_text(struct js *array, const char *text)
{
	must(json_array_append_new(array->value, text_value(text)) == 0);
}

void
js_push_number(struct js *array, int64_t number)
{
	must(json_array_append_new(array->value, json_integer(number)) == 0);
}

static char *
dump(TALLOC_CTX *ctx, const json_t *value, size_t flags)
{
	char *raw = json_dumps(value, flags | JSON_ENCODE_ANY), *text;

	must(raw != NULL);
	text = talloc_strdup(ctx, raw);
	free(raw);
	return text;
}

char *
js_write(TALLOC_CTX *ctx, const struct js *value)
{
	return dump(ctx, value->value, JSON_COMPACT);
}

char *
js_write_pretty(TALLOC_CTX *ctx, const struct js *value)
{
	return dump(ctx, value->value, JSON_INDENT(2));
}

struct js *
js_read(TALLOC_CTX *ctx, const char *text, char **why_r)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (value != NULL)
		return wrap(ctx, value);
	*why_r = talloc_asprintf(ctx, "line %d, column %d: %s", error.line, error.column, error.text);
	return NULL;
}

bool
js_has(const struct js *object, const char *name)
{
	return json_object_get(object->value, name) != NULL;
}

struct js *
js_get(const struct js *object, const char *name)
{
	json_t *value = json_object_get(object->value, name);

	return value != NULL ? wrap(object, json_incref(value)) : NULL;
}

const char *
js_text(const struct js *object, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object->value, name));

	return text != NULL ? text : otherwise;
}

int64_t
js_number(const struct js *object, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(object->value, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool
js_bool(const struct js *object, const char *name, bool otherwise)
{
	const json_t *value = json_object_get(object->value, name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

size_t
js_size(const struct js *value)
{
	return json_is_array(value->value) ? json_array_size(value->value) : json_object_size(value->value);
}

struct js *
js_at(const struct js *array, size_t i)
{
	json_t *value = json_array_get(array->value, i);

	return value != NULL ? wrap(array, json_incref(value)) : NULL;
}

const char *
js_name(const struct js *object, size_t i)
{
	void *at = json_object_iter(object->value);

	while (at != NULL && i-- > 0)
		at = json_object_iter_next(object->value, at);
	return at != NULL ? json_object_iter_key(at) : NULL;
}

char *
js_plain(TALLOC_CTX *ctx, const struct js *value)
{
	if (json_is_string(value->value))
		return talloc_strdup(ctx, json_string_value(value->value));
	if (json_is_null(value->value))
		return talloc_strdup(ctx, "");
	return dump(ctx, value->value, JSON_COMPACT);
}
