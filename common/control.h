/* The other end of a master's control socket: ask it one line, get its JSON. What one may say:
 * proc/orders.def. */
#ifndef ISOLOIR_CONTROL_H
#define ISOLOIR_CONTROL_H

#include "common/base/task.h"

/*
 * Send `line` to the master `word` ("portal", "mailer") whose sockets are in run_dir and wait for its answer
 * within the task's deadline. *answer_r (on t): the JSON text as it came, {"ok":true,…} or
 * {"ok":false,"error":"…"}. -1: nobody answers there (refused: it does not run, or no right; late; uncertain:
 * it hung up in mid-answer).
 */
WARN_UNUSED int control_ask(struct task *t, const char *run_dir, const char *word, const char *line,
                            char **answer_r);

#endif
