#include "portal/policy/guess.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zxcvbn.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/fold.h"

/*
 * The library's time grows with more than the square of the length: of 250 signs 8585858… takes a second. What begins with so many signs that nobody guesses
 * needs no more of them.
 */
#define LENGTH_MAX 40

/* 2^45 tries: with the hashes and the pepper stolen, and fifty argon2id a second, 22,000 years of one core. The library's authors are content with 33 bits. */
#define BITS_MIN 45.0

#define WORD_MIN 3
#define LINE_MAX_BYTES 300

struct guess_list {
	const char **words;
	size_t n;
};

static bool
is_word(const char *s)
{
	size_t len = strlen(s);

	if (len < WORD_MIN || s[0] == ' ' || s[len - 1] == ' ' || strstr(s, "  ") != NULL)
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz ") == len;
}

static void
add_word(const char ***words, const char *word, size_t n)
{
	*words = talloc_realloc(NULL, *words, const char *, (unsigned)n + 2);
	(*words)[n] = talloc_strdup(*words, word);
	(*words)[n + 1] = NULL;
}

/* In place: without its spaces. False: it has none. */
static bool
squeeze(char *s)
{
	char *out = s;

	for (const char *p = s; *p != '\0'; p++)
		if (*p != ' ')
			*out++ = *p;
	if (*out == '\0')
		return false;
	*out = '\0';
	return true;
}

/* NULL: fine; else what is wrong with the line. */
static const char *
take_line(struct guess_list *l, char *line)
{
	char *end = line + strcspn(line, "\r\n");

	if (*end == '\0' && strlen(line) == LINE_MAX_BYTES - 1)
		return "longer than any password";
	*end = '\0';
	if (line[0] == '#' || line[0] == '\0')
		return NULL;
	if (!is_word(line))
		return "a word takes small letters from a to z and single spaces, three signs at least";
	if (l->n + 2 > GUESS_WORDS_MAX)
		return "one word too many: at most 5000, of which those with spaces count twice";
	add_word(&l->words, line, l->n++);
	if (squeeze(line))
		add_word(&l->words, line, l->n++);
	return NULL;
}

struct guess_list *
guess_load(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	struct guess_list *l = talloc_zero(ctx, struct guess_list);
	const char *wrong = NULL;
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "r");
	int at = 0;

	*why_r = NULL;
	if (f == NULL) {
		*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
		return NULL;
	}
	l->words = talloc_zero_array(l, const char *, 1);
	while (wrong == NULL && fgets(line, sizeof(line), f) != NULL) {
		at++;
		wrong = take_line(l, line);
	}
	fclose(f);
	if (wrong == NULL)
		return l;
	*why_r = talloc_asprintf(ctx, "%s:%d: %s", path, at, wrong);
	return NULL;
}

