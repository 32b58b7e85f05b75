/*
 * A chosen password, and after a line end the name of whoever chooses it; the first byte says which profile judges. Accepted is only what breaks no
 * rule, of the length that the rules tell, and it is judged alike each time.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/fold.h"
#include "portal/policy/password.h"

static struct guess_list *list;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static TALLOC_CTX *lasting;
	char *why = NULL;

	(void)argc;
	(void)argv;
	lasting = talloc_new(NULL);
	list = guess_load(lasting, BLOCKLIST_SOURCE, &why);
	must(list != NULL);
	return 0;
}

static void
check_verdict(const struct password_verdict *v, const char *password)
{
	bool broken = false;

	must(v->n > 0 && v->n <= PASSWORD_RULES_MAX);
	for (size_t i = 0; i < v->n; i++) {
		must(v->rules[i].text != NULL && v->rules[i].state != RULE_UNTRIED);
		broken |= v->rules[i].state == RULE_BROKEN;
	}
	must(v->accepted == !broken);
	must(!v->accepted || (text_length(password) <= PASSWORD_LENGTH_MAX && !v->guess.easy));
	must(v->guess.bits >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	enum conf_profile profile = size > 0 ? (enum conf_profile)(data[0] % CONF_PROFILE__MAX) : 0;
	char *name = size > 0 ? fuzz_text(ctx, data + 1, size - 1) : fuzz_text(ctx, data, 0);
	struct password_try t = {.identifier = "claire.lefuzz@ac-nantes.fr", .academy = "Nantes", .election = "Élections 2026", .list = list};
	struct password_verdict v, again;

	t.password = fold_password(ctx, strsep(&name, "\n"));
	t.name = name != NULL && text_is_utf8(name, strlen(name)) ? name : "Mme Claire LE FUZZ";
	if (t.password != NULL) {
		password_judge(ctx, profile, &t, &v);
		check_verdict(&v, t.password);
		password_judge(ctx, profile, &t, &again);
		must(v.accepted == again.accepted);
	}
	talloc_free(ctx);
	return 0;
}
