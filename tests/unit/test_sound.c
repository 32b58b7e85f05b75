/*
 * The captcha that is heard. The words and the plan of a sound are its file's own business, so that file
 * is included here; whether the right digit is heard is judged by the sound alone.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <dirent.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "portal/captcha/sound.c"

#define SILENCE 128

static int
children_and_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int threads = -2; /* the two dots */

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		threads++;
	closedir(dir);
	return threads + (waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : 1000);
}

static int
open_all(void **state)
{
	char *why = NULL;

	(void)state;
	if (captcha_sound_init(&why) == 0)
		return 0;
	print_error("%s\n", why);
	talloc_free(why);
	return -1;
}

static int
close_all(void **state)
{
	(void)state;
	captcha_sound_fini();
	return 0;
}

static void
the_master_stays_alone(void **state)
{
	(void)state;
	assert_int_equal(children_and_threads(), 1);
}

static uint32_t
little(const unsigned char *p, int bytes)
{
	return bytes == 0 ? 0 : p[0] | little(p + 1, bytes - 1) << 8;
}

static void
a_browser_can_play_it(void **state)
{
	size_t len = 0;
	unsigned char *wav = captcha_sound(NULL, "493027", 2, &len);

	(void)state;
	assert_memory_equal(wav, "RIFF", 4);
	assert_int_equal(little(wav + 4, 4), len - 8);
	assert_memory_equal(wav + 8, "WAVEfmt ", 8);
	assert_int_equal(little(wav + 20, 2), 1);
	assert_int_equal(little(wav + 24, 4), CAPTCHA_SOUND_HZ);
	assert_int_equal(little(wav + 34, 2), 8);
	assert_memory_equal(wav + 36, "data", 4);
	assert_int_equal(little(wav + 40, 4), len - 44);
	assert_int_equal(len % 2, 0);
	talloc_free(wav);
}

static void
same_code_and_seed_same_sound(void **state)
{
	size_t one_len = 0, two_len = 0;
	unsigned char *one = captcha_sound(NULL, "565656", 42, &one_len);
	unsigned char *two = captcha_sound(NULL, "565656", 42, &two_len);

	(void)state;
	assert_int_equal(one_len, two_len);
	assert_memory_equal(one, two, one_len);
	talloc_free(one);
	talloc_free(two);
}

static void
another_seed_is_another_sound(void **state)
{
	size_t one_len = 0, two_len = 0, differ = 0;
	unsigned char *one = captcha_sound(NULL, "565656", 1, &one_len);
	unsigned char *two = captcha_sound(NULL, "565656", 2, &two_len);
	size_t len = one_len < two_len ? one_len : two_len;

	(void)state;
	assert_int_not_equal(one_len, two_len);
	for (size_t i = HEAD_BYTES; i < len; i++)
		differ += one[i] != two[i];
	assert_true(differ > len / 2);
	talloc_free(one);
	talloc_free(two);
}

static void
slow_enough_to_write_down_and_short_enough_to_fetch(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		size_t len = 0;

		talloc_free(captcha_sound(NULL, seed % 2 == 0 ? "565656" : "121212", seed, &len));
		assert_in_range(len, 11 * CAPTCHA_SOUND_HZ, 300000);
	}
}

static void
loud_and_never_clipped(void **state)
{
	static const char *const codes[] = {"012345", "678901", "555555", "666666"};

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		size_t len = 0, loud = 0;
		unsigned char *wav = captcha_sound(NULL, codes[seed % 4], seed, &len);

		for (size_t i = HEAD_BYTES; i < len; i++) {
			assert_in_range(wav[i], 8, 248);
			loud += wav[i] > SILENCE + 60;
		}
		assert_true(loud > 100);
		talloc_free(wav);
	}
}

/* How like one of the words a stretch of the sound is, 1 being the same: the cosine between the two. */
static double
likeness(const unsigned char *heard, const struct phrase *like)
{
	float word[2 * SAID_MAX] = {0};
	size_t len = phrase_len(like);
	double both = 0, one = 1e-9, two = 1e-9;

	lay(like, word);
	for (size_t i = 0; i < len; i++) {
		double h = (heard[i] - SILENCE) / 127.0;

		both += h * word[i];
		one += h * h;
		two += word[i] * word[i];
	}
	return both / sqrt(one * two);
}

