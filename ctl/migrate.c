/*
 * isoloirctl migrate: the files NNN-name.sql of the schema directory, in order, each once; then rights.sql,
 * each time. What was applied stands in schema_migration with the checksum of its file: an applied file never
 * changes, it is followed by another one. DDL commits by itself, so each file may be run again after a cut
 * half-way, and its row comes last.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/hash.h"
#include "ctl/ctl.h"

#define SCRIPT_MAX (1 << 20)

enum migrate_sql {
#define MIGRATE_SQL(name, text) MIGRATE_SQL_##name,
#include "ctl/sql.def"
	MIGRATE_SQL__MAX
};

static const struct db_statement locking[] = {
#define MIGRATE_SQL(name, text) {#name, text},
#include "ctl/sql.def"
};

/* These need the table. */
enum { APPLIED_LIST, APPLIED_ADD, APPLIED__MAX };
static const struct db_statement applying[APPLIED__MAX] = {
    [APPLIED_LIST] =
	{"applied",
         "select number, name, sha256, unix_timestamp(applied_at) from schema_migration order by number"},
    [APPLIED_ADD] =
	{"applied_add",
         "insert into schema_migration (number, name, sha256, applied_at) values (?, ?, ?, utc_timestamp())"},
};

static const char table_sql[] =
    "create table if not exists schema_migration (number int unsigned not null primary key,"
    " name varchar(80) character set ascii not null,"
    " sha256 char(64) character set ascii collate ascii_bin not null,"
    " applied_at datetime not null) engine = InnoDB default charset = utf8mb4";

struct migration {
	int64_t number;
	const char *file, *sql;
	char sha256[2 * HASH_SIZE + 1];
};

struct migrate {
	struct ctl *ctl;
	const char *dir;
	struct migration *list; /* in the order of their numbers */
	size_t n;
	struct db *lock, *db;
	struct db_rows *applied;
};

static char *
read_script(struct ctl *c, const char *path)
{
	char *text = talloc_array(c, char, SCRIPT_MAX);
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL) {
		ctl_fail(c, EX_NOINPUT, "%s: %s", path, strerror(errno));
		return NULL;
	}
	len = fread(text, 1, SCRIPT_MAX, f);
	fclose(f);
	if (len == SCRIPT_MAX || !text_is_utf8(text, len)) {
		ctl_fail(c, EX_DATAERR, "%s: %s", path,
		         len == SCRIPT_MAX ? "larger than 1 MiB" : "not UTF-8");
		return NULL;
	}
	text[len] = '\0';
	return text;
}

/* "001-journey.sql" */
static int
is_migration(const struct dirent *e)
{
	const char *s = e->d_name;

	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) && isdigit((unsigned char)s[2]) &&
	       s[3] == '-' && text_ends(s, ".sql");
}

static int
read_migration(struct migrate *m, const char *file, struct migration *out)
{
	unsigned char hash[HASH_SIZE];

	out->number = strtoll(file, NULL, 10);
	out->file = talloc_strdup(m->ctl, file);
	out->sql = read_script(m->ctl, talloc_asprintf(m->ctl, "%s/%s", m->dir, file));
	if (out->sql == NULL)
		return EX_NOINPUT;
	hash_sha256(out->sql, strlen(out->sql), hash);
	memcpy(out->sha256, text_hex(m->ctl, hash, HASH_SIZE), sizeof(out->sha256));
	return EX_OK;
}

static int
read_directory(struct migrate *m)
{
	struct dirent **entries;
	int n = scandir(m->dir, &entries, is_migration, alphasort), rc = EX_OK;

	if (n == -1)
		return ctl_fail(m->ctl, EX_NOINPUT, "%s: %s", m->dir, strerror(errno));
	m->list = talloc_zero_array(m->ctl, struct migration, (unsigned)n + 1);
	for (int i = 0; i < n; i++) {
		if (rc == EX_OK)
			rc = read_migration(m, entries[i]->d_name, &m->list[m->n++]);
		free(entries[i]);
	}
	free(entries);
	if (rc == EX_OK && m->n == 0)
		rc = ctl_fail(m->ctl, EX_NOINPUT, "%s: no migration (NNN-name.sql) there", m->dir);
	for (size_t i = 1; i < m->n && rc == EX_OK; i++)
		if (m->list[i].number == m->list[i - 1].number)
			rc = ctl_fail(m->ctl, EX_DATAERR, "%s and %s have the same number",
			              m->list[i - 1].file, m->list[i].file);
	return rc;
}

