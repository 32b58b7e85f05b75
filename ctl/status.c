/* isoloirctl status: what both masters say of themselves and of each worker. */
#include <string.h>

#include "ctl/daemon.h"

static int
status_one(struct ctl *c, const char *word)
{
	struct js *absent = js_object(c);
	const char *why;
	bool refused;
	struct js *answer = daemon_ask(c, word, "status", &why, &refused);

	if (answer != NULL) {
		js_set(c->out, word, answer);
		return EX_OK;
	}
	js_set_bool(absent, "ok", false);
	js_set_text(absent, "error", why);
	js_set(c->out, word, absent);
	return ctl_fail(c, EX_UNAVAILABLE, "%s%s%s", c->error != NULL ? c->error : "",
	                c->error != NULL ? "; " : "", why);
}

int
ctl_status(struct ctl *c)
{
	const char *only = c->n_args == 1 ? daemon_find(c, c->args[0]) : NULL;
	int rc = EX_OK;

	if (c->n_args == 1 && only == NULL)
		return EX_USAGE;
	for (size_t i = 0; i < DAEMONS; i++)
		if ((only == NULL || only == daemon_words[i]) && status_one(c, daemon_words[i]) != EX_OK)
			rc = EX_UNAVAILABLE;
	return rc;
}
