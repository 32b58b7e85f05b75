/*
 * Prepared statements over Connector/C. A connection that was lost is opened anew at the next use outside a
 * transaction; within one, the task fails and the caller starts over.
 */
#include "common/db.h"

#include <errmsg.h>
#include <errno.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/breaker.h"
#include "common/conf.h"

struct db {
	MYSQL *link;
	MYSQL_STMT **prepared; /* n of them, made as one at db_open */
	const struct conf *conf;
	const char *account;
	const struct db_statement *statements;
	size_t n;
	bool in_transaction;
	bool takes_files;
	unsigned last_errno;
	struct breaker *breaker; /* NULL: not shared */
	int64_t began_ms;        /* clock_mono_ms() of what is asked now */
};

static void
hang_up(struct db *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->prepared[i] != NULL)
			mysql_stmt_close(d->prepared[i]);
		d->prepared[i] = NULL;
	}
	if (d->link != NULL)
		mysql_close(d->link);
	d->link = NULL;
	d->in_transaction = false;
}

static int
db_close(struct db *d)
{
	hang_up(d);
	return 0;
}

struct db *
db_new(TALLOC_CTX *ctx, const struct conf *c, const char *account, const struct db_statement *statements, size_t n)
{
	struct db *d = talloc_zero(ctx, struct db);

	d->prepared = talloc_zero_array(d, MYSQL_STMT *, (unsigned)(n + 1));
	d->conf = c;
	d->account = account;
	d->statements = statements;
	d->n = n;
	talloc_set_destructor(d, db_close);
	return d;
}

void
db_share(struct db *d, struct breaker *b)
{
	d->breaker = b;
}

/* What each of the server's errors means to us; all others mean that we asked for something wrong. */
static enum err_kind
kind_of(unsigned code)
{
	static const unsigned passes_by_itself[] = {
	    CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_SERVER_LOST_EXTENDED,
	    CR_UNKNOWN_HOST, CR_IPSOCK_ERROR, ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, ER_OPTION_PREVENTS_STATEMENT,
	    ER_SERVER_SHUTDOWN, ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS, ER_QUERY_INTERRUPTED, ER_DISK_FULL,
	    ER_RECORD_FILE_FULL, ER_NEW_ABORTING_CONNECTION, ER_NET_READ_ERROR, ER_NET_READ_INTERRUPTED,
	    ER_CONNECTION_KILLED, ER_READ_ONLY_MODE,
	};

	for (size_t i = 0; i < sizeof(passes_by_itself) / sizeof(*passes_by_itself); i++)
		if (passes_by_itself[i] == code)
			return ERR_RETRY;
	return ERR_REFUSED;
}

static bool
is_link_lost(unsigned code)
{
	return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR && code != CR_OUT_OF_MEMORY;
}

/* It goes away, or became a replica: the same address may lead to another server by now. */
static bool
is_to_be_left(unsigned code)
{
	return code == ER_SERVER_SHUTDOWN || code == ER_CONNECTION_KILLED || code == ER_OPTION_PREVENTS_STATEMENT ||
	       code == ER_READ_ONLY_MODE;
}

static int
fail(struct task *t, struct db *d, enum err_kind kind, const char *doing, unsigned code, const char *sentence)
{
	d->last_errno = code;
	task_fail(t, kind, "MariaDB, %s: %s (%u)", doing, sentence, code);
	if (is_link_lost(code))
		breaker_failed(d->breaker, d->began_ms, clock_mono_ms(), t->err.text);
	if (is_link_lost(code) || is_to_be_left(code))
		hang_up(d);
	return -1;
}

static int
fail_link(struct task *t, struct db *d, const char *doing)
{
	unsigned code = mysql_errno(d->link);

	return fail(t, d, is_link_lost(code) ? ERR_RETRY : kind_of(code), doing, code, mysql_error(d->link));
}

/* A lone write whose answer never came may have happened; in a transaction nothing has until the commit. */
static int
fail_statement(struct task *t, struct db *d, int which)
{
	MYSQL_STMT *s = d->prepared[which];
	unsigned code = mysql_stmt_errno(s);
	bool lone_write = !d->in_transaction && mysql_stmt_field_count(s) == 0;
	enum err_kind kind = kind_of(code);

	if (is_link_lost(code))
		kind = lone_write ? ERR_UNCERTAIN : ERR_RETRY;
	return fail(t, d, kind, d->statements[which].name, code, mysql_stmt_error(s));
}

static unsigned
wait_seconds(const struct conf *c)
{
	return (unsigned)((c->db_timeout + 999) / 1000);
}