/* Held by the connection, so that it goes with us however we end. */
static int
take_lock(struct migrate *m)
{
	struct db_rows *rows;

	if (db_run(m->ctl->task, m->lock, MIGRATE_SQL_LOCK, &rows, NO_PARAMS) == -1)
		return ctl_trouble(m->ctl);
	if (db_number(rows, 0, 0) != 1)
		return ctl_fail(m->ctl, EX_TEMPFAIL,
		                "another `isoloirctl migrate` is at work on this database");
	return EX_OK;
}

static int
read_applied(struct migrate *m)
{
	struct task *t = m->ctl->task;
	struct db_rows *rows;

	if (db_run(t, m->lock, MIGRATE_SQL_TABLE, &rows, NO_PARAMS) == -1)
		return ctl_trouble(m->ctl);
	if (db_number(rows, 0, 0) == 0) {
		if (ctl_has(m->ctl, OPTION_DRY_RUN))
			return EX_OK;
		if (db_script(t, m->lock, table_sql) == -1)
			return ctl_trouble(m->ctl);
	}
	return db_run(t, m->db, APPLIED_LIST, &m->applied, NO_PARAMS) == -1 ? ctl_trouble(m->ctl) : EX_OK;
}

static const struct migration *
find_number(const struct migrate *m, int64_t number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].number == number)
			return &m->list[i];
	return NULL;
}

static bool
is_applied(const struct migrate *m, int64_t number)
{
	for (size_t i = 0; m->applied != NULL && i < m->applied->n; i++)
		if (db_number(m->applied, i, 0) == number)
			return true;
	return false;
}

/* Each applied one must be there, unchanged. */
static int
check_applied(struct migrate *m)
{
	for (size_t i = 0; m->applied != NULL && i < m->applied->n; i++) {
		const struct migration *known = find_number(m, db_number(m->applied, i, 0));
		const char *name = db_text(m->applied, i, 1);

		if (known == NULL)
			return ctl_fail(
			    m->ctl, EX_DATAERR,
			    "the database has migration %s, which %s lacks: it belongs to a newer version",
			    name, m->dir);
		if (strcmp(known->sha256, db_text(m->applied, i, 2)) != 0)
			return ctl_fail(m->ctl, EX_DATAERR,
			                "%s/%s has changed since it was applied; restore it, and put the "
			                "change into a new migration",
			                m->dir, known->file);
	}
	return EX_OK;
}

/* Forward only: none slips in before one that is applied. */
static int
check_order(struct migrate *m)
{
	size_t n = m->applied != NULL ? m->applied->n : 0;
	int64_t last = n > 0 ? db_number(m->applied, n - 1, 0) : 0;

	for (size_t i = 0; i < m->n && m->list[i].number < last; i++)
		if (!is_applied(m, m->list[i].number))
			return ctl_fail(
			    m->ctl, EX_DATAERR,
			    "%s comes before migration %lld, which is applied: give it a higher number",
			    m->list[i].file, (long long)last);
	return EX_OK;
}

static int
apply(struct migrate *m, const struct migration *next)
{
	struct task *t = m->ctl->task;

	ctl_progress(next->file, 0);
	if (db_script(t, m->db, next->sql) == -1)
		return ctl_fail(m->ctl, EX_SOFTWARE, "%s/%s: %s", m->dir, next->file, t->err.text);
	if (db_run(t, m->db, APPLIED_ADD, NULL,
	           PARAMS(P(next->number), P(next->file), P((const char *)next->sha256))) == -1)
		return ctl_trouble(m->ctl);
	return EX_OK;
}

/* An account's name between backquotes. */
static char *
quoted(TALLOC_CTX *ctx, const char *name)
{
	char *out = talloc_strdup(ctx, "`");

	for (; *name != '\0'; name++)
		out = talloc_asprintf_append(out, "%s%c", *name == '`' ? "`" : "", *name);
	return talloc_strdup_append(out, "`");
}

