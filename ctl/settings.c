/* isoloirctl settings: the rows of settings.def, for people, for programs, as the middle of isoloir.conf(5)
 * or as the installed isoloir.conf. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

#define COMMENT_WIDTH 100

static const char template_head[] = "# Settings of Isoloir. A line that begins with # and a name is a "
                                    "default: take the # away to change it. Each is\n"
				    "# described in isoloir.conf(5) too. Times are written 500ms, 20s, "
                                    "10min, 72h, 14d; sizes 512B, 64KiB, 19MiB.\n"
				    "# After a change: `isoloirctl reload portal` and `isoloirctl reload "
                                    "mailer`; what is marked (restart) takes one.\n";

#define RELAY_SECTION "relay NAME"
static const char template_relay[] = "# A further relay: give it a name, and `isoloirctl domain set PATTERN relay=NAME` sends a domain's mails\n"
				     "# through it. There may be several such sections.\n";

static const struct {
	const char *section, *name, *def, *when, *sentence;
} rows[] = {
#define SETTING(type, field, section, name, def, min, max, when, sentence) \
	{section, name, def, #when, sentence},
#define RELAY_SETTING(type, field, name, def, min, max, sentence) {RELAY_SECTION, name, def, "LIVE", sentence},
#include "common/settings.def"
};

/* Words of a sentence in lines of a comment, at most 100 columns each. */
static void
print_comment(const char *sentence, bool restart)
{
	size_t column = 1;

	putchar('#');
	while (*sentence != '\0') {
		size_t len = strcspn(sentence, " ");

		if (column + 1 + len > COMMENT_WIDTH) {
			printf("\n#");
			column = 1;
		}
		printf(" %.*s", (int)len, sentence);
		column += 1 + len;
		sentence += len + strspn(sentence + len, " ");
	}
	puts(restart ? " (restart)" : "");
}

static void
print_template(void)
{
	const char *section = "";

	fputs(template_head, stdout);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(section, rows[i].section) != 0)
			printf("\n%s[%s]\n", strcmp(rows[i].section, RELAY_SECTION) == 0 ? template_relay : "", rows[i].section);
		else
			putchar('\n');
		section = rows[i].section;
		print_comment(rows[i].sentence, rows[i].when[0] == 'R');
		printf("#%s =%s%s\n", rows[i].name, rows[i].def[0] != '\0' ? " " : "", rows[i].def);
	}
}

static struct js *
row_js(TALLOC_CTX *ctx, size_t i)
{
	struct js *row = js_object(ctx);

	js_set_text(row, "section", rows[i].section);
	js_set_text(row, "name", rows[i].name);
	js_set_text(row, "default", rows[i].def);
	js_set_text(row, "change_takes", rows[i].when[0] == 'L' ? "reload" : "restart");
	js_set_text(row, "sentence", rows[i].sentence);
	return row;
}

int
ctl_settings(struct ctl *c)
{
	struct js *list = js_array(c);

	if (ctl_has(c, OPTION_MDOC)) {
		conf_explain_mdoc(stdout);
		return EX_OK;
	}
	if (ctl_has(c, OPTION_TEMPLATE)) {
		print_template();
		return EX_OK;
	}
	if (!ctl_has(c, OPTION_JSON)) {
		conf_explain(stdout);
		return EX_OK;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		js_push(list, row_js(c, i));
	js_set(c->out, "settings", list);
	return EX_OK;
}
