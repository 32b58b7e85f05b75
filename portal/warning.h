/*
 * When a session ends: told on every page of an elector, told again two minutes before by a style sheet that waits, and told
 * afterwards.
 */
#ifndef ISOLOIR_WARNING_H
#define ISOLOIR_WARNING_H

#include <stdint.h>

struct request;

/* Of a session that has left_s seconds to live: after how many the banner appears. */
int64_t warning_delay_s(int64_t left_s);

/* Put the end of this elector's session on the page. */
void warning_fill(struct request *r);

/* To somebody whose session is over: why, and what became of what was typed. */
void warning_tell_over(struct request *r);

/* What follows /accueil when a page wanted a session and there is no trace of one, as after the loss of the Redis that held it. */
#define SESSION_LOST_QUERY "session"

#endif
