/* The captcha that is seen: what a browser needs of the file, and what the form needs of the picture. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "portal/captcha/picture.h"

#define ROW (1 + CAPTCHA_PICTURE_WIDTH / 2)
#define ROWS_LEN (CAPTCHA_PICTURE_HEIGHT * ROW)

static uint32_t
number_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The data of the named chunk; fails the test where a length or a check sum is false. */
static const unsigned char *
chunk(const unsigned char *png, size_t len, const char *name, uint32_t *len_r)
{
	const unsigned char *found = NULL;

	for (size_t at = 8; at < len;) {
		uint32_t size = number_at(png + at);

		assert_true(at + 12 + size <= len);
		assert_int_equal(number_at(png + at + 8 + size), crc32(0, png + at + 4, size + 4));
		if (memcmp(png + at + 4, name, 4) == 0) {
			found = png + at + 8;
			*len_r = size;
		}
		at += 12 + size;
	}
	assert_non_null(found);
	return found;
}

static void
unpack(const unsigned char *png, size_t len, unsigned char rows[ROWS_LEN])
{
	uint32_t packed_len = 0;
	const unsigned char *packed = chunk(png, len, "IDAT", &packed_len);
	uLongf rows_len = ROWS_LEN;

	assert_int_equal(uncompress(rows, &rows_len, packed, packed_len), Z_OK);
	assert_int_equal(rows_len, ROWS_LEN);
}

static unsigned
pixel(const unsigned char *rows, int x, int y)
{
	unsigned char both = rows[y * ROW + 1 + x / 2];

	return x % 2 == 0 ? both >> 4 : both & 15u;
}

static void
a_browser_can_read_it(void **state)
{
	static const unsigned char head[] = {
	    0, 0, 0, CAPTCHA_PICTURE_WIDTH, 0, 0, 0, CAPTCHA_PICTURE_HEIGHT, 4, 3, 0, 0, 0};
	unsigned char rows[ROWS_LEN];
	size_t len = 0;
	uint32_t size = 0;
	unsigned char *png = captcha_picture(NULL, "493027", 1, &len);

	(void)state;
	assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
	assert_memory_equal(chunk(png, len, "IHDR", &size), head, sizeof(head));
	chunk(png, len, "PLTE", &size);
	assert_int_equal(size, 8 * 3);
	unpack(png, len, rows);
	for (int y = 0; y < CAPTCHA_PICTURE_HEIGHT; y++) {
		assert_int_equal(rows[y * ROW], 0);
		for (int x = 0; x < CAPTCHA_PICTURE_WIDTH; x++)
			assert_true(pixel(rows, x, y) < 8);
	}
	talloc_free(png);
}

static void
same_code_and_seed_same_picture(void **state)
{
	size_t one_len = 0, two_len = 0;
	unsigned char *one = captcha_picture(NULL, "000000", 42, &one_len);
	unsigned char *two = captcha_picture(NULL, "000000", 42, &two_len);

	(void)state;
	assert_int_equal(one_len, two_len);
	assert_memory_equal(one, two, one_len);
	talloc_free(one);
	talloc_free(two);
}

static void
another_seed_is_another_picture_of_the_same_code(void **state)
{
	unsigned char one_rows[ROWS_LEN], two_rows[ROWS_LEN];
	size_t one_len = 0, two_len = 0, differ = 0;
	unsigned char *one = captcha_picture(NULL, "271828", 1, &one_len);
	unsigned char *two = captcha_picture(NULL, "271828", 2, &two_len);

	(void)state;
	unpack(one, one_len, one_rows);
	unpack(two, two_len, two_rows);
	for (size_t i = 0; i < ROWS_LEN; i++)
		differ += one_rows[i] != two_rows[i];
	assert_true(differ > ROWS_LEN / 10);
	talloc_free(one);
	talloc_free(two);
}

/* A constant file size would be no better: but it must stay within what a telephone fetches in one go. */
static void
never_over_three_kilobytes(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		size_t len = 0;

		talloc_free(captcha_picture(NULL, "888888", seed, &len));
		assert_in_range(len, 1000, 3000);
	}
}

/* Each of the six has paper and ink in its own sixth of the width, at every seed. */
static void
every_digit_is_on_the_paper(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		unsigned char rows[ROWS_LEN];
		size_t len = 0;
		unsigned char *png = captcha_picture(NULL, "111111", seed, &len);

		unpack(png, len, rows);
		for (int sixth = 0; sixth < 6; sixth++) {
			size_t ink = 0, paper = 0;

			for (int y = 0; y < CAPTCHA_PICTURE_HEIGHT; y++)
				for (int x = 12 + sixth * 32; x < 44 + sixth * 32; x++) {
					ink += pixel(rows, x, y) >= 6;
					paper += pixel(rows, x, y) <= 1;
				}
			assert_true(ink > 100 && paper > 100);
		}
		talloc_free(png);
	}
}

static void
what_is_no_code_gives_no_picture(void **state)
{
	static const char *const bad[] = {"", "12345x", "123456789", "12 456", "-12345"};
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_null(captcha_picture(NULL, bad[i], 1, &len));
}

static void
nothing_stays_in_memory(void **state)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	size_t len = 0;
	unsigned char *png = captcha_picture(ctx, "123456", 9, &len);

	(void)state;
	assert_ptr_equal(talloc_parent(png), ctx);
	assert_int_equal(talloc_total_blocks(ctx), 2);
	talloc_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_browser_can_read_it),
	    cmocka_unit_test(same_code_and_seed_same_picture),
	    cmocka_unit_test(another_seed_is_another_picture_of_the_same_code),
	    cmocka_unit_test(never_over_three_kilobytes),
	    cmocka_unit_test(every_digit_is_on_the_paper),
	    cmocka_unit_test(what_is_no_code_gives_no_picture),
	    cmocka_unit_test(nothing_stays_in_memory),
	};

	captcha_picture_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