/* Whoever waits for a row's lock hears so before our own patience ends: a lock that lasts must not look like a server that hangs. */
static int
connect_now(struct task *t, struct db *d)
{
	const struct conf *c = d->conf;
	unsigned wait_s = wait_seconds(c), takes_files = d->takes_files;
	const char *socket = c->db_socket[0] != '\0' ? c->db_socket : NULL;

	d->link = mysql_init(NULL);
	must(d->link != NULL);
	mysql_options(d->link, MYSQL_OPT_CONNECT_TIMEOUT, &wait_s);
	mysql_options(d->link, MYSQL_OPT_READ_TIMEOUT, &wait_s);
	mysql_options(d->link, MYSQL_OPT_WRITE_TIMEOUT, &wait_s);
	mysql_options(d->link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(d->link, MYSQL_OPT_LOCAL_INFILE, &takes_files);
	mysql_options(d->link, MYSQL_INIT_COMMAND,
	              talloc_asprintf(t, "set time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
	                                 " innodb_lock_wait_timeout = %u", wait_s > 1 ? wait_s - 1 : 1));
	if (mysql_real_connect(d->link, socket != NULL ? NULL : c->db_host, d->account,
	                       conf_db_password(t, c, d->account), c->db_name, (unsigned)c->db_port, socket,
	                       CLIENT_FOUND_ROWS) != NULL)
		return 0;
	fail_link(t, d, "connect");
	hang_up(d);
	return -1;
}

static int
prepare_all(struct task *t, struct db *d)
{
	for (size_t i = 0; i < d->n; i++) {
		d->prepared[i] = mysql_stmt_init(d->link);
		must(d->prepared[i] != NULL);
		if (mysql_stmt_prepare(d->prepared[i], d->statements[i].sql, strlen(d->statements[i].sql)) != 0) {
			fail_statement(t, d, (int)i);
			hang_up(d);
			return -1;
		}
	}
	return 0;
}

/* Did the server end the link while it was idle? Asked before sending, so that nothing is ever done twice. */
static bool
is_dead(const struct db *d)
{
	char byte;
	ssize_t n = recv((int)mysql_get_socket(d->link), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n >= 0 || (errno != EAGAIN && errno != EINTR);
}

/* Within a transaction the server has just answered. */
static bool
may_ask(struct task *t, struct db *d)
{
	d->began_ms = clock_mono_ms();
	if (d->in_transaction || breaker_lets(d->breaker, d->began_ms, d->conf->db_timeout))
		return true;
	task_fail(t, ERR_RETRY, "MariaDB hangs, as was found a moment ago");
	return false;
}

int
db_open(struct task *t, struct db *d)
{
	if (!may_ask(t, d))
		return -1;
	if (d->link != NULL && !d->in_transaction && is_dead(d))
		hang_up(d);
	if (d->link != NULL)
		return 0;
	if (connect_now(t, d) == -1)
		return -1;
	return prepare_all(t, d);
}

static void
bind_params(MYSQL_BIND *binds, const struct db_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		MYSQL_BIND *b = &binds[i];

		if (params[i].kind == DB_NUMBER) {
			b->buffer_type = MYSQL_TYPE_LONGLONG;
			b->buffer = (void *)(uintptr_t)&params[i].number;
		} else if (params[i].kind == DB_BYTES) {
			b->buffer_type = MYSQL_TYPE_STRING;
			b->buffer = (void *)(uintptr_t)params[i].bytes.data;
			b->buffer_length = params[i].bytes.len;
		} else {
			b->buffer_type = MYSQL_TYPE_NULL;
		}
	}
}

static int
execute(struct task *t, struct db *d, int which, const struct db_param *params, size_t n)
{
	MYSQL_STMT *s = d->prepared[which];
	MYSQL_BIND *binds = talloc_zero_array(t, MYSQL_BIND, (unsigned)(n + 1));

	must(mysql_stmt_param_count(s) == n);
	bind_params(binds, params, n);
	if (n > 0 && mysql_stmt_bind_param(s, binds))
		return fail_statement(t, d, which);
	return mysql_stmt_execute(s) == 0 ? 0 : fail_statement(t, d, which);
}

/* One value, fetched at its exact size once the row told how long it is. */
static int
fetch_value(MYSQL_STMT *s, unsigned column, unsigned long len, bool null, TALLOC_CTX *ctx, struct db_value *out)
{
	MYSQL_BIND b = {.buffer_type = MYSQL_TYPE_STRING, .buffer_length = len};
	char *text;

	if (null)
		return 0;
	text = talloc_zero_array(ctx, char, (unsigned)len + 1);
	b.buffer = text;
	*out = (struct db_value){.text = text, .len = len};
	return len > 0 ? mysql_stmt_fetch_column(s, &b, column, 0) : 0;
}

static int
fetch_rows(struct task *t, struct db *d, int which, struct db_rows *r)
{
	MYSQL_STMT *s = d->prepared[which];
	unsigned columns = mysql_stmt_field_count(s);
	MYSQL_BIND *binds = talloc_zero_array(t, MYSQL_BIND, columns + 1);
	unsigned long *lens = talloc_zero_array(t, unsigned long, columns + 1);
	my_bool *nulls = talloc_zero_array(t, my_bool, columns + 1);

	for (unsigned i = 0; i < columns; i++)
		binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .length = &lens[i], .is_null = &nulls[i]};
	if (mysql_stmt_bind_result(s, binds) || mysql_stmt_store_result(s))
		return fail_statement(t, d, which);
	r->columns = columns;
	r->n = mysql_stmt_num_rows(s);
	r->values = talloc_zero_array(r, struct db_value, (unsigned)(r->n * columns + 1));
	for (size_t row = 0; row < r->n; row++) {
		int rc = mysql_stmt_fetch(s);

		if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
			return fail_statement(t, d, which);
		for (unsigned i = 0; i < columns; i++)
			if (fetch_value(s, i, lens[i], nulls[i], r, &r->values[row * columns + i]) != 0)
				return fail_statement(t, d, which);
	}
	return 0;
}

