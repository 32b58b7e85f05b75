/*
 * A message that came to the bounce address. Whatever it is: it is of one kind, a report has an action and a status that mean something, what is kept of it is one
 * printable line without an address, and nobody who lacks the key makes it ours.
 */
#include "tests/fuzz/fuzz.h"

#include "common/hash.h"
#include "mailer/dsn/report.h"
#include "mailer/dsn/verp.h"

static struct keys keys;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_init();
	report_init();
	memset(&keys, 'k', sizeof(keys));
	return 0;
}

static void
check_report(const struct report *r)
{
	struct bounce_verdict v = classify(r->action, r->status);

	must(r->action != DSN_ACTION_NONE && v.class < BOUNCE__MAX);
	must(v.needed == 0 || v.class == BOUNCE_HARD);
	for (int i = 0; i < 3; i++)
		must(r->status[i] >= 0 && r->status[i] <= 999);
	must(r->status[0] == 2 || r->status[0] == 4 || r->status[0] == 5);
	must(!(r->status[1] == 2 && r->status[2] == 2) || v.class != BOUNCE_HARD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *text = talloc_memdup(ctx, data, size > 0 ? size : 1);
	const struct report *r = report_read(ctx, text, size);
	char job[VERP_JOB_SIZE];

	must(r->kind < REPORT__MAX && r->n_addresses <= REPORT_ADDRESSES_MAX);
	if (r->kind == REPORT_STATUS)
		check_report(r);
	must(strlen(r->diagnostic) < sizeof(r->diagnostic) && strchr(r->diagnostic, '@') == NULL);
	for (const char *p = r->diagnostic; *p != '\0'; p++)
		must(*p >= ' ' && *p < 0x7f);
	for (size_t i = 0; i < r->n_addresses; i++)
		must(verp_read_address(&keys, r->addresses[i], job) != VERP_GENUINE);
	must(verp_read_words(&keys, r->envid, job) != VERP_GENUINE);
	talloc_free(ctx);
	return 0;
}
