#include "tests/unit/unit.h"

#include <string.h>

#include "portal/document.h"

#define PDF "%PDF-1.7\n1 0 obj <<>> endobj trailer <<>>\n%%EOF\n"
#define PNG_HEAD "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\10\0\0\0\0crc!"
#define PNG_DATA "\0\0\0\4IDATdatacrc!"
#define PNG_END "\0\0\0\0IEND\xae\x42\x60\x82"
#define JPEG_HEAD "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define JPEG_SCAN "\xff\xda\0\x08\1\1\0\0\x3f\0data"
#define JPEG_END "\xff\xd9"
#define ZIP_END "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define KIND(bytes) kind_of(bytes, sizeof(bytes) - 1)

/* In memory of its own size, so that a sanitizer sees the first byte read beyond. */
static const char *
kind_of(const char *bytes, size_t len)
{
	char *copy = malloc(len);
	const struct document_kind *kind;

	memcpy(copy, bytes, len);
	kind = document_kind_of(copy, len);
	free(copy);
	return kind != NULL ? kind->word : "none";
}

static void
what_is_whole_is_known_by_its_bytes(void **state)
{
	(void)state;
	assert_string_equal(KIND(PDF), "pdf");
	assert_string_equal(KIND(PNG_HEAD PNG_DATA PNG_END), "png");
	assert_string_equal(KIND(JPEG_HEAD JPEG_SCAN JPEG_END), "jpeg");
	assert_string_equal(KIND(JPEG_HEAD JPEG_SCAN JPEG_END "what cameras put behind"), "jpeg");
}

static void
what_is_not_whole_or_something_else_is_none(void **state)
{
	(void)state;
	assert_string_equal(KIND("x"), "none");
	assert_string_equal(KIND("%PDF-1.7\nno end of it at all, as when a disk was full"), "none");
	assert_string_equal(KIND("<html><script>alert(1)</script></html>" PDF), "none");
	assert_string_equal(KIND("GIF89a/*" PDF), "none");
	assert_string_equal(KIND(PNG_HEAD PNG_DATA), "none");
	assert_string_equal(KIND(PNG_HEAD PNG_DATA PNG_END "<script>"), "none");
	assert_string_equal(KIND(PNG_HEAD "\xff\xff\xff\xffIDATdatacrc!" PNG_END), "none");
	assert_string_equal(KIND(JPEG_HEAD JPEG_SCAN), "none");
	assert_string_equal(KIND(JPEG_HEAD "\xff\xe1\xff\xff short"), "none");
	assert_string_equal(KIND("MZ\x90\0 an executable program of another system\0\0\0\0\0\0\0"), "none");
	assert_string_equal(KIND("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"), "none");
}

static void
what_is_an_archive_as_well_is_none(void **state)
{
	(void)state;
	assert_string_equal(KIND(PDF ZIP_END), "none");
	assert_string_equal(KIND(JPEG_HEAD JPEG_SCAN JPEG_END ZIP_END), "none");
}

static void
every_cut_is_survived(void **state)
{
	static const char png[] = PNG_HEAD PNG_DATA PNG_END, jpeg[] = JPEG_HEAD JPEG_SCAN JPEG_END;

	(void)state;
	for (size_t len = 1; len < sizeof(png) - 1; len++)
		assert_string_equal(kind_of(png, len), "none");
	for (size_t len = 1; len < sizeof(jpeg) - 1; len++)
		assert_string_equal(kind_of(jpeg, len), "none");
}

static void
a_name_does_no_harm(void **state)
{
	static const struct {
		const char *typed, *kept;
	} rows[] = {
	    {"Arrêté d’affectation.PDF", "Arrêté d’affectation.pdf"},
	    {"C:\\Users\\moi\\arrêté.pdf", "arrêté.pdf"},
	    {"../../etc/passwd", "passwd.pdf"},
	    {"/", "document.pdf"},
	    {"", "document.pdf"},
	    {"...", "document.pdf"},
	    {".htaccess", "htaccess.pdf"},
	    {"facture\u202efdp.exe", "facturefdp.pdf"},
	    {"a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1.pdf"},
	    {"a%22b\"c.png", "a_22b_c.pdf"},
	    {"\u202b.profile", "profile.pdf"},
	    {"$(reboot).pdf", "_(reboot).pdf"},
	    {"rapport.tar.gz", "rapport.tar.pdf"},
	    {"a\u200b\u2066b.pdf", "ab.pdf"},
	};
	char *longest = talloc_strdup(story, "");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(document_name(story, rows[i].typed, document_kind_find("pdf")), rows[i].kept);
	for (int i = 0; i < 100; i++)
		longest = talloc_strdup_append(longest, "é");
	assert_int_equal(strlen(document_name(story, longest, document_kind_find("jpeg"))), 2 * 80 + 4);
}

static void
sizes_are_french(void **state)
{
	(void)state;
	assert_string_equal(document_size_french(story, 1), "1\u00a0Ko");
	assert_string_equal(document_size_french(story, 348160), "340\u00a0Ko");
	assert_string_equal(document_size_french(story, 1234567), "1,2\u00a0Mo");
	assert_string_equal(document_size_french(story, 5242880), "5\u00a0Mo");
	assert_string_equal(document_size_french(story, 5242881), "5,1\u00a0Mo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_whole_is_known_by_its_bytes),
	    cmocka_unit_test(what_is_not_whole_or_something_else_is_none),
	    cmocka_unit_test(what_is_an_archive_as_well_is_none),
	    cmocka_unit_test(every_cut_is_survived),
	    cmocka_unit_test(a_name_does_no_harm),
	    cmocka_unit_test(sizes_are_french),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
