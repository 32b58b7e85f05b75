#include "common/proc/scrape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "common/db.h"
#include "common/metrics.h"
#include "common/queue/live.h"
#include "common/queue/policy.h"
#include "common/store.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* Prometheus gives up after ten seconds: servers that hang must not use them up. */
#define PATIENCE_MS 500
#define CONTENT_MAX 256 /* of one sample's labels */

enum { SQL_METRICS_PING, SQL_METRICS_DOMAINS, SQL__MAX };

static const struct db_statement statements[SQL__MAX] = {
#define SQL(name, text) {#name, text},
#include "common/metrics_sql.def"
#undef SQL
};

struct scraper {
	struct scrape_source from;
	struct conf *conf; /* a copy with less patience */
	struct db *db;
	struct store *queue, *ephemeral;
	const char **lanes; /* the domains that have a pace of their own, as MariaDB said last, and the main relay's */
	size_t n_lanes;
};

/* One answer under way. */
struct scrape {
	struct scraper *s;
	struct task *t;
	char *out;
	const char *metric; /* of the row that is written now */
	bool db_up, queue_up, ephemeral_up;
	struct live_figure *figures; /* none while Redis is away: what is not known is not told */
	size_t n_figures;
};

/* ---- one sample ---- */

static void add(struct scrape *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_name(struct scrape *x, const char *labels, va_list args) PRINTF_LIKE(2, 0);
static void sample(struct scrape *x, int64_t n, const char *labels, ...) PRINTF_LIKE(3, 4);
static void sample_ms(struct scrape *x, int64_t ms, const char *labels, ...) PRINTF_LIKE(3, 4);

static void
add(struct scrape *x, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	x->out = talloc_vasprintf_append_buffer(x->out, fmt, args);
	va_end(args);
	must(x->out != NULL);
}

static void
add_name(struct scrape *x, const char *labels, va_list args)
{
	char text[CONTENT_MAX];

	vsnprintf(text, sizeof(text), labels, args);
	add(x, text[0] != '\0' ? "%s{%s} " : "%s%s ", x->metric, text);
}

static void
sample(struct scrape *x, int64_t n, const char *labels, ...)
{
	va_list args;

	va_start(args, labels);
	add_name(x, labels, args);
	va_end(args);
	add(x, "%" PRId64 "\n", n);
}

/* In seconds, which is what Prometheus wants. */
static void
sample_ms(struct scrape *x, int64_t ms, const char *labels, ...)
{
	va_list args;

	va_start(args, labels);
	add_name(x, labels, args);
	va_end(args);
	add(x, "%" PRId64 ".%03d\n", ms / 1000, (int)(ms % 1000));
}

static const char *
word(const struct scrape *x)
{
	return x->s->from.p->word;
}

/* ---- the master and its workers ---- */

#define FROM_MASTER(row, field) \
	static void write_##row(struct scrape *x) \
	{ \
		sample(x, x->s->from.master->field, "program=\"%s\"", word(x)); \
	}
FROM_MASTER(start_time, started_s)
FROM_MASTER(generation, generation)
FROM_MASTER(workers_wanted, wanted)
FROM_MASTER(worker_deaths, deaths)
FROM_MASTER(worker_restarts, restarts)
FROM_MASTER(storm, storm)

static void
write_build_info(struct scrape *x)
{
	sample(x, 1, "program=\"%s\",version=\"%s\"", word(x), PACKAGE_VERSION);
}

static void
write_up(struct scrape *x)
{
	sample(x, x->db_up, "program=\"%s\",what=\"mariadb\"", word(x));
	sample(x, x->queue_up, "program=\"%s\",what=\"redis_queue\"", word(x));
	if (x->s->ephemeral != NULL)
		sample(x, x->ephemeral_up, "program=\"%s\",what=\"redis_ephemeral\"", word(x));
}

static void
write_workers(struct scrape *x)
{
	int64_t n[BOARD_STATE__MAX] = {0};

	for (int i = 0; i < BOARD_SLOTS; i++)
		n[board_slot(x->s->from.board, i)->state % BOARD_STATE__MAX]++;
	for (int i = BOARD_FREE + 1; i < BOARD_STATE__MAX; i++)
		sample(x, n[i], "program=\"%s\",state=\"%s\"", word(x), board_state_name((enum board_state)i));
}

/* A step that is written just now may be neither the one nor the other for a moment. */
static size_t
find_step(const char *const *steps, const char *step)
{
	size_t i = 0;

	while (steps[i] != NULL && strcmp(steps[i], step) != 0)
		i++;
	return i;
}

static void
write_worker_steps(struct scrape *x)
{
	const char *const *steps = x->s->from.p->metrics->steps;
	size_t others = find_step(steps, "");
	int64_t *n = talloc_zero_array(x->t, int64_t, (unsigned)(others + 1));

	for (int i = 0; i < BOARD_SLOTS; i++) {
		const struct board_slot *s = board_slot(x->s->from.board, i);

		if (s->state == BOARD_BUSY)
			n[find_step(steps, s->step)]++;
	}
	for (size_t i = 0; i <= others; i++)
		sample(x, n[i], "program=\"%s\",step=\"%s\"", word(x), i < others ? steps[i] : "other");
}

/* ---- the portal's sockets and hashes ---- */

static void
write_connections(struct scrape *x)
{
	const struct scrape_master *m = x->s->from.master;

	if (m->all.limit > 0)
		sample(x, m->all.waiting, "address=\"listen\"");
	if (m->hash.limit > 0)
		sample(x, m->hash.waiting, "address=\"listen_hash\"");
}

static void
write_connections_limit(struct scrape *x)
{
	const struct scrape_master *m = x->s->from.master;

	if (m->all.limit > 0)
		sample(x, m->all.limit, "address=\"listen\"");
	if (m->hash.limit > 0)
		sample(x, m->hash.limit, "address=\"listen_hash\"");
}

#define FROM_BOARD(row, function) \
	static void write_##row(struct scrape *x) \
	{ \
		sample(x, function(x->s->from.board), "%s", ""); \
	}
FROM_BOARD(hash_slots, board_hash_slots)
FROM_BOARD(hash_busy, board_hash_busy)
FROM_BOARD(hash_waiting, board_hash_waiting)

/* ---- the queue ---- */

/* "0" is the first class of enum queue_class. */
static const char *
class_word(const char *number)
{
	const struct metrics_label_row *l = metrics_label(LABEL_CLASS);
	size_t i = (size_t)(number[0] - '0');

	return i < l->n && number[1] == '\0' ? l->words[i] : "any";
}

static void
write_mail_jobs(struct scrape *x)
{
	for (size_t i = 0; i < x->n_figures; i++)
		if (strcmp(x->figures[i].what, "jobs") == 0)
			sample(x, x->figures[i].n, "state=\"%s\",class=\"%s\"", x->figures[i].whom, class_word(x->figures[i].which));
}

static void
write_class_ms(struct scrape *x, const char *what)
{
	for (size_t i = 0; i < x->n_figures; i++)
		if (strcmp(x->figures[i].what, what) == 0)
			sample_ms(x, x->figures[i].n > 0 ? x->figures[i].n : 0, "class=\"%s\"", class_word(x->figures[i].which));
}

static void
write_mail_oldest(struct scrape *x)
{
	write_class_ms(x, "oldest");
}

static void
write_mail_overdue(struct scrape *x)
{
	write_class_ms(x, "overdue");
}

/* Of a domain's figures one; by: what it pauses by, NULL: no such label. What isn't [a-z0-9.-@] is no domain of ours, and is not told. */
static void
write_domains(struct scrape *x, const char *what)
{
	for (size_t i = 0; i < x->n_figures; i++) {
		const struct live_figure *f = &x->figures[i];

		if (strcmp(f->what, what) != 0 || strspn(f->whom, "abcdefghijklmnopqrstuvwxyz0123456789.-@") != strlen(f->whom) ||
		    strlen(f->whom) > CONTENT_MAX - 40)
			continue;
		if (f->which[0] == '\0')
			sample(x, f->n, "domain=\"%s\"", f->whom);
		else
			sample(x, f->n, "domain=\"%s\",by=\"%s\"", f->whom, f->which);
	}
}

#define FROM_LANES(row, what) \
	static void write_##row(struct scrape *x) \
	{ \
		write_domains(x, what); \
	}
FROM_LANES(domain_in_flight, "in_flight")
FROM_LANES(domain_limit, "limit")
FROM_LANES(domain_waiting, "waiting")
FROM_LANES(domain_paused, "paused")

/* ---- what is kept ---- */

static const char *
kept_labels(struct scrape *x, const struct metrics_kept_row *r, size_t a, size_t b)
{
	const struct metrics_label_row *la = metrics_label(r->a), *lb = metrics_label(r->b);

	if (la->name == NULL)
		return "";
	if (lb->name == NULL)
		return talloc_asprintf(x->t, "%s=\"%s\"", la->name, la->words[a]);
	return talloc_asprintf(x->t, "%s=\"%s\",%s=\"%s\"", la->name, la->words[a], lb->name, lb->words[b]);
}

static void
write_histogram(struct scrape *x, enum metrics_kept m, const struct metrics_kept_row *r, size_t a)
{
	const char *labels = kept_labels(x, r, a, 0), *comma = labels[0] != '\0' ? "," : "", *metric = x->metric;
	int64_t n = 0;

	for (size_t i = 0; i <= r->n_bounds; i++) {
		n += metrics_bucket(m, (int)a, i);
		if (i < r->n_bounds)
			add(x, "%s_bucket{%s%sle=\"%g\"} %" PRId64 "\n", metric, labels, comma, (double)r->bounds_ms[i] / 1000, n);
		else
			add(x, "%s_bucket{%s%sle=\"+Inf\"} %" PRId64 "\n", metric, labels, comma, n);
	}
	x->metric = talloc_asprintf(x->t, "%s_sum", metric);
	sample_ms(x, metrics_sum_ms(m, (int)a), "%s", labels);
	x->metric = talloc_asprintf(x->t, "%s_count", metric);
	sample(x, n, "%s", labels);
	x->metric = metric;
}

static void
write_kept(struct scrape *x, enum metrics_kept m)
{
	const struct metrics_kept_row *r = metrics_kept_row(m);

	for (size_t a = 0; a < metrics_label(r->a)->n; a++) {
		if (r->bounds_ms != NULL)
			write_histogram(x, m, r, a);
		for (size_t b = 0; r->bounds_ms == NULL && b < metrics_label(r->b)->n; b++)
			sample(x, metrics_get(m, (int)a, (int)b), "%s", kept_labels(x, r, a, b));
	}
}

/* ---- all of them ---- */

static const struct row {
	const char *metric;
	enum metrics_of of;
	enum metrics_type type;
	const char *sentence;
	void (*write)(struct scrape *x); /* NULL: it is kept */
	enum metrics_kept kept;
} metrics[] = {
#define ASKED(name, of, type, metric, sentence) {metric, METRICS_##of, METRICS_##type, sentence, write_##name, KEPT__MAX},
#define KEPT(name, of, type, metric, a, b, bounds, sentence) {metric, METRICS_##of, METRICS_##type, sentence, NULL, KEPT_##name},
#include "common/metrics.def"
#undef KEPT
#undef ASKED
};

static void
write_row(struct scrape *x, const struct row *r)
{
	static const char *const types[] = {"gauge", "counter", "histogram"};

	x->metric = r->metric;
	add(x, "# HELP %s %s\n# TYPE %s %s\n", r->metric, r->sentence, r->metric, types[r->type]);
	if (r->write != NULL)
		r->write(x);
	else
		write_kept(x, r->kept);
}

/* ---- asking ---- */

static bool
is_answered(struct task *t, struct store *s)
{
	bool up = s != NULL && store_run(t, s, NULL, STORE("PING")) == 0;

	task_forgive(t);
	return up;
}

static void
keep_lanes(struct scraper *s, const struct db_rows *rows)
{
	talloc_free(s->lanes);
	s->n_lanes = rows->n + 1;
	s->lanes = talloc_array(s, const char *, (unsigned)s->n_lanes);
	for (size_t i = 0; i < rows->n; i++)
		s->lanes[i] = talloc_strdup(s->lanes, db_text(rows, i, 0));
	s->lanes[rows->n] = POLICY_RELAY;
}

static bool
is_mailer(const struct scraper *s)
{
	return s->from.p->metrics->of == METRICS_MAILER;
}

/* While MariaDB is away, the domains are those that it named last. */
static void
ask_db(struct scrape *x)
{
	struct db_rows *rows;

	x->db_up = db_run(x->t, x->s->db, is_mailer(x->s) ? SQL_METRICS_DOMAINS : SQL_METRICS_PING, &rows, NO_PARAMS) == 0;
	if (x->db_up && is_mailer(x->s))
		keep_lanes(x->s, rows);
	task_forgive(x->t);
}

static void
ask_queue(struct scrape *x)
{
	if (!is_mailer(x->s)) {
		x->queue_up = is_answered(x->t, x->s->queue);
		return;
	}
	x->queue_up = live_figures(x->t, x->s->queue, x->s->lanes, x->s->n_lanes, &x->figures, &x->n_figures) == 0;
	task_forgive(x->t);
}

struct scraper *
scraper_new(TALLOC_CTX *ctx, const struct scrape_source *from)
{
	struct scraper *s = talloc_zero(ctx, struct scraper);
	const struct conf *c = from->conf;
	const struct program_metrics *m = from->p->metrics;
	int64_t patience_ms = c->redis_timeout < PATIENCE_MS ? c->redis_timeout : PATIENCE_MS;
	static const struct db_rows none;

	must(s != NULL);
	s->from = *from;
	s->conf = talloc_memdup(s, c, sizeof(*c));
	s->conf->db_timeout = PATIENCE_MS;
	s->db = db_new(s, s->conf, m->db_user(c), statements, is_mailer(s) ? SQL__MAX : SQL_METRICS_PING + 1);
	s->queue = store_new(s, c->redis_queue, patience_ms);
	s->ephemeral = is_mailer(s) ? NULL : store_new(s, c->redis_ephemeral, patience_ms);
	keep_lanes(s, &none);
	return s;
}

char *
scraper_text(TALLOC_CTX *ctx, struct scraper *s)
{
	struct scrape x = {.s = s, .t = task_new(s, 0), .out = talloc_strdup(ctx, "")};

	ask_db(&x);
	ask_queue(&x);
	x.ephemeral_up = is_answered(x.t, s->ephemeral);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		if ((metrics[i].of & s->from.p->metrics->of) != 0)
			write_row(&x, &metrics[i]);
	talloc_free(x.t);
	return x.out;
}
