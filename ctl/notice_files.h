/*
 * The print files of a batch, in a directory that nobody else may enter: NAME.csv for the printer, which only grows, and NAME-00001.pdf … with the sheets
 * of one chunk each. What is not committed in the database is cut off or written anew by the next run.
 */
#ifndef ISOLOIR_CTL_NOTICE_FILES_H
#define ISOLOIR_CTL_NOTICE_FILES_H

#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/leaflet.h"

/* One elector of a chunk, and the code that is printed. */
struct notice {
	int64_t place;
	const char *academy, *posting, *civility, *given_name, *family_name;
	char code[CODE_TEXT_SIZE];
};

struct notice_files {
	struct ctl *ctl;
	const char *dir, *name;
	int dir_fd, csv_fd;
	struct leaflet_frame frame;
};

/* The directory, made when it is missing; refused when others may enter it. EX_OK, or the refusal's status. */
int notice_files_enter(struct ctl *c, const char *dir, const char *name, struct notice_files **f_r);

/* The printer's file: new for bytes 0, otherwise cut back to that length. EX_OK, or the refusal's status. */
int notice_files_open(struct notice_files *f, int64_t bytes);

/* The code in the last line before that length, "" when there is none to be read: whose file is it? */
const char *notice_files_last_code(struct notice_files *f, TALLOC_CTX *ctx, int64_t bytes);

/* Write a chunk: its PDF, then its lines; both are on the disk when this returns. *bytes goes to the new length. -1: the task's error tells. */
WARN_UNUSED int notice_files_write(struct notice_files *f, struct task *t, int64_t chunk, const struct notice *list, size_t n, int64_t *bytes);

/* A new file for its owner alone; one that is there is never written over. NULL: *why_r. */
FILE *notice_file_create(TALLOC_CTX *ctx, const char *path, char **why_r);

/* A field as common/csv.h reads it. */
char *notice_csv_field(TALLOC_CTX *ctx, const char *text);

#endif
