#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "ctl/logo.h"

static const char *why;

static void
put32(unsigned char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(n >> (24 - 8 * i));
}

static uint32_t
crc_of(const unsigned char *bytes, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

/* A whole PNG of one colour with alpha; its IHDR may be bent afterwards. */
static unsigned char *
png_of(uint32_t width, uint32_t height, const unsigned char rgba[4], size_t *len_r)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGBA};
	unsigned char *pixels = talloc_size(story, 4 * width * height), *png = talloc_size(story, 4 * width * height + 4096);
	png_alloc_size_t len = 4 * width * height + 4096;

	for (size_t i = 0; i < width * height; i++)
		memcpy(pixels + 4 * i, rgba, 4);
	assert_int_equal(png_image_write_to_memory(&image, png, &len, 0, pixels, 0, NULL), 1);
	*len_r = len;
	return png;
}

static unsigned char *
jpeg_of(unsigned width, unsigned height, size_t *len_r)
{
	struct jpeg_compress_struct info;
	struct jpeg_error_mgr error;
	unsigned char *jpeg = NULL, *row = talloc_zero_size(story, 3 * width), *copy;
	unsigned long len = 0;

	info.err = jpeg_std_error(&error);
	jpeg_create_compress(&info);
	jpeg_mem_dest(&info, &jpeg, &len);
	info.image_width = width;
	info.image_height = height;
	info.input_components = 3;
	info.in_color_space = JCS_RGB;
	jpeg_set_defaults(&info);
	jpeg_start_compress(&info, TRUE);
	while (info.next_scanline < height)
		jpeg_write_scanlines(&info, &row, 1);
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	copy = talloc_memdup(story, jpeg, len);
	free(jpeg);
	*len_r = len;
	return copy;
}

/* The pixel of what we store. */
static void
pixel(const unsigned char *png, size_t len, size_t x, size_t y, unsigned char rgb[3])
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	unsigned char *pixels;

	assert_int_equal(png_image_begin_read_from_memory(&image, png, len), 1);
	assert_int_equal(image.width, LOGO_WIDTH);
	assert_int_equal(image.height, LOGO_HEIGHT);
	image.format = PNG_FORMAT_RGB;
	pixels = talloc_size(story, PNG_IMAGE_SIZE(image));
	assert_int_equal(png_image_finish_read(&image, NULL, pixels, 0, NULL), 1);
	memcpy(rgb, pixels + 3 * (y * LOGO_WIDTH + x), 3);
}

static void
assert_refused(const unsigned char *bytes, size_t len, const char *because)
{
	size_t out_len;

	why = NULL;
	assert_null(logo_make(story, bytes, len, &out_len, &why));
	assert_non_null(why);
	if (strstr(why, because) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, because);
}

static void
every_logo_fills_the_same_box_on_white(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {10, 10}, {320, 160}, {3000, 20}, {20, 3000}, {641, 319}, {1, 4096}, {4096, 1}};
	static const unsigned char blue[4] = {10, 20, 200, 255};
	unsigned char rgb[3];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t len, out_len;
		unsigned char *png = png_of(sizes[i][0], sizes[i][1], blue, &len), *out = logo_make(story, png, len, &out_len, &why);

		assert_non_null(out);
		assert_true(out_len <= LOGO_OUT_MAX);
		pixel(out, out_len, (LOGO_WIDTH - 1) / 2, (LOGO_HEIGHT - 1) / 2, rgb);
		assert_in_range(rgb[2], 199, 201);
		assert_in_range(rgb[0], 9, 11);
		if (sizes[i][0] != 2 * sizes[i][1]) {
			pixel(out, out_len, 0, 0, rgb);
			if (sizes[i][0] != 641)
				assert_int_equal(rgb[0], 255);
		}
	}
}

static void
what_is_transparent_is_white(void **state)
{
	static const unsigned char clear[4] = {0, 0, 0, 0};
	unsigned char rgb[3], *png, *out;
	size_t len, out_len;

	(void)state;
	png = png_of(100, 50, clear, &len);
	out = logo_make(story, png, len, &out_len, &why);
	assert_non_null(out);
	pixel(out, out_len, 100, 100, rgb);
	assert_int_equal(rgb[0] + rgb[1] + rgb[2], 3 * 255);
}

