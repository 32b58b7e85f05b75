/* The parser, --explain and the manual page all walk the same rows. */
#include "common/conf.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <string.h>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/log.h"
#include "common/network.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc/isoloir"
#endif

enum conf_type { TYPE_TEXT, TYPE_PATH, TYPE_NUMBER, TYPE_TIME, TYPE_SIZE, TYPE_SWITCH, TYPE_LEVEL, TYPE_TLS, TYPE_PROFILE, TYPE_NETWORKS };
enum conf_when { WHEN_LIVE, WHEN_RESTART };

struct row {
	enum conf_type type;
	size_t offset;
	const char *section, *name, *def;
	int64_t min, max;
	enum conf_when when;
	const char *sentence;
};

static const struct row rows[] = {
#define SETTING(type, field, section, name, def, min, max, when, sentence) \
	{TYPE_##type, offsetof(struct conf, field), section, name, def, min, max, WHEN_##when, sentence},
#include "common/settings.def"
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

/* Those of a section [relay NAME], within its struct conf_relay. */
#define RELAY_SECTION "relay NAME"
#define RELAY_PREFIX "relay "
#define RELAYS_MAX 16
static const struct row relay_rows[] = {
#define RELAY_SETTING(type, field, name, def, min, max, sentence) \
	{TYPE_##type, offsetof(struct conf_relay, field), RELAY_SECTION, name, def, min, max, WHEN_LIVE, sentence},
#include "common/settings.def"
};
#define N_RELAY_ROWS (sizeof(relay_rows) / sizeof(*relay_rows))

/* Words that stand for numbers; a unit multiplies, a choice is. */
struct word {
	const char *word;
	int64_t value;
};
static const struct word time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct word size_units[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const struct word switches[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
static const struct word levels[] = {
    {"error", LEVEL_ERROR}, {"warning", LEVEL_WARNING}, {"info", LEVEL_INFO}, {"debug", LEVEL_DEBUG}, {NULL, 0}};
static const struct word tls_words[] = {
    {"required", CONF_TLS_REQUIRED}, {"optional", CONF_TLS_OPTIONAL}, {"off", CONF_TLS_OFF}, {NULL, 0}};
static const struct word profiles[] = {{"electionspro", CONF_PROFILE_ELECTIONSPRO}, {"cnil80", CONF_PROFILE_CNIL80}, {NULL, 0}};

static const struct type {
	const char *what; /* how a value is written, for the error and the manual */
	const struct word *units, *choices;
} types[] = {
    [TYPE_TEXT] = {"a text", NULL, NULL},
    [TYPE_PATH] = {"a path", NULL, NULL},
    [TYPE_NUMBER] = {"a whole number", NULL, NULL},
    [TYPE_TIME] = {"a time such as 500ms, 20s, 10min, 72h or 14d", time_units, NULL},
    [TYPE_SIZE] = {"a size such as 512B, 64KiB, 19MiB or 1GiB", size_units, NULL},
    [TYPE_SWITCH] = {"yes or no", NULL, switches},
    [TYPE_LEVEL] = {"error, warning, info or debug", NULL, levels},
    [TYPE_TLS] = {"required, optional or off", NULL, tls_words},
    [TYPE_PROFILE] = {"electionspro or cnil80", NULL, profiles},
    [TYPE_NETWORKS] = {"networks such as 10.0.0.0/8 2001:db8::/32", NULL, NULL},
};

const char *
conf_default_path(void)
{
	return SYSCONFDIR "/isoloir.conf";
}

static bool
find_word(const struct word *words, const char *s, int64_t *value_r)
{
	for (; words->word != NULL; words++) {
		if (strcmp(words->word, s) == 0) {
			*value_r = words->value;
			return true;
		}
	}
	return false;
}

/* "10min" with time_units; "10" when there are no units. */
static bool
read_amount(const struct word *units, const char *s, int64_t *value_r)
{
	size_t digits = strspn(s, "0123456789");
	char number[24];
	int64_t factor = 1;

	if (digits == 0 || digits >= sizeof(number) || (units == NULL && s[digits] != '\0'))
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (!text_number(number, 0, INT64_MAX / 2, value_r))
		return false;
	if (units != NULL && *value_r != 0 && !find_word(units, s + digits, &factor))
		return false;
	return !__builtin_mul_overflow(*value_r, factor, value_r);
}

static bool
is_text(enum conf_type type)
{
	return type == TYPE_TEXT || type == TYPE_PATH || type == TYPE_NETWORKS;
}

/* A further line of networks adds to the one before: such lists are long. */
static bool
set_text(struct conf *c, void *base, const struct row *row, const char *value)
{
	const char **field = (const char **)(void *)((char *)base + row->offset);
	char *bad;

	if (row->type == TYPE_NETWORKS && network_read_list(c, value, &bad) == NULL)
		return false;
	if (row->type == TYPE_NETWORKS && *field != NULL && (*field)[0] != '\0')
		value = talloc_asprintf(c, "%s %s", *field, value);
	*field = talloc_strdup(c, value);
	return true;
}

bool
conf_time(const char *s, int64_t *ms_r)
{
	return read_amount(time_units, s, ms_r);
}

/* Set one field of base, c itself or one of its relays; false when the value does not fit its row. */
static bool
set_field(struct conf *c, void *base, const struct row *row, const char *value)
{
	const struct type *type = &types[row->type];
	char *field = (char *)base + row->offset;
	int64_t n;

	if (is_text(row->type))
		return set_text(c, base, row, value);
	if (type->choices != NULL ? !find_word(type->choices, value, &n) : !read_amount(type->units, value, &n))
		return false;
	if (type->choices == NULL && (n < row->min || n > row->max))
		return false;
	if (row->type == TYPE_SWITCH)
		*(bool *)(void *)field = n != 0;
	else
		*(int64_t *)(void *)field = n;
	return true;
}

static const struct row *
find_row(const char *section, const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

const struct conf_relay *
conf_relay_find(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_relays; i++)
		if (strcmp(c->relays[i].name, name) == 0)
			return &c->relays[i];
	return NULL;
}

/* A name goes into keys and commands as it is. */
static bool
is_relay_name(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= 30 && name[n] == '\0';
}

/* The relay of a section, made when its first line comes. NULL: it has no proper name, or there are too many. */
static struct conf_relay *
find_section(struct conf *c, const char *section)
{
	const char *name = section + strlen(RELAY_PREFIX);
	struct conf_relay *r = (struct conf_relay *)(uintptr_t)conf_relay_find(c, name);

	if (r != NULL || !is_relay_name(name) || c->n_relays == RELAYS_MAX)
		return is_relay_name(name) ? r : NULL;
	r = &c->relays[c->n_relays++];
	r->name = talloc_strdup(c, name);
	for (size_t i = 0; i < N_RELAY_ROWS; i++)
		must(set_field(c, r, &relay_rows[i], relay_rows[i].def));
	return r;
}

static const struct row *
find_relay_row(const char *name)
{
	for (size_t i = 0; i < N_RELAY_ROWS; i++)
		if (strcmp(relay_rows[i].name, name) == 0)
			return &relay_rows[i];
	return NULL;
}

/* That of [mailer] is the first; a zone that is not told is its own. */
static void
fill_relays(struct conf *c)
{
	c->relays[0] = (struct conf_relay){.name = "", .host = c->smtp_host, .port = c->smtp_port, .tls = c->smtp_tls, .ca_file = c->smtp_ca_file,
	                                   .user = c->smtp_user, .password_file = c->smtp_password_file, .zone = c->mail_zone};
	for (size_t i = 1; i < c->n_relays; i++)
		if (c->relays[i].zone[0] == '\0')
			c->relays[i].zone = c->mail_zone;
}

struct reading {
	struct conf *c;
	FILE *file;
	int line;  /* read so far */
	char *why; /* the first error, "line: sentence" */
};

/* libinih asks here for each line, which is how its handler knows where it is; after an error there are no more. */
static char *
read_line(char *buf, int size, void *context)
{
	struct reading *r = context;

	if (r->why != NULL || fgets(buf, size, r->file) == NULL)
		return NULL;
	r->line++;
	return buf;
}

static char *
unknown_sentence(TALLOC_CTX *ctx, const char *section, const char *name)
{
	char *full = talloc_asprintf(ctx, "%s.%s", section, name);
	const char *known[N_ROWS + N_RELAY_ROWS], *near;

	for (size_t i = 0; i < N_ROWS; i++)
		known[i] = talloc_asprintf(ctx, "%s.%s", rows[i].section, rows[i].name);
	for (size_t i = 0; i < N_RELAY_ROWS; i++)
		known[N_ROWS + i] = talloc_asprintf(ctx, "%s.%s", text_starts(section, RELAY_PREFIX) ? section : RELAY_SECTION, relay_rows[i].name);
	near = text_nearest(full, known, N_ROWS + N_RELAY_ROWS);
	if (near == NULL)
		return talloc_asprintf(ctx, "unknown setting %s; --explain lists those that exist", full);
	return talloc_asprintf(ctx, "unknown setting %s; did you mean %s?", full, near);
}

static char *
misfit_sentence(TALLOC_CTX *ctx, const struct row *row, const char *value)
{
	const struct type *type = &types[row->type];
	char *bad;

	if (row->type == TYPE_NETWORKS && network_read_list(ctx, value, &bad) == NULL)
		value = bad;
	if (type->choices != NULL || is_text(row->type))
		return talloc_asprintf(ctx, "%s.%s takes %s, not \"%s\"", row->section, row->name, type->what, value);
	return talloc_asprintf(ctx, "%s.%s takes %s from %lld to %lld%s, not \"%s\"", row->section, row->name, type->what,
	                       (long long)row->min, (long long)row->max, row->type == TYPE_TIME ? " ms" : "", value);
}

/* libinih calls this for each "name = value". */
static int
take_line(void *context, const char *section, const char *name, const char *value)
{
	struct reading *r = context;
	bool is_relay = text_starts(section, RELAY_PREFIX);
	const struct row *row = is_relay ? find_relay_row(name) : find_row(section, name);
	void *base = is_relay ? (void *)find_section(r->c, section) : (void *)r->c;
	char *why = NULL;

	if (row == NULL)
		why = unknown_sentence(r->c, section, name);
	else if (base == NULL)
		why = talloc_asprintf(r->c, "[%s]: a relay's name has letters, digits and hyphens, 30 at most, and there are at most %d", section, RELAYS_MAX - 1);
	else if (!set_field(r->c, base, row, value))
		why = misfit_sentence(r->c, row, value);
	if (why != NULL)
		r->why = talloc_asprintf(r->c, "%d: %s", r->line, why);
	return why == NULL;
}

static void
set_defaults(struct conf *c)
{
	for (size_t i = 0; i < N_ROWS; i++)
		must(set_field(c, c, &rows[i], rows[i].def));
	c->relays = talloc_zero_array(c, struct conf_relay, RELAYS_MAX);
	c->n_relays = 1;
	c->relays[0].name = "";
	fill_relays(c);
}

struct conf *
conf_load(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	struct conf *c = talloc_zero(ctx, struct conf);
	struct reading r = {.c = c};
	int bad;

	set_defaults(c);
	if (path == NULL)
		return c;
	c->path = talloc_strdup(c, path);
	r.file = fopen(path, "r");
	if (r.file == NULL) {
		*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
		talloc_free(c);
		return NULL;
	}
	bad = ini_parse_stream(read_line, &r, take_line, &r);
	fclose(r.file);
	fill_relays(c);
	if (bad == 0)
		return c;
	if (r.why != NULL)
		*why_r = talloc_asprintf(ctx, "%s:%s", path, r.why);
	else
		*why_r = talloc_asprintf(ctx, "%s:%d: neither \"name = value\" nor \"[section]\"", path, bad);
	talloc_free(c);
	return NULL;
}

static bool
is_same(const struct conf *a, const struct conf *b, const struct row *row)
{
	const char *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

	if (is_text(row->type))
		return strcmp(*(const char *const *)(const void *)x, *(const char *const *)(const void *)y) == 0;
	if (row->type == TYPE_SWITCH)
		return *(const bool *)(const void *)x == *(const bool *)(const void *)y;
	return *(const int64_t *)(const void *)x == *(const int64_t *)(const void *)y;
}

char *
conf_restart_needed(TALLOC_CTX *ctx, const struct conf *old, const struct conf *new)
{
	char *names = talloc_strdup(ctx, "");

	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].when == WHEN_RESTART && !is_same(old, new, &rows[i]))
			names = talloc_asprintf_append(names, "%s%s.%s", names[0] != '\0' ? " " : "", rows[i].section,
			                               rows[i].name);
	return names;
}

/* Row i of all, those of relays last; NULL past the end. */
static const struct row *
row_at(size_t i)
{
	return i < N_ROWS ? &rows[i] : i < N_ROWS + N_RELAY_ROWS ? &relay_rows[i - N_ROWS] : NULL;
}

void
conf_explain(FILE *out)
{
	const char *section = "";
	const struct row *row;

	for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
		if (strcmp(section, row->section) != 0)
			fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "", row->section);
		section = row->section;
		fprintf(out, "  %s = %s\n      %s\n      Takes %s; a change takes %s.\n", row->name, row->def, row->sentence,
		        types[row->type].what, row->when == WHEN_LIVE ? "a reload" : "a restart");
	}
}

/* mdoc gives a meaning to a line's first dot or quote and to backslashes; no sentence of ours starts with one. */
void
conf_explain_mdoc(FILE *out)
{
	const char *section = "";
	const struct row *row;

	for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
		if (strcmp(section, row->section) != 0)
			fprintf(out, "%s.Ss [%s]\n.Bl -tag -width Ds\n", i > 0 ? ".El\n" : "", row->section);
		section = row->section;
		fprintf(out, ".It Ic %s No = Ar %s\n%s\nTakes %s; a change takes %s.\n", row->name,
		        row->def[0] != '\0' ? row->def : "\\&", row->sentence, types[row->type].what,
		        row->when == WHEN_LIVE ? "a reload" : "a restart");
	}
	fprintf(out, ".El\n");
}

const char *
conf_db_password(TALLOC_CTX *ctx, const struct conf *c, const char *account)
{
	char *path = talloc_asprintf(ctx, "%s/%s.password", c->db_password_dir, account);
	char line[256] = "";
	FILE *f = fopen(path, "r");
	char *password;

	if (f == NULL)
		return "";
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	password = secret_dup(ctx, line, strlen(line));
	secret_wipe(line, sizeof(line));
	return password;
}
