/* isoloirctl mail preview, check: the mails as they would be composed, to be looked at before anybody gets one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"
#include "ctl/specimen.h"
#include "mailer/inspect.h"

static const char *const classes[QUEUE_CLASS__MAX] = {"interactive", "notice", "campaign"};

static const char *const words[QUEUE_MAIL__MAX] = {
#define X(name, word, class, purpose, twice, whom, sentence) word,
    QUEUE_MAIL_ROWS(X)
#undef X
};

static const char *const sentences[QUEUE_MAIL__MAX] = {
#define X(name, word, class, purpose, twice, whom, sentence) sentence,
    QUEUE_MAIL_ROWS(X)
#undef X
};

/* ---- preview ---- */

static int
list_kinds(struct ctl *c, const struct tmpl_set *theme)
{
	struct js *list = js_array(c);

	for (enum queue_mail mail = 0; mail < QUEUE_MAIL__MAX; mail++) {
		struct js *row = js_object(c);
		size_t len;
		const char *bytes = specimen_write(c, c->conf, theme, mail, &specimens[0], &len);

		js_set_text(row, "kind", words[mail]);
		js_set_text(row, "class", classes[queue_mail_class(mail)]);
		js_set_text(row, "subject", compose_read(c, bytes, len)->subject);
		js_set_text(row, "sentence", sentences[mail]);
		js_push(list, row);
	}
	js_set(c->out, "kinds", list);
	ctl_say(c, "%d kinds of mail.", QUEUE_MAIL__MAX);
	return EX_OK;
}

/* What was there under that name is replaced, if it is a plain file. */
static int
write_file(struct ctl *c, const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
	bool ok = fd != -1;

	while (ok && len > 0) {
		ssize_t n = write(fd, bytes, len);

		ok = n > 0;
		bytes += ok ? n : 0;
		len -= ok ? (size_t)n : 0;
	}
	if (fd != -1)
		ok = close(fd) == 0 && ok;
	return ok ? EX_OK : ctl_fail(c, EX_CANTCREAT, "%s: %s", path, strerror(errno));
}

/* KIND.eml and KIND.html for the first person, KIND-PERSON.… for the others. */
static int
write_pair(struct ctl *c, const struct tmpl_set *theme, const char *dir, enum queue_mail mail, const struct specimen *to, struct js *files)
{
	size_t len;
	const char *bytes = specimen_write(c, c->conf, theme, mail, to, &len), *html = compose_read(c, bytes, len)->html;
	const char *stem = to == specimens ? talloc_asprintf(c, "%s/%s", dir, words[mail]) : talloc_asprintf(c, "%s/%s-%s", dir, words[mail], to->word);
	const char *eml = talloc_asprintf(c, "%s.eml", stem), *page = talloc_asprintf(c, "%s.html", stem);
	int rc = write_file(c, eml, bytes, len);

	if (rc == EX_OK)
		rc = write_file(c, page, html, strlen(html));
	js_push_text(files, eml);
	js_push_text(files, page);
	return rc;
}

static int
write_dir(struct ctl *c, const struct tmpl_set *theme, const char *dir, enum queue_mail from, enum queue_mail upto)
{
	struct js *files = js_array(c);
	int rc = EX_OK;

	if (mkdir(dir, 0755) == -1 && errno != EEXIST)
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", dir, strerror(errno));
	for (enum queue_mail mail = from; mail < upto; mail++)
		for (size_t i = 0; i < specimen_count(mail) && rc == EX_OK; i++)
			rc = write_pair(c, theme, dir, mail, &specimens[i], files);
	if (rc != EX_OK)
		return rc;
	js_set(c->out, "files", files);
	ctl_say(c, "%zu files in %s.", js_size(files), dir);
	return EX_OK;
}

/* One mail into one file: the page for a name that ends in .html, else the mail. */
static int
write_one(struct ctl *c, const struct tmpl_set *theme, const char *path, enum queue_mail mail)
{
	struct js *files = js_array(c);
	size_t len;
	const char *bytes = specimen_write(c, c->conf, theme, mail, &specimens[0], &len), *html = compose_read(c, bytes, len)->html;
	bool page = text_ends(path, ".html");
	int rc = write_file(c, path, page ? html : bytes, page ? strlen(html) : len);

	if (rc != EX_OK)
		return rc;
	js_push_text(files, path);
	js_set(c->out, "files", files);
	ctl_say(c, "%s written.", path);
	return EX_OK;
}

