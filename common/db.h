/*
 * MariaDB or MySQL through prepared statements. mysql.h is seen by db.c only.
 *
 * A program lists its statements as rows (SQL(name, text)); all are prepared when a connection opens, so that a
 * schema mismatch shows at once. One connection a process, opened after fork, reopened by itself when it was lost.
 */
#ifndef ISOLOIR_DB_H
#define ISOLOIR_DB_H

#include <string.h>

#include "common/base/task.h"

struct breaker;
struct conf;
struct db;

struct db_statement {
	const char *name;
	const char *sql;
};

/* Not yet connected: the first use connects. account is a database user (password from its file). Never NULL. */
struct db *db_new(TALLOC_CTX *ctx, const struct conf *c, const char *account, const struct db_statement *statements,
                  size_t n);

/* From now on share with other processes what is known of an outage (breaker.h). b may be NULL: each finds out for itself. */
void db_share(struct db *d, struct breaker *b);

/* Connect and prepare now. 0, or -1 (ERR_RETRY; ERR_REFUSED when a statement does not fit the schema). */
WARN_UNUSED int db_open(struct task *t, struct db *d);

/* A parameter. Write P(x): integers, texts (NULL is NULL), and struct db_bytes for binary columns. */
struct db_bytes {
	const void *data;
	size_t len;
};
struct db_param {
	enum { DB_NULL, DB_NUMBER, DB_BYTES } kind;
	int64_t number;
	struct db_bytes bytes;
};

static inline struct db_param
db_param_number(int64_t n)
{
	return (struct db_param){.kind = DB_NUMBER, .number = n};
}

static inline struct db_param
db_param_text(const char *s)
{
	return (struct db_param){.kind = s != NULL ? DB_BYTES : DB_NULL, .bytes = {s, s != NULL ? strlen(s) : 0}};
}

static inline struct db_param
db_param_bytes(struct db_bytes b)
{
	return (struct db_param){.kind = b.data != NULL ? DB_BYTES : DB_NULL, .bytes = b};
}

/* clang-format off */
#define P(x) (_Generic((x), char *: db_param_text, const char *: db_param_text, \
              struct db_bytes: db_param_bytes, default: db_param_number)(x))
/* clang-format on */
#define PARAMS(...) (const struct db_param[]){__VA_ARGS__}, sizeof((struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param)
#define NO_PARAMS NULL, 0

/* The answer, on the task; all rows are read, every value is a NUL-ended text or NULL. */
struct db_value {
	const char *text; /* NULL is NULL */
	size_t len;
};
struct db_rows {
	size_t n, columns;
	struct db_value *values; /* n * columns */
	uint64_t affected;
	uint64_t insert_id;
};

/*
 * Run statements[which]. rows_r may be NULL. -1: ERR_RETRY (server away, deadlock, time-out, read-only: nothing happened, or, within
 * db_begin, nothing will), ERR_UNCERTAIN (the connection was lost at a commit), ERR_REFUSED (a constraint or a wrong statement).
 */
WARN_UNUSED int db_run(struct task *t, struct db *d, int which, struct db_rows **rows_r,
                       const struct db_param *params, size_t n);

/* Did the last -1 come from a duplicate key? */
bool db_is_duplicate(const struct db *d);

const char *db_text(const struct db_rows *r, size_t row, size_t column);   /* NULL is "" */
int64_t db_number(const struct db_rows *r, size_t row, size_t column);     /* NULL is 0 */
bool db_is_null(const struct db_rows *r, size_t row, size_t column);

/* A transaction. Whatever is not committed when the task dies, or after a -1, is rolled back. */
WARN_UNUSED int db_begin(struct task *t, struct db *d);
WARN_UNUSED int db_commit(struct task *t, struct db *d);
void db_rollback(struct db *d);

/*
 * LOAD DATA LOCAL, for a connection that db_takes_files() was called for before it was opened: no other lets a server ask for files. The
 * server reads what `more` gives: up to size bytes into buf, 0 at the end, -1 to give up. sql names no true file.
 */
typedef int db_source_fn(void *arg, char *buf, unsigned size);
void db_takes_files(struct db *d);
WARN_UNUSED int db_load(struct task *t, struct db *d, const char *sql, db_source_fn *more, void *arg);

/* Statements that are not prepared beforehand: migrations. Several statements, separated by ';', are run in turn. */
WARN_UNUSED int db_script(struct task *t, struct db *d, const char *sql);

#endif
