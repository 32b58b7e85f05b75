/* isoloirctl workers, reload, stop: orders to one master (common/proc/orders.def says which there are). */
#include <string.h>

#include "common/base/text.h"
#include "ctl/daemon.h"

/* "+2", "-1" */
static bool
is_step(const char *word)
{
	int64_t n;

	return (word[0] == '+' || word[0] == '-') && word[1] != '-' && text_number(word + 1, 0, 1000000, &n);
}

/* The order that the words mean, or NULL after ctl_fail. */
static const char *
workers_line(struct ctl *c)
{
	const char *save = ctl_has(c, OPTION_SAVE) ? " save" : "";
	int64_t n;

	if (c->n_args == 1 && save[0] == '\0')
		return "workers";
	if (c->n_args == 2 && is_step(c->args[1]))
		return talloc_asprintf(c, "workers %s%s", c->args[1], save);
	if (c->n_args == 3 && strcmp(c->args[1], "set") == 0 && text_number(c->args[2], 0, 1000000, &n))
		return talloc_asprintf(c, "workers set %s%s", c->args[2], save);
	ctl_fail(c, EX_USAGE, "usage: isoloirctl workers %s", c->command->arguments);
	return NULL;
}

int
ctl_workers(struct ctl *c)
{
	const char *word = daemon_find(c, c->args[0]), *line = word != NULL ? workers_line(c) : NULL;

	return line != NULL ? daemon_order(c, word, line) : EX_USAGE;
}

static int
simple_order(struct ctl *c, const char *line, const char *then)
{
	const char *word = daemon_find(c, c->args[0]);
	int rc = word != NULL ? daemon_order(c, word, line) : EX_USAGE;

	if (rc == EX_OK)
		ctl_say(c, "The %s %s.", word, then);
	return rc;
}

int
ctl_reload(struct ctl *c)
{
	return simple_order(c, "reload", "took its settings anew and replaces its workers one by one");
}

int
ctl_stop(struct ctl *c)
{
	return simple_order(c, "stop", "finishes what it has begun, then ends");
}
