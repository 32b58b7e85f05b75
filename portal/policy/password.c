#include "portal/policy/password.h"

#include <ctype.h>
#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"

/* What a rule looks at: the try, its password without accents, and what the library says of it. */
struct trial {
	TALLOC_CTX *ctx;
	const struct password_try *t;
	const char *plain;
	size_t length;
	struct guess guess;
};

static bool
has_class(const char *s, int (*is_class)(int))
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x80 && is_class((unsigned char)*s))
			return true;
	return false;
}

static bool
is_long_enough(const struct trial *i)
{
	return i->length >= PASSWORD_LENGTH_MIN && i->length <= PASSWORD_LENGTH_MAX;
}

static bool
is_not_too_long(const struct trial *i)
{
	return i->length <= PASSWORD_LENGTH_MAX;
}

static bool
has_lower(const struct trial *i)
{
	return has_class(i->t->password, islower);
}

static bool
has_upper(const struct trial *i)
{
	return has_class(i->t->password, isupper);
}

static bool
has_digit(const struct trial *i)
{
	return has_class(i->t->password, isdigit);
}

/* ASCII punctuation, or any sign that is neither a letter, a digit nor a space; é and spaces count as neither. */
static bool
has_special(const struct trial *i)
{
	static const char *const others[] = {"€", "£", "§", "µ", "°", "«", "»", "’", "…", "–", "—", "¤", "²"};

	if (has_class(i->t->password, ispunct))
		return true;
	for (size_t k = 0; k < sizeof(others) / sizeof(*others); k++)
		if (strstr(i->t->password, others[k]) != NULL)
			return true;
	return false;
}

/* Each word of at least four letters of the name and of the address, accents and case aside. */
static bool
is_without_name(const struct trial *i)
{
	const char *folded = fold_answer(i->ctx, i->t->password);
	char *words = talloc_asprintf(i->ctx, "%s %.*s", i->t->name, (int)strcspn(i->t->identifier, "@"), i->t->identifier), *word;

	for (char *p = words; *p != '\0'; p++)
		if (strchr("-.'_", *p) != NULL)
			*p = ' ';
	while ((word = strsep(&words, " ")) != NULL) {
		const char *plain = fold_answer(i->ctx, word);

		if (text_length(plain) >= 4 && strstr(folded, plain) != NULL)
			return false;
	}
	return true;
}

static bool
is_hard_to_guess(const struct trial *i)
{
	return !i->guess.easy;
}

/* Different words of two letters at least. */
static size_t
count_words(const struct trial *i)
{
	char *rest = talloc_strdup(i->ctx, i->plain), *word;
	const char *seen = " ";
	size_t n = 0;

	for (char *p = rest; *p != '\0'; p++)
		*p = isalpha((unsigned char)*p) || (unsigned char)*p >= 0x80 ? (char)tolower((unsigned char)*p) : ' ';
	while ((word = strsep(&rest, " ")) != NULL) {
		const char *framed = talloc_asprintf(i->ctx, " %s ", word);

		if (strlen(word) < 2 || strstr(seen, framed) != NULL)
			continue;
		seen = talloc_asprintf(i->ctx, "%s%s", seen, framed);
		n++;
	}
	return n;
}

/*
 * The examples that the CNIL gives for 80 bits, the measure of a password that nothing else protects (délibération n° 2022-100 of 21 July 2022, published on
 * 14 October 2022, « mot de passe seul »): 12 signs of four kinds, the special ones out of at least 37; 14 of small letters, capitals and digits;
 * a sentence of 7 words. Accented letters are letters there.
 */
static bool
has_eighty_bits(const struct trial *i)
{
	bool three = has_class(i->plain, islower) && has_class(i->plain, isupper) && has_class(i->plain, isdigit);

	return (three && has_special(i) && i->length >= 12) || (three && i->length >= 14) || count_words(i) >= 7;
}

struct rule {
	const char *text;
	bool (*is_kept)(const struct trial *i);
};

#define NOT_NAME {"ni votre nom ni votre prénom", is_without_name}
#define NOT_EASY {"difficile à deviner\u00a0: pas seulement des mots courants, des suites de touches, des répétitions ou des dates", is_hard_to_guess}

static const struct rule electionspro[] = {
    {"entre 12 et 256 caractères", is_long_enough},
    {"au moins une lettre minuscule non accentuée", has_lower},
    {"au moins une lettre majuscule non accentuée", has_upper},
    {"au moins un chiffre", has_digit},
    {"au moins un caractère spécial (par exemple - ! ? @ _ , .)", has_special},
    NOT_NAME,
    NOT_EASY,
    {NULL, NULL},
};

static const struct rule cnil80[] = {
    {"l’une de ces formes\u00a0: 12 caractères avec minuscules, majuscules, chiffres et caractères spéciaux\u00a0; 14 caractères avec minuscules, majuscules et chiffres\u00a0; "
     "ou une phrase d’au moins 7 mots différents",
     has_eighty_bits},
    {"au plus 256 caractères", is_not_too_long},
    NOT_NAME,
    NOT_EASY,
    {NULL, NULL},
};

static const struct rule *const profiles[CONF_PROFILE__MAX] = {
    [CONF_PROFILE_ELECTIONSPRO] = electionspro,
    [CONF_PROFILE_CNIL80] = cnil80,
};

static struct guess
judge_guess(TALLOC_CTX *ctx, const struct password_try *t)
{
	const char *const about[] = {t->name, t->identifier, t->academy, t->election};
	const char **own = talloc_zero_array(NULL, const char *, 1);
	struct guess g;

	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++)
		guess_add_words(&own, about[i]);
	g = guess_judge(ctx, t->list, t->password, own);
	talloc_free(own);
	return g;
}

static struct trial
try_out(TALLOC_CTX *ctx, const struct password_try *t)
{
	struct trial i = {.ctx = ctx, .t = t, .plain = fold_plain(ctx, t->password), .length = text_length(t->password)};

	if (t->list != NULL)
		i.guess = judge_guess(ctx, t);
	return i;
}

static enum password_rule_state
state_of(const struct rule *rule, const struct trial *i)
{
	if (i->t == NULL || (rule->is_kept == is_hard_to_guess && i->t->list == NULL))
		return RULE_UNTRIED;
	return rule->is_kept(i) ? RULE_KEPT : RULE_BROKEN;
}

void
password_judge(TALLOC_CTX *ctx, enum conf_profile profile, const struct password_try *t, struct password_verdict *v_r)
{
	struct trial i = {.t = NULL};

	if (t != NULL)
		i = try_out(ctx, t);
	*v_r = (struct password_verdict){.accepted = true, .guess = i.guess};
	for (const struct rule *rule = profiles[profile]; rule->text != NULL; rule++) {
		enum password_rule_state state = state_of(rule, &i);

		must(v_r->n < PASSWORD_RULES_MAX);
		v_r->rules[v_r->n].text = rule->text;
		v_r->rules[v_r->n++].state = state;
		v_r->accepted &= state != RULE_BROKEN;
	}
}
