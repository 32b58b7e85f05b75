/*
 * isoloirctl top: the queue as it goes. On a terminal a screen that is drawn anew each second until q; anywhere else, and with --once or --json, one page.
 * The page is the one that print.c makes of the answer, so the screen shows nothing that a program does not get.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "ctl/top.h"

#define EVERY_MS 1000

/* A look of its own: what it allocated goes with it. */
static struct ctl *
new_look(struct ctl *c)
{
	struct ctl *look = talloc_memdup(c, c, sizeof(*c));

	look->task = task_new(look, 0);
	look->out = js_object(look);
	return look;
}

static void
draw(struct ctl *look)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	must(f != NULL);
	fprintf(f, "isoloirctl top: q quits\n");
	print_answer(f, look->out);
	fclose(f);
	screen_show(text);
	free(text);
}

static void
follow(struct ctl *c, struct db *d, struct store *s)
{
	enum screen_said said = SCREEN_NOTHING;

	while (said == SCREEN_NOTHING) {
		struct ctl *look = new_look(c);
		int64_t began_ms = clock_mono_ms(), spent_ms;

		(void)top_look(look, d, s);
		draw(look);
		talloc_free(look);
		spent_ms = clock_mono_ms() - began_ms;
		said = screen_wait(spent_ms < EVERY_MS ? EVERY_MS - spent_ms : 1);
	}
}

static int
look_once(struct ctl *c, struct db *d, struct store *s)
{
	return top_look(c, d, s) == EX_OK ? EX_OK : ctl_fail(c, EX_UNAVAILABLE, "not all could be asked");
}

int
ctl_top(struct ctl *c)
{
	struct db *d = ctl_db_brisk(c);
	struct store *s = store_new(c, c->conf->redis_queue, c->conf->redis_timeout);

	if (ctl_has(c, OPTION_ONCE) || ctl_has(c, OPTION_JSON) || isatty(STDOUT_FILENO) != 1 || isatty(STDIN_FILENO) != 1 || !screen_open())
		return look_once(c, d, s);
	follow(c, d, s);
	screen_close();
	return EX_OK;
}
