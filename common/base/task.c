#include "common/base/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/secret.h"

void (*task_step_hook)(const struct task *t);
void (*must_hook)(const char *last_words);

struct task *
task_new(TALLOC_CTX *parent, int64_t timeout_ms)
{
	struct task *t = talloc_zero(parent, struct task);
	unsigned char raw[8];

	must(t != NULL);
	secret_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(t->id + 2 * i, 3, "%02x", raw[i]);
	t->started_ms = clock_mono_ms();
	t->deadline_ms = timeout_ms > 0 ? t->started_ms + timeout_ms : 0;
	t->step = "start";
	return t;
}

void
task_step(struct task *t, const char *step)
{
	t->step = step;
	if (task_step_hook != NULL)
		task_step_hook(t);
}

int64_t
task_left_ms(const struct task *t)
{
	int64_t left;

	if (t->deadline_ms == 0)
		return INT64_MAX;
	left = t->deadline_ms - clock_mono_ms();
	return left > 0 ? left : 0;
}

int
task_fail(struct task *t, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	if (t->err.kind != ERR_NONE)
		return -1;
	t->err.kind = kind;
	va_start(args, fmt);
	vsnprintf(t->err.text, sizeof(t->err.text), fmt, args);
	va_end(args);
	return -1;
}

void
task_forgive(struct task *t)
{
	t->err.kind = ERR_NONE;
	t->err.text[0] = '\0';
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[ERR__MAX] = {"none", "retry", "uncertain", "refused", "late"};

	return names[kind];
}

void
must_fail(const char *what, const char *file, int line)
{
	char words[256];

	snprintf(words, sizeof(words), "%s:%d: must hold: %s", file, line, what);
	fprintf(stderr, "%s\n", words);
	if (must_hook != NULL)
		must_hook(words);
	abort();
}
