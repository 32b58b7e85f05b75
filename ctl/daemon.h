/* The two daemons as isoloirctl sees them: names and their control sockets. */
#ifndef ISOLOIR_CTL_DAEMON_H
#define ISOLOIR_CTL_DAEMON_H

#include "ctl/ctl.h"

#define DAEMONS 2
extern const char *const daemon_words[DAEMONS]; /* "portal", "mailer" */

/* The word itself when it names a daemon; NULL after ctl_fail. */
const char *daemon_find(struct ctl *c, const char *word);

/* Say a line to a master. Its answer, or NULL with *why_r when it does not run or refuses; *refused_r: it runs. */
struct js *daemon_ask(struct ctl *c, const char *word, const char *line, const char **why_r, bool *refused_r);

/* The same for a command that is one order: its members become the answer. */
int daemon_order(struct ctl *c, const char *word, const char *line);

#endif
