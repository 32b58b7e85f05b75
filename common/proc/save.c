/* One setting of the file, rewritten: see save.h. */
#include "common/proc/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"

#define SETTINGS_MAX (1 << 20)

static size_t
line_size(const char *line)
{
	const char *end = strchr(line, '\n');

	return end != NULL ? (size_t)(end - line) + 1 : strlen(line);
}

static bool
is_section(const char *line, size_t len)
{
	size_t blank = strspn(line, " \t");

	return blank < len && line[blank] == '[';
}

static bool
is_section_named(const char *line, const char *section)
{
	size_t n = strlen(section);

	line += strspn(line, " \t") + 1;
	return strncmp(line, section, n) == 0 && line[n] == ']';
}

/* Where the value of `name` begins in this line, or 0 if the line is another's. */
static size_t
value_at(const char *line, const char *name)
{
	size_t n = strlen(name), at = strspn(line, " \t");

	if (strncmp(line + at, name, n) != 0)
		return 0;
	at += n;
	at += strspn(line + at, " \t");
	if (line[at] != '=' && line[at] != ':')
		return 0;
	return at + 1 + strspn(line + at + 1, " \t");
}

/* What stands after the value: from the white space before a ';' remark, or the line's end. */
static size_t
value_end(const char *line, size_t at, size_t len)
{
	size_t end = at;

	for (size_t i = at; i < len && line[i] != '\n' && line[i] != '\r'; i++) {
		if (line[i] == ';' && i > at && strchr(" \t", line[i - 1]) != NULL)
			break;
		if (strchr(" \t", line[i]) == NULL)
			end = i + 1;
	}
	return end;
}

/* Offsets of the wanted line's value, or else of the place where it is to be added. */
struct place {
	size_t from, to;
	bool found, has_section;
};

static struct place
find_place(const char *text, const char *section, const char *name)
{
	struct place p = {0};
	bool inside = false;
	size_t len, at;

	for (const char *line = text; *line != '\0'; line += len) {
		len = line_size(line);
		if (is_section(line, len)) {
			inside = is_section_named(line, section);
			p.has_section = p.has_section || inside;
		}
		if (!inside)
			continue;
		at = is_section(line, len) ? 0 : value_at(line, name);
		if (at != 0) {
			p.from = (size_t)(line - text) + at;
			p.to = (size_t)(line - text) + value_end(line, at, len);
			p.found = true;
			return p;
		}
		if (strspn(line, " \t\r\n") < len)
			p.from = p.to = (size_t)(line - text) + len;
	}
	return p;
}

char *
save_line(TALLOC_CTX *ctx, const char *text, const char *section, const char *name, const char *value)
{
	struct place p = find_place(text, section, name);
	size_t all = strlen(text);

	if (p.found)
		return talloc_asprintf(ctx, "%.*s%s%s", (int)p.from, text, value, text + p.to);
	if (!p.has_section)
		return talloc_asprintf(ctx, "%s%s[%s]\n%s = %s\n", text,
		                       all == 0                ? ""
		                       : text_ends(text, "\n") ? "\n"
		                                               : "\n\n",
		                       section, name, value);
	return talloc_asprintf(ctx, "%.*s%s%s = %s\n%s", (int)p.from, text,
	                       text[p.from - 1] == '\n' ? "" : "\n", name, value, text + p.from);
}

static char *
read_file(TALLOC_CTX *ctx, const char *path, struct stat *st_r)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t got;

	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), st_r) == 0 && st_r->st_size <= SETTINGS_MAX) {
		text = talloc_zero_array(ctx, char, (size_t)st_r->st_size + 1);
		got = fread(text, 1, (size_t)st_r->st_size, f);
		text[got] = '\0';
	} else {
		errno = EFBIG;
	}
	fclose(f);
	return text;
}

static bool
write_all(int fd, const char *text, const struct stat *like)
{
	size_t len = strlen(text);

	/* Another owner is only kept where we may; the mode always. */
	if (fchown(fd, like->st_uid, like->st_gid) == -1 && errno != EPERM)
		return false;
	return fchmod(fd, like->st_mode & 07777) == 0 && write(fd, text, len) == (ssize_t)len &&
	       fsync(fd) == 0;
}

static int
replace_file(TALLOC_CTX *ctx, const char *path, const char *text, const struct stat *like)
{
	char *temp = talloc_asprintf(ctx, "%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC), saved;
	bool ok;

	if (fd == -1)
		return -1;
	ok = write_all(fd, text, like);
	saved = errno;
	close(fd);
	if (ok && rename(temp, path) == 0)
		return 0;
	saved = ok ? errno : saved;
	unlink(temp);
	errno = saved;
	return -1;
}

int
save_setting(TALLOC_CTX *ctx, const char *path, const char *section, const char *name, const char *value,
             char **why_r)
{
	struct stat st;
	char *real = realpath(path, NULL), *text = real != NULL ? read_file(ctx, real, &st) : NULL;
	int rc = -1;

	if (text != NULL)
		rc = replace_file(ctx, real, save_line(ctx, text, section, name, value), &st);
	if (rc == -1)
		*why_r = talloc_asprintf(
		    ctx, "%s cannot be rewritten: %s; write \"%s = %s\" into its [%s] yourself", path,
		    strerror(errno), name, value, section);
	free(real);
	return rc;
}
