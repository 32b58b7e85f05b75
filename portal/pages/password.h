/* The password's rules on a page. */
#ifndef ISOLOIR_PASSWORD_H
#define ISOLOIR_PASSWORD_H

#include "portal/policy/password.h"
#include "portal/request.h"

/* The rules, before anything is typed. */
void password_show_rules(struct request *r);

/*
 * The rules, each kept or not, and beside the field what is wrong. with_guess: ask also whether it is soon guessed, which takes some milliseconds: not before
 * captcha and link are good. True: it is accepted (as far as asked).
 */
bool password_check(struct request *r, const struct password_try *t, bool with_guess);

#endif
