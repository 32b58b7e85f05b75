/*
 * DKIM signatures (RFC 6376, RFC 8301), when they are ours to make and not the relay's: of the bytes that go over the wire before libesmtp
 * doubles the dots, which the other side undoes. dkim.h, and the OpenSSL of its keys, are seen by sign.c only.
 */
#ifndef ISOLOIR_SIGN_H
#define ISOLOIR_SIGN_H

#include "common/base/task.h"
#include "common/conf.h"

struct signer;

/* As mailer.dkim_… say; signs nothing when there is no key. The key is read once and wiped with ctx. NULL: *why_r names setting or file. */
struct signer *signer_new(TALLOC_CTX *ctx, const struct conf *c, char **why_r);

bool signer_signs(const struct signer *s);

/* What stands in the DNS for it: the name, and the text with the public key. Of one that signs. */
const char *signer_name(const struct signer *s);
const char *signer_record(const struct signer *s);

/* Put the signature before the mail: *mail and *len become those of another one on t. -1: the mail is left as it was, and must not leave so. */
WARN_UNUSED int signer_sign(struct task *t, const struct signer *s, const char *id, char **mail, size_t *len);

#endif
