/*
 * isoloirctl campaign preview, status, export: what a campaign would do, and what became of it. The figures are counted from the people that were written
 * down and the rows of their mails, domain by domain.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/queue/policy.h"
#include "common/queue/ramp.h"
#include "ctl/campaign.h"
#include "ctl/export.h"
#include "ctl/specimen.h"

#define MINUTES_MAX (200 * 24 * 60)
#define HOUR_MIN 60
#define DAY_MIN (24 * HOUR_MIN)

static const char *const row_names[] = {"", "kind", "state", "rule", "test", "people", "in_the_queue", "ramp", "", "created_at", "created_by", "started_at", "started_by", "finished_at"};
#define N_ROW_NAMES (sizeof(row_names) / sizeof(*row_names))
static const char *const count_names[] = {"name", "people"};
static const char *const test_names[] = {"address", "state", "last_reply", "finished_at"};

/* What CAMPAIGN_FIGURES counts, after domain and academy. */
static const char *const figure_names[] = {"people", "sent", "not_needed", "dead", "dropped", "unknown", "waiting"};
#define N_FIGURES (sizeof(figure_names) / sizeof(*figure_names))
#define FIRST_FIGURE 2
#define EXPORT_HEADER "domain;academy;people;sent;not_needed;dead;dropped;unknown;waiting;first_sent_utc;last_sent_utc"

static void
show_row(struct campaign *it)
{
	struct js *out = it->c->out;

	js_set_text(out, "campaign", it->name);
	for (size_t i = 0; i < N_ROW_NAMES; i++) {
		if (text_ends(row_names[i], "_at"))
			ctl_set_time(out, row_names[i], it->row, 0, i);
		else if (row_names[i][0] != '\0' && db_text(it->row, 0, i)[0] != '\0')
			js_set_text(out, row_names[i], db_text(it->row, 0, i));
	}
}

/* ---- preview: how long ---- */

/* Mails a minute that a pace lets go, by the mean of a week's days, nights and weekends; INFINITY: it sets no bound. columns of POLICIES. */
static double
per_minute(struct ctl *c, const struct db_rows *rows, const char *lane)
{
	size_t row = policy_find(rows, lane);
	double least = INFINITY, mean;
	char *pairs, *pair;

	if (row == POLICY_NONE)
		return INFINITY;
	if (db_number(rows, row, 5) != 0)
		return 0;
	mean = (80 * 100 + 56 * (double)db_number(rows, row, 3) + 32 * (double)db_number(rows, row, 4)) / 168 / 100;
	pairs = policy_windows(c, db_text(rows, row, 2));
	while (pairs != NULL && pairs[0] != '\0' && (pair = strsep(&pairs, ",")) != NULL)
		least = fmin(least, strtod(pair, NULL) * 60000 / strtod(strchr(pair, '/') + 1, NULL) * mean);
	return least;
}

/* Minute by minute: the ramp-up first, then what the relay and the campaigns' own pace let go. MINUTES_MAX: never. */
static int64_t
minutes_of_ramp(const struct campaign *it, double most)
{
	double sent = 0;
	int64_t minute = 0;

	for (; sent < (double)it->planned && minute < MINUTES_MAX; minute++) {
		double step = (double)(ramp_total(it->ramp, it->doubling_s * 1000, (minute + 1) * 60000) - ramp_total(it->ramp, it->doubling_s * 1000, minute * 60000));

		sent += it->ramp == 0 || step <= 0 ? fmin(most, (double)it->planned) : fmin(most, step);
	}
	return minute;
}

static int64_t
minutes_of(int64_t mails, double rate)
{
	double minutes = ceil((double)mails / rate);

	return minutes < MINUTES_MAX ? (int64_t)minutes : MINUTES_MAX;
}

