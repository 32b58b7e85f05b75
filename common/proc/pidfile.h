/* run_dir/WORD.pid: who the master is, and a lock that dies with it, so that there is never a second one. */
#ifndef ISOLOIR_PIDFILE_H
#define ISOLOIR_PIDFILE_H

#include "common/base/task.h"

/* Write our pid to path and lock it. The file's descriptor, to be kept open; -1 with a sentence. Children do
 * not inherit the lock. */
int pidfile_open(TALLOC_CTX *ctx, const char *path, char **why_r);
void pidfile_close(int fd, const char *path);

#endif
