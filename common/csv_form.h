/*
 * How a CSV file is written, which no file says: found by reading it once. UTF-8 where that fits at least as often as not (rows that are
 * not UTF-8 are then wrong by themselves), Windows-1252 otherwise; `;` or `,`, whichever the first line has more of.
 */
#ifndef ISOLOIR_CSV_FORM_H
#define ISOLOIR_CSV_FORM_H

#include <stdbool.h>

#include "common/csv.h"

/* False for what is no text at all (UTF-16, a spreadsheet's own format, NUL bytes, nothing): *why_r is a sentence that starts with "path: ". */
bool csv_form_detect(TALLOC_CTX *ctx, const char *path, struct csv_form *form_r, char **why_r);

const char *csv_encoding_name(enum csv_encoding encoding);

#endif
