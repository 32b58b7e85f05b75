#include "ctl/daemon.h"

#include <string.h>

#include "common/base/text.h"
#include "common/control.h"

#define PATIENCE_MS 10000

const char *const daemon_words[DAEMONS] = {"portal", "mailer"};

const char *
daemon_find(struct ctl *c, const char *word)
{
	const char *near = text_nearest(word, daemon_words, DAEMONS);

	for (size_t i = 0; i < DAEMONS; i++)
		if (strcmp(word, daemon_words[i]) == 0)
			return daemon_words[i];
	ctl_fail(c, EX_USAGE, "%s is no daemon; %s", word,
	         near != NULL ? talloc_asprintf(c, "did you mean %s?", near) : "there are portal and mailer");
	return NULL;
}

struct js *
daemon_ask(struct ctl *c, const char *word, const char *line, const char **why_r, bool *refused_r)
{
	struct task *t = task_new(c->task, PATIENCE_MS);
	char *text, *why = NULL;
	struct js *answer;

	*refused_r = false;
	*why_r = t->err.text;
	if (control_ask(t, c->conf->run_dir, word, line, &text) == -1)
		return NULL;
	answer = js_read(t, text, &why);
	if (answer == NULL) {
		*why_r = talloc_asprintf(c, "the %s answered something else than JSON: %s", word, why);
		return NULL;
	}
	if (js_bool(answer, "ok", false))
		return answer;
	*refused_r = true;
	*why_r = js_text(answer, "error", "no reason given");
	return NULL;
}

int
daemon_order(struct ctl *c, const char *word, const char *line)
{
	const char *why;
	bool refused;
	struct js *answer = daemon_ask(c, word, line, &why, &refused);

	if (answer == NULL)
		return ctl_fail(c, refused ? EX_DATAERR : EX_UNAVAILABLE, "%s", why);
	c->out = answer;
	return EX_OK;
}
