/* One message that came to the bounce address: is it a delivery status report (RFC 3464), and what does it say? GMime is seen by report.c alone. */
#ifndef ISOLOIR_REPORT_H
#define ISOLOIR_REPORT_H

#include "common/base/task.h"
#include "mailer/dsn/classify.h"

#define REPORT_SIZE_MAX (1024 * 1024) /* bytes of a message that is looked at; our mails are some kilobytes */
#define REPORT_ADDRESSES_MAX 16

enum report_kind {
	REPORT_STATUS,     /* a report about one mail */
	REPORT_AUTO_REPLY, /* of a person who is away */
	REPORT_TRUNCATED,  /* a report that ends too early, or lacks what it must have */
	REPORT_OVERSIZE,
	REPORT_GARBAGE, /* anything else */
	REPORT__MAX
};

struct report {
	enum report_kind kind;
	enum dsn_action action;
	int status[3];
	char diagnostic[301]; /* printable ASCII, what looks like an address blotted out */
	/* Where our signed address may stand, the surest first; then the ENVID; then the Message-ID of the mail. "" if there is none. */
	const char *addresses[REPORT_ADDRESSES_MAX];
	size_t n_addresses;
	const char *envid, *message_id;
};

void report_init(void);

/* Never NULL; on ctx. Bytes as they came: any, with CRLF or LF. */
struct report *report_read(TALLOC_CTX *ctx, const char *bytes, size_t len);

const char *report_kind_word(enum report_kind k);

#endif
