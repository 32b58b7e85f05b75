#include "mailer/dsn/classify.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANY (-1)
#define DSN_ACTION_ANY ANY

static const struct row {
	int action, digits[3];
	struct bounce_verdict verdict;
} rows[] = {
#define ROW(action, digit, subject, detail, class, needed, sentence) \
	{DSN_ACTION_##action, {digit, subject, detail}, {BOUNCE_##class, needed, sentence}},
#include "mailer/dsn/bounce.def"
#undef ROW
};

static bool
fits(int want, int is)
{
	return want == ANY || want == is;
}

struct bounce_verdict
classify(enum dsn_action action, const int status[3])
{
	size_t i = 0;

	while (!fits(rows[i].action, (int)action) || !fits(rows[i].digits[0], status[0]) || !fits(rows[i].digits[1], status[1]) ||
	       !fits(rows[i].digits[2], status[2]))
		i++; /* the last row fits all */
	return rows[i].verdict;
}

/* "5.1.1" at the start of s, after which no digit or dot goes on. */
static bool
read_status(const char *s, int out[3])
{
	int n[3];

	for (int i = 0; i < 3; i++) {
		size_t digits = strspn(s, "0123456789");

		if (digits == 0 || digits > 3)
			return false;
		n[i] = atoi(s);
		s += digits;
		if (i < 2 && *s++ != '.')
			return false;
	}
	if ((n[0] != 2 && n[0] != 4 && n[0] != 5) || (*s == '.' && isdigit((unsigned char)s[1])))
		return false;
	memcpy(out, n, sizeof(n));
	return true;
}

/* The first word of a text that is an enhanced status, or a basic code that says as much. */
static bool
find_status(const char *s, int out[3])
{
	bool starts = true;

	for (; *s != '\0'; s++) {
		if (starts && read_status(s, out) && out[0] != 2)
			return true;
		starts = strchr(" \t;:-#(<[", *s) != NULL;
	}
	return false;
}

static bool
find_full(const char *s)
{
	const char *code = strchr(s, ';');

	code = code != NULL ? code + 1 : s;
	code += strspn(code, " \t");
	return (strncmp(code, "552", 3) == 0 || strncmp(code, "452", 3) == 0) && !isdigit((unsigned char)code[3]);
}

void
classify_status(const char *status, const char *diagnostic, int out[3])
{
	int better[3];
	bool known = read_status(status + strspn(status, " \t"), out);

	if (!known) {
		out[0] = 5;
		out[1] = out[2] = 0;
	}
	if (out[1] != 0)
		return;
	if (find_status(diagnostic, better) && better[1] != 0) {
		memcpy(out, better, sizeof(better));
	} else if (find_full(diagnostic)) {
		out[1] = out[2] = 2;
	}
}

static const struct {
	const char *word;
	enum dsn_action action;
} actions[] = {
    {"failed", DSN_ACTION_FAILED}, {"delayed", DSN_ACTION_DELAYED}, {"delivered", DSN_ACTION_DONE}, {"relayed", DSN_ACTION_DONE}, {"expanded", DSN_ACTION_DONE},
};

enum dsn_action
classify_action(const char *word)
{
	size_t len = strcspn(word, " \t\r\n;(");

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strlen(actions[i].word) == len && strncasecmp(actions[i].word, word, len) == 0)
			return actions[i].action;
	return DSN_ACTION_NONE;
}

const char *
classify_action_word(enum dsn_action a)
{
	static const char *const words[] = {"", "failed", "delayed", "done"};

	return words[a];
}

const char *
classify_class_word(enum bounce_class c)
{
	static const char *const words[BOUNCE__MAX] = {"none", "hard", "soft", "policy", "delayed"};

	return words[c];
}
