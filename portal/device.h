/*
 * Known devices: browsers in which an elector has already logged in or activated. The cookie holds the device's random id and
 * one mark for each of the last few electors, so that one computer of a staff room may be known to several. A mark is a keyed
 * hash of device, election and identifier: nobody can make one, and for a stranger's cookie nothing is looked up. The row of
 * table device is what the elector may end: without it the mark is worth nothing.
 */
#ifndef ISOLOIR_DEVICE_H
#define ISOLOIR_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/task.h"

struct request;

#define DEVICE_ID_SIZE 16
#define DEVICE_MARK_SIZE 12
#define DEVICE_MARKS_MAX 4

/* What the cookie says, before anything of it is believed. */
struct device {
	unsigned char id[DEVICE_ID_SIZE];
	unsigned char marks[DEVICE_MARKS_MAX][DEVICE_MARK_SIZE]; /* latest first */
	size_t n;
};

/* The cookie's value to and from base64url. False: not of that form. */
bool device_parse(const char *cookie, struct device *d_r);
char *device_format(TALLOC_CTX *ctx, const struct device *d);

/* Put this mark first; the oldest one falls off. */
void device_add_mark(struct device *d, const unsigned char mark[DEVICE_MARK_SIZE]);

/*
 * Is this browser a known device of that identifier (folded) in this election? MariaDB is asked only about a genuine mark.
 * -1: MariaDB.
 */
WARN_UNUSED int device_is_known(struct request *r, const char *identifier, bool *known_r);

/*
 * The elector is in by password or activation: know this browser from now on (row and cookie). A comfort: what goes wrong is
 * logged and forgiven.
 */
void device_remember(struct request *r, int64_t elector_id, const char *identifier);

/* In hexadecimal, as sessions note it; "" without a cookie. */
const char *device_name(struct request *r);

#endif
