/* What Prometheus gets: the text of all metrics of a program (metrics.def), made in the child that answers it. */
#ifndef ISOLOIR_SCRAPE_H
#define ISOLOIR_SCRAPE_H

#include "common/proc/board.h"
#include "common/proc/program.h"

/* What the master alone knows, told to the child in shared memory. */
struct scrape_master {
	_Atomic int64_t started_s, generation, wanted, deaths, restarts, storm;
	struct scrape_socket {
		_Atomic int64_t waiting, limit; /* limit 0: there is no such address, or the kernel does not tell */
	} all, hash;
};

struct scrape_source {
	const struct program *p;
	const struct conf *conf;
	struct board *board;
	const struct scrape_master *master;
};

struct scraper;

/* With connections of its own, opened at first use. Never NULL. */
struct scraper *scraper_new(TALLOC_CTX *ctx, const struct scrape_source *from);

/* In Prometheus' text format 0.0.4, on ctx. A server that is away is waited for briefly, and told as such. */
char *scraper_text(TALLOC_CTX *ctx, struct scraper *s);

#endif
