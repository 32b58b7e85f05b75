/*
 * The log: one line an event, "time level program[pid] event key=value …", to standard error (systemd's journal
 * reads it there) or to a file that is reopened on log_reopen(). Never an address, a token or a secret at
 * the default level: write who it was as audit_pseudonym().
 */
#ifndef ISOLOIR_LOG_H
#define ISOLOIR_LOG_H

#include "common/base/task.h"

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG, LEVEL__MAX };

/* path NULL or "": standard error. Returns 0, or -1 with errno when the file cannot be opened. */
int log_open(const char *program, const char *path, enum log_level level);
int log_reopen(void);
/* The file behind the log, for dup2() of a worker's standard error; 2 for standard error itself. */
int log_fd(void);

/* event is a short word or two ("worker died"); fmt gives "key=value key=value". Texts from outside go through log_quote(). */
void log_error(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warning(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_debug(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The failure of a task, with its id, step, kind and sentence, as a warning. */
void log_task_error(const char *event, const struct task *t);

/* "in double quotes", control characters and quotes escaped, so that nobody can forge a line. */
char *log_quote(TALLOC_CTX *ctx, const char *text);

#endif
