/* Verdicts: from the relay's reply to what becomes of the mail (verdict.def). Pure functions. */
#ifndef ISOLOIR_VERDICT_H
#define ISOLOIR_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* How far the dialogue came. */
#define VERDICT_STAGES(X) \
	X(CONNECT, "connect") X(HELLO, "hello") X(MAIL, "mail") X(RCPT, "rcpt") X(DATA, "data") X(DOT, "dot")
enum verdict_stage {
#define X(name, word) STAGE_##name,
	VERDICT_STAGES(X)
#undef X
	STAGE__MAX
};

#define VERDICT_OUTCOMES(X) \
	X(SENT, "sent") X(AGAIN, "again") X(DEFER, "ready") X(DEAD, "dead") X(UNCERTAIN, "uncertain")
enum verdict_outcome {
#define X(name, word) OUTCOME_##name,
	VERDICT_OUTCOMES(X)
#undef X
	OUTCOME__MAX
};

/* X(name, least, first, most, asked): in multiples of the setting mailer.backoff; each deferral doubles the first until most. A wait is drawn evenly from least
 * to there: who is greylisted would lose by coming too soon, and a full mailbox is not emptied within minutes. asked: from when on one whose person asks
 * again since then is tried at once; 0: never, since no person has a hand in what it waits for. */
#define VERDICT_BACKOFFS(X) \
	X(NONE, 0, 0, 0, 0) X(RELAY, 0, 1, 10, 0) X(CUT, 0, 1, 60, 0) X(BUSY, 0, 2, 120, 0) X(GREY, 10, 12, 60, 10) X(FULL, 60, 120, 480, 1) \
	X(POLICY, 0, 20, 240, 0)
enum verdict_backoff {
#define X(name, least, first, most, asked) BACKOFF_##name,
	VERDICT_BACKOFFS(X)
#undef X
	BACKOFF__MAX
};

/* In the same unit, five minutes: no oftener is a mail tried because its person asks again, or each impatient click would be an attempt. */
#define VERDICT_ASKED_PAUSE 10

/* Of whom a reply speaks. */
enum verdict_whom { WHOM_PERSON, WHOM_DOMAIN, WHOM_RELAY };

/* The relay's last reply to one mail, as relay.c judged it. */
struct verdict_reply {
	enum verdict_stage stage;
	int code;        /* 0: none came */
	int enhanced[3]; /* RFC 3463; zeros: none */
	bool complete;   /* the recipient was accepted as well */
	char text[256];  /* one line, printable */
};

struct verdict {
	enum verdict_outcome outcome;
	enum verdict_backoff backoff;
	enum verdict_whom whom;
	const char *sentence;
};

struct verdict verdict_of(const struct verdict_reply *r);

/* Full jitter: anything from the least to the bound, evenly; chance is a random number. attempts: those made, this
 * one included. */
int64_t verdict_backoff_ms(enum verdict_backoff b, int64_t unit_ms, int64_t attempts, uint64_t chance);

/* How long after such a deferral a repeat may have the mail tried at once; 0: never. */
int64_t verdict_asked_ms(enum verdict_backoff b, int64_t unit_ms);

const char *verdict_stage_word(enum verdict_stage s);
const char *verdict_outcome_word(enum verdict_outcome o);

#endif
