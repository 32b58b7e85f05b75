#include "ctl/ctl.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"

#define OFFICE_ZONE "Europe/Paris"
#define PATIENCE_MS (INT64_C(3600) * 1000)

static const struct db_statement statements[] = {
#define SQL(name, text) {#name, text},
#include "ctl/sql.def"
};

int
ctl_fail(struct ctl *c, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->error = talloc_vasprintf(c, fmt, ap);
	va_end(ap);
	return status;
}

int
ctl_word(struct ctl *c, const char *what, const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return EX_OK;
	return ctl_fail(c, EX_USAGE, "no %s is called %s%s", what, word, text_did_you_mean(c, text_nearest(word, words, n)));
}

int
ctl_trouble(struct ctl *c)
{
	static const int statuses[ERR__MAX] = {
	    [ERR_NONE] = EX_SOFTWARE,    [ERR_RETRY] = EX_UNAVAILABLE, [ERR_UNCERTAIN] = EX_TEMPFAIL,
	    [ERR_REFUSED] = EX_SOFTWARE, [ERR_LATE] = EX_TEMPFAIL,
	};

	return ctl_fail(c, statuses[c->task->err.kind], "%s", c->task->err.text);
}

void
ctl_say(struct ctl *c, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = talloc_vasprintf(c, fmt, ap);
	va_end(ap);
	js_set_text(c->out, "message", text);
}

void
ctl_stream(struct ctl *c, const char *name, const struct js *element)
{
	char *text;

	if (c->streamed == 0) {
		printf("{\"%s\":[", name);
		c->streamed = 1;
	}
	if (element == NULL)
		return;
	text = js_write(NULL, element);
	printf("%s%s", c->streamed++ > 1 ? ",\n" : "\n", text);
	talloc_free(text);
}

const struct conf *
ctl_patient_conf(struct ctl *c)
{
	struct conf *patient = talloc_memdup(c, c->conf, sizeof(*c->conf));

	patient->db_timeout = PATIENCE_MS;
	return patient;
}

struct db *
ctl_db(struct ctl *c)
{
	return db_new(c, ctl_patient_conf(c), c->conf->db_ctl_user, statements, SQL__MAX);
}

struct db *
ctl_db_brisk(struct ctl *c)
{
	return db_new(c, c->conf, c->conf->db_ctl_user, statements, SQL__MAX);
}

const char *
ctl_operator(TALLOC_CTX *ctx)
{
	const struct passwd *who = getpwuid(getuid());

	return who != NULL ? talloc_asprintf(ctx, "%.20s", who->pw_name) : "?";
}

void
ctl_set_time(struct js *object, const char *name, const struct db_rows *r, size_t row, size_t column)
{
	if (!db_is_null(r, row, column))
		js_set_text(object, name, clock_iso(object, db_number(r, row, column), OFFICE_ZONE));
}

struct js *
ctl_row(TALLOC_CTX *ctx, const struct db_rows *r, size_t row, const char *const *names)
{
	struct js *object = js_object(ctx);

	for (size_t i = 0; i < r->columns; i++) {
		if (db_is_null(r, row, i))
			js_set_null(object, names[i]);
		else if (text_ends(names[i], "_at"))
			ctl_set_time(object, names[i], r, row, i);
		else
			js_set_text(object, names[i], db_text(r, row, i));
	}
	return object;
}

struct js *
ctl_rows(TALLOC_CTX *ctx, const struct db_rows *r, const char *const *names)
{
	struct js *array = js_array(ctx);

	for (size_t i = 0; i < r->n; i++)
		js_push(array, ctl_row(ctx, r, i, names));
	return array;
}

void
ctl_progress(const char *what, int percent)
{
	static int64_t next_ms;
	int64_t now_ms = clock_mono_ms();

	if (next_ms == 0)
		next_ms = now_ms + 2000;
	if (now_ms < next_ms)
		return;
	next_ms = now_ms + 2000;
	fprintf(stderr, "isoloirctl: %s, %d %%\n", what, percent);
}
