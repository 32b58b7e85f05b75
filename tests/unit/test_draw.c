#include "tests/unit/unit.h"

#include <string.h>

#include "common/draw.h"

/*
 * Computed by coreutils:
 *   H=$(printf %s 'pomme 3-1-4 riviere lampe' | sha256sum | cut -c1-64)
 *   for l in FEU LAC MER PRE VAL; do printf '%s  %s\n' "$(printf %s "$H/CSA-MEN/$l" | sha256sum | cut -c1-64)" $l; done | sort
 */
#define SEED "pomme 3-1-4 riviere lampe"
#define SEED_HASH "7aeb09b5d91b1b0f3f771054ba54c1d2ffc76ddbd88fc0e38059f870ea423fd1"
static const struct draw_list golden[] = {
    {"FEU", "43439f4680b2e5a434ea67448befd5d77fec058282a089c3c6a5a11829a350c7"},
    {"LAC", "85a5ec8f5dfda7f128b413e0045c8a450808fbf6ae928262150a4783338eed2c"},
    {"VAL", "8cc47af670cb47ff5f862176ccd571dfd1f0a57e5e78c0bed082fa9e31f2d4de"},
    {"PRE", "c78672d2899294f6e3825d41d54995a23d736b7669c4e6135b2715394ede99d7"},
    {"MER", "d9bb6c4a75b49bf04638d5063145ce6a56598269c48d51c67fff346a77daa560"},
};
#define N (sizeof(golden) / sizeof(*golden))

static void
sha256sum_computes_the_same_order(void **state)
{
	struct draw_list lists[N] = {{"MER", ""}, {"VAL", ""}, {"FEU", ""}, {"PRE", ""}, {"LAC", ""}};
	char hash[DRAW_HEX_SIZE];

	(void)state;
	draw_seed_hash(SEED, hash);
	assert_string_equal(hash, SEED_HASH);
	draw_order(hash, "CSA-MEN", lists, N);
	for (size_t i = 0; i < N; i++) {
		assert_string_equal(lists[i].code, golden[i].code);
		assert_string_equal(lists[i].number, golden[i].number);
	}
}

static void
the_order_in_which_lists_came_does_not_matter(void **state)
{
	struct draw_list up[N] = {{"FEU", ""}, {"LAC", ""}, {"MER", ""}, {"PRE", ""}, {"VAL", ""}};
	struct draw_list down[N] = {{"VAL", ""}, {"PRE", ""}, {"MER", ""}, {"LAC", ""}, {"FEU", ""}};

	(void)state;
	draw_order(SEED_HASH, "CSA-MEN", up, N);
	draw_order(SEED_HASH, "CSA-MEN", down, N);
	for (size_t i = 0; i < N; i++)
		assert_string_equal(up[i].code, down[i].code);
}

static void
each_scrutin_has_a_draw_of_its_own(void **state)
{
	char one[DRAW_HEX_SIZE], other[DRAW_HEX_SIZE];

	(void)state;
	draw_number(SEED_HASH, "CSA-MEN", "FEU", one);
	draw_number(SEED_HASH, "CSA-AC", "FEU", other);
	assert_string_not_equal(one, other);
}

static void
no_list_is_favoured(void **state)
{
	size_t first[N] = {0};

	(void)state;
	for (int draw = 0; draw < 5000; draw++) {
		struct draw_list lists[N] = {{"FEU", ""}, {"LAC", ""}, {"MER", ""}, {"PRE", ""}, {"VAL", ""}};
		char hash[DRAW_HEX_SIZE];

		draw_seed_hash(talloc_asprintf(story, "semence %d", draw), hash);
		draw_order(hash, "CSA-MEN", lists, N);
		first[strcmp(lists[0].code, "FEU") == 0   ? 0
		      : strcmp(lists[0].code, "LAC") == 0 ? 1
		      : strcmp(lists[0].code, "MER") == 0 ? 2
		      : strcmp(lists[0].code, "PRE") == 0 ? 3
		                                          : 4]++;
	}
	for (size_t i = 0; i < N; i++) /* 1000 expected, six standard deviations of 28 */
		assert_in_range(first[i], 830, 1170);
}

static void
a_seed_is_what_every_machine_reads_alike(void **state)
{
	static const char *const good[] = {SEED, "8 signes", "Des 6,6,1 - Lune.", "12345678"};
	static const char *const bad[] = {"", "court", "été à midi", " pomme rouge", "pomme rouge ", "pomme  rouge", "pomme\trouge", "l'arbre rouge",
	                                  "pomme \"rouge\"", "pomme$rouge", "pomme\\rouge", "pomme/rouge", "pomme%rouge"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_null(draw_seed_fault(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_non_null(draw_seed_fault(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256sum_computes_the_same_order), cmocka_unit_test(the_order_in_which_lists_came_does_not_matter),
	    cmocka_unit_test(each_scrutin_has_a_draw_of_its_own), cmocka_unit_test(no_list_is_favoured),
	    cmocka_unit_test(a_seed_is_what_every_machine_reads_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
