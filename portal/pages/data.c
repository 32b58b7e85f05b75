/* The personal data that the portal holds: docs/donnees.csv, with the times that the settings say. */
#include <stddef.h>
#include <string.h>

#include "common/base/clock.h"
#include "portal/data_table.h"
#include "portal/model/text.h"
#include "portal/pages/help.h"
#include "portal/route.h"

/* {session_idle} in the table: a setting of type TIME. */
static const struct {
	const char *sign;
	size_t offset;
} times[] = {
#define TIME(field) {"{" #field "}", offsetof(struct conf, field)}
    TIME(session_idle),
    TIME(session_max),
    TIME(captcha_validity),
    TIME(link_validity),
    TIME(campaign_validity),
#undef TIME
};

static const char *
replace_first(TALLOC_CTX *ctx, const char *text, const char *sign, const char *words)
{
	const char *at = strstr(text, sign);

	return at != NULL ? talloc_asprintf(ctx, "%.*s%s%s", (int)(at - text), text, words, at + strlen(sign)) : text;
}

const char *
help_data_times(TALLOC_CTX *ctx, const struct conf *c, const char *text)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		const int64_t *ms = (const int64_t *)(const void *)((const char *)c + times[i].offset);

		text = replace_first(ctx, text, times[i].sign, clock_duration_french(ctx, *ms));
	}
	must(strchr(text, '{') == NULL);
	return text;
}

enum reply_kind
data_show(struct request *r)
{
	static const char *const columns[] = {"donnee", "donnee_finalite", "donnee_base", "donnee_duree", "donnee_lieu"};

	tmpl_text(r->reply.data, "titre", "Données personnelles et cookies");
	for (size_t i = 0; i < sizeof(data_table) / sizeof(*data_table); i++) {
		struct tmpl_data *item = tmpl_item(r->reply.data, "donnees");

		for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
			tmpl_text(item, columns[c], help_data_times(r->task, r->portal->conf, data_table[i][c]));
	}
	help_fill_text(r, TEXT_DONNEES);
	help_fill_organiser(r);
	return reply_page(r, PAGE_DONNEES_PERSONNELLES);
}