static size_t
count(const char *const *words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

void
guess_add_words(const char ***words, const char *text)
{
	char *rest = fold_plain(NULL, text), *all = rest, *word;

	for (char *p = rest; p != NULL && *p != '\0'; p++)
		*p = isalpha((unsigned char)*p) ? (char)tolower((unsigned char)*p) : ' ';
	while ((word = strsep(&rest, " ")) != NULL)
		if (is_word(word))
			add_word(words, word, count(*words));
	talloc_free(all);
}

/*
 * The library knows American and British keyboards. What lies under the same fingers on a French one: first as typed, then what an American keyboard
 * would have written.
 */
static char *
as_qwerty(TALLOC_CTX *ctx, const char *password)
{
	static const struct {
		const char *azerty;
		char qwerty;
	} keys[] = {{"a", 'q'}, {"q", 'a'}, {"z", 'w'}, {"w", 'z'}, {"A", 'Q'}, {"Q", 'A'}, {"Z", 'W'},  {"W", 'Z'}, {"m", ';'},
	            {"M", ':'}, {",", 'm'}, {";", ','}, {":", '.'}, {"!", '/'}, {"&", '1'}, {"é", '2'},  {"\"", '3'}, {"'", '4'},
	            {"(", '5'}, {"-", '6'}, {"è", '7'}, {"_", '8'}, {"ç", '9'}, {"à", '0'}, {")", '-'}};
	size_t n = 0;
	char *out = secret_alloc(ctx, strlen(password) + 1);

	for (const char *p = password; *p != '\0'; n++) {
		size_t i = 0;

		while (i < sizeof(keys) / sizeof(*keys) && !text_starts(p, keys[i].azerty))
			i++;
		out[n] = i < sizeof(keys) / sizeof(*keys) ? keys[i].qwerty : *p;
		p += i < sizeof(keys) / sizeof(*keys) ? strlen(keys[i].azerty) : 1;
	}
	out[n] = '\0';
	return out;
}

/* Is this part of the password that word? Half of it may be signs that stand for letters. */
static bool
is_own(const char *part, size_t len, const char *word)
{
	size_t letters = 0;

	if (strlen(word) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool letter = isalpha((unsigned char)part[i]);

		if (letter && tolower((unsigned char)part[i]) != word[i])
			return false;
		letters += letter;
	}
	return 2 * letters >= len;
}

static enum guess_why
why_word(const char *part, size_t len, const char *const *own)
{
	for (; *own != NULL; own++)
		if (is_own(part, len, *own))
			return GUESS_PERSON;
	return GUESS_WORD;
}

/* A short word says nothing: two letters are in every list. */
static void
note_match(struct guess *g, const ZxcMatch_t *m, const char *text, const char *const *own)
{
	size_t len = (size_t)m->Length;

	if (m->Type & MULTIPLE_MATCH)
		g->why[GUESS_REPEAT] = true;
	switch ((int)m->Type & ~MULTIPLE_MATCH) {
	case DICTIONARY_MATCH:
	case DICT_LEET_MATCH:
	case USER_MATCH:
	case USER_LEET_MATCH:
		if (len >= WORD_MIN)
			g->why[why_word(text + m->Begin, len, own)] = true;
		return;
	case REPEATS_MATCH:
		g->why[GUESS_REPEAT] = true;
		return;
	case SEQUENCE_MATCH:
		g->why[GUESS_SEQUENCE] = true;
		return;
	case SPATIAL_MATCH:
		g->why[GUESS_KEYS] = true;
		return;
	case DATE_MATCH:
	case YEAR_MATCH:
		g->why[GUESS_DATE] = true;
		return;
	default:
		return;
	}
}

/* What the library says of the beginning of a text, which is cut. */
static struct guess
ask(char *text, const char **words, const char *const *own)
{
	ZxcMatch_t *matches = NULL;
	struct guess g = {.bits = 0};

	text[strnlen(text, LENGTH_MAX)] = '\0';
	g.bits = ZxcvbnMatch(text, words, &matches);
	for (const ZxcMatch_t *m = matches; m != NULL; m = m->Next)
		note_match(&g, m, text, own);
	ZxcvbnFreeInfo(matches);
	g.easy = g.bits < BITS_MIN;
	return g;
}

static struct guess
easier(struct guess a, struct guess b)
{
	return b.bits < a.bits ? b : a;
}

/* As it was typed; as a sentence whose words some sign divides; as a walk on the keyboard. */
struct guess
guess_judge(TALLOC_CTX *ctx, const struct guess_list *list, const char *password, const char *const *own)
{
	static const char *const nobody[] = {NULL};
	size_t n = count(own);
	const char **words = talloc_array(ctx, const char *, (unsigned)(n + list->n + 1));
	char *text = fold_plain(ctx, password), *keys = as_qwerty(ctx, password);
	struct guess typed, spoken, walked;

	memcpy(words, own, n * sizeof(*words));
	memcpy(words + n, list->words, (list->n + 1) * sizeof(*words));
	typed = ask(text, words, own);
	for (char *p = text; *p != '\0'; p++)
		if (strchr("-_.,*+/", *p) != NULL)
			*p = ' ';
	spoken = ask(text, words, own);
	walked = ask(keys, NULL, nobody);
	talloc_free(words);
	/* A word there is a well-known walk here: qwerty. */
	walked.why[GUESS_KEYS] |= walked.why[GUESS_WORD];
	walked.why[GUESS_WORD] = false;
	return easier(easier(typed, spoken), walked);
}
