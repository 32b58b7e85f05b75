#include "ctl/meter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define PATIENCE_MS 2000
#define BAR 24

void
meter_start(struct meter *m, const char *what)
{
	*m = (struct meter){.what = what, .began_ms = clock_mono_ms(), .terminal = isatty(STDERR_FILENO) == 1};
	m->next_ms = m->began_ms + PATIENCE_MS;
}

static void
draw_bar(int percent)
{
	char bar[BAR + 1];
	int full = percent * BAR / 100;

	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)full);
	bar[BAR] = '\0';
	fprintf(stderr, " [%s]", bar);
}

static void
draw(struct meter *m, int percent, int64_t n, int64_t spent_ms)
{
	fprintf(stderr, "%sisoloirctl: %s", m->terminal ? "\r" : "", m->what);
	if (percent >= 0 && m->terminal)
		draw_bar(percent);
	if (percent >= 0)
		fprintf(stderr, " %d %%", percent);
	if (n > 0)
		fprintf(stderr, ", %lld rows, %lld a second", (long long)n, (long long)(n * 1000 / (spent_ms + 1)));
	if (percent > 0 && percent < 100)
		fprintf(stderr, ", %lld s left", (long long)(spent_ms * (100 - percent) / percent / 1000 + 1));
	fputs(m->terminal ? "   " : "\n", stderr);
	fflush(stderr);
}

void
meter_tick(struct meter *m, int percent, int64_t n)
{
	int64_t now_ms = clock_mono_ms();

	if (now_ms < m->next_ms)
		return;
	m->next_ms = now_ms + (m->terminal ? 200 : PATIENCE_MS);
	m->shown = true;
	draw(m, percent, n, now_ms - m->began_ms);
}

void
meter_end(struct meter *m)
{
	int64_t spent_ms = clock_mono_ms() - m->began_ms;

	if (spent_ms >= PATIENCE_MS)
		fprintf(stderr, "%sisoloirctl: %s: %lld.%lld s%s\n", m->terminal ? "\r" : "", m->what, (long long)(spent_ms / 1000),
		        (long long)(spent_ms % 1000 / 100), m->terminal ? "                                        " : "");
}
