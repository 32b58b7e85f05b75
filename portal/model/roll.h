/*
 * The roll of a scrutin as its electors read it: name, forename and posting, in the order of names, a page at a time. A page is one range of a key for each
 * reading of what was typed (common/name.h), mostly one; nothing is counted, nothing is skipped over.
 */
#ifndef ISOLOIR_ROLL_H
#define ISOLOIR_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/task.h"
#include "common/name.h"

struct request;

#define ROLL_PAGE 50     /* rows */
#define ROLL_POSTINGS 20 /* that are offered to choose from */

struct roll_search {
	int64_t scrutin_id; /* from scrutin_find: it is theirs */
	char *begins[NAME_READINGS_MAX];
	size_t n_begins;
	int64_t posting_id; /* 0: all of them */
};

/* A place between two rows: after, or before, that of this key. */
struct roll_place {
	const char *key;
	int64_t elector_id;
};

struct roll_row {
	const char *family, *given, *posting;
	struct roll_place place;
};

struct roll_page {
	size_t n;
	struct roll_row rows[ROLL_PAGE];
	bool is_first, is_last;
};

/* The page after a place; from NULL: the first one. -1: MariaDB. */
WARN_UNUSED int roll_read(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_page *page_r);

/* The page before a place; what is before it and less than a page is the first page, whole. */
WARN_UNUSED int roll_read_before(struct request *r, const struct roll_search *s, const struct roll_place *from, struct roll_page *page_r);

struct posting {
	int64_t id;
	const char *name, *academy;
};

struct roll_postings {
	struct posting *list; /* in their order */
	size_t n;             /* at most ROLL_POSTINGS */
	bool more;            /* there may be more that begin so */
};

/* The postings of a scrutin whose names begin as typed. -1: MariaDB. */
WARN_UNUSED int roll_postings(struct request *r, int64_t scrutin_id, const char *typed, struct roll_postings *found_r);

/* That with this id, if somebody of the scrutin has it; *posting_r NULL: not so. -1: MariaDB. */
WARN_UNUSED int roll_posting_find(struct request *r, int64_t scrutin_id, int64_t id, struct posting **posting_r);

#endif
