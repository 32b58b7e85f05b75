/*
 * Captchas: six digits, seen or heard, answered once within ten minutes. The id carries when it was made and chance; the digits are a keyed hash
 * of it, so a page with a captcha writes nothing anywhere, and any worker of any host draws the same picture. Redis' ephemeral instance only
 * keeps which ids were answered.
 */
#ifndef ISOLOIR_CAPTCHA_H
#define ISOLOIR_CAPTCHA_H

#include "portal/request.h"

/* Put the captcha of this form on the page: the one already solved for this step and session, or a new one. -1: Redis. */
WARN_UNUSED int captcha_offer(struct request *r);

/* The same, but always a new one: the button « Autre code ». */
void captcha_offer_other(struct request *r);

/*
 * *right_r: was the captcha of the posted form answered? An answer counts once, right or wrong; once right it holds for this step of this
 * session, so that a refused password costs no other. -1: Redis.
 */
WARN_UNUSED int captcha_check(struct request *r, bool *right_r);

/* The same for one try alone: nothing is remembered, so that of parallel posts with one answer only the first passes. */
WARN_UNUSED int captcha_take(struct request *r, bool *right_r);

/* What to tell somebody whose answer was not right. */
const char *captcha_fault(const struct request *r);

/* The step is done: what was solved for it is forgotten, but that within a minute the same form passes captcha_check once more (a double click). */
WARN_UNUSED int captcha_spend(struct request *r);

#endif
