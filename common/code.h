/*
 * Voting codes. One code is a number below 58^14 (82.02 bits), written in two ways without loss:
 *
 *   elector   K7M-2QX-9AB-4CD-E5F-GH8  17 signs of Crockford's base32 and a check sign, in groups of three: one case, and no I, L, O, U
 *   Belenios  wJ7-7B7-FcJ-Tpr-eNr      14 digits of base58 and a check: the private credential of Belenios 2 (its own rule: the check is the digit
 *                                      of value 53 - number mod 53; belenios-tool(1) makes them, and tests/unit/test_code.c compares)
 *
 * The elector's check sign is the 18th of a code over GF(32): the signs, as the coefficients of a polynomial, are zero at a primitive element. Each place
 * has a weight of its own, so one wrong sign and any two signs changed about, neighbours or not, are always noticed; of what is wrong at random one in 254
 * passes (31/32 by the check, 7 in 8 of the rest since the number must be below 58^14).
 */
#ifndef ISOLOIR_CODE_H
#define ISOLOIR_CODE_H

#include "common/hash.h"
#include "common/keys.h"

#define CODE_SIGNS 18
#define CODE_GROUP 3
#define CODE_TEXT_SIZE (CODE_SIGNS + CODE_SIGNS / CODE_GROUP) /* five hyphens and NUL */
#define CODE_BELENIOS_SIZE 20                                 /* 15 signs, four hyphens and NUL */

struct code {
	unsigned __int128 number;
};

/* A new one: every number is as likely. Wipe it when it has served. */
void code_draw(struct code *c_r);

void code_write(const struct code *c, char out[CODE_TEXT_SIZE]);
void code_write_belenios(const struct code *c, char out[CODE_BELENIOS_SIZE]);

/* Exactly as Belenios writes them. False: not one of theirs. */
bool code_read_belenios(const char *text, struct code *c_r);

/* What is wrong with what somebody typed; each has its sentence for them. */
enum code_fault {
	CODE_RIGHT,
	CODE_MISSING,     /* nothing but spaces */
	CODE_LONG_OR_SHORT, /* not 18 signs */
	CODE_FOREIGN,     /* a sign that stands in no code: U, punctuation, an accent */
	CODE_MISTYPED,    /* the check says so */
};

/*
 * As people type: hyphens, spaces and points anywhere or nowhere, any case, O for 0, I and L for 1. c_r only after CODE_RIGHT. Needs no
 * database: a typo is told before anything is counted.
 */
enum code_fault code_read(const char *typed, struct code *c_r);

/* How a sign is said: "sept", "K comme Kléber". Static text; "" for what is no sign. */
const char *code_word(char sign);

/*
 * What the database keeps: HMAC-SHA-256 under the pepper of election and number. No slow hash: argon2 makes guesses dear where there are few to
 * try, and here there are 2^82; at 10^12 a second, with the key, half of them take 76,000 years.
 */
void code_hash(const struct keys *k, int64_t election_id, const struct code *c, unsigned char out[HASH_SIZE]);

#endif