int
db_run(struct task *t, struct db *d, int which, struct db_rows **rows_r, const struct db_param *params, size_t n)
{
	struct db_rows *r = talloc_zero(t, struct db_rows);
	int rc = 0;

	d->last_errno = 0;
	if (db_open(t, d) == -1)
		return -1;
	if (execute(t, d, which, params, n) == -1)
		return -1;
	breaker_answered(d->breaker, clock_mono_ms());
	if (mysql_stmt_field_count(d->prepared[which]) > 0)
		rc = fetch_rows(t, d, which, r);
	if (rc == 0) {
		r->affected = mysql_stmt_affected_rows(d->prepared[which]);
		r->insert_id = mysql_stmt_insert_id(d->prepared[which]);
	}
	if (d->link != NULL)
		mysql_stmt_free_result(d->prepared[which]);
	if (rows_r != NULL)
		*rows_r = r;
	return rc;
}

bool
db_is_duplicate(const struct db *d)
{
	return d->last_errno == ER_DUP_ENTRY;
}

static const struct db_value *
value_at(const struct db_rows *r, size_t row, size_t column)
{
	must(row < r->n && column < r->columns);
	return &r->values[row * r->columns + column];
}

const char *
db_text(const struct db_rows *r, size_t row, size_t column)
{
	const struct db_value *v = value_at(r, row, column);

	return v->text != NULL ? v->text : "";
}

int64_t
db_number(const struct db_rows *r, size_t row, size_t column)
{
	return strtoll(db_text(r, row, column), NULL, 10);
}

bool
db_is_null(const struct db_rows *r, size_t row, size_t column)
{
	return value_at(r, row, column)->text == NULL;
}

/* Lives on the task of a transaction: what that task leaves uncommitted is rolled back. */
struct leftover {
	struct db *db;
};

static int
roll_leftover_back(struct leftover *l)
{
	db_rollback(l->db);
	return 0;
}

int
db_begin(struct task *t, struct db *d)
{
	struct leftover *l;

	must(!d->in_transaction);
	if (db_open(t, d) == -1)
		return -1;
	if (mysql_query(d->link, "start transaction") != 0)
		return fail_link(t, d, "start transaction");
	d->in_transaction = true;
	l = talloc_zero(t, struct leftover);
	l->db = d;
	talloc_set_destructor(l, roll_leftover_back);
	return 0;
}

int
db_commit(struct task *t, struct db *d)
{
	must(d->in_transaction);
	d->in_transaction = false;
	d->began_ms = clock_mono_ms();
	if (mysql_query(d->link, "commit") == 0)
		return 0;
	if (is_link_lost(mysql_errno(d->link)))
		task_fail(t, ERR_UNCERTAIN, "MariaDB, commit: %s", mysql_error(d->link));
	return fail_link(t, d, "commit");
}

void
db_rollback(struct db *d)
{
	if (d->link != NULL && d->in_transaction && mysql_query(d->link, "rollback") != 0)
		hang_up(d);
	d->in_transaction = false;
}

int
db_script(struct task *t, struct db *d, const char *sql)
{
	int more;

	if (db_open(t, d) == -1)
		return -1;
	if (mysql_set_server_option(d->link, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0 || mysql_query(d->link, sql) != 0)
		return fail_link(t, d, "script");
	do {
		MYSQL_RES *res = mysql_store_result(d->link);

		if (res != NULL)
			mysql_free_result(res);
		more = mysql_next_result(d->link);
	} while (more == 0);
	return more > 0 ? fail_link(t, d, "script") : 0;
}

void
db_takes_files(struct db *d)
{
	d->takes_files = true;
}

struct source {
	db_source_fn *more;
	void *arg;
};

static int
source_init(void **ptr, const char *name, void *userdata)
{
	(void)name;
	*ptr = userdata;
	return 0;
}

static int
source_read(void *ptr, char *buf, unsigned size)
{
	const struct source *s = ptr;

	return s->more(s->arg, buf, size);
}

static void
source_end(void *ptr)
{
	(void)ptr;
}

static int
source_error(void *ptr, char *text, unsigned size)
{
	(void)ptr;
	text[0] = '\0';
	must(size > 0);
	return CR_UNKNOWN_ERROR;
}

int
db_load(struct task *t, struct db *d, const char *sql, db_source_fn *more, void *arg)
{
	struct source s = {more, arg};
	int rc;

	must(d->takes_files);
	if (db_open(t, d) == -1)
		return -1;
	mysql_set_local_infile_handler(d->link, source_init, source_read, source_end, source_error, &s);
	rc = mysql_query(d->link, sql);
	mysql_set_local_infile_default(d->link);
	return rc == 0 ? 0 : fail_link(t, d, "load data");
}
