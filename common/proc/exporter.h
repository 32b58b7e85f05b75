/*
 * Metrics over HTTP, in a child of the master's beside its workers: GET /metrics, and nothing else. libmicrohttpd parses; microhttpd.h is seen by
 * exporter.c only. Whoever is slow, silent or long-winded is let go, and nobody waits for them.
 */
#ifndef ISOLOIR_EXPORTER_H
#define ISOLOIR_EXPORTER_H

#include "common/proc/scrape.h"

#define EXPORTER_GUESTS_MAX 16
#define EXPORTER_PATIENCE_MS 5000 /* from connection to the end of the answer */
#define EXPORTER_HEADER_MAX 8192
#define EXPORTER_FRESH_MS 1000 /* who asks within this time gets the same text: the servers are not asked again */

/* Until worker_must_stop(); slot's since_ms tells the master that it goes on. Returns the exit status. */
int exporter_run(struct worker *w, int listen_fd, const struct scrape_source *from);

#endif
