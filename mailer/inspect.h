/* Is a composed mail one that may leave? Looked at as the other side will: from its bytes. */
#ifndef ISOLOIR_INSPECT_H
#define ISOLOIR_INSPECT_H

#include "mailer/compose.h"

struct inspection {
	const char *word, *sentence;
};
extern const struct inspection inspections[];
extern const size_t n_inspections;

struct inspect_fault {
	const char *check; /* the word of its row */
	const char *where; /* head, subject, text, html */
	const char *what;  /* with the words around it */
};

struct inspect_report {
	struct inspect_fault *faults;
	size_t n;
};

/* The report on ctx. unsubscribes: its kind may carry List-Unsubscribe. */
struct inspect_report *inspect_mail(TALLOC_CTX *ctx, const struct conf *c, bool unsubscribes, const char *mail, size_t len);

#endif
