/* isoloirctl top: what one look at the queue finds (top_facts.c), and the screen (screen.c) on which looks follow each other (top.c). */
#ifndef ISOLOIR_CTL_TOP_H
#define ISOLOIR_CTL_TOP_H

#include "common/store.h"
#include "ctl/ctl.h"

/* One look, into c->out. Whatever is away is told there, under "away", and the rest all the same. EX_OK, or EX_UNAVAILABLE when something is away. */
int top_look(struct ctl *c, struct db *d, struct store *s);

/* The screen: curses.h is seen by screen.c only. Between open and close the terminal is ours, and close gives it back as it was. */
enum screen_said { SCREEN_NOTHING, SCREEN_QUIT };

/* False: this terminal cannot do it. */
bool screen_open(void);
void screen_close(void);
/* The lines of text, cut to what the screen can hold; the first one stands out. */
void screen_show(const char *text);
/* Wait for a key, a signal that ends us, or a time. A screen of another size is drawn again meanwhile. */
enum screen_said screen_wait(int64_t ms);

#endif
