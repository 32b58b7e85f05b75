#include "portal/document.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/base/text.h"

#define NAME_CHARACTERS_MAX 80
#define MEGA 1048576 /* as most file managers count */
#define TAIL_MAX 1024                /* where a PDF's %%EOF stands, as readers look for it (ISO 32000-1, annex H.3) */
#define ZIP_TAIL_MAX (22 + 65535)    /* APPNOTE.TXT, 4.3.16: the record that ends an archive, with its longest comment */

static size_t
number(const unsigned char *at, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | at[i];
	return n;
}

static bool
is_pdf(const unsigned char *b, size_t len)
{
	size_t tail = len < TAIL_MAX ? len : TAIL_MAX;

	if (len < 32 || (memcmp(b, "%PDF-1.", 7) != 0 && memcmp(b, "%PDF-2.", 7) != 0))
		return false;
	return memmem(b + len - tail, tail, "%%EOF", 5) != NULL;
}

/* PNG (W3C, third edition), 5.2 to 5.6: signature, then chunks of length, type, data, CRC. */
static bool
is_png(const unsigned char *b, size_t len)
{
	size_t at = 8;

	if (len < 8 + 25 || memcmp(b, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16) != 0)
		return false;
	while (len - at >= 12) {
		size_t size = number(b + at, 4);

		if (size > len - at - 12)
			return false;
		if (memcmp(b + at + 4, "IEND", 4) == 0)
			return size == 0 && at + 12 == len;
		at += 12 + size;
	}
	return false;
}

/* ISO 10918-1, B.1.1: marker segments up to the start of scan; behind the end of image cameras put more. */
static bool
is_jpeg(const unsigned char *b, size_t len)
{
	size_t at = 2;

	if (len < 32 || memcmp(b, "\xff\xd8\xff", 3) != 0)
		return false;
	while (len - at >= 4 && b[at] == 0xff && b[at + 1] >= 0xc0) {
		size_t size = number(b + at + 2, 2);

		if (size < 2 || size > len - at - 2)
			return false;
		if (b[at + 1] == 0xda)
			return memmem(b + at + 2 + size, len - at - 2 - size, "\xff\xd9", 2) != NULL;
		at += 2 + size;
	}
	return false;
}

/* An archive that begins as a picture is opened as an archive by whoever looks at its end. */
static bool
ends_as_zip(const unsigned char *b, size_t len)
{
	size_t from = len > ZIP_TAIL_MAX ? len - ZIP_TAIL_MAX : 0;

	for (size_t at = from; at + 22 <= len; at++)
		if (memcmp(b + at, "PK\5\6", 4) == 0 && at + 22 + (size_t)(b[at + 20] | b[at + 21] << 8) == len)
			return true;
	return false;
}

static const struct row {
	struct document_kind kind;
	bool (*is)(const unsigned char *b, size_t len);
} rows[] = {
    {{"pdf", "application/pdf", ".pdf"}, is_pdf},
    {{"png", "image/png", ".png"}, is_png},
    {{"jpeg", "image/jpeg", ".jpg"}, is_jpeg},
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

const struct document_kind *
document_kind_of(const void *bytes, size_t len)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].is(bytes, len) && !ends_as_zip(bytes, len))
			return &rows[i].kind;
	return NULL;
}

const struct document_kind *
document_kind_find(const char *word)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].kind.word, word) == 0)
			return &rows[i].kind;
	return NULL;
}

/* Signs that turn the direction of reading or are not seen: "facture\u202efdp.exe" reads as a PDF. Bytes of one, 0: none at s. */
static size_t
unseen(const char *s)
{
	static const char *const signs[] = {"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c",
	                                    "\u202d", "\u202e", "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (text_starts(s, signs[i]))
			return strlen(signs[i]);
	return *s == '\xc2' && (unsigned char)s[1] < 0xa0 ? 2 : 0; /* C1 controls */
}

/* Changed in place: what is left of a name that starts at s. */
static char *
clean(char *s)
{
	char *out = s, *start = s;
	size_t characters = 0;

	for (; *s != '\0' && characters < NAME_CHARACTERS_MAX; s++) {
		size_t skip = unseen(s);

		if (skip > 0) {
			s += skip - 1;
			continue;
		}
		*out++ = (unsigned char)*s < ' ' || strchr("\"'`$<>|*?:;&%\\/\x7f", *s) != NULL ? '_' : *s;
		characters += ((unsigned char)s[1] & 0xc0) != 0x80;
	}
	*out = '\0';
	return start;
}

char *
document_name(TALLOC_CTX *ctx, const char *name, const struct document_kind *kind)
{
	char *copy = talloc_strdup(ctx, name), *dot, *base;

	for (char *sign = copy; (sign = strpbrk(sign, "/\\")) != NULL;)
		copy = ++sign;
	base = text_trim(ctx, clean(copy));
	base += strspn(base, ". "); /* only now: a sign that is not seen may have stood before them */
	dot = strrchr(base, '.');
	if (dot != NULL && strlen(dot) <= 5)
		*dot = '\0';
	return talloc_asprintf(ctx, "%s%s", base[0] != '\0' ? base : "document", kind->ending);
}

char *
document_size_french(TALLOC_CTX *ctx, size_t len)
{
	size_t tenths = (len * 10 + MEGA - 1) / MEGA;

	if (len < MEGA)
		return talloc_asprintf(ctx, "%zu\u00a0Ko", (len + 1023) / 1024);
	if (tenths % 10 == 0)
		return talloc_asprintf(ctx, "%zu\u00a0Mo", tenths / 10);
	return talloc_asprintf(ctx, "%zu,%zu\u00a0Mo", tenths / 10, tenths % 10);
}
