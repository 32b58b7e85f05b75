/* The inside of a delivery: what deliver.c leads through its steps, and prepare.c fills in step compose. */
#ifndef ISOLOIR_DELIVERY_H
#define ISOLOIR_DELIVERY_H

#include "common/queue/live.h"
#include "mailer/model/answer.h"
#include "mailer/model/elector.h"
#include "mailer/model/job.h"
#include "mailer/relay.h"
#include "mailer/sender.h"

/* One session; and of the mail that is on its way just now: */
struct delivery {
	struct sender *sender;
	struct sender_relay *relay;
	int taken;
	int64_t wait_ms;
	bool heard;      /* the relay judged at least one mail */
	char again[300]; /* why the relay would have none, "" */

	struct task *task;
	struct live_job lease;
	struct job *job;
	struct elector *elector;
	struct answer *answer; /* NULL: a mail of its kind carries none */
	struct relay_mail mail;
	struct verdict_reply reply;
	struct verdict verdict;
	enum {
		MARK_NONE,
		MARK_MADE,
		MARK_FAILED,
		MARK_LOST
	} mark; /* MARK_LOST: the mail is another's by now */
	int64_t taken_ms;
};

/* What a step says: on with the next one; this mail is done with, take another; no more for now. */
enum step { STEP_ON, STEP_DONE, STEP_NONE };

/*
 * From the lease to a mail: is it still wanted, for whom, and what does it say? STEP_ON: d->mail is to be sent. STEP_DONE: it is settled without an attempt,
 * or is another's turn. STEP_NONE: Redis or MariaDB failed (d->task tells which), or the mail cannot be composed as it is (ERR_REFUSED).
 */
enum step prepare_mail(struct delivery *d);

#endif
