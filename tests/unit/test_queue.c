/* The parts of the queue that need neither MySQL nor Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/audit.h"
#include "common/hash.h"
#include "common/queue/live.h"
#include "common/queue/name.h"

#define NOON INT64_C(1795521600) /* some day of 2026, 12:00 UTC */

static struct keys keys;

static void
the_reference_is_the_same_all_day_and_another_one_tomorrow(void **state)
{
	char noon[QUEUE_REFERENCE_SIZE], evening[QUEUE_REFERENCE_SIZE], tomorrow[QUEUE_REFERENCE_SIZE],
	    other[QUEUE_REFERENCE_SIZE];

	(void)state;
	queue_reference(&keys, "elise@ac-nantes.fr", NOON, noon);
	queue_reference(&keys, "elise@ac-nantes.fr", NOON + 8 * 3600, evening);
	queue_reference(&keys, "elise@ac-nantes.fr", NOON + 86400, tomorrow);
	queue_reference(&keys, "marc@ac-nantes.fr", NOON, other);
	assert_string_equal(noon, evening);
	assert_string_not_equal(noon, tomorrow);
	assert_string_not_equal(noon, other);
}

static void
the_reference_has_no_look_alikes(void **state)
{
	char who[40], ref[QUEUE_REFERENCE_SIZE];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(who, sizeof(who), "elise%d@ac-nantes.fr", i);
		queue_reference(&keys, who, NOON, ref);
		assert_int_equal(strlen(ref), 8);
		assert_int_equal(ref[3], '-');
		assert_null(strpbrk(ref, "0O1IL"));
		assert_int_equal(strspn(ref, "23456789ABCDEFGHJKMNPQRSTUVWXYZ-"), 8);
	}
}

static void
the_cooldown_key_tells_nothing_and_differs_by_mail_election_and_person(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *a = queue_cool(ctx, &keys, QUEUE_MAIL_ACTIVATION, 1, "elise@ac-nantes.fr");

	(void)state;
	assert_null(strstr(a, "elise"));
	assert_string_equal(a, queue_cool(ctx, &keys, QUEUE_MAIL_ACTIVATION, 1, "elise@ac-nantes.fr"));
	assert_string_not_equal(a, queue_cool(ctx, &keys, QUEUE_MAIL_ACTIVATED, 1, "elise@ac-nantes.fr"));
	assert_string_not_equal(a, queue_cool(ctx, &keys, QUEUE_MAIL_ACTIVATION, 2, "elise@ac-nantes.fr"));
	assert_string_not_equal(a, queue_cool(ctx, &keys, QUEUE_MAIL_ACTIVATION, 1, "marc@ac-nantes.fr"));
	talloc_free(ctx);
}

static void
no_class_starves(void **state)
{
	int first[QUEUE_CLASS__MAX] = {0};

	(void)state;
	for (uint64_t n = 0; n < 1000; n++)
		first[live_turn(n)[0] - '0']++;
	assert_int_equal(first[QUEUE_INTERACTIVE], 700);
	assert_int_equal(first[QUEUE_NOTICE], 200);
	assert_int_equal(first[QUEUE_CAMPAIGN], 100);
}

static void
every_kind_of_mail_is_found_by_its_word(void **state)
{
	enum queue_mail mail;

	(void)state;
	for (int i = 0; i < QUEUE_MAIL__MAX; i++) {
		assert_true(queue_mail_find(queue_mail_word((enum queue_mail)i), &mail));
		assert_int_equal(mail, i);
	}
	assert_false(queue_mail_find("nonsense", &mail));
}

static void
a_dead_owner_is_known_by_pid_and_start(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *me = live_owner(ctx);
	char owner[300], host[128], boot[64];
	unsigned long long start;
	long pid;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	assert_false(live_owner_is_dead(me));
	assert_int_equal(sscanf(me, "%127s %63s %ld %llu", host, boot, &pid, &start), 4);
	assert_true(start > 0);
	snprintf(owner, sizeof(owner), "%s %s %ld %llu", host, boot, pid, start + 1);
	assert_true(live_owner_is_dead(owner)); /* its number was given to another process */
	snprintf(owner, sizeof(owner), "%s %s %ld %llu", host, boot, (long)child, start);
	assert_true(live_owner_is_dead(owner));
	snprintf(owner, sizeof(owner), "%s another-boot %ld %llu", host, pid, start);
	assert_true(live_owner_is_dead(owner));
	snprintf(owner, sizeof(owner), "elsewhere %s %ld %llu", boot, pid, start);
	assert_false(live_owner_is_dead(owner)); /* another host's dead are its own affair */
	assert_false(live_owner_is_dead("nonsense"));
	talloc_free(ctx);
}

static void
a_link_of_the_audit_chain_depends_on_all_before_it(void **state)
{
	const char *row[AUDIT_TEXTS] = {"1",         "2026-11-24 00:00:00.000", "1", "mailer",
	                                "mail sent", "0123456789abcdef",        "",  ""};
	const char *shifted[AUDIT_TEXTS] = {"1",          "2026-11-24 00:00:00.000", "1", "maile",
	                                    "rmail sent", "0123456789abcdef",        "",  ""};
	unsigned char zero[32] = {0}, one[32] = {1}, a[32], b[32], c[32];

	(void)state;
	audit_link(zero, row, a);
	audit_link(one, row, b);
	audit_link(zero, shifted, c);
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a, c, 32);
	audit_link(zero, row, b);
	assert_memory_equal(a, b, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_reference_is_the_same_all_day_and_another_one_tomorrow),
	    cmocka_unit_test(the_reference_has_no_look_alikes),
	    cmocka_unit_test(the_cooldown_key_tells_nothing_and_differs_by_mail_election_and_person),
	    cmocka_unit_test(no_class_starves),
	    cmocka_unit_test(every_kind_of_mail_is_found_by_its_word),
	    cmocka_unit_test(a_dead_owner_is_known_by_pid_and_start),
	    cmocka_unit_test(a_link_of_the_audit_chain_depends_on_all_before_it),
	};

	hash_init();
	memset(keys.key, 0x5a, sizeof(keys.key));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