/* Which digit is it? Any of the voices may have said it. */
static int
recognised(const unsigned char *heard, double step)
{
	double best = 0;
	int digit = -1;

	for (int d = 0; d < 10; d++)
		for (size_t saying = 0; saying < SAYINGS; saying++) {
			struct phrase like = {&lexicon->said[d][saying], step, 0};
			double now = likeness(heard, &like);

			if (now > best) {
				best = now;
				digit = d;
			}
		}
	return best > 0.9 ? digit : -1;
}

static void
the_digits_are_said_in_order_and_twice(void **state)
{
	static const char code[] = "905617";
	struct plan plan;
	size_t len = 0, at, digits = 0;
	unsigned char *wav = captcha_sound(NULL, code, 7, &len);

	(void)state;
	plan_make(&plan, code, 7);
	at = HEAD_BYTES + plan.lead;
	for (size_t i = 0; i < plan.n; at += phrase_len(&plan.phrases[i]) + plan.phrases[i].pause, i++)
		if (i % 7 != 0) /* "Voici votre code", "Je répète" */
			assert_int_equal(recognised(wav + at, plan.phrases[i].step),
			                 code[digits++ % 6] - '0');
	assert_int_equal(digits, 12);
	assert_in_range(len - at, 0, 1);
	talloc_free(wav);
}

/* The two that a bad line confounds get the time that their vowels need. */
static void
cinq_and_six_are_said_at_length(void **state)
{
	(void)state;
	for (size_t saying = 0; saying < SAYINGS; saying++) {
		assert_true(lexicon->said[5][saying].len > (size_t)lexicon->hz * 45 / 100);
		assert_true(lexicon->said[6][saying].len > (size_t)lexicon->hz * 45 / 100);
	}
}

static void
what_is_no_code_gives_no_sound(void **state)
{
	static const char *const bad[] = {"", "12345x", "123456789"};
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_null(captcha_sound(NULL, bad[i], 1, &len));
}

/* A worker has neither espeak-ng nor its thread: it must do with what the master left it. */
static void
a_worker_makes_the_same_sound_without_hanging(void **state)
{
	size_t len = 0;
	unsigned char *wav = captcha_sound(NULL, "271828", 5, &len);
	int status = -1;
	pid_t worker = fork();

	(void)state;
	if (worker == 0) {
		size_t its_len = 0;
		unsigned char *its;
		bool same;

		alarm(20);
		its = captcha_sound(wav, "271828", 5, &its_len);
		same = its_len == len && memcmp(its, wav, len) == 0;
		talloc_free(wav);
		_exit(same ? 0 : 1);
	}
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	talloc_free(wav);
}

/* Somebody else may reap our child, and SIGCHLD may be ignored: what the child wrote is what counts. */
static void
init_works_where_children_are_reaped_by_others(void **state)
{
	char *why = NULL;

	(void)state;
	captcha_sound_fini();
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(captcha_sound_init(&why), 0);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(children_and_threads(), 1);
}

/* Without its data (here: without a descriptor to open it with) espeak-ng cannot speak. */
static void
a_voice_that_cannot_be_loaded_is_told_in_a_sentence(void **state)
{
	struct rlimit before, none;
	char *why = NULL;
	int rc;

	(void)state;
	captcha_sound_fini();
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	rc = captcha_sound_init(&why);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(why, "install espeak-ng-data"));
	talloc_free(why);
	assert_int_equal(children_and_threads(), 1);
	assert_int_equal(captcha_sound_init(&why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_master_stays_alone),
	    cmocka_unit_test(a_browser_can_play_it),
	    cmocka_unit_test(same_code_and_seed_same_sound),
	    cmocka_unit_test(another_seed_is_another_sound),
	    cmocka_unit_test(slow_enough_to_write_down_and_short_enough_to_fetch),
	    cmocka_unit_test(loud_and_never_clipped),
	    cmocka_unit_test(the_digits_are_said_in_order_and_twice),
	    cmocka_unit_test(cinq_and_six_are_said_at_length),
	    cmocka_unit_test(what_is_no_code_gives_no_sound),
	    cmocka_unit_test(a_worker_makes_the_same_sound_without_hanging),
	    cmocka_unit_test(init_works_where_children_are_reaped_by_others),
	    cmocka_unit_test(a_voice_that_cannot_be_loaded_is_told_in_a_sentence),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