static void
a_bomb_is_refused_before_it_is_decoded(void **state)
{
	static const unsigned char black[4] = {0, 0, 0, 255};
	static const uint32_t sides[] = {4097, 100000, 0x7fffffff, 0};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
		unsigned char *png = png_of(4, 4, black, &len);

		put32(png + 16, sides[i]);
		put32(png + 29, crc_of(png + 12, 17));
		assert_refused(png, len, sides[i] == 4097 || sides[i] == 100000 ? "are the most" : "damaged");
	}
}

static void
a_jpeg_bomb_too(void **state)
{
	size_t len;
	unsigned char *jpeg = jpeg_of(16, 16, &len);

	(void)state;
	for (size_t i = 0; i + 8 < len; i++)
		if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) /* the frame: length, precision, height, width */
			memset(jpeg + i + 5, 0x7f, 4);
	assert_refused(jpeg, len, "too many pixels");
}

static void
a_truncated_file_is_refused_wherever_it_ends(void **state)
{
	static const unsigned char red[4] = {200, 0, 0, 128};
	size_t len, jpeg_len, out_len;
	unsigned char *png = png_of(64, 64, red, &len), *jpeg = jpeg_of(64, 64, &jpeg_len);

	(void)state;
	for (size_t cut = 0; cut + 16 < len; cut += 7)
		assert_refused(png, cut, "");
	for (size_t cut = 0; cut + 2 < jpeg_len; cut += 7)
		assert_refused(jpeg, cut, "");
	assert_non_null(logo_make(story, png, len, &out_len, &why));
	assert_non_null(logo_make(story, jpeg, jpeg_len, &out_len, &why));
}

static void
the_content_says_what_a_file_is(void **state)
{
	static const char text[] = "Ceci n'est pas un logo, quoi qu'en dise son nom.png";
	static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
	unsigned char *large = talloc_zero_size(story, LOGO_IN_MAX + 1);

	(void)state;
	assert_refused((const unsigned char *)text, sizeof(text), "neither a PNG nor a JPEG");
	assert_refused((const unsigned char *)svg, sizeof(svg), "neither a PNG nor a JPEG");
	assert_refused((const unsigned char *)"\x89PNG\r\n\x1a\nmais non", 16, "damaged");
	assert_refused((const unsigned char *)"\xff\xd8\xff\xe0mais non", 12, "no JPEG");
	assert_refused((const unsigned char *)"", 0, "neither");
	memcpy(large, "\x89PNG\r\n\x1a\n", 8);
	assert_refused(large, LOGO_IN_MAX + 1, "longer");
}

/* Nothing compresses noise: its shades are what gives. */
static void
noise_fits_as_well(void **state)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .width = 400, .height = 200, .format = PNG_FORMAT_RGB};
	png_alloc_size_t len = 400 * 200 * 4;
	unsigned char *pixels = talloc_size(story, 400 * 200 * 3), *png = talloc_size(story, len), *out;
	size_t out_len;
	uint32_t n = 1;

	(void)state;
	for (size_t i = 0; i < 400 * 200 * 3; i++)
		pixels[i] = (unsigned char)((n = n * 1664525 + 1013904223) >> 24);
	assert_int_equal(png_image_write_to_memory(&image, png, &len, 0, pixels, 0, NULL), 1);
	out = logo_make(story, png, len, &out_len, &why);
	assert_non_null(out);
	assert_true(out_len <= LOGO_OUT_MAX);
}

static void
no_metadata_comes_through(void **state)
{
	static const char comment[] = "tEXtComment\0prise par Rose";
	static const unsigned char green[4] = {0, 200, 0, 255};
	size_t len, out_len, text_len = sizeof(comment) - 1;
	unsigned char *png = png_of(8, 8, green, &len), *with = talloc_size(story, len + text_len + 8), *out;

	(void)state;
	memcpy(with, png, 33);
	put32(with + 33, (uint32_t)text_len - 4);
	memcpy(with + 37, comment, text_len);
	put32(with + 37 + text_len, crc_of((const unsigned char *)comment, text_len));
	memcpy(with + 41 + text_len, png + 33, len - 33);
	out = logo_make(story, with, len + text_len + 8, &out_len, &why);
	assert_non_null(out);
	assert_null(memmem(out, out_len, "Rose", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_logo_fills_the_same_box_on_white), cmocka_unit_test(what_is_transparent_is_white),
	    cmocka_unit_test(a_bomb_is_refused_before_it_is_decoded), cmocka_unit_test(a_jpeg_bomb_too),
	    cmocka_unit_test(a_truncated_file_is_refused_wherever_it_ends), cmocka_unit_test(the_content_says_what_a_file_is),
	    cmocka_unit_test(noise_fits_as_well), cmocka_unit_test(no_metadata_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
