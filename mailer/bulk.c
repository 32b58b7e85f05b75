/*
 * A campaign's mails: no absence notice should come back for each of a million, and the providers' feedback should tell of which campaign it is, never
 * of which person. An election's mails are owed by law, so nothing unsubscribes by a machine (no List-Unsubscribe-Post): whoever writes to the address
 * reaches somebody, who explains.
 */
#include "mailer/bulk.h"

const struct bulk_header *
bulk_headers_of_campaign(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f)
{
	struct bulk_header *all = talloc_zero_array(ctx, struct bulk_header, 5);
	size_t n = 0;

	all[n++] = (struct bulk_header){"Precedence", "bulk"};
	all[n++] = (struct bulk_header){"X-Auto-Response-Suppress", "OOF, AutoReply"};
	all[n++] = (struct bulk_header){"Feedback-ID", talloc_asprintf(all, "%s:%s:campaign:isoloir", queue_mail_word(f->mail), f->slug)};
	if (c->mail_unsubscribe[0] != '\0')
		all[n++] = (struct bulk_header){"List-Unsubscribe", talloc_asprintf(all, "<mailto:%s>", c->mail_unsubscribe)};
	return all;
}

const struct bulk_header *
bulk_headers(TALLOC_CTX *ctx, const struct conf *c, const struct compose_facts *f)
{
	static const struct bulk_header none = {NULL, NULL};

	return queue_mail_class(f->mail) == QUEUE_CAMPAIGN ? bulk_headers_of_campaign(ctx, c, f) : &none;
}
