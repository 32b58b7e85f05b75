/*
 * The crew: the master's workers, forked, asked to stop, killed when they hang, buried and replaced. When how many, policy.c says. What is written here
 * stands on the board (board.h) and in struct master, which owns both.
 */
#ifndef ISOLOIR_CREW_H
#define ISOLOIR_CREW_H

#include "common/proc/master.h"

/* Bring what is to what is wanted; to be called at each turn of the loop. Returns what is still missing or too many. */
struct policy_plan crew_settle(struct master *m);

/* Is any worker left? Is any about to go? How many stay? */
bool crew_is_there(const struct master *m);
bool crew_is_restless(const struct master *m);
int crew_size(const struct master *m);

/* At once, whatever they do. */
void crew_kill(struct master *m);

#endif
