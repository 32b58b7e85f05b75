/* LMTP (RFC 2033), as much of it as a relay needs to hand reports over: one connection at a time, one recipient's verdict for each. */
#ifndef ISOLOIR_LMTP_H
#define ISOLOIR_LMTP_H

#include "common/base/task.h"

#define LMTP_RECIPIENTS_MAX 20

/* 0: dealt with; -1: it must come again. */
typedef int lmtp_take_fn(void *arg, const char *recipient, const char *bytes, size_t len);

/* Serve one connection to its end, at most idle_ms without a word; fd stays the caller's. max: bytes of a message; what is longer is taken as max + 1. */
void lmtp_serve(TALLOC_CTX *ctx, int fd, size_t max, int64_t idle_ms, lmtp_take_fn *take, void *arg);

#endif
