/* What happened, in the order of time, and what a word on the command line may mean; pure, for trace.c. */
#ifndef ISOLOIR_CTL_STORY_H
#define ISOLOIR_CTL_STORY_H

#include "common/json.h"

enum story_subject { STORY_NONE, STORY_PERSON, STORY_JOB, STORY_REFERENCE, STORY_REQUEST, STORY__MAX };

/*
 * A job's id (32 hexadecimal digits), a Message-ID (its id before the @), a request id (16), a reference (K7M-2QX4, as people type it), or a person's
 * identifier. *value_r on ctx: as it stands in the tables. STORY_NONE: nothing of these.
 */
enum story_subject story_subject(TALLOC_CTX *ctx, const char *word, char **value_r);

struct story_event {
	int64_t at_ms; /* since 1970 */
	const char *mail, *what, *request, *detail;
	int64_t ms; /* that it took; -1: no matter */
};

struct story {
	struct story_event *events;
	size_t n;
};

/* The event's texts are copied. */
void story_add(struct story *s, TALLOC_CTX *ctx, const struct story_event *e);

/* By time; what happened at the same moment stays as it was added. */
void story_sort(struct story *s);

/* The first events up to a time; the others are forgotten. */
void story_cut(struct story *s, int64_t until_ms);

/* "0.412 s", "3 min 02 s", "2 h 05 min", "3 d 04 h". */
char *story_delay(TALLOC_CTX *ctx, int64_t ms);

/* With milliseconds, as the office's clocks show it. */
char *story_time(TALLOC_CTX *ctx, int64_t at_ms);

/* A row an event: at, after (since the one before), mail, what, took, request, detail. */
struct js *story_json(TALLOC_CTX *ctx, const struct story *s);

#endif
