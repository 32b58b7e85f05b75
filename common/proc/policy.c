/* Whom to fork, retire and kill, and when: see policy.h. */
#include "common/proc/policy.h"

/* Many workers that die together are one round: killing all of them at once is not a storm. */
static int
round_size(int wanted)
{
	if (wanted < 1)
		return 1;
	return wanted > 32 ? 32 : wanted;
}

static int64_t
capped(int64_t delay_ms)
{
	return delay_ms > POLICY_BACKOFF_MAX_MS ? POLICY_BACKOFF_MAX_MS : delay_ms;
}

/* 0 in the first round, then doubling with each round; in a storm with each death, since each is a try of its
 * own. */
static int64_t
next_delay(const struct policy *p, int wanted)
{
	int round = (p->early - 1) / round_size(wanted);

	if (p->storm)
		return capped(p->delay_ms * 2);
	return round == 0 ? 0 : capped((int64_t)POLICY_BACKOFF_FIRST_MS << (round - 1));
}

static void
forget(struct policy *p)
{
	p->early = 0;
	p->delay_ms = 0;
	p->not_before_ms = 0;
	p->storm = false;
}

bool
policy_death(struct policy *p, int64_t now_ms, int wanted, int64_t lived_ms, int64_t tasks)
{
	bool before = p->storm;

	if (lived_ms >= POLICY_EARLY_MS || tasks > 0)
		return false;
	if (now_ms - p->last_early_ms > POLICY_WINDOW_MS)
		forget(p);
	p->early++;
	p->last_early_ms = now_ms;
	p->delay_ms = next_delay(p, wanted);
	p->not_before_ms = now_ms + p->delay_ms;
	p->storm = p->storm || p->early > POLICY_STORM_ROUNDS * round_size(wanted);
	return p->storm && !before;
}

bool
policy_survivor(struct policy *p, int64_t now_ms, int64_t started_ms)
{
	bool before = p->storm;

	if (p->early == 0 || started_ms <= p->last_early_ms || now_ms - started_ms < POLICY_EARLY_MS)
		return false;
	forget(p);
	return before;
}

int
policy_forks(const struct policy *p, int64_t now_ms, int missing, int starting)
{
	if (missing <= 0 || now_ms < p->not_before_ms)
		return 0;
	if (p->storm)
		return starting > 0 ? 0 : 1;
	return missing;
}

static bool
is_ready(const struct policy_worker *w)
{
	return w->state == POLICY_IDLE || w->state == POLICY_BUSY;
}

static bool
stays(const struct policy_worker *w)
{
	return w->state != POLICY_FREE && w->state != POLICY_STOPPING && !w->asked;
}

struct policy_plan
policy_plan(const struct policy_worker *w, size_t n, int wanted)
{
	int old = 0, present = 0, ready = 0, keep;

	for (size_t i = 0; i < n; i++) {
		if (!stays(&w[i]))
			continue;
		old += w[i].old;
		present += !w[i].old;
		ready += !w[i].old && is_ready(&w[i]);
	}
	/* An old one goes when a new one has asked for work: a new generation that cannot start leaves the
	 * old in place. */
	keep = wanted > ready ? wanted - ready : 0;
	return (struct policy_plan){
	    .missing = wanted > present ? wanted - present : 0,
	    .retire_old = old > keep ? old - keep : 0,
	    .retire_present = present > wanted ? present - wanted : 0,
	};
}

/* The smaller, the sooner it may go. */
static int64_t
cost(const struct policy_worker *w)
{
	static const int64_t of_state[POLICY_STATE__MAX] = {
	    [POLICY_IDLE] = 0,
	    [POLICY_STARTING] = 1,
	    [POLICY_BUSY] = 2,
	};

	/* Among equals the one that is longest in its state: of the busy, the nearest to its end. */
	return of_state[w->state] * (INT64_MAX / 8) + w->since_ms;
}

int
policy_retire(const struct policy_worker *w, size_t n, bool old)
{
	int best = -1;

	for (size_t i = 0; i < n; i++) {
		if (!stays(&w[i]) || w[i].old != old)
			continue;
		if (best == -1 || cost(&w[i]) < cost(&w[best]))
			best = (int)i;
	}
	return best;
}

bool
policy_is_late(const struct policy_worker *w, int64_t now_ms, int64_t draining_since_ms)
{
	switch (w->state) {
	case POLICY_STARTING:
		return now_ms - w->since_ms > POLICY_START_MS ||
		       (w->asked && now_ms - w->asked_ms > POLICY_STOP_MS);
	case POLICY_BUSY:
		if (w->deadline_ms != 0)
			return now_ms >= w->deadline_ms + POLICY_LATE_MS;
		return draining_since_ms != 0 && now_ms - draining_since_ms > POLICY_DRAIN_MS;
	case POLICY_IDLE:
		return w->asked && now_ms - w->asked_ms > POLICY_STOP_MS;
	case POLICY_STOPPING:
		return now_ms - w->since_ms > POLICY_STOP_MS;
	default:
		return false;
	}
}

int64_t
policy_jitter(int64_t max, uint32_t random)
{
	int64_t tenth = max / 10;

	return max == 0 ? 0 : max - tenth + (int64_t)(random % (uint32_t)(2 * tenth + 1));
}
