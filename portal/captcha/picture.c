#include "portal/captcha/picture.h"

#include <math.h>
#include <string.h>
#include <arpa/inet.h>
#include <cairo.h>
#include <zlib.h>

#include "common/base/task.h"
#include "portal/captcha/dice.h"

#define WIDTH CAPTCHA_PICTURE_WIDTH
#define HEIGHT CAPTCHA_PICTURE_HEIGHT
#define ROW_BYTES (1 + WIDTH / 2) /* a filter byte, then two pixels a byte */
#define POINTS_MAX 24
#define LEVELS 8 /* sixteen would weigh a quarter more and look the same */
#define LEVEL_SHIFT 5

/*
 * The hands that write. A point is two digits, x then y, on a grid of ten by ten, y downwards; the points
 * of one stroke are joined smoothly, `|` begins another (a corner), a stroke that ends where it began is
 * a ring. No font: none to be missing on a server, and none for a reader machine to have learnt.
 */
static const char *const hands[10][3] = {
    {"50 82 95 88 59 18 05 12 50", "40 71 84 87 59 29 16 13 40", "60 92 96 79 49 17 03 21 60"},
    {"23 50|50 59|29 89", "14 42 60|60 59", "13 50|50 59|39 79"},
    {"02 20 60 82 74 37 09|09 99", "13 31 60 82 84 56 19|19 48 99", "12 40 70 83 65 28 09|09 89"},
    {"01 30 70 82 63 34|34 75 87 68 39 08", "10 80|80 44|44 75 87 68 39 08",
     "01 30 60 82 73 44|44 75 87 78 49 08"},
    {"60 06|06 96|60 69", "30 05|05 95|62 69", "50 07|07 97|64 69"},
    {"80 20|20 14|14 43 74 86 78 49 08", "90 21|21 14|14 53 85 87 59 18", "80 10|10 14|14 44 75 87 59 18"},
    {"70 31 14 06 18 49 78 86 64 34 06", "60 23 06 18 49 78 86 75 45 06",
     "81 50 22 15 17 39 69 87 85 64 34 16"},
    {"00 80|80 55 39|25 85", "10 90|90 64 49|35 85", "01 00|00 90|90 66 39|25 85"},
    {"50 81 82 54 16 18 59 88 86 54 22 21 50", "40 71 73 44 15 08 49 88 85 44 12 21 40",
     "50 82 73 44 16 18 49 88 86 44 12 21 50"},
    {"82 60 30 12 24 55 83 82|82 75 59", "81 50 21 13 35 64 81|81 86 69 38",
     "92 70 31 12 34 64 92|92 76 49 19"},
};

struct point {
	double x, y;
};

/* Where one digit goes and how it leans; what the whole paper does to it. */
struct lean {
	double x, y, width, height, shear, cosine, sine;
};

struct wave {
	double x_size, x_turn, x_shift, y_size, y_turn, y_shift;
};

struct paper {
	struct dice dice;
	cairo_surface_t *surface;
	cairo_t *cairo;
	struct wave wave;
};

static int
paper_close(struct paper *p)
{
	cairo_destroy(p->cairo);
	cairo_surface_destroy(p->surface);
	return 0;
}

static struct paper *
paper_new(TALLOC_CTX *ctx, const char *digits, uint64_t seed)
{
	struct paper *p = talloc_zero(ctx, struct paper);
	struct dice *d;

	must(p != NULL);
	d = &p->dice;
	dice_init(d, digits, seed, "picture");
	p->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, WIDTH, HEIGHT);
	p->cairo = cairo_create(p->surface);
	talloc_set_destructor(p, paper_close);
	must(cairo_status(p->cairo) == CAIRO_STATUS_SUCCESS);
	cairo_set_antialias(p->cairo, CAIRO_ANTIALIAS_FAST);
	cairo_set_tolerance(p->cairo, 0.25);
	cairo_set_line_cap(p->cairo, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(p->cairo, CAIRO_LINE_JOIN_ROUND);
	p->wave = (struct wave){
	    .x_size = dice_real(d, 1.5, 3.0),
	    .x_turn = dice_real(d, 0.07, 0.12),
	    .x_shift = dice_real(d, 0, 6.3),
	    .y_size = dice_real(d, 2.5, 5.0),
	    .y_turn = dice_real(d, 0.03, 0.06),
	    .y_shift = dice_real(d, 0, 6.3),
	};
	return p;
}

static struct point
waved(const struct wave *w, struct point at)
{
	return (struct point){at.x + w->x_size * sin(at.y * w->x_turn + w->x_shift),
	                      at.y + w->y_size * sin(at.x * w->y_turn + w->y_shift)};
}

/* From the grid to the paper: scaled, sheared, turned, moved, waved. */
static struct point
placed(const struct paper *p, const struct lean *l, struct point grid)
{
	double y = (grid.y / 9 - 0.5) * l->height;
	double x = (grid.x / 9 - 0.5) * l->width - y * l->shear;

	return waved(&p->wave,
	             (struct point){l->x + x * l->cosine - y * l->sine, l->y + x * l->sine + y * l->cosine});
}

