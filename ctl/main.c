/*
 * isoloirctl: the office's and the operators' command. Reads its words by the table commands.def, runs one
 * handler, prints one answer. Diagnostics: one sentence on standard error and an exit status of sysexits.h,
 * see isoloirctl(1).
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/schema.h"
#include "ctl/ctl.h"

#define HAS(name) (UINT64_C(1) << OPTION_##name)
_Static_assert(OPTION__MAX <= 64, "one bit an option");

const struct command ctl_commands[] = {
#define COMMAND(words, arguments, fewest, most, options, needs, sentence, handler) \
	{words, arguments, fewest, most, options, needs, sentence, handler},
#include "ctl/commands.def"
};
const size_t ctl_n_commands = sizeof(ctl_commands) / sizeof(*ctl_commands);

static const struct option_row {
	char letter;
	const char *word, *value;
} options[] = {
#define OPTION(name, letter, word, value, sentence) {letter, word, value},
#include "ctl/commands.def"
};

/* The words that are no options, in their order. */
struct words {
	const char *word[CTL_ARGS_MAX + 3];
	size_t n;
};

/* "-1" is a word: fewer workers. */
static bool
is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0' && !isdigit((unsigned char)arg[1]);
}

static int
unknown_option(struct ctl *c, const char *arg)
{
	const char *known[OPTION__MAX];

	for (size_t i = 0; i < OPTION__MAX; i++)
		known[i] = options[i].word;
	return ctl_fail(c, EX_USAGE, "unknown option %s%s", arg, text_did_you_mean(c, text_nearest(arg, known, OPTION__MAX)));
}

static bool
option_matches(const struct option_row *row, const char *arg)
{
	if (arg[1] != '-')
		return row->letter != 0 && arg[1] == row->letter && arg[2] == '\0';
	return strcmp(arg, row->word) == 0 ||
	       (row->value != NULL && text_starts(arg, row->word) && arg[strlen(row->word)] == '=');
}

/* Takes the option at argv[*i], and the next word if that is its value. */
static int
take_option(struct ctl *c, char **argv, int *i)
{
	const char *arg = argv[*i], *equals = strchr(arg, '=');

	for (size_t o = 0; o < OPTION__MAX; o++) {
		if (!option_matches(&options[o], arg))
			continue;
		c->option[o] = options[o].value == NULL ? "" : equals != NULL ? equals + 1 : argv[++*i];
		if (c->option[o] == NULL)
			return ctl_fail(c, EX_USAGE, "%s takes a value: %s", arg, options[o].value);
		return EX_OK;
	}
	return unknown_option(c, arg);
}

static int
read_words(struct ctl *c, char **argv, struct words *w)
{
	bool only_words = false;
	int rc = EX_OK;

	for (int i = 1; argv[i] != NULL && rc == EX_OK; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0)
			only_words = true;
		else if (!only_words && is_option(argv[i]))
			rc = take_option(c, argv, &i);
		else if (w->n == sizeof(w->word) / sizeof(*w->word))
			rc = ctl_fail(c, EX_USAGE, "too many words from \"%s\" on", argv[i]);
		else
			w->word[w->n++] = argv[i];
		if (argv[i] == NULL)
			break;
	}
	return rc;
}

/* How many of w's words this command's words take: 0 when they are not its. */
static size_t
match(const struct command *command, const struct words *w)
{
	char *joined = talloc_strdup(NULL, "");
	size_t taken = 0;

	for (size_t i = 0; i < w->n && taken == 0; i++) {
		joined = talloc_asprintf_append(joined, "%s%s", i > 0 ? " " : "", w->word[i]);
		if (strcmp(joined, command->words) == 0)
			taken = i + 1;
	}
	talloc_free(joined);
	return taken;
}

/* The command with the most words wins: "queue show" before "queue". */
static const struct command *
find_command(const struct words *w, size_t *taken_r)
{
	const struct command *best = NULL;

	*taken_r = 0;
	for (size_t i = 0; i < ctl_n_commands; i++) {
		size_t taken = match(&ctl_commands[i], w);

		if (taken > *taken_r) {
			*taken_r = taken;
			best = &ctl_commands[i];
		}
	}
	return best;
}

/* "elector" alone is the beginning of "elector show"; otherwise the nearest by edits. */
static const char *
nearest_command(struct ctl *c, const struct words *w)
{
	const char **known = talloc_array(c, const char *, (unsigned)ctl_n_commands), *near;
	char *start = talloc_asprintf(c, "%s ", w->word[0]);

	for (size_t i = 0; i < ctl_n_commands; i++) {
		known[i] = ctl_commands[i].words;
		if (text_starts(known[i], start))
			return known[i];
	}
	near = w->n > 1
	           ? text_nearest(talloc_asprintf(c, "%s %s", w->word[0], w->word[1]), known, ctl_n_commands)
	           : NULL;
	return near != NULL ? near : text_nearest(w->word[0], known, ctl_n_commands);
}

