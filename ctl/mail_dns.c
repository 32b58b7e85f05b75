/*
 * isoloirctl mail dns: what to publish so that receivers believe our mails. It says what follows from the settings, and of the rest that, and whom to ask:
 * nothing is guessed, and nothing is looked up but the relay's own name.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "mailer/domain.h"
#include "mailer/sign.h"

#define TXT_STRING_MAX 255 /* RFC 1035, 3.3.14; a longer text is several, read as one */

/* ---- what every record has ---- */

/* As a zone file writes it. */
static char *
zone_line(TALLOC_CTX *ctx, const char *name, const char *text)
{
	char *line = talloc_asprintf(ctx, "%s. IN TXT", name);
	size_t len = strlen(text);
	bool several = len > TXT_STRING_MAX;

	if (several)
		line = talloc_asprintf_append(line, " (");
	for (size_t at = 0; at < len; at += TXT_STRING_MAX)
		line = talloc_asprintf_append(line, " \"%.*s\"", TXT_STRING_MAX, text + at);
	return several ? talloc_asprintf_append(line, " )") : line;
}

/* text NULL: what stands there cannot be known here, and note says why. */
static void
push(struct ctl *c, struct js *list, const char *record, const char *name, const char *text, const char *note)
{
	struct js *row = js_object(c);

	js_set_text(row, "record", record);
	js_set_text(row, "name", name);
	js_set_text(row, "type", strcmp(record, "MX") == 0 ? "MX" : "TXT");
	js_set_text(row, "value", text);
	js_set_text(row, "zone", text != NULL ? zone_line(c, name, text) : NULL);
	js_set_text(row, "note", note);
	js_push(list, row);
}

/* Where what cannot be delivered comes back to, whose domain receivers ask first. */
static const char *
envelope_sender(const struct conf *c)
{
	return c->mail_bounce[0] != '\0' ? c->mail_bounce : c->mail_from;
}

/* ---- SPF ---- */

/* Only an address of the Internet says anything to a receiver. */
static bool
is_public_v4(const struct in_addr *in)
{
	static const struct {
		uint32_t net, mask;
	} others[] = {
	    {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000}, {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000},
	    {0xac100000, 0xfff00000}, {0xc0000200, 0xffffff00}, {0xc0a80000, 0xffff0000}, {0xc6336400, 0xffffff00}, {0xcb007100, 0xffffff00},
	    {0xe0000000, 0xe0000000},
	};
	uint32_t at = ntohl(in->s_addr);

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if ((at & others[i].mask) == others[i].net)
			return false;
	return true;
}

/* 2000::/3 without the documentation's 2001:db8::/32. */
static bool
is_public_v6(const struct in6_addr *in)
{
	static const unsigned char documentation[] = {0x20, 0x01, 0x0d, 0xb8};

	return (in->s6_addr[0] & 0xe0) == 0x20 && memcmp(in->s6_addr, documentation, sizeof(documentation)) != 0;
}

/* " ip4:… ip6:…" of the addresses that a name has; "" when none is public. */
static char *
spf_addresses(TALLOC_CTX *ctx, const char *host)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	char *found = talloc_strdup(ctx, ""), text[INET6_ADDRSTRLEN];

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return found;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr;
		const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;

		if (a->ai_family == AF_INET && is_public_v4(v4))
			found = talloc_asprintf_append(found, " ip4:%s", inet_ntop(AF_INET, v4, text, sizeof(text)));
		if (a->ai_family == AF_INET6 && is_public_v6(v6))
			found = talloc_asprintf_append(found, " ip6:%s", inet_ntop(AF_INET6, v6, text, sizeof(text)));
	}
	freeaddrinfo(list);
	return found;
}

static void
push_spf(struct ctl *c, struct js *list)
{
	const char *domain = domain_of(envelope_sender(c->conf)), *host = c->conf->smtp_host, *addresses;

	if (c->option[OPTION_INCLUDE] != NULL) {
		push(c, list, "SPF", domain, talloc_asprintf(c, "v=spf1 include:%s ~all", c->option[OPTION_INCLUDE]),
		     "If the domain has such a record already, add the include: to it; two of them are none.");
		return;
	}
	addresses = spf_addresses(c, host);
	if (addresses[0] != '\0')
		push(c, list, "SPF", domain, talloc_asprintf(c, "v=spf1%s ~all", addresses),
		     talloc_asprintf(c, "These are the addresses at which %s takes mails; from which it sends them on, only its operator knows: ask. If the domain has such a record already, add to it; two of them are none.", host));
	else
		push(c, list, "SPF", domain, NULL,
		     talloc_asprintf(c, "Not known: mailer.host (%s) has no public address from here. Ask the relay's operator from which addresses it sends, or what to include (--include).", host));
}

/* ---- the others ---- */

static int
push_dkim(struct ctl *c, struct js *list)
{
	char *why = NULL;
	const struct signer *s = signer_new(c, c->conf, &why);

	if (s == NULL)
		return ctl_fail(c, EX_CONFIG, "%s", why);
	if (signer_signs(s))
		push(c, list, "DKIM", signer_name(s), signer_record(s), "The public part of mailer.dkim_key. Publish it before the mailer signs with it.");
	else
		push(c, list, "DKIM", talloc_asprintf(c, "SELECTOR._domainkey.%s", domain_of(c->conf->mail_from)), NULL,
		     "Not known: mailer.dkim_key is empty, so the relay signs. Its operator gives selector and key, or a name to point to.");
	return EX_OK;
}

static void
push_dmarc(struct ctl *c, struct js *list)
{
	push(c, list, "DMARC", talloc_asprintf(c, "_dmarc.%s", domain_of(c->conf->mail_from)), "v=DMARC1; p=none",
	     "To begin with; add rua=mailto:ADDRESS of whoever reads the reports. When they show that all our mails pass, p=reject: nobody else then writes in the name of the election.");
}

static void
push_mx(struct ctl *c, struct js *list)
{
	const char *back = envelope_sender(c->conf);

	push(c, list, "MX", domain_of(back), NULL,
	     talloc_asprintf(c, "Not known: what cannot be delivered comes back to %s, and which host takes mails for that domain stands in no setting. Without one, receivers distrust the domain; one that takes them hands them to isoloir-dsn(8).", back));
}

/* One under the other: lines of a zone do not fit a table. */
static void
print_records(const struct js *list)
{
	for (size_t i = 0; i < js_size(list); i++) {
		const struct js *row = js_at(list, i);

		printf("; %s. %s\n%s%s\n\n", js_text(row, "record", ""), js_text(row, "note", ""), js_text(row, "zone", "; "),
		       js_text(row, "value", NULL) == NULL ? js_text(row, "name", "") : "");
	}
}

int
ctl_mail_dns(struct ctl *c)
{
	struct js *list = js_array(c);
	int rc;

	push_spf(c, list);
	if ((rc = push_dkim(c, list)) != EX_OK)
		return rc;
	push_dmarc(c, list);
	push_mx(c, list);
	if (ctl_has(c, OPTION_JSON))
		js_set(c->out, "records", list);
	else
		print_records(list);
	return EX_OK;
}
