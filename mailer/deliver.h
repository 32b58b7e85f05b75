/* One mail, top to bottom: lease → compose → mark → talk → verdict → settle. */
#ifndef ISOLOIR_DELIVER_H
#define ISOLOIR_DELIVER_H

#include "mailer/sender.h"

/*
 * One session with a relay, and as many mails in it as are due. Returns how many were taken up; 0: none is
 * due. *wait_ms_r: until one may be, -1 unknown. Whatever is away stands in s->…_away and r->away afterwards.
 */
int deliver_session(struct sender *s, struct sender_relay *r, int64_t *wait_ms_r);

#endif
