#include "ctl/logo.h"

#include <math.h>
#include <png.h>
#include <string.h>

#include "common/base/task.h"

#define WHITE 255

static bool
refuse(const char **why_r, const char *why)
{
	*why_r = why;
	return false;
}

/* ---- in ---- */

static bool
png_finish(TALLOC_CTX *ctx, png_image *image, struct logo_pixels *out_r, const char **why_r)
{
	static const png_color white = {WHITE, WHITE, WHITE};

	if (image->width > LOGO_SIDE_MAX || image->height > LOGO_SIDE_MAX)
		return refuse(why_r, talloc_asprintf(ctx, "has %u by %u pixels, and %d by %d are the most", image->width, image->height,
		                                     LOGO_SIDE_MAX, LOGO_SIDE_MAX));
	image->format = PNG_FORMAT_RGB;
	*out_r = (struct logo_pixels){image->width, image->height, talloc_zero_size(ctx, PNG_IMAGE_SIZE(*image))};
	must(out_r->rgb != NULL);
	if (!png_image_finish_read(image, &white, out_r->rgb, 0, NULL) || PNG_IMAGE_FAILED(*image))
		return refuse(why_r, talloc_asprintf(ctx, "is a damaged PNG (%s)", image->message));
	return true;
}

static bool
png_read(TALLOC_CTX *ctx, const void *bytes, size_t len, struct logo_pixels *out_r, const char **why_r)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	bool right;

	if (!png_image_begin_read_from_memory(&image, bytes, len))
		return refuse(why_r, talloc_asprintf(ctx, "is a damaged PNG (%s)", image.message));
	right = png_finish(ctx, &image, out_r, why_r);
	png_image_free(&image);
	return right;
}

static bool
read_pixels(TALLOC_CTX *ctx, const unsigned char *bytes, size_t len, struct logo_pixels *out_r, const char **why_r)
{
	if (len > LOGO_IN_MAX)
		return refuse(why_r, "is longer than 1 MiB");
	if (len >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
		return png_read(ctx, bytes, len, out_r, why_r);
	if (len >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		return jpeg_read(ctx, bytes, len, out_r, why_r);
	return refuse(why_r, "is neither a PNG nor a JPEG, whatever it is called");
}

/* ---- into the box ---- */

/* What of the stretch from..to lies on the pixel at: how much it counts in a mean. */
static double
share(double from, double to, size_t at)
{
	double low = from > (double)at ? from : (double)at, high = to < (double)at + 1 ? to : (double)at + 1;

	return high > low ? high - low : 0;
}

/* The mean of a rectangle of the source, which may be less than a pixel. */
static void
mean(const struct logo_pixels *in, const double x[2], const double y[2], unsigned char out[3])
{
	double sum[3] = {0, 0, 0}, weight = 0;

	for (size_t row = (size_t)y[0]; row < in->height && (double)row < y[1]; row++)
		for (size_t column = (size_t)x[0]; column < in->width && (double)column < x[1]; column++) {
			double w = share(x[0], x[1], column) * share(y[0], y[1], row);

			for (size_t i = 0; i < 3; i++)
				sum[i] += w * in->rgb[3 * (row * in->width + column) + i];
			weight += w;
		}
	for (size_t i = 0; i < 3; i++)
		out[i] = weight > 0 ? (unsigned char)lround(sum[i] / weight) : WHITE;
}

static size_t
at_least_one(double side, size_t most)
{
	size_t pixels = (size_t)lround(side);

	return pixels < 1 ? 1 : pixels > most ? most : pixels;
}

/* As large as fits, in the middle, on white; small ones grow, so that no list has less of its box than another. */
static unsigned char *
fill_box(TALLOC_CTX *ctx, const struct logo_pixels *in)
{
	double wide = (double)LOGO_WIDTH / (double)in->width, high = (double)LOGO_HEIGHT / (double)in->height;
	double scale = wide < high ? wide : high;
	size_t width = at_least_one((double)in->width * scale, LOGO_WIDTH), height = at_least_one((double)in->height * scale, LOGO_HEIGHT);
	size_t left = (LOGO_WIDTH - width) / 2, top = (LOGO_HEIGHT - height) / 2;
	double step_x = (double)in->width / (double)width, step_y = (double)in->height / (double)height;
	unsigned char *box = talloc_size(ctx, 3 * LOGO_WIDTH * LOGO_HEIGHT);

	must(box != NULL);
	memset(box, WHITE, 3 * LOGO_WIDTH * LOGO_HEIGHT);
	for (size_t row = 0; row < height; row++)
		for (size_t column = 0; column < width; column++) {
			const double x[2] = {(double)column * step_x, (double)(column + 1) * step_x};
			const double y[2] = {(double)row * step_y, (double)(row + 1) * step_y};

			mean(in, x, y, &box[3 * ((top + row) * LOGO_WIDTH + left + column)]);
		}
	return box;
}

/* ---- out ---- */

static unsigned char *
png_write(TALLOC_CTX *ctx, const unsigned char *box, size_t *len_r)
{
	png_image image = {.version = PNG_IMAGE_VERSION, .width = LOGO_WIDTH, .height = LOGO_HEIGHT, .format = PNG_FORMAT_RGB};
	png_alloc_size_t len = 4 * LOGO_WIDTH * LOGO_HEIGHT;
	unsigned char *png = talloc_size(ctx, len);

	must(png != NULL && png_image_write_to_memory(&image, png, &len, 0, box, 0, NULL));
	*len_r = len;
	return png;
}

/* Fewer shades of each colour. */
static void
coarsen(unsigned char *box, int bits)
{
	int most = (1 << bits) - 1;

	for (size_t i = 0; i < 3 * LOGO_WIDTH * LOGO_HEIGHT; i++)
		box[i] = (unsigned char)(((box[i] * most + 127) / 255) * 255 / most);
}

/* A photograph may take more than a page of lists should: then it has fewer shades, never another size. One bit always fits. */
static unsigned char *
write_within(TALLOC_CTX *ctx, unsigned char *box, size_t *len_r)
{
	unsigned char *png = png_write(ctx, box, len_r);

	for (int bits = 6; *len_r > LOGO_OUT_MAX && bits >= 1; bits--) {
		talloc_free(png);
		coarsen(box, bits);
		png = png_write(ctx, box, len_r);
	}
	must(*len_r <= LOGO_OUT_MAX);
	return png;
}

unsigned char *
logo_make(TALLOC_CTX *ctx, const void *bytes, size_t len, size_t *len_r, const char **why_r)
{
	TALLOC_CTX *work = talloc_new(ctx);
	struct logo_pixels in;
	unsigned char *png = NULL;

	if (read_pixels(ctx, bytes, len, &in, why_r)) {
		talloc_steal(work, in.rgb);
		png = write_within(ctx, fill_box(work, &in), len_r);
	}
	talloc_free(work);
	return png;
}
