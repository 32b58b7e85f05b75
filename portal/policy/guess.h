/*
 * How soon would this password be guessed? libzxcvbn counts the tries of somebody who knows words, keyboards, dates and the person; it is seen by guess.c only. Beside its own
 * English words it is given those of the person and those of a file.
 */
#ifndef ISOLOIR_GUESS_H
#define ISOLOIR_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

/* What makes a password easy to guess. */
enum guess_why { GUESS_PERSON, GUESS_WORD, GUESS_KEYS, GUESS_SEQUENCE, GUESS_REPEAT, GUESS_DATE, GUESS__MAX };

struct guess {
	bool easy;
	bool why[GUESS__MAX]; /* what it holds of these, easy or not */
	double bits;          /* the logarithm of the tries */
};

/*
 * The words of a file, most common first: one a line, small letters a to z and single spaces, three signs at least; "#" begins a comment line. At most
 * GUESS_WORDS_MAX, since all are looked for in each password. NULL: *why_r says "file:line: …".
 */
#define GUESS_WORDS_MAX 5000
struct guess_list;
struct guess_list *guess_load(TALLOC_CTX *ctx, const char *path, char **why_r);

/* The words of a text (a name, an address, a title) as the library wants them: folded, three letters at least. Adds to *words, which ends in NULL. */
void guess_add_words(const char ***words, const char *text);

/* Judge a password (UTF-8); own: the person's words, made by guess_add_words. Some 25 milliseconds of one core at worst, half a one as a rule, however long it is. */
struct guess guess_judge(TALLOC_CTX *ctx, const struct guess_list *list, const char *password, const char *const *own);

#endif