/* A smooth line through n points (Catmull and Rom's spline), a ring if the last is the first. */
static void
trace(cairo_t *cairo, const struct point *at, size_t n)
{
	bool ring = at[0].x == at[n - 1].x && at[0].y == at[n - 1].y;

	cairo_move_to(cairo, at[0].x, at[0].y);
	for (size_t i = 0; i + 1 < n; i++) {
		const struct point *here = &at[i], *next = &at[i + 1];
		const struct point *before = i > 0 ? here - 1 : &at[ring ? n - 2 : 0];
		const struct point *after = i + 2 < n ? next + 1 : &at[ring ? 1 : n - 1];

		cairo_curve_to(cairo, here->x + (next->x - before->x) / 6,
		               here->y + (next->y - before->y) / 6, next->x - (after->x - here->x) / 6,
		               next->y - (after->y - here->y) / 6, next->x, next->y);
	}
}

/* The path of one digit, whose hand is words of two digits in strokes parted by bars. */
static void
trace_hand(struct paper *p, const char *hand, const struct lean *l)
{
	struct point at[POINTS_MAX];
	size_t n = 0;

	for (; *hand != '\0'; hand += hand[2] == '\0' ? 2 : 3) {
		must(n < POINTS_MAX);
		at[n++] = placed(p, l, (struct point){hand[0] - '0', hand[1] - '0'});
		if (hand[2] == ' ')
			continue;
		trace(p->cairo, at, n);
		n = 0;
	}
}

static void
stroke(struct paper *p, double width, double ink)
{
	cairo_set_source_rgba(p->cairo, 0, 0, 0, ink);
	cairo_set_line_width(p->cairo, width);
	cairo_stroke(p->cairo);
}

/* A rim of bare paper would let a machine cut the digits apart: they touch and overlap instead. */
static void
draw_digit(struct paper *p, char digit, double x, double width)
{
	struct dice *d = &p->dice;
	double angle = dice_real(d, -0.26, 0.26);
	struct lean l = {
	    .x = x + dice_real(d, -1.5, 1.5),
	    .y = HEIGHT / 2.0 + dice_real(d, -5, 5),
	    .width = width * dice_real(d, 0.80, 1.0),
	    .height = dice_real(d, 40, 48),
	    .shear = dice_real(d, -0.1, 0.25),
	    .cosine = cos(angle),
	    .sine = sin(angle),
	};

	trace_hand(p, hands[digit - '0'][dice_below(d, 3)], &l);
	stroke(p, dice_real(d, 3.8, 5.6), dice_real(d, 0.85, 1.0));
}

static void
draw_code(struct paper *p, const char *digits)
{
	size_t n = strlen(digits);
	double pitch = (WIDTH - 24.0) / (double)n;

	if (pitch > 34)
		pitch = 34;
	for (size_t i = 0; i < n; i++) {
		double middle = WIDTH / 2.0 + pitch * ((double)i - ((double)n - 1) / 2);

		draw_digit(p, digits[i], middle, pitch * 0.95);
	}
}

/* A line from edge to edge, at the height of the digits. */
static void
trace_across(struct paper *p)
{
	struct point at[5];

	for (size_t i = 0; i < 5; i++)
		at[i] =
		    (struct point){(double)i * (WIDTH + 16) / 4 - 8, dice_real(&p->dice, 10, HEIGHT - 10)};
	trace(p->cairo, at, 5);
}

/* Thin enough for an eye to see the digits behind them, as dark as these for a machine. */
static void
draw_lines(struct paper *p)
{
	for (int i = 0; i < 3; i++) {
		trace_across(p);
		stroke(p, dice_real(&p->dice, 1.2, 2.0), dice_real(&p->dice, 0.5, 0.8));
	}
}

/* Scratches of bare paper, which cut strokes in two. */
static void
draw_scratches(struct paper *p)
{
	cairo_set_operator(p->cairo, CAIRO_OPERATOR_DEST_OUT);
	for (int i = 0; i < 2; i++) {
		trace_across(p);
		stroke(p, dice_real(&p->dice, 1.0, 1.5), 1);
	}
	cairo_set_operator(p->cairo, CAIRO_OPERATOR_OVER);
}

/* Short hooks, of the strokes' own kind. */
static void
draw_hooks(struct paper *p)
{
	struct dice *d = &p->dice;

	for (int i = 0; i < 10; i++) {
		double x = dice_real(d, 0, WIDTH), y = dice_real(d, 0, HEIGHT), from = dice_real(d, 0, 6.3);

		cairo_new_sub_path(p->cairo);
		cairo_arc(p->cairo, x, y, dice_real(d, 2, 6), from, from + dice_real(d, 0.6, 2.4));
		stroke(p, dice_real(d, 1, 2), dice_real(d, 0.4, 0.9));
	}
}

