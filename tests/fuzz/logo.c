/* A file that somebody says is a logo: it is refused with a sentence, or becomes a PNG of the one size, with nothing in it that we did not draw. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "ctl/logo.h"

static void
check_png(const unsigned char *png, size_t len)
{
	static const unsigned char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xa0\x08\x02"; /* 320 by 160, 8 bits, RGB */

	must(len <= LOGO_OUT_MAX && len > sizeof(start) && memcmp(png, start, sizeof(start) - 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	unsigned char *copy = talloc_memdup(ctx, data, size), *png;
	const char *why = NULL;
	size_t len = 0;

	png = logo_make(ctx, copy, size, &len, &why);
	if (png != NULL)
		check_png(png, len);
	else
		must(why != NULL && text_is_utf8(why, strlen(why)));
	talloc_free(ctx);
	return 0;
}
