/* What the values of a sheet may look like: one function a rule. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/fold.h"
#include "ctl/load.h"

#define OFFICE_ZONE "Europe/Paris"

typedef const char *rule_fn(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r);

static const char *
refuse(const char **why_r, const char *why)
{
	*why_r = why;
	return NULL;
}

static const char *
take_text(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	(void)l;
	(void)ctx;
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return refuse(why_r, "holds a line break, a tab or another control character");
	return text;
}

static const char *
take_slug(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	(void)l;
	(void)ctx;
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0' || text[0] == '-')
		return refuse(
		    why_r,
		    "takes lower-case letters, digits and hyphens: it stands in the portal's addresses");
	return text;
}

static const char *
take_code(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	(void)l;
	(void)ctx;
	for (const char *p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return refuse(why_r, "takes ASCII letters, digits, dots, hyphens and underscores");
	return text;
}

static const char *
take_number(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	int64_t n;

	(void)l;
	if (!text_number(text, 0, 1000000, &n))
		return refuse(why_r, "takes a whole number from 0 to 1000000");
	return talloc_asprintf(ctx, "%lld", (long long)n);
}

/* "16d12h20m": each unit at most once, in this order. */
static bool
read_delay(const char *text, int64_t *delay_s_r)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}};
	size_t taken = 0;

	*delay_s_r = 0;
	for (size_t u = 0; u < 3; u++) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 5 || text[digits] != units[u].letter)
			continue;
		*delay_s_r += strtoll(text, NULL, 10) * units[u].seconds;
		text += digits + 1;
		taken++;
	}
	return taken > 0 && *text == '\0';
}

bool
rule_time(const char *text, int64_t now_s, int64_t *at_s_r)
{
	struct clock_local l = {.second = 0};
	int end = 0;
	int64_t delay_s;

	if (text[0] == '+') {
		if (!read_delay(text + 1, &delay_s))
			return false;
		*at_s_r = now_s + delay_s;
		return true;
	}
	if (strlen(text) != 16 || text[4] != '-' || text[13] != ':' ||
	    sscanf(text, "%4d-%2d-%2d %2d:%2d%n", &l.year, &l.month, &l.day, &l.hour, &l.minute, &end) != 5 ||
	    end != 16)
		return false;
	return clock_from_local(&l, OFFICE_ZONE, at_s_r);
}

static const char *
take_time(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	int64_t at_s;

	if (!rule_time(text, l->now_s, &at_s))
		return refuse(
		    why_r,
		    "takes a time that Paris has exactly once, as 2026-12-01 08:00, or from now, as +16d12h20m");
	return talloc_asprintf(ctx, "%lld", (long long)at_s);
}

static const char *
take_identifier(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	const char *folded = fold_identifier(ctx, text);

	(void)l;
	return folded != NULL
	           ? folded
	           : refuse(why_r,
	                    "takes a mail address with an ASCII local part, as prenom.nom@ac-nantes.fr");
}

static const char *
take_civility(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	(void)l;
	(void)ctx;
	if (text[0] == '\0' || strcmp(text, "M.") == 0 || strcmp(text, "Mme") == 0)
		return text;
	return refuse(why_r, "takes M., Mme or nothing");
}

/* Asking the C library takes 10 µs, and a roll has a dozen zones for a million rows. */
static const char *
take_zone(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	static char known[16][41];
	static size_t n;
	struct clock_local local;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		if (strcmp(known[i], text) == 0)
			return text;
	if (!clock_local(l->now_s, text, &local))
		return refuse(why_r,
		              "takes a time zone that this system knows, as Europe/Paris or Pacific/Tahiti");
	if (n < 16)
		snprintf(known[n++], sizeof(*known), "%s", text);
	return text;
}

const char *
rule_code_at(TALLOC_CTX *ctx, const char *codes, size_t n)
{
	codes += strspn(codes, " ");
	for (; n > 0 && *codes != '\0'; n--) {
		codes += strcspn(codes, " ");
		codes += strspn(codes, " ");
	}
	return *codes != '\0' ? talloc_strndup(ctx, codes, strcspn(codes, " ")) : NULL;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_repeated(TALLOC_CTX *ctx, const char *codes, const char *code, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(rule_code_at(ctx, codes, i), code) == 0)
			return true;
	return false;
}

static const char *
take_codes(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	const char *code;

	if (l->codes ==
	    NULL) /* scrutins.csv has errors of its own: those of its electors would only be echoes */
		return text;
	for (size_t i = 0; (code = rule_code_at(ctx, text, i)) != NULL; i++) {
		if (is_repeated(ctx, text, code, i))
			return refuse(why_r, talloc_asprintf(ctx, "names %s twice", code));
		if (bsearch(&code, l->codes, l->n_codes, sizeof(*l->codes), compare_texts) != NULL)
			continue;
		return refuse(why_r, talloc_asprintf(ctx, "names %s, which scrutins.csv lacks%s", code,
		                                     text_did_you_mean(ctx, text_nearest(code, l->codes, l->n_codes))));
	}
	return text;
}

static const char *
take_optional_number(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	return text[0] == '\0' ? "0" : take_number(l, ctx, text, why_r);
}

static const char *
take_optional_time(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	return text[0] == '\0' ? text : take_time(l, ctx, text, why_r);
}

static const char *
take_optional_form(const struct load *l, TALLOC_CTX *ctx, const char *text, const char **why_r)
{
	(void)l;
	(void)ctx;
	if (text[0] == '\0' || strcmp(text, "list") == 0)
		return "list";
	return strcmp(text, "sigle") == 0 ? text : refuse(why_r, "takes list, sigle or nothing (a list)");
}

static rule_fn *const rules[RULE__MAX] = {
    [RULE_TEXT] = take_text,         [RULE_SLUG] = take_slug, [RULE_CODE] = take_code,
    [RULE_NUMBER] = take_number,     [RULE_TIME] = take_time, [RULE_IDENTIFIER] = take_identifier,
    [RULE_CIVILITY] = take_civility, [RULE_ZONE] = take_zone, [RULE_CODES] = take_codes,
    [RULE_OPTIONAL_TEXT] = take_text,
    [RULE_OPTIONAL_NUMBER] = take_optional_number,
    [RULE_OPTIONAL_TIME] = take_optional_time,
    [RULE_OPTIONAL_FORM] = take_optional_form,
};

const char *
rule_apply(const struct load *l, TALLOC_CTX *ctx, const struct load_column *column, const char *text,
           const char **why_r)
{
	const char *trimmed = text_trim(ctx, text);
	size_t len = text_length(trimmed);

	if (len == 0 && column->least > 0)
		return refuse(why_r, "must not be empty");
	if (len > column->most)
		return refuse(why_r, talloc_asprintf(ctx, "has %zu characters, and %zu are the most", len,
		                                     column->most));
	return rules[column->rule](l, ctx, trimmed, why_r);
}
