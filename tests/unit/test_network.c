#include "tests/unit/unit.h"

#include <string.h>

#include "common/network.h"

static const char *
text_of(const char *typed)
{
	struct network n;

	return network_read(typed, &n) ? network_text(story, &n) : NULL;
}

static bool
holds(const char *network, const char *address)
{
	struct network n, a;

	assert_true(network_read(network, &n));
	assert_true(network_read(address, &a));
	return network_holds(&n, &a);
}

static const char *
around(const char *address, int v4_bits, int v6_bits)
{
	struct network a;

	assert_true(network_read(address, &a));
	a = network_around(&a, v4_bits, v6_bits);
	return network_text(story, &a);
}

static void
addresses_and_networks_are_read_as_they_are_written(void **state)
{
	(void)state;
	assert_string_equal(text_of("192.0.2.7"), "192.0.2.7");
	assert_string_equal(text_of("10.0.0.0/8"), "10.0.0.0/8");
	assert_string_equal(text_of("0.0.0.0/0"), "0.0.0.0/0");
	assert_string_equal(text_of("192.0.2.7/32"), "192.0.2.7");
	assert_string_equal(text_of("2001:DB8:0::1"), "2001:db8::1");
	assert_string_equal(text_of("2001:db8::/32"), "2001:db8::/32");
	assert_string_equal(text_of("::/0"), "::/0");
}

static void
one_ipv4_address_written_two_ways_is_one(void **state)
{
	(void)state;
	assert_string_equal(text_of("::ffff:192.0.2.7"), "192.0.2.7");
	assert_true(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
	assert_true(holds("::ffff:192.0.2.0/120", "192.0.2.7"));
	assert_string_equal(around("::ffff:192.0.2.7", 24, 48), "192.0.2.0/24");
}

static void
what_is_no_network_is_refused(void **state)
{
	static const char *const wrong[] = {"",
	                                    "10",
	                                    "10.0.0.0/",
	                                    "10.0.0.0/33",
	                                    "10.0.0.0/-1",
	                                    "10.0.0.0/8x",
	                                    "10.0.0.1/8",
	                                    "10.0.0.0/ 8",
	                                    "2001:db8::/129",
	                                    "2001:db8::1/64",
	                                    "localhost",
	                                    "10.0.0.0/8/8",
	                                    " 10.0.0.0",
	                                    "010.0.0.1",
	                                    "10.0.0.0/+8",
	                                    "10.0.0.0/08000000000000000000000000000008"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (text_of(wrong[i]) != NULL)
			fail_msg("taken: %s", wrong[i]);
}

static void
a_network_holds_what_begins_with_its_bits(void **state)
{
	(void)state;
	assert_true(holds("10.0.0.0/8", "10.255.255.255"));
	assert_false(holds("10.0.0.0/8", "11.0.0.0"));
	assert_true(holds("10.0.0.0/9", "10.127.0.1"));
	assert_false(holds("10.0.0.0/9", "10.128.0.1"));
	assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
	assert_false(holds("2001:db8::/64", "2001:db8::/32"));
	assert_true(holds("0.0.0.0/0", "203.0.113.9"));
	assert_false(holds("0.0.0.0/0", "2001:db8::1"));
}

/* An IPv6 household has a /64 or a /56, an IPv4 one an address: what one person can change at will is one name. */
static void
an_address_counts_under_its_64_and_its_48(void **state)
{
	(void)state;
	assert_string_equal(around("192.0.2.7", 32, 64), "192.0.2.7");
	assert_string_equal(around("192.0.2.7", 24, 48), "192.0.2.0/24");
	assert_string_equal(around("2001:db8:1:2:3:4:5:6", 32, 64), "2001:db8:1:2::/64");
	assert_string_equal(around("2001:db8:1:2:3:4:5:6", 24, 48), "2001:db8:1::/48");
	assert_string_equal(around("2001:db8:1:2:ffff::", 32, 64), "2001:db8:1:2::/64");
}

static void
a_list_is_wholly_good_or_names_its_wrong_word(void **state)
{
	struct network a;
	struct network_list *l;
	char *bad = NULL;

	(void)state;
	l = network_read_list(story, " 10.0.0.0/8, 193.49.0.0/16\t2001:db8::/32 ", &bad);
	assert_non_null(l);
	assert_int_equal(l->n, 3);
	assert_true(network_read("193.49.3.4", &a) && network_list_holds(l, &a));
	assert_true(network_read("2001:db8::9", &a) && network_list_holds(l, &a));
	assert_false(network_read("194.0.0.1", &a) && network_list_holds(l, &a));
	assert_null(network_read_list(story, "10.0.0.0/8 10.0.0.0/99", &bad));
	assert_string_equal(bad, "10.0.0.0/99");
	assert_int_equal(network_read_list(story, "", &bad)->n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_and_networks_are_read_as_they_are_written),
	    cmocka_unit_test(one_ipv4_address_written_two_ways_is_one),
	    cmocka_unit_test(what_is_no_network_is_refused),
	    cmocka_unit_test(a_network_holds_what_begins_with_its_bits),
	    cmocka_unit_test(an_address_counts_under_its_64_and_its_48),
	    cmocka_unit_test(a_list_is_wholly_good_or_names_its_wrong_word),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
