#include "portal/pages/password.h"

#include <ctype.h>
#include <string.h>

#include "common/base/text.h"
#include "common/fold.h"

static bool
has_class(const char *s, int (*is_class)(int))
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x80 && is_class((unsigned char)*s))
			return true;
	return false;
}

static bool
is_long_enough(TALLOC_CTX *ctx, const struct password_try *t)
{
	size_t n = text_length(t->password);

	(void)ctx;
	return n >= PASSWORD_LENGTH_MIN && n <= PASSWORD_LENGTH_MAX;
}

static bool
has_lower(TALLOC_CTX *ctx, const struct password_try *t)
{
	(void)ctx;
	return has_class(t->password, islower);
}

static bool
has_upper(TALLOC_CTX *ctx, const struct password_try *t)
{
	(void)ctx;
	return has_class(t->password, isupper);
}

static bool
has_digit(TALLOC_CTX *ctx, const struct password_try *t)
{
	(void)ctx;
	return has_class(t->password, isdigit);
}

/* ASCII punctuation, or any sign that is neither a letter, a digit nor a space; é and spaces count as neither. */
static bool
has_special(TALLOC_CTX *ctx, const struct password_try *t)
{
	static const char *const others[] = {"€", "£", "§", "µ", "°", "«", "»", "’", "…", "–", "—", "¤", "²"};

	(void)ctx;
	if (has_class(t->password, ispunct))
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strstr(t->password, others[i]) != NULL)
			return true;
	return false;
}

/* Each word of at least four letters of the name and of the address, accents and case aside. */
bool
password_has_name(TALLOC_CTX *ctx, const struct password_try *t)
{
	const char *folded = fold_answer(ctx, t->password);
	char *words = talloc_asprintf(ctx, "%s %.*s", t->name, (int)strcspn(t->identifier, "@"), t->identifier), *word;

	for (char *p = words; *p != '\0'; p++)
		if (strchr("-.'_", *p) != NULL)
			*p = ' ';
	while ((word = strsep(&words, " ")) != NULL) {
		const char *plain = fold_answer(ctx, word);

		if (text_length(plain) >= 4 && strstr(folded, plain) != NULL)
			return true;
	}
	return false;
}

/*
 * What people type when a rule asks for twelve signs of four kinds. Compared without case, accents, digits' order or signs: the
 * letters left of a common password are one of these, or one sign is repeated, or the keyboard is walked along.
 */
bool
password_is_common(TALLOC_CTX *ctx, const struct password_try *t)
{
	static const char *const words[] = {
	    "motdepasse", "motdepasseelection", "motdepasseelections", "password", "passwordpassword", "azerty",
	    "azertyuiop", "qwerty", "qwertyuiop", "azertyazerty", "bonjour", "bonjourbonjour", "soleil", "doudou",
	    "election", "elections", "electionspro", "electionsprofessionnelles", "vote", "jevote", "isoloir",
	    "education", "educationnationale", "admin", "administrateur", "abcdefgh", "abcdefghijkl", "iloveyou",
	    "jetaime", "france", "marseille", "paris", "loulou", "chouchou", "welcome", "bienvenue", "secret", "passe"};
	char *letters = fold_answer(ctx, t->password);
	size_t n = 0;

	for (const char *p = letters; *p != '\0'; p++)
		if (!isdigit((unsigned char)*p))
			letters[n++] = *p;
	letters[n] = '\0';
	if (strspn(letters, letters[0] != '\0' ? (char[]){letters[0], '\0'} : "") == n)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], letters) == 0)
			return true;
	return false;
}

static bool
is_without_name(TALLOC_CTX *ctx, const struct password_try *t)
{
	return !password_has_name(ctx, t);
}

static bool
is_uncommon(TALLOC_CTX *ctx, const struct password_try *t)
{
	return !password_is_common(ctx, t);
}

static const struct rule {
	const char *text;
	bool (*is_kept)(TALLOC_CTX *ctx, const struct password_try *t);
} rules[] = {
    {"entre 12 et 256 caractères", is_long_enough},
    {"au moins une lettre minuscule non accentuée", has_lower},
    {"au moins une lettre majuscule non accentuée", has_upper},
    {"au moins un chiffre", has_digit},
    {"au moins un caractère spécial (par exemple - ! ? @ _ , .)", has_special},
    {"ni votre nom ni votre prénom", is_without_name},
    {"pas un mot de passe courant, facile à deviner", is_uncommon},
};

bool
password_rules(struct request *r, const struct password_try *t)
{
	bool all = true;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "regles");
		bool kept = t == NULL || rules[i].is_kept(r->task, t);

		tmpl_text(item, "regle_texte", rules[i].text);
		tmpl_switch(item, "regle_ok", t != NULL && kept);
		tmpl_switch(item, "regle_ko", !kept);
		all &= kept;
	}
	return all;
}
