/* The terminal, by ncurses. */
#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "ctl/top.h"

static SCREEN *terminal;
static char *shown; /* to be drawn again when the size changes */
static volatile sig_atomic_t ended;

static void
on_end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

bool
screen_open(void)
{
	struct sigaction end = {.sa_handler = on_end};

	setlocale(LC_CTYPE, "C.UTF-8");
	terminal = newterm(NULL, stdout, stdin);
	if (terminal == NULL)
		return false;
	sigaction(SIGINT, &end, NULL); /* after newterm, which has handlers of its own */
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	return true;
}

void
screen_close(void)
{
	endwin();
	delscreen(terminal);
	terminal = NULL;
	free(shown);
	shown = NULL;
}

static void
draw(void)
{
	const char *line = shown;

	erase();
	for (int row = 0; row < LINES && line != NULL && line[0] != '\0'; row++) {
		size_t len = strcspn(line, "\n");

		if (row == 0)
			attron(A_REVERSE);
		mvaddnstr(row, 0, line, (int)len); /* what is too wide is cut at the edge, by the next row's move */
		if (row == 0)
			attroff(A_REVERSE);
		line = line[len] == '\n' ? line + len + 1 : NULL;
	}
	refresh();
}

void
screen_show(const char *text)
{
	free(shown);
	shown = strdup(text);
	draw();
}

enum screen_said
screen_wait(int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms, left_ms;
	int key;

	while (!ended && (left_ms = until_ms - clock_mono_ms()) > 0) {
		timeout((int)left_ms);
		key = getch();
		if (key == 'q' || key == 'Q')
			return SCREEN_QUIT;
		if (key == KEY_RESIZE)
			draw();
	}
	return ended ? SCREEN_QUIT : SCREEN_NOTHING;
}
