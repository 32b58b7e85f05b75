#include "common/fold.h"

#include <ctype.h>
#include <idn2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "common/base/secret.h"
#include "common/base/text.h"

#define IDENTIFIER_MAX 254 /* RFC 5321, 4.5.3.1.3: a path of 256 with its brackets */
#define LOCAL_PART_MAX 64  /* RFC 5321, 4.5.3.1.1 */

/* RFC 5321's dot-string (atext and single dots), the only form that the rolls use. */
static bool
is_local_part(const char *s, size_t len)
{
	if (len == 0 || len > LOCAL_PART_MAX || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
		if (s[i] != '.' && !isalnum((unsigned char)s[i]) && strchr("!#$%&'*+-/=?^_`{|}~", s[i]) == NULL)
			return false;
	}
	return true;
}

/*
 * RFC 1123's host names; signs beyond ASCII are left to IDNA. Looked at before and after it, since IDNA drops some
 * signs that it should refuse (c_d.fr became cd.fr) and leaves hyphens where none may be.
 */
static bool
is_host_name(const char *s)
{
	for (const char *label = s;; s++) {
		if (*s != '.' && *s != '\0') {
			if ((unsigned char)*s < 0x80 && !isalnum((unsigned char)*s) && *s != '-')
				return false;
			continue;
		}
		if (s == label || *label == '-' || s[-1] == '-')
			return false;
		if (*s == '\0')
			return true;
		label = s + 1;
	}
}

static char *
domain_to_ascii(TALLOC_CTX *ctx, const char *domain)
{
	char *ascii = NULL, *copy;

	if (strchr(domain, '.') == NULL || !is_host_name(domain) ||
	    idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT | IDN2_USE_STD3_ASCII_RULES) != IDN2_OK)
		return NULL;
	copy = is_host_name(ascii) ? talloc_strdup(ctx, ascii) : NULL;
	idn2_free(ascii);
	return copy;
}

char *
fold_identifier(TALLOC_CTX *ctx, const char *typed)
{
	char *s, *at, *domain;
	size_t n = 0;

	if (!text_is_utf8(typed, strlen(typed)))
		return NULL;
	s = text_trim(ctx, typed);
	for (const char *p = s; *p != '\0'; p++)
		if (!isspace((unsigned char)*p))
			s[n++] = (char)tolower((unsigned char)*p);
	s[n] = '\0';
	at = strrchr(s, '@');
	if (at == NULL || !is_local_part(s, (size_t)(at - s)))
		return NULL;
	domain = domain_to_ascii(ctx, at + 1);
	if (domain == NULL || (size_t)(at - s) + 1 + strlen(domain) > IDENTIFIER_MAX)
		return NULL;
	return talloc_asprintf(ctx, "%.*s@%s", (int)(at - s), s, domain);
}

const char *
fold_domain(const char *identifier)
{
	return strrchr(identifier, '@') + 1;
}

/* Hand memory of the C library over to talloc, wiped on both sides: what is folded here is often a secret. */
static char *
adopt(TALLOC_CTX *ctx, uint8_t *bytes, size_t len)
{
	char *s = secret_dup(ctx, bytes, len);

	secret_wipe(bytes, len);
	free(bytes);
	return s;
}

char *
fold_password(TALLOC_CTX *ctx, const char *typed)
{
	size_t len = 0;
	uint8_t *nfc;

	if (!text_is_utf8(typed, strlen(typed)))
		return NULL;
	nfc = u8_normalize(UNINORM_NFC, (const uint8_t *)typed, strlen(typed), NULL, &len);
	return nfc != NULL ? adopt(ctx, nfc, len) : NULL;
}

/* Keep letters and digits; accents are separate marks after NFKD, and are not kept. */
static char *
keep_alphanumeric(char *s)
{
	const uint8_t *in = (const uint8_t *)s, *end = in + strlen(s);
	uint8_t *out = (uint8_t *)s;
	ucs4_t c;

	while (in < end) {
		int n = u8_mbtoucr(&c, in, (size_t)(end - in));

		if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
			for (int i = 0; i < n; i++)
				*out++ = in[i];
		in += n;
	}
	*out = '\0';
	return s;
}

char *
fold_answer(TALLOC_CTX *ctx, const char *typed)
{
	size_t len = 0;
	uint8_t *folded;

	if (!text_is_utf8(typed, strlen(typed)))
		return NULL;
	folded = u8_casefold((const uint8_t *)typed, strlen(typed), NULL, UNINORM_NFKD, NULL, &len);
	return folded != NULL ? keep_alphanumeric(adopt(ctx, folded, len)) : NULL;
}

/* œ and æ have no decomposition, and people type them as two letters. */
static size_t
write_letter(ucs4_t c, const uint8_t *in, int len, uint8_t *out)
{
	if (c == 0x153 || c == 0xe6) {
		out[0] = c == 0x153 ? 'o' : 'a';
		out[1] = 'e';
		return 2;
	}
	memmove(out, in, (size_t)len);
	return (size_t)len;
}

/* In place: letters and digits, one space for whatever else, accents (marks of their own after NFKD) dropped without a trace. */
static char *
keep_words(char *s)
{
	const uint8_t *in = (const uint8_t *)s, *end = in + strlen(s);
	uint8_t *out = (uint8_t *)s;
	bool gap = false;
	ucs4_t c;

	while (in < end) {
		int n = u8_mbtoucr(&c, in, (size_t)(end - in));

		if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N)) {
			if (gap && out != (uint8_t *)s)
				*out++ = ' ';
			gap = false;
			out += write_letter(c, in, n, out);
		} else if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M)) {
			gap = true;
		}
		in += n;
	}
	*out = '\0';
	return s;
}

char *
fold_words(TALLOC_CTX *ctx, const char *text)
{
	size_t len = 0;
	uint8_t *folded;

	if (!text_is_utf8(text, strlen(text)))
		return NULL;
	folded = u8_casefold((const uint8_t *)text, strlen(text), NULL, UNINORM_NFKD, NULL, &len);
	return folded != NULL ? keep_words(adopt(ctx, folded, len)) : NULL;
}

/* What NFKD leaves alone and a French keyboard writes otherwise. */
static const char *
spell(ucs4_t c)
{
	static const struct {
		ucs4_t sign;
		const char *spelt;
	} rows[] = {{0x153, "oe"}, {0x152, "Oe"}, {0xe6, "ae"}, {0xc6, "Ae"}, {0x2019, "'"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].sign == c)
			return rows[i].spelt;
	return NULL;
}

/* In place: never more bytes than before, since what is spelt with two had at least two; but for no NUL, which would stand on the next sign. */
static char *
make_plain(char *s)
{
	const uint8_t *in = (const uint8_t *)s, *end = in + strlen(s);
	char *out = s;
	ucs4_t c;

	while (in < end) {
		const char *spelt;

		in += u8_mbtoucr(&c, in, (size_t)(end - in));
		spelt = spell(c);
		if (spelt != NULL)
			out = mempcpy(out, spelt, strlen(spelt));
		else if (c < 0x80)
			*out++ = (char)c;
		else if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M))
			*out++ = (char)(0x80 | (c & 0x7f));
	}
	*out = '\0';
	return s;
}

char *
fold_plain(TALLOC_CTX *ctx, const char *text)
{
	size_t len = 0;
	uint8_t *apart;

	if (!text_is_utf8(text, strlen(text)))
		return NULL;
	apart = u8_normalize(UNINORM_NFKD, (const uint8_t *)text, strlen(text), NULL, &len);
	return apart != NULL ? make_plain(adopt(ctx, apart, len)) : NULL;
}
