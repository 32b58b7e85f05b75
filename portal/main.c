/* isoloir-portal: a row for the master, what it loads before forking, and the loop of a worker. */
#include "common/base/text.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/proc/program.h"
#include "common/schema.h"
#include "portal/captcha/picture.h"
#include "portal/captcha/sound.h"
#include "portal/model/text.h"
#include "portal/policy/guess.h"
#include "portal/portal.h"
#include "portal/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const page_files[] = {
#define PAGE(name, file) file,
#include "portal/pages.def"
#undef PAGE
};

static const char *const names[] = {
#define NAME(name, sentence) #name,
#include "portal/names.def"
#undef NAME
};

/* The assets' addresses change when they do, so that nginx may let browsers keep them for a year. */
static int
read_version(TALLOC_CTX *ctx, const char *theme, char version[17], char **why_r)
{
	static const char *const assets[] = {"style.css", "script.js"};
	unsigned char hash[HASH_SIZE];
	char *all = talloc_strdup(ctx, ""), buf[4096];

	for (size_t i = 0; i < sizeof(assets) / sizeof(*assets); i++) {
		char *path = talloc_asprintf(ctx, "%s/%s", theme, assets[i]);
		FILE *f = fopen(path, "r");
		size_t n;

		if (f == NULL) {
			*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
			return -1;
		}
		while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
			all = talloc_strndup_append_buffer(all, buf, n);
		fclose(f);
	}
	hash_sha256(all, strlen(all), hash);
	snprintf(version, 17, "%s", text_hex(ctx, hash, 8));
	return 0;
}

/* The font and the voices take a while and never change: once, in the master. */
static int
prepare_captchas(char **why_r)
{
	static bool ready;

	if (ready)
		return 0;
	captcha_picture_init();
	if (captcha_sound_init(why_r) == -1)
		return -1;
	ready = true;
	return 0;
}

/* One of each for the life of the master: what is known of an outage outlives a reload. */
static void
share_breakers(struct portal_loaded *l)
{
	static struct breaker *db, *ephemeral, *queue;

	if (db == NULL) {
		db = breaker_new("MariaDB");
		ephemeral = breaker_new("redis.ephemeral");
		queue = breaker_new("redis.queue");
	}
	l->db_breaker = db;
	l->ephemeral_breaker = ephemeral;
	l->queue_breaker = queue;
}

static void *
load(TALLOC_CTX *ctx, const struct conf *c, char **why_r)
{
	struct portal_loaded *l = talloc_zero(ctx, struct portal_loaded);
	const char *theme = c->portal_theme[0] != '\0' ? c->portal_theme : THEMEDIR "/default";

	hash_init();
	share_breakers(l);
	l->keys = keys_load(l, c->keys_dir, why_r);
	if (l->keys == NULL)
		return NULL;
	l->networks = network_read_list(l, c->throttle_networks, why_r);
	if (l->networks == NULL)
		return NULL;
	l->guessed = guess_load(l, c->password_blocklist[0] != '\0' ? c->password_blocklist : BLOCKLIST, why_r);
	if (l->guessed == NULL)
		return NULL;
	l->theme = tmpl_load(l, theme, page_files, sizeof(page_files) / sizeof(*page_files), names,
	                     sizeof(names) / sizeof(*names), why_r);
	l->texts = l->theme != NULL ? text_load(l, theme, why_r) : NULL;
	if (l->texts == NULL || read_version(l, theme, l->version, why_r) == -1)
		return NULL;
	return prepare_captchas(why_r) == 0 ? l : NULL;
}

/* A schema that does not fit shows at once, in a sentence; a server that is away does not keep us from starting. */
static int
check_schema(struct portal *p)
{
	struct task *t = task_new(NULL, 2 * p->conf->db_timeout);
	int rc = 0;

	if (schema_check(t, p->conf, p->conf->db_portal_user) == -1 || db_open(t, p->db) == -1) {
		log_task_error("database not ready", t);
		rc = t->err.kind == ERR_REFUSED ? -1 : 0;
	}
	talloc_free(t);
	return rc;
}

static int
work(struct worker *w)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct request_link *l = request_link_new(ctx, w->listen_fd, w->hash_fd);
	struct portal p;

	portal_open(&p, ctx, w->conf, w->loaded);
	if (check_schema(&p) == -1)
		return 78; /* EX_CONFIG */
	while (!worker_must_stop(w))
		if (request_accept(l))
			serve_one(w, &p, l);
	talloc_free(ctx);
	return 0;
}

#define CONF_ROW(name, field) \
	static int64_t name(const struct conf *c) \
	{ \
		return c->field; \
	}
CONF_ROW(workers, portal_workers)
CONF_ROW(max_requests, portal_requests)
CONF_ROW(backlog, portal_backlog)

static const char *
listen_address(const struct conf *c)
{
	return c->portal_listen;
}

static const char *
listen_hash(const struct conf *c)
{
	return c->portal_listen_hash;
}

/* As many as are served in ten seconds: whoever comes then is told at once, by nginx, to come back. A core takes a millisecond for 2 MiB and a pass. */
static int64_t
backlog_hash(const struct conf *c, int slots)
{
	int64_t hash_us = c->hash_memory / 1024 * c->hash_passes * 1000 / 2048;

	return hash_us < 1000 ? 10000 : slots * 10000000 / hash_us + 1;
}

static const char *
metrics_address(const struct conf *c)
{
	return c->portal_metrics;
}

static const char *
db_user(const struct conf *c)
{
	return c->db_portal_user;
}

static const struct program_metrics metrics = {METRICS_PORTAL, metrics_address, db_user, serve_steps};

static const struct program portal = {
    .name = "isoloir-portal",
    .word = "portal",
    .summary = "serves the voter portal to nginx over FastCGI",
    .units = "workers",
    .listen = listen_address,
    .workers = workers,
    .max_tasks = max_requests,
    .backlog = backlog,
    .listen_hash = listen_hash,
    .backlog_hash = backlog_hash,
    .setting = "portal.workers",
    .load = load,
    .work = work,
    .metrics = &metrics,
};

int
main(int argc, char **argv)
{
	return program_main(argc, argv, &portal);
}
