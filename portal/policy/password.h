/*
 * The rules of the password Élections: one table a profile (setting password.profile), told before the field and checked one by one. This knows no
 * request and no page.
 */
#ifndef ISOLOIR_POLICY_PASSWORD_H
#define ISOLOIR_POLICY_PASSWORD_H

#include "common/conf.h"
#include "portal/policy/guess.h"

#define PASSWORD_LENGTH_MIN 12
#define PASSWORD_LENGTH_MAX 256
#define PASSWORD_RULES_MAX 8

struct password_try {
	const char *password; /* NFC */
	const char *name;     /* of the elector: "M. Jean DUPONT" */
	const char *identifier, *academy, *election;
	const struct guess_list *list; /* NULL: whether it is guessed is not asked yet */
};

enum password_rule_state { RULE_UNTRIED, RULE_KEPT, RULE_BROKEN };

struct password_verdict {
	struct {
		const char *text;
		enum password_rule_state state;
	} rules[PASSWORD_RULES_MAX];
	size_t n;
	bool accepted;      /* no rule is broken */
	struct guess guess; /* easy: that rule is broken, and why */
};

/* t NULL: the rules alone, untried. */
void password_judge(TALLOC_CTX *ctx, enum conf_profile profile, const struct password_try *t, struct password_verdict *v_r);

#endif
