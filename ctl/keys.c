/* isoloirctl keys: the secrets that no database ever sees. Those that exist are never touched. */
#include "common/keys.h"

#include "ctl/ctl.h"

int
ctl_keys(struct ctl *c)
{
	char *why = NULL;
	int made = keys_create(c, c->conf->keys_dir, &why);

	if (made == -1)
		return ctl_fail(c, EX_CANTCREAT, "%s", why);
	if (keys_load(c, c->conf->keys_dir, &why) == NULL)
		return ctl_fail(c, EX_CONFIG, "%s", why);
	js_set_text(c->out, "directory", c->conf->keys_dir);
	js_set_number(c->out, "made", made);
	js_set_number(c->out, "there", KEY__MAX);
	if (made > 0)
		ctl_say(c, "Keep a copy of the new ones in a safe place: without pepper.key no password can "
		           "be checked.");
	return EX_OK;
}
