/* Settings: isoloir.conf, read through common/settings.def. libinih is seen by conf.c only. */
#ifndef ISOLOIR_CONF_H
#define ISOLOIR_CONF_H

#include <stdio.h>

#include "common/base/task.h"

enum conf_tls { CONF_TLS_OFF, CONF_TLS_OPTIONAL, CONF_TLS_REQUIRED };
enum conf_profile { CONF_PROFILE_ELECTIONSPRO, CONF_PROFILE_CNIL80, CONF_PROFILE__MAX };

#define CONF_C_TEXT const char *
#define CONF_C_PATH const char *
#define CONF_C_NUMBER int64_t
#define CONF_C_TIME int64_t
#define CONF_C_SIZE int64_t
#define CONF_C_SWITCH bool
#define CONF_C_LEVEL int64_t
#define CONF_C_TLS int64_t
#define CONF_C_PROFILE int64_t
#define CONF_C_NETWORKS const char * /* known to be good: network.h reads it */

/* An SMTP relay: the main one of [mailer], whose name is "", or that of a section [relay NAME]. */
struct conf_relay {
	const char *name;
#define RELAY_SETTING(type, field, name, def, min, max, sentence) CONF_C_##type field;
#include "common/settings.def"
};

struct conf {
	const char *path; /* the file it was read from */
	struct conf_relay *relays; /* the main one first */
	size_t n_relays;
#define SETTING(type, field, section, name, def, min, max, when, sentence) CONF_C_##type field;
#include "common/settings.def"
};

/*
 * Read path (NULL: every default) into a new struct on ctx. NULL when the file cannot be read or is wrong;
 * then *why_r is a sentence that starts with "file:line: " and, for an unknown word, names the nearest known one.
 */
struct conf *conf_load(TALLOC_CTX *ctx, const char *path, char **why_r);

/* Where programs look without -c. */
const char *conf_default_path(void);

/* Names of settings that differ and take a restart, separated by spaces; "" if none. */
char *conf_restart_needed(TALLOC_CTX *ctx, const struct conf *old, const struct conf *new);

/* The rows, as a table for people (--explain) or as mdoc for the manual page. */
void conf_explain(FILE *out);
void conf_explain_mdoc(FILE *out);

/* The relay of that name, "" for the main one; NULL: there is none. */
const struct conf_relay *conf_relay_find(const struct conf *c, const char *name);

/* The password of a database account from its file, "" when there is none; wiped with ctx. */
const char *conf_db_password(TALLOC_CTX *ctx, const struct conf *c, const char *account);

/* A time as the settings write it, 20s, 10min, 72h, 14d, in milliseconds; false for anything else. */
bool conf_time(const char *s, int64_t *ms_r);

#endif
