/* The sheets that electors hold in their hands: one A4 page each with name, posting, voting code and how to use it, in one PDF file. */
#ifndef ISOLOIR_CTL_LEAFLET_H
#define ISOLOIR_CTL_LEAFLET_H

#include "common/code.h"

struct leaflet;

/* What each page of a file has in common. Borrowed until leaflet_close. */
struct leaflet_frame {
	const char *title;          /* of the election */
	const char *opens, *closes; /* in words */
	const char *address;        /* of the portal */
	const char *batch;          /* where the code comes from, for the foot of the page */
};

struct leaflet_page {
	const char *name, *posting;
	int64_t number;
	const char *code; /* CODE_TEXT_SIZE */
};

/* Writes to fd, which stays the caller's. Never NULL; what goes wrong is told by leaflet_close. */
struct leaflet *leaflet_open(TALLOC_CTX *ctx, int fd, const struct leaflet_frame *frame);
void leaflet_add(struct leaflet *l, const struct leaflet_page *p);

/* The file is whole. 0, or -1 with errno. */
WARN_UNUSED int leaflet_close(struct leaflet *l);

#endif
