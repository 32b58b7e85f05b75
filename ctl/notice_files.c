#include "ctl/notice_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fault.h"

#define HEADER "numero;academie;etablissement;civilite;nom;prenom;code\n"
#define LINE_MAX_BYTES 4096 /* five fields of the roll, quoted, and a code */

static int
close_files(struct notice_files *f)
{
	if (f->csv_fd != -1)
		close(f->csv_fd);
	if (f->dir_fd != -1)
		close(f->dir_fd);
	return 0;
}

int
notice_files_enter(struct ctl *c, const char *dir, const char *name, struct notice_files **f_r)
{
	struct notice_files *f = *f_r = talloc(c, struct notice_files);
	struct stat st;

	*f = (struct notice_files){.ctl = c, .dir = dir, .name = name, .dir_fd = -1, .csv_fd = -1};
	talloc_set_destructor(f, close_files);
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", dir, strerror(errno));
	f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd == -1 || fstat(f->dir_fd, &st) == -1)
		return ctl_fail(c, EX_NOINPUT, "%s: %s", dir, strerror(errno));
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return ctl_fail(c, EX_NOPERM, "%s: must be yours, and closed to everybody else (chmod 700): what is written there opens the vote", dir);
	return EX_OK;
}

static char *
csv_path(struct notice_files *f, TALLOC_CTX *ctx)
{
	return talloc_asprintf(ctx, "%s.csv", f->name);
}

static int
refuse_csv(struct notice_files *f, int status, const char *why)
{
	return ctl_fail(f->ctl, status, "%s/%s.csv: %s", f->dir, f->name, why);
}

int
notice_files_open(struct notice_files *f, int64_t bytes)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (bytes == 0 ? O_CREAT : 0);
	struct stat st;

	f->csv_fd = openat(f->dir_fd, csv_path(f, f->ctl), flags, 0600);
	if (f->csv_fd == -1 && errno == ENOENT)
		return refuse_csv(f, EX_NOINPUT, "is not there, and the batch has begun: it was begun in another directory, or its codes are lost and it must be voided");
	if (f->csv_fd == -1 || fstat(f->csv_fd, &st) == -1)
		return refuse_csv(f, EX_CANTCREAT, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_mode & 077) != 0)
		return refuse_csv(f, EX_NOPERM, "must be a plain file of one name, readable by its owner alone");
	if (st.st_size < bytes)
		return refuse_csv(f, EX_DATAERR, "is shorter than what was committed: its codes are lost, and the batch must be voided");
	return ftruncate(f->csv_fd, bytes) == 0 ? EX_OK : refuse_csv(f, EX_IOERR, strerror(errno));
}

const char *
notice_files_last_code(struct notice_files *f, TALLOC_CTX *ctx, int64_t bytes)
{
	size_t len = bytes < LINE_MAX_BYTES ? (size_t)bytes : LINE_MAX_BYTES;
	char *tail = talloc_zero_array(ctx, char, len + 1), *at;

	if (len == 0 || pread(f->csv_fd, tail, len, bytes - (int64_t)len) != (ssize_t)len || tail[len - 1] != '\n')
		return "";
	tail[len - 1] = '\0';
	at = strrchr(tail, ';');
	return at != NULL ? at + 1 : "";
}

char *
notice_csv_field(TALLOC_CTX *ctx, const char *text)
{
	char *out;

	if (strpbrk(text, ";\"\r\n") == NULL)
		return talloc_strdup(ctx, text);
	out = talloc_strdup(ctx, "\"");
	for (const char *s = text; *s != '\0'; s++)
		out = talloc_asprintf_append_buffer(out, *s == '"' ? "\"\"" : "%c", *s);
	return talloc_strdup_append_buffer(out, "\"");
}

static char *
lines_of(TALLOC_CTX *ctx, const struct notice *list, size_t n, bool first)
{
	char *text = talloc_strdup(ctx, first ? HEADER : "");

	for (size_t i = 0; i < n; i++) {
		TALLOC_CTX *row = talloc_new(ctx);
		const struct notice *e = &list[i];

		text = talloc_asprintf_append_buffer(text, "%lld;%s;%s;%s;%s;%s;%s\n", (long long)e->place, notice_csv_field(row, e->academy),
		                                     notice_csv_field(row, e->posting), notice_csv_field(row, e->civility),
		                                     notice_csv_field(row, e->family_name), notice_csv_field(row, e->given_name), e->code);
		talloc_free(row);
	}
	return text;
}

static int
trouble(struct notice_files *f, struct task *t, const char *what)
{
	return task_fail(t, ERR_REFUSED, "%s/%s: %s", f->dir, what, strerror(errno));
}

static int
write_all(int fd, const char *text, size_t len, int64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, text, len, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static void
add_page(struct leaflet *l, const struct notice *e)
{
	char *name = talloc_asprintf(l, "%s%s%s %s", e->civility, e->civility[0] != '\0' ? " " : "", e->given_name, e->family_name);
	struct leaflet_page p = {.name = name, .posting = e->posting, .number = e->place, .code = e->code};

	leaflet_add(l, &p);
	talloc_free(name);
}

/* Aside, synced and put in its place: a PDF of that name is whole. */
static int
write_pdf(struct notice_files *f, struct task *t, int64_t chunk, const struct notice *list, size_t n)
{
	char *path = talloc_asprintf(t, "%s-%05lld.pdf", f->name, (long long)chunk), *aside = talloc_asprintf(t, "%s.part", path);
	int fd = openat(f->dir_fd, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), rc;
	struct leaflet *l;

	if (fd == -1)
		return trouble(f, t, aside);
	l = leaflet_open(t, fd, &f->frame);
	for (size_t i = 0; i < n; i++)
		add_page(l, &list[i]);
	rc = leaflet_close(l);
	close(fd);
	if (rc == -1 || renameat(f->dir_fd, aside, f->dir_fd, path) == -1)
		return trouble(f, t, path);
	return 0;
}

int
notice_files_write(struct notice_files *f, struct task *t, int64_t chunk, const struct notice *list, size_t n, int64_t *bytes)
{
	char *text = lines_of(t, list, n, *bytes == 0);
	size_t len = strlen(text);

	if (n > 0 && write_pdf(f, t, chunk, list, n) == -1)
		return -1;
	fault_point("notice-pdf");
	if (write_all(f->csv_fd, text, len / 2, *bytes) == -1)
		return trouble(f, t, csv_path(f, t));
	fault_point("notice-half");
	if (write_all(f->csv_fd, text + len / 2, len - len / 2, *bytes + (int64_t)(len / 2)) == -1 || fsync(f->csv_fd) == -1 || fsync(f->dir_fd) == -1)
		return trouble(f, t, csv_path(f, t));
	*bytes += (int64_t)len;
	return 0;
}

FILE *
notice_file_create(TALLOC_CTX *ctx, const char *path, char **why_r)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;

	if (f == NULL)
		*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
	return f;
}