static int
show(struct ctl *c, const struct tmpl_set *theme, enum queue_mail mail)
{
	size_t len;
	const char *bytes = specimen_write(c, c->conf, theme, mail, &specimens[0], &len), *text;

	js_set_text(c->out, "kind", words[mail]);
	js_set_text(c->out, "class", classes[queue_mail_class(mail)]);
	text = specimen_show(c, bytes, len);
	if (!ctl_has(c, OPTION_JSON))
		ctl_say(c, "\n%s", text);
	return EX_OK;
}

static bool
is_file(const char *path)
{
	return text_ends(path, ".eml") || text_ends(path, ".html");
}

int
ctl_mail_preview(struct ctl *c)
{
	const char *out = c->option[OPTION_OUT];
	struct tmpl_set *theme;
	enum queue_mail mail = 0;
	int rc;

	if (c->n_args == 1 && (rc = ctl_word(c, "kind of mail", c->args[0], words, QUEUE_MAIL__MAX)) != EX_OK)
		return rc;
	if (c->n_args == 1)
		must(queue_mail_find(c->args[0], &mail));
	if (c->n_args == 0 && out != NULL && is_file(out))
		return ctl_fail(c, EX_USAGE, "all kinds of mail go into a directory, and %s is named like a file", out);
	if ((rc = specimen_theme(c, &theme)) != EX_OK)
		return rc;
	if (out == NULL)
		return c->n_args == 1 ? show(c, theme, mail) : list_kinds(c, theme);
	if (is_file(out))
		return write_one(c, theme, out, mail);
	return c->n_args == 1 ? write_dir(c, theme, out, mail, mail + 1) : write_dir(c, theme, out, 0, QUEUE_MAIL__MAX);
}

/* ---- check ---- */

static void
push_faults(struct js *list, TALLOC_CTX *ctx, enum queue_mail mail, const struct specimen *to, const struct inspect_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct js *row = js_object(ctx);

		js_set_text(row, "kind", words[mail]);
		js_set_text(row, "to", to->word);
		js_set_text(row, "check", r->faults[i].check);
		js_set_text(row, "where", r->faults[i].where);
		js_set_text(row, "what", r->faults[i].what);
		js_push(list, row);
	}
}

/* Each on a line of its own, whole; a table would cut what is told. */
static void
print_faults(const struct js *list)
{
	for (size_t i = 0; i < js_size(list); i++) {
		const struct js *row = js_at(list, i);

		printf("%s (to %s), %s: %s: %s\n", js_text(row, "kind", ""), js_text(row, "to", ""), js_text(row, "where", ""), js_text(row, "check", ""),
		       js_text(row, "what", ""));
	}
}

static struct js *
list_checks(TALLOC_CTX *ctx)
{
	struct js *list = js_array(ctx);

	for (size_t i = 0; i < n_inspections; i++) {
		struct js *row = js_object(ctx);

		js_set_text(row, "check", inspections[i].word);
		js_set_text(row, "sentence", inspections[i].sentence);
		js_push(list, row);
	}
	return list;
}

int
ctl_mail_check(struct ctl *c)
{
	struct js *faults = js_array(c);
	struct tmpl_set *theme;
	size_t n = 0;
	int rc = specimen_theme(c, &theme);

	if (rc != EX_OK)
		return rc;
	for (enum queue_mail mail = 0; mail < QUEUE_MAIL__MAX; mail++)
		for (size_t i = 0; i < specimen_count(mail); i++, n++) {
			TALLOC_CTX *one = talloc_new(c);
			size_t len;
			const char *bytes = specimen_write(one, c->conf, theme, mail, &specimens[i], &len);

			push_faults(faults, c, mail, &specimens[i], inspect_mail(one, c->conf, queue_mail_class(mail) == QUEUE_CAMPAIGN, bytes, len));
			talloc_free(one);
		}
	js_set_number(c->out, "mails", (int64_t)n);
	if (ctl_has(c, OPTION_JSON)) {
		js_set(c->out, "checks", list_checks(c));
		js_set(c->out, "faults", faults);
	} else {
		print_faults(faults);
	}
	if (js_size(faults) > 0)
		return ctl_fail(c, EX_DATAERR, "%zu faults in %zu mails", js_size(faults), n);
	ctl_say(c, "%zu mails, %zu checks each: nothing to mend.", n, n_inspections);
	return EX_OK;
}
