/* What the rows of commands.def say to people. */
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "ctl/ctl.h"

static const struct {
	char letter;
	const char *word, *value, *sentence;
} options[] = {
#define OPTION(name, letter, word, value, sentence) {letter, word, value, sentence},
#include "ctl/commands.def"
};

static const char *
usage_of(TALLOC_CTX *ctx, const struct command *command)
{
	return talloc_asprintf(ctx, "%s%s%s", command->words, command->arguments[0] != '\0' ? " " : "",
	                       command->arguments);
}

static void
print_options(FILE *out, uint64_t mask)
{
	for (size_t o = 0; o < OPTION__MAX; o++) {
		char letter[5] = "    ";

		if ((mask & UINT64_C(1) << o) == 0)
			continue;
		if (options[o].letter != 0)
			snprintf(letter, sizeof(letter), "-%c, ", options[o].letter);
		fprintf(out, "  %s%s%s%s\n          %s\n", letter, options[o].word,
		        options[o].value != NULL ? " " : "", options[o].value != NULL ? options[o].value : "",
		        options[o].sentence);
	}
}

void
help_list(FILE *out)
{
	TALLOC_CTX *ctx = talloc_new(NULL);

	fprintf(out, "usage: isoloirctl [-c FILE] [--json] COMMAND …\n\nCommands:\n");
	for (size_t i = 0; i < ctl_n_commands; i++)
		fprintf(out, "  %s\n          %s\n", usage_of(ctx, &ctl_commands[i]),
		        ctl_commands[i].sentence);
	fprintf(out, "\nOptions of every command:\n");
	print_options(out, (2u << OPTIONS_GLOBAL) - 1);
	fprintf(out, "\nThe exit status is one of sysexits.h; see isoloirctl(1).\n");
	talloc_free(ctx);
}

void
help_command(FILE *out, const struct command *command)
{
	TALLOC_CTX *ctx = talloc_new(NULL);

	fprintf(out, "usage: isoloirctl %s\n\n%s\n", usage_of(ctx, command), command->sentence);
	fprintf(out, "\nOptions:\n");
	print_options(out, command->options | ((2u << OPTIONS_GLOBAL) - 1));
	talloc_free(ctx);
}

static struct js *
command_js(TALLOC_CTX *ctx, const struct command *command)
{
	struct js *row = js_object(ctx);

	js_set_text(row, "words", command->words);
	js_set_text(row, "arguments", command->arguments);
	js_set_text(row, "sentence", command->sentence);
	return row;
}

static int
help_one(struct ctl *c)
{
	const char *asked = c->n_args == 1 ? c->args[0] : talloc_asprintf(c, "%s %s", c->args[0], c->args[1]);
	const char **known = talloc_array(c, const char *, (unsigned)ctl_n_commands), *near;

	for (size_t i = 0; i < ctl_n_commands; i++) {
		known[i] = ctl_commands[i].words;
		if (strcmp(known[i], asked) == 0) {
			help_command(stdout, &ctl_commands[i]);
			return EX_OK;
		}
	}
	near = text_nearest(asked, known, ctl_n_commands);
	return ctl_fail(c, EX_USAGE, "no command %s; did you mean %s?", asked, near != NULL ? near : "help");
}

int
ctl_help(struct ctl *c)
{
	struct js *list = js_array(c);

	if (!ctl_has(c, OPTION_JSON)) {
		if (c->n_args > 0)
			return help_one(c);
		help_list(stdout);
		return EX_OK;
	}
	for (size_t i = 0; i < ctl_n_commands; i++)
		js_push(list, command_js(c, &ctl_commands[i]));
	js_set(c->out, "commands", list);
	return EX_OK;
}
