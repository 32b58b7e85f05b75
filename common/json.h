/*
 * JSON: what the masters answer and what isoloirctl prints and reads. A thin builder and reader; jansson.h is
 * seen by json.c only. Values are talloc objects; setting one into another shares it, so either owner may go
 * first. Symbols start with js_ because json_ is jansson's.
 */
#ifndef ISOLOIR_JSON_H
#define ISOLOIR_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct js;

/* Building. Members keep the order in which they were set. Never NULL. */
struct js *js_object(TALLOC_CTX *ctx);
struct js *js_array(TALLOC_CTX *ctx);

/* NULL becomes null; bytes that are not UTF-8 become question marks. */
void js_set_text(struct js *object, const char *name, const char *text);
void js_set_number(struct js *object, const char *name, int64_t number);
void js_set_real(struct js *object, const char *name, double number);
void js_set_bool(struct js *object, const char *name, bool truth);
void js_set_null(struct js *object, const char *name);
void js_set(struct js *object, const char *name, const struct js *value);

void js_push(struct js *array, const struct js *value);
void js_push_text(struct js *array, const char *text);
void js_push_number(struct js *array, int64_t number);

/* The value on one line, or over several for people. No newline at the end. */
char *js_write(TALLOC_CTX *ctx, const struct js *value);
char *js_write_pretty(TALLOC_CTX *ctx, const struct js *value);

/* Reading: an object or an array; NULL when the text is no such thing, *why_r (on ctx) says where. */
struct js *js_read(TALLOC_CTX *ctx, const char *text, char **why_r);

bool js_has(const struct js *object, const char *name);
/* The member itself, owned by `object`; NULL when absent. */
struct js *js_get(const struct js *object, const char *name);
/* Simple members; `otherwise` when absent or of another type. The text lives as long as `object`. */
const char *js_text(const struct js *object, const char *name, const char *otherwise);
int64_t js_number(const struct js *object, const char *name, int64_t otherwise);
bool js_bool(const struct js *object, const char *name, bool otherwise);

/* Elements of an array, or members of an object (0 for anything else). */
size_t js_size(const struct js *value);
/* Element i of an array, owned by it; NULL past the end. */
struct js *js_at(const struct js *array, size_t i);
/* Name of the member i of an object in its order; NULL past the end. */
const char *js_name(const struct js *object, size_t i);

/* A simple value (text, number, truth, null) as text for a table: no quotes. Objects and arrays as JSON. */
char *js_plain(TALLOC_CTX *ctx, const struct js *value);

#endif
