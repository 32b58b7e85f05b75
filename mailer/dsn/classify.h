/* What a report means: the rows of bounce.def. */
#ifndef ISOLOIR_CLASSIFY_H
#define ISOLOIR_CLASSIFY_H

enum dsn_action { DSN_ACTION_NONE, DSN_ACTION_FAILED, DSN_ACTION_DELAYED, DSN_ACTION_DONE };
enum bounce_class { BOUNCE_NONE, BOUNCE_HARD, BOUNCE_SOFT, BOUNCE_POLICY, BOUNCE_DELAYED, BOUNCE__MAX };

struct bounce_verdict {
	enum bounce_class class;
	int needed; /* hard bounces of as many mails suppress; 0: never */
	const char *sentence;
};

struct bounce_verdict classify(enum dsn_action action, const int status[3]);

/*
 * The status of a report: "5.1.1" of its Status field; where that says no more than "failed" (x.0.0), the more exact one of the Diagnostic-Code, be it an
 * enhanced code or 552 and 452, which mean a full mailbox. Without any: 5.0.0.
 */
void classify_status(const char *status, const char *diagnostic, int out[3]);

enum dsn_action classify_action(const char *word);
const char *classify_action_word(enum dsn_action a); /* "failed", "delayed", "done" */
const char *classify_class_word(enum bounce_class c);

#endif
