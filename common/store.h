/* Redis through a unix socket. hiredis.h is seen by store.c only. One connection a process, opened after fork at first use. */
#ifndef ISOLOIR_STORE_H
#define ISOLOIR_STORE_H

#include "common/base/task.h"

struct breaker;
struct store;

/* Not yet connected: the first use connects, and reconnects when the connection was lost. Never NULL. */
struct store *store_new(TALLOC_CTX *ctx, const char *socket, int64_t timeout_ms);

/* From now on share with other processes what is known of an outage (breaker.h). b may be NULL: each finds out for itself. */
void store_share(struct store *s, struct breaker *b);

/* An answer, on the task. */
struct store_value {
	enum { STORE_NIL, STORE_NUMBER, STORE_TEXT, STORE_LIST } kind;
	int64_t number;
	const char *text; /* STORE_TEXT: NUL-ended */
	size_t len;
	size_t n; /* STORE_LIST */
	struct store_value *items;
};

/*
 * One command; n parts, each a NUL-ended text. value_r may be NULL. -1: ERR_RETRY (not reached, LOADING, READONLY, out of memory: nothing
 * happened), ERR_UNCERTAIN (sent, and the answer never came), ERR_REFUSED (Redis answered with an error).
 */
WARN_UNUSED int store_run(struct task *t, struct store *s, struct store_value *value_r, const char *const *parts,
                          size_t n);
#define STORE(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

/* A Lua script: EVALSHA, and EVAL when Redis does not know it yet. parts: keys first (nkeys of them), then arguments. */
struct store_script {
	const char *name;
	const char *lua;
};
WARN_UNUSED int store_eval(struct task *t, struct store *s, const struct store_script *script,
                           struct store_value *value_r, size_t nkeys, const char *const *parts, size_t n);

#endif
