/*
 * What the commands about candidate lists share (list.c, list_file.c, candidate.c, draw.c, list_import.c): which scrutin and list are meant, whether they
 * may be changed, and how a change ends. One works on the lists of a database at a time.
 */
#ifndef ISOLOIR_CTL_LIST_H
#define ISOLOIR_CTL_LIST_H

#include "ctl/office.h"

struct lists {
	struct db *db;
	int64_t election_id;
	const char *slug;
	bool published; /* electors read them now: each change says why, and no order is drawn any more */
	/* lists_scrutin */
	int64_t scrutin_id;
	const char *scrutin;
	bool is_sigle; /* no candidates in rank */
	bool drawn;
	/* lists_find */
	int64_t list_id;
	const char *list;
	bool withdrawn, placed;
};

/* EX_OK, or the refusal's status; so all of these. */
int lists_open(struct ctl *c, struct lists *l);
int lists_scrutin(struct ctl *c, struct lists *l, const char *code);
/* Absence is a refusal. */
int lists_find(struct ctl *c, struct lists *l, const char *code);

/* lists_open, lists_scrutin and lists_find by the command's first arguments. */
int lists_open_named(struct ctl *c, struct lists *l);

/* Begin a change: nobody else is at one, and --reason stands where it must. */
int lists_begin(struct ctl *c, struct lists *l);

/* End it: its row of the audit trail and the commit; --dry-run takes all back. message: what was done. */
int lists_end(struct ctl *c, struct lists *l, const char *act, const char *detail, const char *message);

/* NULL, or why this cannot be the code, title, sigle or name of something, as a sentence that follows the value's name. */
const char *lists_code_fault(TALLOC_CTX *ctx, const char *code);
const char *lists_text_fault(TALLOC_CTX *ctx, const char *text, size_t least, size_t most);

#define LIST_TITLE_MAX 250
#define LIST_SIGLE_MAX 30
#define LIST_ORGANIZATION_MAX 250

#endif
