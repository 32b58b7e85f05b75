#include "portal/browser.h"

#include <stddef.h>
#include <string.h>

struct mark {
	const char *sign, *label;
};

/* Nearly all of them also claim to be those further down: the first sign found decides. */
static const struct mark browsers[] = {
    {"Edg/", "Edge"},       {"EdgA/", "Edge"},  {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},      {"Vivaldi/", "Vivaldi"},
    {"SamsungBrowser/", "Samsung Internet"},
    {"FxiOS/", "Firefox"},  {"Firefox/", "Firefox"},
    {"CriOS/", "Chrome"},   {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},  {"Trident/", "Internet Explorer"},
    {NULL, "Un navigateur"},
};
static const struct mark systems[] = {
    {"iPhone", " sur iPhone"},      {"iPad", " sur iPad"},        {"Android", " sur Android"},
    {"Windows", " sous Windows"},   {"CrOS", " sous ChromeOS"},   {"Macintosh", " sur Mac"},
    {"Linux", " sous Linux"},       {NULL, ""},
};

static const char *
find_label(const struct mark *m, const char *user_agent)
{
	while (m->sign != NULL && strstr(user_agent, m->sign) == NULL)
		m++;
	return m->label;
}

char *
browser_label(TALLOC_CTX *ctx, const char *user_agent)
{
	return talloc_asprintf(ctx, "%s%s", find_label(browsers, user_agent), find_label(systems, user_agent));
}
