#include "mailer/outage.h"

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/log.h"

#define PAUSE_FIRST_MS 200
#define PAUSE_MOST_MS 10000

static void
begin(struct outage *o, struct task *t)
{
	if (o->since_ms == 0) {
		o->since_ms = clock_mono_ms();
		o->pause_ms = PAUSE_FIRST_MS;
		log_warning("outage begins", "of=%s why=%s", o->what, log_quote(t, t->err.text));
		return;
	}
	o->pause_ms = 2 * o->pause_ms < PAUSE_MOST_MS ? 2 * o->pause_ms : PAUSE_MOST_MS;
}

int
outage_note(struct outage *o, struct task *t, int rc)
{
	if (rc == -1) {
		begin(o, t);
		task_forgive(t);
	} else if (o->since_ms != 0) {
		log_warning("outage ends", "of=%s ms=%lld", o->what,
		            (long long)(clock_mono_ms() - o->since_ms));
		o->since_ms = 0;
	}
	return rc;
}

int64_t
outage_pause_ms(const struct outage *o)
{
	unsigned chance;

	if (o->since_ms == 0)
		return 0;
	secret_random(&chance, sizeof(chance));
	return o->pause_ms * 3 / 4 + (int64_t)(chance % (unsigned)(o->pause_ms / 2 + 1));
}
