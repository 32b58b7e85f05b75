/*
 * Templates: the four-sign Mustache subset. {{x}} escaped for HTML, {{#x}}…{{/x}} (once if x is set and not empty, or once per
 * item of a list), {{^x}}…{{/x}} (if not), {{>part}}. No raw sign exists. A variable unknown to `names` or a
 * missing part is an error with file:line when the set is loaded, never when a page is sent.
 */
#ifndef ISOLOIR_TMPL_H
#define ISOLOIR_TMPL_H

#include <talloc.h>

#include "common/base/task.h"

struct tmpl_set;  /* all files of one directory, parsed; read-only once loaded, so it may be shared by fork */
struct tmpl_data; /* what one page is filled with: names to texts, lists of tmpl_data, or switches */

enum tmpl_escape { TMPL_HTML, TMPL_PLAIN }; /* by file ending: .html, .txt */

/*
 * Load dir/FILE for every file of `files`, and every part they name (dir/parts/NAME.html or .txt, same ending as the file that asks).
 * NULL: *why_r says "file:line: …" (with the nearest known name for an unknown one).
 */
struct tmpl_set *tmpl_load(TALLOC_CTX *ctx, const char *dir, const char *const *files, size_t n_files,
                           const char *const *names, size_t n_names, char **why_r);

struct tmpl_data *tmpl_data_new(TALLOC_CTX *ctx);
/* Set a text (copied); NULL or "" counts as not set. The name must be one of the names the set was loaded with. */
void tmpl_text(struct tmpl_data *d, const char *name, const char *text);
void tmpl_format(struct tmpl_data *d, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void tmpl_switch(struct tmpl_data *d, const char *name, bool on);
/* Append an item to a list; within {{#name}} the item's names come first, then those around it. */
struct tmpl_data *tmpl_item(struct tmpl_data *d, const char *name);

/* Render one of `files`. The text is on ctx; *len_r may be NULL. Never NULL: everything that can be wrong was refused at load. */
char *tmpl_render(TALLOC_CTX *ctx, const struct tmpl_set *set, const char *file, const struct tmpl_data *d,
                  size_t *len_r);

#endif
