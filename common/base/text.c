#include "common/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
text_hex(TALLOC_CTX *ctx, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	char *out = talloc_array(ctx, char, 2 * len + 1);

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	out[2 * len] = '\0';
	return out;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_unhex(const char *hex, void *bytes, size_t len)
{
	unsigned char *out = bytes;

	if (strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

char *
text_base64url(TALLOC_CTX *ctx, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	char *out = talloc_array(ctx, char, (len * 4 + 2) / 3 + 1);
	size_t n = 0;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			out[n++] = b64[bits >> (have - 6) & 63];
	}
	if (have > 0)
		out[n++] = b64[bits << (6 - have) & 63];
	out[n] = '\0';
	return out;
}

bool
text_unbase64url(const char *text, void *bytes, size_t len)
{
	unsigned char *out = bytes;
	size_t n = 0;
	uint32_t bits = 0;
	int have = 0;

	if (strlen(text) != (len * 4 + 2) / 3)
		return false;
	for (; *text != '\0'; text++) {
		const char *at = strchr(b64, *text);

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - b64);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (unsigned char)(bits >> have);
		}
	}
	return n == len && (bits & ((1u << have) - 1)) == 0;
}

/* Bytes of the code point at s, 0 if it is malformed or NUL. Ranges from the Unicode standard, table 3-7. */
static size_t
utf8_step(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char first, last, second_min, second_max;
		size_t size;
	} rows[] = {
	    {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		if (s[0] < rows[r].first || s[0] > rows[r].last)
			continue;
		if (rows[r].size > left)
			return 0;
		if (rows[r].size > 1 && (s[1] < rows[r].second_min || s[1] > rows[r].second_max))
			return 0;
		for (size_t i = 2; i < rows[r].size; i++)
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		return rows[r].size;
	}
	return 0;
}

bool
text_is_utf8(const char *s, size_t len)
{
	size_t step;

	for (size_t i = 0; i < len; i += step)
		if ((step = utf8_step((const unsigned char *)s + i, len - i)) == 0)
			return false;
	return true;
}

size_t
text_length(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Bytes of the white space at s: ASCII's, U+00A0 or U+202F; 0 if it is none. */
static size_t
space_at(const char *s)
{
	if (isspace((unsigned char)*s))
		return 1;
	if (text_starts(s, "\u00a0"))
		return 2;
	return text_starts(s, "\u202f") ? 3 : 0;
}

char *
text_trim(TALLOC_CTX *ctx, const char *s)
{
	const char *end;
	size_t step;

	while ((step = space_at(s)) > 0)
		s += step;
	end = s;
	for (const char *p = s; *p != '\0'; p += step > 0 ? step : 1)
		if ((step = space_at(p)) == 0)
			end = p + 1;
	return talloc_strndup(ctx, s, (size_t)(end - s));
}

char *
text_url(TALLOC_CTX *ctx, const char *s)
{
	char *out = talloc_strdup(ctx, "");

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;

		out = talloc_asprintf_append_buffer(out, plain ? "%c" : "%%%02X", c);
	}
	return out;
}

bool
text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool
text_number(const char *s, int64_t min, int64_t max, int64_t *value_r)
{
	char *end;
	long long value;

	if (*s != '-' && !isdigit((unsigned char)*s))
		return false;
	errno = 0;
	value = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*value_r = value;
	return true;
}

#define WORD_MAX 64

/* Optimal string alignment over three rows; words longer than WORD_MAX are never near. */
size_t
text_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], n = strlen(a), m = strlen(b);
	size_t *before = rows[0], *above = rows[1], *now = rows[2];

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		above[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
			size_t best = above[j - 1] + (x != y);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == y && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[m];
}

const char *
text_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t least = strlen(word) / 3 + 2;

	for (size_t i = 0; i < n; i++) {
		size_t d = text_distance(word, words[i]);

		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}

const char *
text_did_you_mean(TALLOC_CTX *ctx, const char *near)
{
	return near != NULL ? talloc_asprintf(ctx, "; did you mean %s?", near) : "";
}