/* Leaning and waved, from above the paper to below it, or back. */
static void
trace_edge(struct paper *p, double x, bool down)
{
	double lean = dice_real(&p->dice, -14, 14);
	double from = down ? -8 : HEIGHT + 8, to = HEIGHT - from;

	cairo_line_to(p->cairo, x - lean, from);
	cairo_curve_to(p->cairo, x + dice_real(&p->dice, -16, 16), from + (to - from) / 3,
	               x + dice_real(&p->dice, -16, 16), from + (to - from) * 2 / 3, x + lean, to);
}

/*
 * A band in which ink is paper and paper ink: an eye reads on, while whoever parts dark from light has
 * the digits on one side only. Its edges run upwards, so that they cross as few digits as may be.
 */
static void
draw_band(struct paper *p)
{
	double left = dice_real(&p->dice, 0.10, 0.45) * WIDTH;

	trace_edge(p, left, true);
	trace_edge(p, left + dice_real(&p->dice, 0.35, 0.50) * WIDTH, false);
	cairo_set_operator(p->cairo, CAIRO_OPERATOR_XOR);
	cairo_set_source_rgba(p->cairo, 0, 0, 0, 1);
	cairo_fill(p->cairo);
	cairo_set_operator(p->cairo, CAIRO_OPERATOR_OVER);
}

/* Four bytes, most significant first, as PNG has them everywhere. */
static unsigned char *
put_number(unsigned char *out, uint32_t n)
{
	n = htonl(n);
	memcpy(out, &n, sizeof(n));
	return out + sizeof(n);
}

/* A chunk of PNG: length, name, data, check sum of the two last (RFC 2083, section 3.2). */
static unsigned char *
put_chunk(unsigned char *out, const char *name, const void *data, size_t len)
{
	unsigned char *sum_from = put_number(out, (uint32_t)len);

	memcpy(sum_from, name, 4);
	if (len > 0)
		memcpy(sum_from + 4, data, len);
	return put_number(sum_from + 4 + len, (uint32_t)crc32(0, sum_from, (uInt)len + 4));
}

/* The paper's eight levels, two pixels a byte, each row after a filter byte of 0. */
static void
pack_rows(const struct paper *p, unsigned char *out)
{
	const unsigned char *in = cairo_image_surface_get_data(p->surface);
	int stride = cairo_image_surface_get_stride(p->surface);

	for (int y = 0; y < HEIGHT; y++, in += stride) {
		*out++ = 0;
		for (int x = 0; x < WIDTH; x += 2)
			*out++ = (unsigned char)(in[x] >> LEVEL_SHIFT << 4 | in[x + 1] >> LEVEL_SHIFT);
	}
}

/* From near white to near black, with a breath of blue: opaque, hence the same on a dark page. */
static void
fill_palette(unsigned char palette[LEVELS][3])
{
	static const int paper[3] = {0xf5, 0xf6, 0xf8}, ink[3] = {0x1a, 0x1f, 0x2e};

	for (int level = 0; level < LEVELS; level++)
		for (int c = 0; c < 3; c++)
			palette[level][c] =
			    (unsigned char)(paper[c] + (ink[c] - paper[c]) * level / (LEVELS - 1));
}

static unsigned char *
paper_to_png(TALLOC_CTX *ctx, const struct paper *p, size_t *len_r)
{
	static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	/* Width and height, 4 bits a pixel, palette, and the only compression, filter and order there are. */
	static const unsigned char header[13] = {0, 0, 0, WIDTH, 0, 0, 0, HEIGHT, 4, 3, 0, 0, 0};
	unsigned char rows[HEIGHT * ROW_BYTES], packed[HEIGHT * ROW_BYTES + 1024], palette[LEVELS][3];
	uLongf packed_len = sizeof(packed);
	unsigned char *png, *end;

	cairo_surface_flush(p->surface);
	pack_rows(p, rows);
	fill_palette(palette);
	must(compress2(packed, &packed_len, rows, sizeof(rows), 6) == Z_OK);
	png = talloc_array(ctx, unsigned char,
	                   sizeof(signature) + sizeof(header) + sizeof(palette) + packed_len + 48);
	must(png != NULL);
	memcpy(png, signature, sizeof(signature));
	end = put_chunk(png + sizeof(signature), "IHDR", header, sizeof(header));
	end = put_chunk(end, "PLTE", palette, sizeof(palette));
	end = put_chunk(end, "IDAT", packed, packed_len);
	end = put_chunk(end, "IEND", NULL, 0);
	*len_r = (size_t)(end - png);
	return png;
}

unsigned char *
captcha_picture(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r)
{
	struct paper *p;
	unsigned char *png;

	if (!dice_is_code(digits))
		return NULL;
	p = paper_new(ctx, digits, seed);
	draw_hooks(p);
	draw_code(p, digits);
	draw_scratches(p);
	draw_lines(p);
	draw_band(p);
	png = paper_to_png(ctx, p, len_r);
	talloc_free(p);
	return png;
}

void
captcha_picture_init(void)
{
	size_t len;

	talloc_free(captcha_picture(NULL, "0123456", 0, &len));
}
