/*
 * The order of candidate lists, drawn so that anybody can compute it again with sha256sum (method "sha256-1"):
 *   H = SHA-256 of the seed, in hexadecimal;
 *   the number of a list = SHA-256 of "H/SCRUTIN/LIST", codes as they stand in the election, in hexadecimal;
 *   the lists stand in the ascending order of their numbers.
 * The seed comes from the delegates once the lists are closed, so nobody who knows the codes can have chosen the order.
 */
#ifndef ISOLOIR_DRAW_H
#define ISOLOIR_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#define DRAW_METHOD "sha256-1"
#define DRAW_HEX_SIZE 65
#define DRAW_SEED_MIN 8
#define DRAW_SEED_MAX 200

/* NULL, or why this is no seed: only signs that every keyboard has and every shell passes on unchanged, and no space that a page would not show. */
const char *draw_seed_fault(const char *seed);

void draw_seed_hash(const char *seed, char out[DRAW_HEX_SIZE]);

/* The number of one list. */
void draw_number(const char *seed_hash, const char *scrutin, const char *list, char out[DRAW_HEX_SIZE]);

struct draw_list {
	const char *code;
	char number[DRAW_HEX_SIZE];
};

/* Give each list its number and bring them into their order. Codes differ. */
void draw_order(const char *seed_hash, const char *scrutin, struct draw_list *lists, size_t n);

#endif