static char *
account(TALLOC_CTX *ctx, const char *name, const char *host)
{
	return talloc_asprintf(ctx, "%s@%s", quoted(ctx, name), quoted(ctx, host));
}

/*
 * rights.sql names the accounts and the database as the settings do: ${portal}, ${mailer}, ${ctl},
 * ${database}. The host part of every account is that of ours: whoever makes them decides once between
 * localhost and %.
 */
static char *
fill(struct ctl *c, const char *sql, const char *host)
{
	const struct {
		const char *sign, *value;
	} rows[] = {
	    {"${portal}", account(c, c->conf->db_portal_user, host)},
	    {"${mailer}", account(c, c->conf->db_mailer_user, host)},
	    {"${ctl}", account(c, c->conf->db_ctl_user, host)},
	    {"${database}", quoted(c, c->conf->db_name)},
	};
	char *out = talloc_strdup(c, "");

	while (*sql != '\0') {
		size_t skip = 1;

		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			if (!text_starts(sql, rows[i].sign))
				continue;
			skip = strlen(rows[i].sign);
			out = talloc_strdup_append_buffer(out, rows[i].value);
		}
		if (skip == 1)
			out = talloc_strndup_append_buffer(out, sql, 1);
		sql += skip;
	}
	return out;
}

static int
grant(struct migrate *m)
{
	struct ctl *c = m->ctl;
	char *path = talloc_asprintf(c, "%s/rights.sql", m->dir), *sql = read_script(c, path);

	struct db_rows *rows;
	const char *host;

	if (sql == NULL)
		return EX_NOINPUT;
	if (db_run(c->task, m->lock, MIGRATE_SQL_HOST, &rows, NO_PARAMS) == -1)
		return ctl_trouble(c);
	host = db_text(rows, 0, 0);
	if (db_script(c->task, m->db, fill(c, sql, host)) == -1)
		return ctl_fail(
		    c, EX_NOPERM,
		    "%s: %s; do %s@%s and %s@%s exist, and may %s grant? (see INSTALL, \"The database\")",
		    path, c->task->err.text, c->conf->db_portal_user, host, c->conf->db_mailer_user, host,
		    c->conf->db_ctl_user);
	return EX_OK;
}

static void
note(struct migrate *m, const struct migration *next, struct js *list)
{
	struct js *row = js_object(m->ctl);

	js_set_number(row, "number", next->number);
	js_set_text(row, "file", next->file);
	js_set_text(row, "sha256", next->sha256);
	js_push(list, row);
}

static int
apply_all(struct migrate *m)
{
	struct ctl *c = m->ctl;
	bool dry = ctl_has(c, OPTION_DRY_RUN);
	struct js *list = js_array(c);
	int rc = EX_OK;

	for (size_t i = 0; i < m->n && rc == EX_OK; i++) {
		if (is_applied(m, m->list[i].number))
			continue;
		rc = dry ? EX_OK : apply(m, &m->list[i]);
		if (rc == EX_OK)
			note(m, &m->list[i], list);
	}
	js_set(c->out, dry ? "to_apply" : "applied", list);
	if (rc == EX_OK && !dry)
		rc = grant(m);
	if (rc == EX_OK)
		ctl_say(c, "%zu of %zu migrations %s; the schema's number is %lld.", js_size(list), m->n,
		        dry ? "to apply" : "applied now", (long long)m->list[m->n - 1].number);
	return rc;
}

int
ctl_migrate(struct ctl *c)
{
	const struct conf *conf = ctl_patient_conf(c);
	struct migrate m = {.ctl = c,
	                    .dir = ctl_has(c, OPTION_SCHEMA) ? c->option[OPTION_SCHEMA] : SCHEMADIR};
	int rc;

	m.lock = db_new(c, conf, c->conf->db_ctl_user, locking, MIGRATE_SQL__MAX);
	m.db = db_new(c, conf, c->conf->db_ctl_user, applying, APPLIED__MAX);
	if ((rc = read_directory(&m)) != EX_OK || (rc = take_lock(&m)) != EX_OK ||
	    (rc = read_applied(&m)) != EX_OK)
		return rc;
	if ((rc = check_applied(&m)) != EX_OK || (rc = check_order(&m)) != EX_OK)
		return rc;
	return apply_all(&m);
}
