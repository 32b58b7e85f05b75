#include "common/code.h"

#include <string.h>

#include "common/base/secret.h"

static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford: the letters without I, L, O, U */
static const char digits58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#define DIGITS58 14
#define CHECK58 53 /* of Belenios: common/code.h */
#define BITS 83    /* the least that holds them all */

/* 58^14 */
static unsigned __int128
limit(void)
{
	unsigned __int128 n = 1;

	for (int i = 0; i < DIGITS58; i++)
		n *= 58;
	return n;
}

/* Half of what has 83 bits is below the limit: drawn again until it is, so that no number is likelier. */
void
code_draw(struct code *c_r)
{
	do
		secret_random(&c_r->number, sizeof(c_r->number));
	while ((c_r->number >>= 128 - BITS) >= limit());
}

/* ---- the elector's form ---- */

/* Times a root of x^5 + x^2 + 1, which is primitive: its first 31 powers differ. */
static unsigned
times_root(unsigned x)
{
	return (x << 1 ^ (x & 16 ? 0x25 : 0)) & 31;
}

/* The polynomial of these coefficients at that root; 0 for all signs of a right code. */
static unsigned
polynomial(const unsigned char *value, size_t n)
{
	unsigned at = 0;

	for (size_t i = 0; i < n; i++)
		at = times_root(at) ^ value[i];
	return at;
}

void
code_write(const struct code *c, char out[CODE_TEXT_SIZE])
{
	unsigned char value[CODE_SIGNS];
	unsigned __int128 n = c->number;

	must(n < limit());
	for (int i = CODE_SIGNS - 2; i >= 0; i--, n >>= 5)
		value[i] = n & 31;
	value[CODE_SIGNS - 1] = (unsigned char)times_root(polynomial(value, CODE_SIGNS - 1));
	for (int i = 0; i < CODE_SIGNS; i++) {
		*out++ = signs[value[i]];
		if (i % CODE_GROUP == CODE_GROUP - 1)
			*out++ = i < CODE_SIGNS - 1 ? '-' : '\0';
	}
	secret_wipe(value, sizeof(value));
}

/* Bytes of a separator at s: hyphen, space, point, and what word processors and telephones make of them. 0: none. */
static size_t
separator(const char *s)
{
	static const char *const wide[] = {"\u00a0", "\u202f", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"};

	if (strchr(" -.\t\r\n", *s) != NULL)
		return 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

/* -1: stands in no code. */
static int
value_of(char typed)
{
	static const char *const alike[] = {"O0", "I1", "L1"};
	char sign = typed >= 'a' && typed <= 'z' ? (char)(typed - 'a' + 'A') : typed;
	const char *at;

	for (size_t i = 0; i < sizeof(alike) / sizeof(*alike); i++)
		if (sign == alike[i][0])
			sign = alike[i][1];
	at = strchr(signs, sign);
	return at != NULL ? (int)(at - signs) : -1;
}

static enum code_fault
judge(const unsigned char value[CODE_SIGNS], struct code *c_r)
{
	struct code c = {0};

	if (polynomial(value, CODE_SIGNS) != 0)
		return CODE_MISTYPED;
	for (int i = 0; i < CODE_SIGNS - 1; i++)
		c.number = c.number << 5 | value[i];
	if (c.number >= limit())
		return CODE_MISTYPED;
	*c_r = c;
	return CODE_RIGHT;
}

enum code_fault
code_read(const char *typed, struct code *c_r)
{
	unsigned char value[CODE_SIGNS];
	enum code_fault fault;
	size_t n = 0, skip;

	for (const char *s = typed; *s != '\0'; s += skip) {
		int sign = value_of(*s);

		skip = separator(s);
		if (skip != 0)
			continue;
		if (sign == -1)
			return CODE_FOREIGN;
		if (n < CODE_SIGNS)
			value[n] = (unsigned char)sign;
		n++;
		skip = 1;
	}
	if (n != CODE_SIGNS)
		return n == 0 ? CODE_MISSING : CODE_LONG_OR_SHORT;
	fault = judge(value, c_r);
	secret_wipe(value, sizeof(value));
	return fault;
}

const char *
code_word(char sign)
{
	static const char *const words[] = {
	    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf",
	    "A comme Anatole", "B comme Berthe", "C comme Célestin", "D comme Désiré", "E comme Eugène", "F comme François",
	    "G comme Gaston", "H comme Henri", "J comme Joseph", "K comme Kléber", "M comme Marcel", "N comme Nicolas",
	    "P comme Pierre", "Q comme Quintal", "R comme Raoul", "S comme Suzanne", "T comme Thérèse", "V comme Victor",
	    "W comme William", "X comme Xavier", "Y comme Yvonne", "Z comme Zoé",
	};
	const char *at = sign != '\0' ? strchr(signs, sign) : NULL;

	return at != NULL ? words[at - signs] : "";
}

/* ---- the form of Belenios ---- */

void
code_write_belenios(const struct code *c, char out[CODE_BELENIOS_SIZE])
{
	unsigned __int128 n = c->number;
	char digits[DIGITS58 + 1];

	must(n < limit());
	digits[DIGITS58] = digits58[CHECK58 - (int)(n % CHECK58)];
	for (int i = DIGITS58 - 1; i >= 0; i--, n /= 58)
		digits[i] = digits58[n % 58];
	for (int i = 0; i < DIGITS58 + 1; i++) {
		*out++ = digits[i];
		if (i % 3 == 2)
			*out++ = i < DIGITS58 ? '-' : '\0';
	}
	secret_wipe(digits, sizeof(digits));
}

bool
code_read_belenios(const char *text, struct code *c_r)
{
	char again[CODE_BELENIOS_SIZE];
	struct code c = {0};
	const char *at;
	bool same;

	if (strlen(text) != CODE_BELENIOS_SIZE - 1)
		return false;
	for (size_t i = 0, n = 0; n < DIGITS58; i++) {
		if (i % 4 == 3)
			continue;
		if ((at = strchr(digits58, text[i])) == NULL)
			return false;
		c.number = c.number * 58 + (unsigned)(at - digits58);
		n++;
	}
	code_write_belenios(&c, again);
	same = secret_equal(text, again, sizeof(again));
	secret_wipe(again, sizeof(again));
	if (same)
		*c_r = c;
	return same;
}

void
code_hash(const struct keys *k, int64_t election_id, const struct code *c, unsigned char out[HASH_SIZE])
{
	static const char label[] = "voting code";
	unsigned char where[8], number[16];
	struct hash_part parts[] = {{label, sizeof(label) - 1}, {where, sizeof(where)}, {number, sizeof(number)}};

	for (int i = 0; i < 8; i++)
		where[i] = (unsigned char)((uint64_t)election_id >> (56 - 8 * i));
	for (int i = 0; i < 16; i++)
		number[i] = (unsigned char)(c->number >> (120 - 8 * i));
	hash_keyed(k->key[KEY_PEPPER], parts, sizeof(parts) / sizeof(*parts), out);
	secret_wipe(number, sizeof(number));
}
