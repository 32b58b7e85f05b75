#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"

static char path[] = "/tmp/isoloir-test-conf-XXXXXX";

static struct conf *
load_text(const char *text, char **why_r)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	*why_r = NULL;
	return conf_load(story, path, why_r);
}

static void
refuses(const char *text, const char *why_ends)
{
	char expected[512], *why;

	assert_null(load_text(text, &why));
	snprintf(expected, sizeof(expected), "%s%s", path, why_ends);
	assert_string_equal(why, expected);
}

static void
every_default_fits_its_row(void **state)
{
	char *why;
	struct conf *c = conf_load(story, NULL, &why);

	(void)state;
	assert_int_equal(c->portal_workers, 8);
	assert_int_equal(c->hash_memory, 19 << 20);
	assert_int_equal(c->session_idle, 20 * 60 * 1000);
	assert_int_equal(c->smtp_tls, CONF_TLS_REQUIRED);
}

static void
values_are_read_with_their_units(void **state)
{
	char *why;
	struct conf *c = load_text("[portal]\n# how many\nworkers = 12\ndeadline = 2min\n[password]\nmemory = 64MiB\n"
	                           "[mailer]\nstarttls = off\nfrom_name = Élections 2026\n",
	                           &why);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->portal_workers, 12);
	assert_int_equal(c->portal_deadline, 120000);
	assert_int_equal(c->hash_memory, 64 << 20);
	assert_int_equal(c->smtp_tls, CONF_TLS_OFF);
	assert_string_equal(c->mail_from_name, "Élections 2026");
}

static void
further_relays_have_sections_of_their_own(void **state)
{
	char *why;
	struct conf *c = load_text("[relay B]\nhost = b.example.fr\nstarttls = off\n[mailer]\nhost = a.example.fr\nzone = Indian/Reunion\n"
	                           "[relay night-2]\nport = 587\nzone = Pacific/Tahiti\n[relay B]\nport = 2525\n",
	                           &why);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_relays, 3);
	assert_string_equal(conf_relay_find(c, "")->host, "a.example.fr");
	assert_int_equal(conf_relay_find(c, "")->tls, CONF_TLS_REQUIRED);
	assert_string_equal(conf_relay_find(c, "B")->host, "b.example.fr");
	assert_int_equal(conf_relay_find(c, "B")->port, 2525);
	assert_int_equal(conf_relay_find(c, "B")->tls, CONF_TLS_OFF);
	assert_string_equal(conf_relay_find(c, "B")->zone, "Indian/Reunion");
	assert_string_equal(conf_relay_find(c, "night-2")->zone, "Pacific/Tahiti");
	assert_null(conf_relay_find(c, "C"));
	assert_int_equal(conf_load(story, NULL, &why)->n_relays, 1);
	refuses("[relay B]\nhots = x\n", ":2: unknown setting relay B.hots; did you mean relay B.host?");
	refuses("[relay B]\nport = 0\n", ":2: relay NAME.port takes a whole number from 1 to 65535, not \"0\"");
	refuses("[relay a:b]\nport = 25\n", ":2: [relay a:b]: a relay's name has letters, digits and hyphens, 30 at most, and there are at most 15");
}

static void
an_unknown_setting_names_the_nearest(void **state)
{
	(void)state;
	refuses("[portal]\n\nworkres = 3\n", ":3: unknown setting portal.workres; did you mean portal.workers?");
	refuses("[portal]\ncolour_scheme = 3\n",
	        ":2: unknown setting portal.colour_scheme; --explain lists those that exist");
}

static void
a_value_out_of_its_bounds_is_said_with_its_line(void **state)
{
	(void)state;
	refuses("[portal]\nworkers = many\n", ":2: portal.workers takes a whole number from 1 to 512, not \"many\"");
	refuses("[portal]\nworkers = 0\n", ":2: portal.workers takes a whole number from 1 to 512, not \"0\"");
	refuses("[mailer]\nstarttls = maybe\n", ":2: mailer.starttls takes required, optional or off, not \"maybe\"");
	refuses("[portal]\ndeadline = 2 fortnights\n",
	        ":2: portal.deadline takes a time such as 500ms, 20s, 10min, 72h or 14d from 1000 to 300000 ms, not "
	        "\"2 fortnights\"");
	refuses("[portal]\nhello\n", ":2: neither \"name = value\" nor \"[section]\"");
}

static void
networks_add_up_line_by_line_and_a_wrong_one_is_named(void **state)
{
	char *why;
	struct conf *c = load_text("[throttle]\nnetworks = 10.0.0.0/8\nnetworks = 2001:db8::/32, 193.49.0.0/16\n", &why);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->throttle_networks, "10.0.0.0/8 2001:db8::/32, 193.49.0.0/16");
	refuses("[throttle]\nnetworks = 10.0.0.0/8 10.0.0.1/8\n",
	        ":2: throttle.networks takes networks such as 10.0.0.0/8 2001:db8::/32, not \"10.0.0.1/8\"");
}

static void
what_takes_a_restart_is_told(void **state)
{
	char *why;
	struct conf *a = load_text("[portal]\nlisten = /a\nworkers = 2\n", &why);
	struct conf *b = load_text("[portal]\nlisten = /b\nworkers = 3\n", &why);

	(void)state;
	assert_string_equal(conf_restart_needed(story, a, b), "portal.listen");
	assert_string_equal(conf_restart_needed(story, a, a), "");
}

static int
make_file(void **state)
{
	(void)state;
	return mkstemp(path) == -1 ? -1 : 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_default_fits_its_row),
	    cmocka_unit_test(values_are_read_with_their_units),
	    cmocka_unit_test(further_relays_have_sections_of_their_own),
	    cmocka_unit_test(an_unknown_setting_names_the_nearest),
	    cmocka_unit_test(a_value_out_of_its_bounds_is_said_with_its_line),
	    cmocka_unit_test(networks_add_up_line_by_line_and_a_wrong_one_is_named),
	    cmocka_unit_test(what_takes_a_restart_is_told),
	};

	return cmocka_run_group_tests_name("conf", tests, make_file, remove_file);
}
