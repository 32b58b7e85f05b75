/* Rewriting one line of the settings file in place, for `workers set N save`. Comments and the rest stay. */
#ifndef ISOLOIR_SAVE_H
#define ISOLOIR_SAVE_H

#include "common/base/task.h"

/* text with `name = value` in [section]: its line changed (the remark after it stays), or added at the
 * section's end. */
char *save_line(TALLOC_CTX *ctx, const char *text, const char *section, const char *name, const char *value);

/* The same with the file at path, which is replaced in one move and keeps its mode and owner. -1 with a
 * sentence. */
int save_setting(TALLOC_CTX *ctx, const char *path, const char *section, const char *name, const char *value,
                 char **why_r);

#endif