static int
unknown_command(struct ctl *c, const struct words *w)
{
	const char *near;

	if (w->n == 0)
		return ctl_fail(c, EX_USAGE, "which command? `isoloirctl help` lists them");
	near = nearest_command(c, w);
	if (near == NULL)
		return ctl_fail(c, EX_USAGE, "unknown command %s; `isoloirctl help` lists those that exist",
		                w->word[0]);
	return ctl_fail(c, EX_USAGE, "unknown command %s; did you mean %s?", w->word[0], near);
}

/* Only what the command's row allows. */
static int
check_usage(struct ctl *c)
{
	for (size_t o = OPTIONS_GLOBAL + 1; o < OPTION__MAX; o++)
		if (c->option[o] != NULL && (c->command->options & UINT64_C(1) << o) == 0)
			return ctl_fail(c, EX_USAGE, "%s takes no %s", c->command->words, options[o].word);
	if (c->n_args < c->command->fewest || c->n_args > c->command->most)
		return ctl_fail(c, EX_USAGE, "usage: isoloirctl %s%s%s", c->command->words,
		                c->command->arguments[0] != '\0' ? " " : "", c->command->arguments);
	return EX_OK;
}

static int
choose(struct ctl *c, const struct words *w)
{
	size_t taken;

	c->command = find_command(w, &taken);
	if (c->command == NULL)
		return unknown_command(c, w);
	if (ctl_has(c, OPTION_HELP))
		return EX_OK;
	c->n_args = w->n - taken;
	for (size_t i = 0; i < c->n_args && i < sizeof(c->args) / sizeof(*c->args); i++)
		c->args[i] = w->word[taken + i];
	return check_usage(c);
}

static int
read_settings(struct ctl *c)
{
	const char *path = ctl_has(c, OPTION_CONFIG) ? c->option[OPTION_CONFIG] : conf_default_path();
	char *why = NULL;

	if (c->command->needs == NOTHING)
		return EX_OK;
	c->conf = conf_load(c, path, &why);
	return c->conf != NULL ? EX_OK : ctl_fail(c, EX_CONFIG, "%s", why);
}

/* A database that is away is for the command to tell: `queue` still shows what Redis knows. */
static int
check_schema(struct ctl *c)
{
	struct task *t = task_new(c->task, 0);
	int rc = EX_OK;

	if (schema_check(t, c->conf, c->conf->db_ctl_user) == -1 && t->err.kind == ERR_REFUSED)
		rc = ctl_fail(c, EX_CONFIG, "%s", t->err.text);
	talloc_free(t);
	return rc;
}

static int
run(struct ctl *c, const struct words *w)
{
	int rc;

	if (ctl_has(c, OPTION_VERSION)) {
		js_set_text(c->out, "message", "isoloirctl " PACKAGE_VERSION);
		return EX_OK;
	}
	if (ctl_has(c, OPTION_HELP) && w->n == 0) {
		help_list(stdout);
		return EX_OK;
	}
	if ((rc = choose(c, w)) != EX_OK)
		return rc;
	if (ctl_has(c, OPTION_HELP)) {
		help_command(stdout, c->command);
		return EX_OK;
	}
	if ((rc = read_settings(c)) != EX_OK)
		return rc;
	if (c->command->needs == SCHEMA && (rc = check_schema(c)) != EX_OK)
		return rc;
	return c->command->run(c);
}

static bool
has_members(const struct js *object)
{
	return js_size(object) > 0;
}

/* Under --json standard output is always one object with "ok"; otherwise an error is a line on standard
 * error, after what could be told. */
static void
answer(struct ctl *c, int rc)
{
	if (ctl_has(c, OPTION_JSON) && !ctl_has(c, OPTION_HELP)) {
		js_set_bool(c->out, "ok", rc == EX_OK);
		if (c->error != NULL)
			js_set_text(c->out, "error", c->error);
		if (c->streamed > 0)
			printf("],");
		printf("%s\n", js_write(c, c->out) + (c->streamed > 0)); /* without its brace, which stands before the array */
	} else if (has_members(c->out)) {
		print_answer(stdout, c->out);
	}
	if (c->error != NULL)
		fprintf(stderr, "isoloirctl: %s\n", c->error);
}

int
main(int argc, char **argv)
{
	struct ctl *c = talloc_zero(NULL, struct ctl);
	struct words w = {.n = 0};
	int rc;

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	hash_init();
	log_open("isoloirctl", NULL, LEVEL_WARNING);
	c->task = task_new(c, 0);
	c->out = js_object(c);
	rc = read_words(c, argv, &w);
	if (rc == EX_OK)
		rc = run(c, &w);
	answer(c, rc);
	talloc_free(c->task); /* rolls back what is not committed, which takes the connection */
	talloc_free(c);
	if (fflush(stdout) != 0 && rc == EX_OK)
		rc = EX_IOERR;
	return rc;
}
