/*
 * A list's logo, from a file that anybody may have made: PNG or JPEG by content, decoded within bounds, set on white into the one box that all lists
 * have, and encoded anew, so that nothing of the file itself (metadata, tricks) reaches an elector. logo.c alone sees png.h, jpeg.c jpeglib.h.
 */
#ifndef ISOLOIR_CTL_LOGO_H
#define ISOLOIR_CTL_LOGO_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

#define LOGO_WIDTH 320 /* pixels; pages show it at half of this, for screens that have them */
#define LOGO_HEIGHT 160
#define LOGO_IN_MAX (1024 * 1024)
#define LOGO_OUT_MAX (64 * 1024)
#define LOGO_SIDE_MAX 4096 /* pixels of a side before anything is decoded: 50 MB at most */

/* Three bytes a pixel, row by row. */
struct logo_pixels {
	size_t width, height;
	unsigned char *rgb;
};

/* The PNG to store, on ctx. NULL: *why_r, a sentence without the file's name. */
unsigned char *logo_make(TALLOC_CTX *ctx, const void *bytes, size_t len, size_t *len_r, const char **why_r);

/* A JPEG's pixels, on ctx (jpeg.c). False: *why_r. */
bool jpeg_read(TALLOC_CTX *ctx, const void *bytes, size_t len, struct logo_pixels *out_r, const char **why_r);

#endif
