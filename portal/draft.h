/*
 * Drafts: what an elector had typed when the session ended waits for that elector's next log-in in the same browser, for an
 * hour. Only fields that may be kept (forms.def) are. The draft lies beside the session's record, follows it when its id
 * changes (session_rise), and is gone when somebody else logs in, when the form is sent, or at log-out.
 */
#ifndef ISOLOIR_DRAFT_H
#define ISOLOIR_DRAFT_H

#include "common/base/task.h"

struct request;

/* Keep what was posted to a form of a session that is over. Nothing to keep is fine. -1: Redis. */
WARN_UNUSED int draft_keep(struct request *r);

/* On the form that the draft belongs to: shown, it finds what was typed in r->form; posted, the draft has served. -1: Redis. */
WARN_UNUSED int draft_meet(struct request *r);

/* Where somebody who has just come in goes: to the form of their draft, or home. A path below base. */
const char *draft_way_in(const struct request *r);

#endif
