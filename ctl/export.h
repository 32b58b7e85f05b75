/* A CSV file that a command writes, whole or not at all, with its row of the audit trail. */
#ifndef ISOLOIR_CTL_EXPORT_H
#define ISOLOIR_CTL_EXPORT_H

#include <stdio.h>

#include "ctl/office.h"

/* Filled in by the command: c, db, election_id, about (for the audit trail), arg; the rest is export.c's. The file is the command's last argument. */
struct export {
	struct ctl *c;
	struct db *db;
	int64_t election_id; /* 0: of all */
	const void *arg;
	const char *path, *about;
	FILE *f;
	int sql;        /* of a page of a roll */
	size_t columns; /* of a row, the first ones */
	int64_t rows;
};

/* fill: writes all rows; -1 with the task's error. All of them see one snapshot. EX_OK, or the refusal's status. */
int export_run(struct export *x, const char *header, int (*fill)(struct export *x), const char *act);

/* Run a statement and write its rows, on a task of its own, which the caller frees; the cursor for the next page is in its last row. */
WARN_UNUSED int export_page(struct export *x, int sql, const struct db_param *params, size_t n, struct task **t_r, struct db_rows **rows_r);

#endif
