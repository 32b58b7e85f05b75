#include "mailer/model/attempt.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "mailer/model/sql.h"

#define REPLY_MAX 255 /* of mail_attempt.reply; replies are ASCII (relay.c) */

struct attempt_times
attempt_times(const char *owner, int64_t began_ms)
{
	struct attempt_times a = {.ms = clock_mono_ms() - began_ms};
	char host[61];
	long pid;

	a.started_ms = clock_now_ms() - a.ms;
	if (sscanf(owner, "%60s %*s %ld", host, &pid) == 2)
		snprintf(a.sender, sizeof(a.sender), "%s/%ld", host, pid);
	return a;
}

char *
attempt_times_text(TALLOC_CTX *ctx, const struct attempt_times *a)
{
	return talloc_asprintf(ctx, "%lld %lld %s", (long long)a->started_ms, (long long)a->ms, a->sender);
}

struct attempt_times
attempt_times_read(const char *text)
{
	struct attempt_times a = {0};
	long long started_ms, ms;

	if (sscanf(text, "%lld %lld %80s", &started_ms, &ms, a.sender) < 2 || started_ms <= 0 || ms < 0)
		return (struct attempt_times){0};
	a.started_ms = started_ms;
	a.ms = ms;
	return a;
}

int
attempt_write(struct task *t, struct db *d, const struct attempt *a)
{
	int64_t started_ms = a->times.started_ms != 0 ? a->times.started_ms : clock_now_ms();
	const char *said;
	char stage[12];
	int code, end;

	if (sscanf(a->reply, "%11s %d%n", stage, &code, &end) != 2)
		return 0;
	said = a->reply + end + (a->reply[end] == ' ');
	return db_run(t, d, SQL_ATTEMPT_ADD, NULL,
	              PARAMS(P(a->n), P(a->outcome), P((const char *)stage), P(code), P(talloc_strndup(t, said, REPLY_MAX)), P(started_ms), P(started_ms),
	                     P(a->times.ms), P((const char *)a->times.sender), P(a->job_id)));
}
