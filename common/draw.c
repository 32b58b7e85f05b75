#include "common/draw.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/task.h"
#include "common/hash.h"

#define SIGNS " .,-"

const char *
draw_seed_fault(const char *seed)
{
	size_t len = strlen(seed);

	if (len < DRAW_SEED_MIN || len > DRAW_SEED_MAX)
		return "a seed has 8 to 200 signs";
	for (const char *s = seed; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80 || (!isalnum((unsigned char)*s) && strchr(SIGNS, *s) == NULL))
			return "a seed takes letters without accents, digits, spaces, dots, commas and hyphens, so that every machine reads it alike";
	if (seed[0] == ' ' || seed[len - 1] == ' ' || strstr(seed, "  ") != NULL)
		return "a seed neither begins nor ends with a space, nor has two in a row: nobody would see them on paper";
	return NULL;
}

static void
write_hash(const char *text, char out[DRAW_HEX_SIZE])
{
	unsigned char hash[HASH_SIZE];

	hash_sha256(text, strlen(text), hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void
draw_seed_hash(const char *seed, char out[DRAW_HEX_SIZE])
{
	write_hash(seed, out);
}

void
draw_number(const char *seed_hash, const char *scrutin, const char *list, char out[DRAW_HEX_SIZE])
{
	char *text = talloc_asprintf(NULL, "%s/%s/%s", seed_hash, scrutin, list);

	must(text != NULL);
	write_hash(text, out);
	talloc_free(text);
}

static int
compare_numbers(const void *a, const void *b)
{
	const struct draw_list *x = a, *y = b;

	return strcmp(x->number, y->number);
}

void
draw_order(const char *seed_hash, const char *scrutin, struct draw_list *lists, size_t n)
{
	for (size_t i = 0; i < n; i++)
		draw_number(seed_hash, scrutin, lists[i].code, lists[i].number);
	if (n > 1)
		qsort(lists, n, sizeof(*lists), compare_numbers);
}