static char *
duration(TALLOC_CTX *ctx, int64_t minutes)
{
	if (minutes >= MINUTES_MAX)
		return talloc_strdup(ctx, "never: paused");
	if (minutes >= DAY_MIN)
		return talloc_asprintf(ctx, "%lld d %lld h", (long long)(minutes / DAY_MIN), (long long)(minutes % DAY_MIN / HOUR_MIN));
	if (minutes >= HOUR_MIN)
		return talloc_asprintf(ctx, "%lld h %lld min", (long long)(minutes / HOUR_MIN), (long long)(minutes % HOUR_MIN));
	return talloc_asprintf(ctx, "%lld min", (long long)minutes);
}

/* The domains with the pace of each; the campaign takes as long as the slowest of them, or as the relay and the ramp-up let all of it go. */
static int
show_domains(struct campaign *it)
{
	double share = (double)it->c->conf->campaign_share / 100;
	struct js *list = js_array(it->c);
	struct db_rows *domains, *paces;
	int64_t longest;

	if (db_run(it->c->task, it->db, SQL_CAMPAIGN_BY_DOMAIN, &domains, PARAMS(P(it->id))) == -1 ||
	    db_run(it->c->task, it->db, SQL_POLICIES, &paces, NO_PARAMS) == -1)
		return -1;
	longest = minutes_of_ramp(it, fmin(per_minute(it->c, paces, POLICY_RELAY) * share, per_minute(it->c, paces, POLICY_CAMPAIGN)));
	for (size_t i = 0; i < domains->n; i++) {
		double rate = per_minute(it->c, paces, db_text(domains, i, 0)) * share;
		int64_t minutes = isinf(rate) ? 0 : minutes_of(db_number(domains, i, 1), rate);
		struct js *row = js_object(it->c);

		js_set_text(row, "domain", db_text(domains, i, 0));
		js_set_number(row, "people", db_number(domains, i, 1));
		js_set_text(row, "pace", isinf(rate) ? "as fast as the relay" : talloc_asprintf(it->c, "%.1f a minute", rate));
		js_set_text(row, "takes", isinf(rate) ? "" : duration(it->c, minutes));
		js_push(list, row);
		longest = minutes > longest ? minutes : longest;
	}
	js_set(it->c->out, "domains", list);
	js_set_number(it->c->out, "minutes", longest);
	js_set_text(it->c->out, "takes_about", duration(it->c, longest));
	return 0;
}

/* ---- preview: what and to whom ---- */

/* As the first test mailbox gets it. */
static int
show_mail(struct campaign *it)
{
	struct specimen_election of = {.title = it->title, .slug = it->slug, .opens_s = it->opens_s, .closes_s = it->closes_s};
	const char *address = talloc_strndup(it->c, it->test, strcspn(it->test, ",")), *bytes, *text;
	struct tmpl_set *theme;
	enum queue_mail mail;
	size_t len;
	int rc = specimen_theme(it->c, &theme);

	if (rc != EX_OK)
		return rc;
	must(queue_mail_find(it->kind, &mail));
	bytes = specimen_test(it->c, it->c->conf, theme, mail, &of, address, &len);
	text = specimen_show(it->c, bytes, len);
	js_set_text(it->c->out, "text", text);
	return EX_OK;
}

static int
show_counts(struct campaign *it, const char *what, const char *name)
{
	struct db_rows *rows;

	if (db_run(it->c->task, it->db, SQL_CAMPAIGN_COUNTS, &rows, PARAMS(P(it->id), P(what))) == -1)
		return -1;
	js_set(it->c->out, name, ctl_rows(it->c, rows, count_names));
	return 0;
}

int
ctl_campaign_preview(struct ctl *c)
{
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK)
		return rc;
	show_row(&it);
	if ((rc = show_mail(&it)) != EX_OK)
		return rc;
	if (show_counts(&it, "academy", "academies") == -1 || show_counts(&it, "body", "bodies") == -1 || show_domains(&it) == -1)
		return ctl_trouble(c);
	ctl_say(c, "Counts are those of the moment at which the campaign was created; the time is a guess from the paces, over days, nights and weekends.");
	return EX_OK;
}

/* ---- status ---- */

struct figures {
	const char *name;
	int64_t n[N_FIGURES];
};

