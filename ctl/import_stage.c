/*
 * One pass over the file: rows go through import_rows.c into MariaDB while it reads them, so that neither side keeps them. What is wrong with a
 * row is noted on the way, what only all rows together tell (twice, unknown) is asked of MariaDB afterwards.
 */
#include "ctl/import.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/fault.h"

#define ERRORS_SHOWN 50
#define LOAD_DATA(table) "load data local infile 'rows' into table " table " character set utf8mb4" \
	" fields terminated by '\\t' escaped by '\\\\' lines terminated by '\\n'"

/* A cell that a spreadsheet would take for a formula is told with an apostrophe before it. */
static void
write_cell(FILE *out, const char *text, char end)
{
	fputc('"', out);
	if (text[0] != '\0' && strchr("=+-@", text[0]) != NULL)
		fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
	fputc(end, out);
}

static void
keep_error(struct import *im, size_t line, const char *column, const char *value, const char *reason)
{
	struct js *row = js_object(im->errors);

	js_set_number(row, "line", (int64_t)line);
	js_set_text(row, "column", column);
	js_set_text(row, "value", value);
	js_set_text(row, "reason", reason);
	js_push(im->errors, row);
}

void
import_wrong(struct import *im, size_t line, const char *column, const char *value, const char *fmt, ...)
{
	char *reason;
	va_list ap;

	if (im->n_errors++ >= ERRORS_SHOWN && im->errors_out == NULL)
		return;
	va_start(ap, fmt);
	reason = talloc_vasprintf(im->ctl, fmt, ap);
	va_end(ap);
	if (im->n_errors <= ERRORS_SHOWN)
		keep_error(im, line, column, value, reason);
	if (im->errors_out != NULL) {
		fprintf(im->errors_out, "%zu;", line);
		write_cell(im->errors_out, column, ';');
		write_cell(im->errors_out, value, ';');
		write_cell(im->errors_out, reason, '\n');
	}
	talloc_free(reason);
}

/* ---- Into MariaDB ---- */

struct stream {
	struct import *im;
	struct import_text text;
	size_t sent;
};

static int
more_rows(void *arg, char *buf, unsigned size)
{
	struct stream *s = arg;
	size_t n;

	if (s->sent == s->text.len) {
		s->sent = s->text.len = 0;
		while (s->text.len < size && import_row(s->im, &s->text))
			;
		meter_tick(&s->im->meter, csv_percent(s->im->csv), s->im->n_rows);
	}
	n = s->text.len - s->sent < size ? s->text.len - s->sent : size;
	if (n > 0)
		memcpy(buf, s->text.data + s->sent, n);
	s->sent += n;
	return (int)n;
}

static int
load_rows(struct import *im, const char *sql)
{
	struct stream s = {.im = im};
	int rc;

	meter_start(&im->meter, "reading and checking");
	rc = db_load(im->ctl->task, im->db, sql, more_rows, &s);
	meter_end(&im->meter);
	talloc_free(s.text.data);
	return rc;
}

/* Nothing here is anybody else's. The postings of 1.4 million fit into the temporary table. */
static int
empty_tables(struct import *im)
{
	char *sql = talloc_asprintf(im->ctl,
	                            "truncate table import_elector; truncate table import_entry; truncate table import_scrutin; truncate table import_list;"
	                            " alter table import_elector_change truncate partition p%lld;"
	                            " alter table import_entry_change truncate partition p%lld;"
	                            " alter table import_scrutin_change truncate partition p%lld;"
	                            " set session transaction isolation level read committed; set session foreign_key_checks = 0, group_concat_max_len = 65536,"
	                            " tmp_table_size = 128 << 20, max_heap_table_size = 128 << 20 /*M! , join_cache_level = 0 */",
	                            (long long)im->slot, (long long)im->slot, (long long)im->slot);

	return db_script(im->ctl->task, im->db, sql);
}

int
import_stage(struct import *im)
{
	static const char *const loads[IMPORT__MAX] = {
	    [IMPORT_ELECTORS] = LOAD_DATA("import_elector"),
	    [IMPORT_ROLL] = LOAD_DATA("import_entry"),
	    [IMPORT_SCRUTINS] = LOAD_DATA("import_scrutin"),
	};

	if (empty_tables(im) == -1 || load_rows(im, loads[im->what]) == -1)
		return -1;
	fault_point("import_staged");
	return 0;
}

/* ---- What only all rows tell ---- */

static int
note_all(struct import *im, int sql, const char *column, const char *reason)
{
	struct db_rows *rows;

	if (import_ask(im, sql, NO_PARAMS, &rows) == -1)
		return -1;
	for (size_t i = 0; i < rows->n; i++) {
		int64_t first = db_number(rows, i, 2);
		char *where = first > 0 ? talloc_asprintf(rows, " in line %lld", (long long)first) : talloc_strdup(rows, "");

		import_wrong(im, (size_t)db_number(rows, i, 0), column, db_text(rows, i, 1), "%s%s", reason, where);
	}
	return 0;
}

int
import_check(struct import *im)
{
	static const struct {
		unsigned whats;
		int sql;
		const char *column, *reason;
	} checks[] = {
	    {1 << IMPORT_ELECTORS, SQL_IMPORT_TWICE_PERSON, "identifier", "stands already"},
	    {1 << IMPORT_ELECTORS, SQL_IMPORT_TWICE_PREVIOUS, "previous_identifier", "stands already"},
	    {1 << IMPORT_ROLL, SQL_IMPORT_TWICE_ENTRY, "scrutin", "stands already"},
	    {1 << IMPORT_ROLL, SQL_IMPORT_STRANGERS, "identifier", "nobody of this identifier is on the roll: import the electors first"},
	    {1 << IMPORT_SCRUTINS, SQL_IMPORT_TWICE_CODE, "code", "stands already"},
	    {1 << IMPORT_SCRUTINS, SQL_IMPORT_TWICE_PLACE, "place", "stands already"},
	};

	meter_start(&im->meter, "looking for what stands twice");
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if ((checks[i].whats & 1u << im->what) != 0 && note_all(im, checks[i].sql, checks[i].column, checks[i].reason) == -1)
			return -1;
	meter_end(&im->meter);
	return 0;
}
