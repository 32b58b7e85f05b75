#include "mailer/count.h"

#include "common/base/clock.h"
#include "common/metrics.h"

#define FAMILY_MAX 7 /* security and policy, x.7 */

const char *const count_steps[] = {"lease",  "compose",  "talk",      "mark",   "verdict", "settle", "leases",
                                   "pace",   "settling", "uncertain", "absent", "audit",   "purge",  NULL};

/* No reply, or none that SMTP knows at a mail's end: cut. */
static int
reply_word(const struct verdict_reply *r)
{
	static const int words[10] = {[2] = 1, [4] = 2, [5] = 3};

	return r->code >= 0 && r->code <= 999 ? words[r->code / 100] : 0;
}

static int
family_word(const struct verdict_reply *r)
{
	return r->enhanced[0] != 0 && r->enhanced[1] >= 0 && r->enhanced[1] <= FAMILY_MAX ? 1 + r->enhanced[1] : 0;
}

void
count_attempt(const struct job *j, const struct verdict_reply *r, enum verdict_outcome o)
{
	metrics_add(KEPT_MAIL_ATTEMPTS, reply_word(r), family_word(r));
	if (o == OUTCOME_SENT)
		metrics_observe(KEPT_MAIL_DELIVERY, (int)queue_mail_class(j->mail), clock_now_ms() - j->created_ms);
}

void
count_outcome(enum queue_mail mail, const char *outcome)
{
	metrics_add(KEPT_MAIL_OUTCOMES, (int)queue_mail_class(mail), metrics_word(LABEL_OUTCOME, outcome));
}
