/* The files of a list: its logo, and its profession de foi as text and as PDF. Each is checked by its content, whatever it is called. */
#ifndef ISOLOIR_CTL_LIST_FILE_H
#define ISOLOIR_CTL_LIST_FILE_H

#include "ctl/list.h"

enum list_file { LIST_LOGO, LIST_TEXT, LIST_PDF, LIST_FILE__MAX };

/* The word of candidate_file.kind. */
extern const char *const list_file_words[LIST_FILE__MAX];

struct list_bytes {
	const unsigned char *bytes; /* as they are stored */
	size_t len;
	char hash[65];
};

/* Read and check, on ctx. False: *why_r says "path: …". */
bool list_file_read(TALLOC_CTX *ctx, enum list_file kind, const char *path, struct list_bytes *out_r, const char **why_r);

/* Is it a PDF, whatever it holds? Then it is checked as one. */
bool list_file_is_pdf(const char *path);

/* Put it in the place of the one before; *changed_r false: it was this one already. EX_OK, or the refusal's status. Within a transaction. */
int list_file_store(struct ctl *c, struct db *d, int64_t list_id, enum list_file kind, const struct list_bytes *b, bool *changed_r);

#endif
