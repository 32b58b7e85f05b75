/* What can be believed, and kept, of what a relay says. Pure functions. */
#ifndef ISOLOIR_REPLY_H
#define ISOLOIR_REPLY_H

#include "mailer/verdict.h"

/* Of text (NULL: none) one printable line; what looks like an address is blotted out. */
void reply_keep_text(struct verdict_reply *r, const char *text);

/* RFC 3463. libesmtp reads enhanced codes only when they were announced, and then numbers of any size; many relays send them all the same. The one that
 * the library read is kept if there can be such a code, else the one that the text begins with; or zeros. */
void reply_find_enhanced(struct verdict_reply *r);

/* The form of its lines, byte by byte. RFC 5321, 4.2: three digits, then a space, a hyphen or the end of the line. Begins as zeros. */
struct reply_wire {
	int column;    /* in the line that is being said */
	bool nonsense; /* a line was no reply */
};
void reply_wire_byte(struct reply_wire *w, char c);
/* All lines were replies, and none is cut off. */
bool reply_wire_is_whole(const struct reply_wire *w);

#endif
