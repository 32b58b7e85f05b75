#include "ctl/office.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/text.h"
#include "common/queue.h"
#include "ctl/dates.h"

#define DETAIL_MAX 500 /* of audit.detail */

int
office_election(struct ctl *c, struct db *d, int64_t *id_r, const char **slug_r)
{
	const char *slug = ctl_has(c, OPTION_ELECTION) ? c->option[OPTION_ELECTION] : "";
	char *slugs = talloc_strdup(c, "");
	struct db_rows *rows;

	if (db_run(c->task, d, SQL_ELECTIONS, &rows, PARAMS(P(slug), P(slug))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0)
		return ctl_fail(c, EX_NOUSER, "there is no election%s%s", slug[0] != '\0' ? " " : "", slug);
	for (size_t i = 0; i < rows->n; i++)
		slugs = talloc_asprintf_append(slugs, " %s", db_text(rows, i, 1));
	if (rows->n > 1)
		return ctl_fail(c, EX_USAGE, "there are several elections, choose one with --election:%s", slugs);
	*id_r = db_number(rows, 0, 0);
	*slug_r = db_text(rows, 0, 1);
	return EX_OK;
}

static size_t
read_all(FILE *f, char *text, size_t max)
{
	size_t len = 0, n;

	while (len < max && (n = fread(text + len, 1, max - len, f)) > 0)
		len += n;
	return len;
}

int
office_read(struct ctl *c, const char *path, size_t max, char **text_r)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "r");
	char *text = talloc_zero_array(c, char, max + 2);
	size_t len;

	if (f == NULL)
		return ctl_fail(c, EX_NOINPUT, "%s: %s", path, strerror(errno));
	len = read_all(f, text, max + 1);
	if (!is_stdin)
		fclose(f);
	if (len > max)
		return ctl_fail(c, EX_DATAERR, "%s: longer than %zu bytes", path, max);
	if (!text_is_utf8(text, len))
		return ctl_fail(c, EX_DATAERR, "%s: not UTF-8", path);
	*text_r = text;
	return EX_OK;
}

char *
office_reference(struct ctl *c, const char *typed)
{
	char *reference = talloc_strdup(c, "");

	for (const char *s = typed; *s != '\0' && strlen(reference) < QUEUE_REFERENCE_SIZE; s++) {
		if (*s == '-' || *s == ' ')
			continue;
		reference = talloc_asprintf_append(reference, "%s%c", strlen(reference) == 3 ? "-" : "", toupper((unsigned char)*s));
	}
	return reference;
}

/* As many of its characters as the column takes. */
static char *
cut(char *text, size_t max)
{
	char *end = text;

	for (size_t n = 0; *end != '\0' && n < max; n++)
		do
			end++;
		while (((unsigned char)*end & 0xc0) == 0x80);
	*end = '\0';
	return text;
}

int
office_audit(struct ctl *c, struct db *d, int64_t election_id, const char *act, const char *detail)
{
	const char *reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "";
	struct audit_entry e = {
	    .election_id = election_id,
	    .actor = talloc_asprintf(c, "isoloirctl %s", ctl_operator(c)),
	    .act = act,
	    .subject = "",
	    .detail = cut(talloc_asprintf(c, "%s%s%s", detail, reason[0] != '\0' ? ": " : "", reason), DETAIL_MAX),
	};

	return audit_add(c->task, d, SQL_AUDIT_ADD, &e);
}

static bool
is_one_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

static int
check_sentence(struct ctl *c, enum option o, const char *word, const char *why)
{
	const char *text = ctl_has(c, o) ? text_trim(c, c->option[o]) : "";

	if (text[0] == '\0')
		return ctl_fail(c, EX_USAGE, "%s: say why with %s", why, word);
	if (!text_is_utf8(text, strlen(text)) || !is_one_line(text) || text_length(text) > OFFICE_REASON_MAX)
		return ctl_fail(c, EX_USAGE, "%s takes one line of at most %d characters", word, OFFICE_REASON_MAX);
	return EX_OK;
}

int
office_reason_for(struct ctl *c, const char *why)
{
	return check_sentence(c, OPTION_REASON, "--reason", why);
}

int
office_reason(struct ctl *c)
{
	if (ctl_has(c, OPTION_DRY_RUN) && !ctl_has(c, OPTION_REASON))
		return EX_OK;
	return office_reason_for(c, "electors notice this");
}

int
office_roll_opens(struct ctl *c, struct db *d, int64_t election_id, const char *about)
{
	struct db_rows *rows;
	int rc;

	if (db_run(c->task, d, SQL_ELECTION_SEALED, &rows, PARAMS(P(election_id))) == -1)
		return ctl_trouble(c);
	if (rows->n == 0 || db_is_null(rows, 0, 0))
		return EX_OK;
	rc = check_sentence(c, OPTION_EXCEPTION, "--exception",
	                    talloc_asprintf(c, "the roll is sealed since %s and changes by a recorded exception alone",
	                                    date_text(c, db_number(rows, 0, 0))));
	if (rc != EX_OK)
		return rc == EX_USAGE && !ctl_has(c, OPTION_EXCEPTION) ? EX_NOPERM : rc;
	if (office_audit(c, d, election_id, "roll exception", talloc_asprintf(c, "%s (%s)", about, c->option[OPTION_EXCEPTION])) == -1)
		return ctl_trouble(c);
	return EX_OK;
}