static void
add(struct figures *f, const struct db_rows *rows, size_t row)
{
	for (size_t i = 0; i < N_FIGURES; i++)
		f->n[i] += db_number(rows, row, FIRST_FIGURE + i);
}

/* Academies come domain by domain: the one of that name, or a new one. */
static struct figures *
find(TALLOC_CTX *ctx, struct figures **list, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*list)[i].name, name) == 0)
			return &(*list)[i];
	*list = talloc_realloc(ctx, *list, struct figures, (unsigned)(*n + 1));
	(*list)[*n] = (struct figures){.name = talloc_strdup(ctx, name)};
	return &(*list)[(*n)++];
}

static void
set_figures(struct js *row, const struct figures *f)
{
	for (size_t i = 0; i < N_FIGURES; i++)
		js_set_number(row, figure_names[i], f->n[i]);
}

static struct js *
table(struct ctl *c, const char *title, const struct figures *list, size_t n)
{
	struct js *rows = js_array(c);

	for (size_t i = 0; i < n; i++) {
		struct js *row = js_object(c);

		js_set_text(row, title, list[i].name);
		set_figures(row, &list[i]);
		js_push(rows, row);
	}
	return rows;
}

static int
show_figures(struct campaign *it)
{
	struct figures *academies = NULL, *list, all = {0};
	struct db_rows *domains, *rows;
	size_t n = 0;

	if (db_run(it->c->task, it->db, SQL_CAMPAIGN_BY_DOMAIN, &domains, PARAMS(P(it->id))) == -1)
		return -1;
	list = talloc_zero_array(it->c, struct figures, (unsigned)(domains->n + 1));
	for (size_t i = 0; i < domains->n; i++) {
		ctl_progress("figures", (int)(100 * i / domains->n));
		list[i].name = db_text(domains, i, 0);
		if (db_run(it->c->task, it->db, SQL_CAMPAIGN_FIGURES, &rows, PARAMS(P(it->id), P(list[i].name))) == -1)
			return -1;
		for (size_t k = 0; k < rows->n; k++) {
			add(&list[i], rows, k);
			add(&all, rows, k);
			add(find(it->c, &academies, &n, db_text(rows, k, 1)), rows, k);
		}
	}
	set_figures(it->c->out, &all);
	js_set(it->c->out, "domains", table(it->c, "domain", list, domains->n));
	js_set(it->c->out, "academies", table(it->c, "academy", academies, n));
	return 0;
}

int
ctl_campaign_status(struct ctl *c)
{
	struct db_rows *tests;
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);

	if (rc != EX_OK)
		return rc;
	show_row(&it);
	if (db_run(c->task, it.db, SQL_CAMPAIGN_TESTED, &tests, PARAMS(P(it.id))) == -1)
		return ctl_trouble(c);
	js_set(c->out, "tests", ctl_rows(c, tests, test_names));
	return show_figures(&it) == -1 ? ctl_trouble(c) : EX_OK;
}

/* ---- export ---- */

static int
fill(struct export *x)
{
	const struct campaign *it = x->arg;
	struct db_rows *domains, *rows;
	struct task *t;

	if (db_run(x->c->task, x->db, SQL_CAMPAIGN_BY_DOMAIN, &domains, PARAMS(P(it->id))) == -1)
		return -1;
	for (size_t i = 0; i < domains->n; i++) {
		ctl_progress("figures", (int)(100 * i / domains->n));
		if (export_page(x, SQL_CAMPAIGN_FIGURES, PARAMS(P(it->id), P(db_text(domains, i, 0))), &t, &rows) == -1)
			return -1;
		talloc_free(t);
	}
	return 0;
}

int
ctl_campaign_export(struct ctl *c)
{
	struct campaign it;
	int rc = campaign_get(c, c->args[0], &it);
	struct export x = {.c = c, .db = it.db, .election_id = it.election_id, .arg = &it};

	if (rc != EX_OK)
		return rc;
	x.about = talloc_asprintf(c, "%s kind=%s state=%s people=%lld", it.name, it.kind, it.state, (long long)it.planned);
	return export_run(&x, EXPORT_HEADER, fill, "campaign exported");
}
