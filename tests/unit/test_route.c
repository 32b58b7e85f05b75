#include "tests/unit/unit.h"

#include <string.h>

#include "portal/guard.h"
#include "portal/route.h"

static struct request asked;

static const struct route *
find(enum method method, const char *path, const char **allow_r)
{
	asked = (struct request){.task = task_new(story, 0), .method = method};
	return route_find(&asked, path, allow_r);
}

static void
an_address_splits_into_election_and_page(void **state)
{
	const char *path;
	char *slug;

	(void)state;
	assert_true(route_split(story, "/demo/portail/accueil", &slug, &path));
	assert_string_equal(slug, "demo");
	assert_string_equal(path, "/accueil");
	assert_true(route_split(story, "/demo/portail/", &slug, &path));
	assert_string_equal(path, "/");
	assert_false(route_split(story, "/demo/portail", &slug, &path));
	assert_false(route_split(story, "/DEMO/portail/", &slug, &path));
	assert_false(route_split(story, "//portail/", &slug, &path));
	assert_false(route_split(story, "demo/portail/", &slug, &path));
	assert_false(route_split(story, "", &slug, &path));
}

static void
head_is_served_as_get_and_others_are_told_what_is_allowed(void **state)
{
	const char *allow;

	(void)state;
	assert_ptr_equal(find(METHOD_HEAD, "/accueil", &allow), find(METHOD_GET, "/accueil", &allow));
	assert_null(find(METHOD_POST, "/aide", &allow));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(find(METHOD_GET, "/nouveau-lien", &allow));
	assert_string_equal(allow, "POST");
	assert_null(find(METHOD_GET, "/nulle-part", &allow));
	assert_null(allow);
}

static void
a_star_is_one_segment(void **state)
{
	const char *allow;

	(void)state;
	assert_non_null(find(METHOD_GET, "/activation/abc", &allow));
	assert_string_equal(asked.rest, "abc");
	assert_null(find(METHOD_GET, "/activation/", &allow));
	assert_null(find(METHOD_GET, "/activation/a/b", &allow));
}

static void
only_our_own_origin_is_ours(void **state)
{
	(void)state;
	assert_true(guard_is_same_origin("https://vote.fr", "https://vote.fr"));
	assert_true(guard_is_same_origin("https://vote.fr", "https://VOTE.fr/demo/portail/accueil?x"));
	assert_true(guard_is_same_origin("http://127.0.0.1:8080", "http://127.0.0.1:8080"));
	assert_false(guard_is_same_origin("http://127.0.0.1:8080", "http://127.0.0.1:80801"));
	assert_false(guard_is_same_origin("https://vote.fr", "http://vote.fr"));
	assert_false(guard_is_same_origin("https://vote.fr", "https://vote.fr.evil.net"));
	assert_false(guard_is_same_origin("https://vote.fr", "null"));
	assert_false(guard_is_same_origin("https://vote.fr", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_splits_into_election_and_page),
	    cmocka_unit_test(head_is_served_as_get_and_others_are_told_what_is_allowed),
	    cmocka_unit_test(a_star_is_one_segment),
	    cmocka_unit_test(only_our_own_origin_is_ours),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
