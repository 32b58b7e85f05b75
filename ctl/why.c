/* isoloirctl queue why: what waits, by domain and last reply, the oldest first, with what to do about it. */
#include <string.h>

#include "common/base/text.h"
#include "ctl/ctl.h"

static const char *const why_names[] = {"domain", "state", "mails", "oldest_created_at", "next_due_at", "last_reply"};
#define WHY_REPLY 5

static const struct advice {
	const char *stage;
	char digit; /* '0': no reply */
	const char *sentence;
} rows[] = {
#define ADVICE(stage, digit, sentence) {stage, #digit[0], sentence},
#include "ctl/advice.def"
#undef ADVICE
};

/* last_reply is "stage code text" (mailer/settle.c); the last row fits all. A reply of any kind is for a row of 0 too. */
static const char *
advice_for(const char *last_reply)
{
	size_t stage = strcspn(last_reply, " "), i = 0;
	char digit = last_reply[stage] != '\0' ? last_reply[stage + 1] : '0';

	while (rows[i].stage[0] != '\0' &&
	       (strlen(rows[i].stage) != stage || strncmp(rows[i].stage, last_reply, stage) != 0 ||
	        (rows[i].digit != '0' && rows[i].digit != digit)))
		i++;
	return rows[i].sentence;
}

int
ctl_queue_why(struct ctl *c)
{
	struct js *list = js_array(c);
	struct db_rows *found;

	if (db_run(c->task, ctl_db(c), SQL_QUEUE_WHY, &found, NO_PARAMS) == -1)
		return ctl_trouble(c);
	for (size_t i = 0; i < found->n; i++) {
		struct js *row = ctl_row(c, found, i, why_names);

		js_set_text(row, "advice", advice_for(db_text(found, i, WHY_REPLY)));
		js_push(list, row);
	}
	js_set(c->out, "waiting", list);
	if (found->n == 0)
		ctl_say(c, "No mail waits.");
	return EX_OK;
}
