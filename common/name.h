/*
 * Names in the order of a roll, and as people look for them. A key is ASCII: accents, case, hyphens, apostrophes and spaces of a family name are
 * gone, and so is a leading particle « de » or « d’ », which French alphabetical order passes over (« du », « des », « le », « la » count).
 */
#ifndef ISOLOIR_NAME_H
#define ISOLOIR_NAME_H

#include <talloc.h>

#define NAME_KEY_MAX 120 /* bytes: the columns' width */

/* "lafontaine jean": what a roll is sorted by. Equal keys are told apart by the elector's id. Never NULL; what is not UTF-8 has an empty key. */
char *name_key(TALLOC_CTX *ctx, const char *family, const char *given);

/*
 * What the keys that somebody means begin with: of a family name, or of one and a given name after a comma ("Dupont, Je"), as typed.
 * "": everybody. What holds no letter at all gives NULL.
 */
char *name_prefix(TALLOC_CTX *ctx, const char *typed);

/*
 * All that somebody may mean by words typed for a person: a family name or its beginning ("le go"), a family name and a given name or its beginning
 * ("Dupont Ma"), a given name and a whole family name ("Marie Dupont"); after a comma it is one of them for sure. What the keys so meant begin with,
 * in their order, no two having a key in common, on ctx; as many as returned. "" is everybody; 0: nothing typed is a letter.
 */
#define NAME_READINGS_MAX 11
size_t name_readings(TALLOC_CTX *ctx, const char *typed, char *list_r[NAME_READINGS_MAX]);

/*
 * Words that may stand before a name and count in its order: who looks for « fontaine » may mean « la fontaine ». NULL: no more. They are offered when
 * nothing was found, and never tried unasked: « mas » is not to find all of « Dumas ».
 */
const char *name_article(size_t i);

/* The key of a posting: its words, one space between them ("lycee jean moulin nantes"). */
char *name_posting_key(TALLOC_CTX *ctx, const char *posting);

/* The first key that does not begin with this prefix, for a range in an index; keys hold nothing beyond "z". */
char *name_after(TALLOC_CTX *ctx, const char *prefix);

#endif
