/*
 * One run of isoloirctl: what was asked, and the answer, which is always one JSON object: printed as it is under --json, and as lines and
 * tables otherwise (print.c). So no command can say more to people than to programs.
 *
 * A handler fills c->out and returns an exit status of sysexits.h; the failing ones come from ctl_fail and ctl_trouble.
 */
#ifndef ISOLOIR_CTL_H
#define ISOLOIR_CTL_H

#include <sysexits.h>

#include "common/base/task.h"
#include "common/conf.h"
#include "common/db.h"
#include "common/json.h"

enum option {
#define OPTION(name, letter, word, value, sentence) OPTION_##name,
#include "ctl/commands.def"
	OPTION__MAX
};
#define CTL_ARGS_MAX 14 /* words after those of the command */
#define OPTIONS_GLOBAL OPTION_VERSION /* the last of those that each command understands */

struct ctl;

struct command {
	const char *words, *arguments;
	size_t fewest, most;
	uint64_t options; /* bits 1 << OPTION_… */
	enum { NOTHING, SETTINGS, SCHEMA } needs;
	const char *sentence;
	int (*run)(struct ctl *c);
};

struct ctl {
	struct task *task;
	const struct conf *conf; /* NULL for commands that need none */
	const struct command *command;
	const char *option[OPTION__MAX]; /* its value, "" for one that takes none, NULL when not given */
	const char *args[CTL_ARGS_MAX];
	size_t n_args;
	struct js *out;
	size_t streamed; /* elements of the one array that was begun on standard output (ctl_stream), and one */
	char *error;     /* a sentence, or NULL */
};

/* The rows of commands.def. */
extern const struct command ctl_commands[];
extern const size_t ctl_n_commands;

#define COMMAND(words, arguments, fewest, most, options, needs, sentence, handler) int handler(struct ctl *c);
#include "ctl/commands.def"

static inline bool
ctl_has(const struct ctl *c, enum option o)
{
	return c->option[o] != NULL;
}

/* Note a sentence for people and programs; returns status. */
int ctl_fail(struct ctl *c, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* EX_OK when word is one of n; else a refusal that names the nearest: "no WHAT is called …". */
int ctl_word(struct ctl *c, const char *what, const char *word, const char *const *words, size_t n);

/* The task failed: its sentence, and the status that its kind means. */
int ctl_trouble(struct ctl *c);

/* The sentence that a command ends with. */
void ctl_say(struct ctl *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Under --json alone: begin the answer with an array of that name, or go on with it, and print one element now; NULL: none, the array is there all the same.
 * What c->out has follows it in the end. */
void ctl_stream(struct ctl *c, const char *name, const struct js *element);

/* The ordinary statements (sql.def). */
enum ctl_sql {
#define SQL(name, text) SQL_##name,
#include "ctl/sql.def"
	SQL__MAX
};
struct db *ctl_db(struct ctl *c);

/* The same settings, but a statement may take an hour: altering or loading a table of a million rows takes minutes. */
const struct conf *ctl_patient_conf(struct ctl *c);

/* The same statements with the settings' own patience, for what is asked again in a moment. */
struct db *ctl_db_brisk(struct ctl *c);

/* Who runs this command, as the system knows them. */
const char *ctl_operator(TALLOC_CTX *ctx);

/* A time of the database (seconds since 1970, or NULL) as an ISO time of Paris; absent when NULL. */
void ctl_set_time(struct js *object, const char *name, const struct db_rows *r, size_t row, size_t column);

/* Names and values of columns, in their order, into a new object on ctx. A name that ends in _at is a time. */
struct js *ctl_row(TALLOC_CTX *ctx, const struct db_rows *r, size_t row, const char *const *names);
/* All rows, as an array. */
struct js *ctl_rows(TALLOC_CTX *ctx, const struct db_rows *r, const char *const *names);

/* A long work: a line to standard error once it has taken two seconds, then every two. */
void ctl_progress(const char *what, int percent);

/* print.c */
void print_answer(FILE *out, const struct js *answer);

/* help.c */
void help_list(FILE *out);
void help_command(FILE *out, const struct command *command);

#endif
