#include "common/breaker.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "common/log.h"

/* In shared memory; nobody waits for anybody. All times are clock_mono_ms(), which is one clock for the whole host. */
struct breaker {
	const char *what;
	_Atomic int64_t closed_until_ms; /* 0: open to everybody */
	_Atomic int64_t since_ms;        /* beginning of the outage; 0: there is none */
};

struct breaker *
breaker_new(const char *what)
{
	struct breaker *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(b != MAP_FAILED);
	b->what = what;
	return b;
}

bool
breaker_lets(struct breaker *b, int64_t now_ms, int64_t patience_ms)
{
	int64_t until;

	if (b == NULL)
		return true;
	until = b->closed_until_ms;
	if (until == 0)
		return true;
	/* Who moves the end on is the one that tries. If it dies at it, the next one tries when its patience would be over. */
	return now_ms >= until && atomic_compare_exchange_strong(&b->closed_until_ms, &until, now_ms + patience_ms);
}

void
breaker_answered(struct breaker *b, int64_t now_ms)
{
	int64_t since;

	if (b == NULL || b->since_ms == 0)
		return;
	b->closed_until_ms = 0;
	since = atomic_exchange(&b->since_ms, 0);
	if (since != 0)
		log_warning("outage ends", "of=%s ms=%lld", b->what, (long long)(now_ms - since));
}

void
breaker_failed(struct breaker *b, int64_t began_ms, int64_t now_ms, const char *why)
{
	int64_t none = 0;
	char *quoted;

	if (b == NULL)
		return;
	b->closed_until_ms = now_ms - began_ms >= BREAKER_SLOW_MS ? now_ms + BREAKER_PAUSE_MS : 0;
	if (!atomic_compare_exchange_strong(&b->since_ms, &none, began_ms))
		return;
	quoted = log_quote(NULL, why);
	log_warning("outage begins", "of=%s why=%s", b->what, quoted);
	talloc_free(quoted);
}
