/* The voting code of the elector who is in: whether one was handed out, and another one in its place. The code itself is nowhere but in the reply. */
#ifndef ISOLOIR_MODEL_CODE_H
#define ISOLOIR_MODEL_CODE_H

#include "common/code.h"
#include "portal/model/link.h"

struct code_state {
	bool had;               /* one was handed out, by whatever way; it may be void by now */
	bool live;              /* one is in force */
	int64_t reissued_at_s;  /* the last one online; 0: none */
};

/* -1: MariaDB. */
WARN_UNUSED int code_state(struct request *r, struct code_state *state_r);

/*
 * Use the link up and hand out a new code, once and for all: one transaction with its audit row, and the old code is void. Of any number at once exactly
 * one gets *won_r and text. -1: MariaDB; then no code is lost, since nobody has seen it.
 */
WARN_UNUSED int code_reissue(struct request *r, const struct link *link, char text[CODE_TEXT_SIZE], bool *won_r);

#endif
