/*
 * The captcha that is seen: a small PNG of the code, drawn by hand, as it were. A pure function of code
 * and seed, so that a picture asked for twice is the same one. cairo and zlib are known here alone.
 */
#ifndef ISOLOIR_PICTURE_H
#define ISOLOIR_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#define CAPTCHA_PICTURE_WIDTH 220
#define CAPTCHA_PICTURE_HEIGHT 76

/*
 * Once, in the master, before it forks: draws a first picture, so that what cairo does only once is
 * done, and a cairo that cannot draw stops the start and not a request. No font is needed.
 */
void captcha_picture_init(void);

/*
 * A PNG (8 greys, opaque) of 1 to 8 digits, its bytes on ctx and its length in *len_r. NULL: not a code.
 * The seed must be secret: who knows it can draw the ten digits and compare.
 */
unsigned char *captcha_picture(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r);

#endif
