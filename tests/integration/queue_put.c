/*
 * Puts mails as the portal does, for tests/integration/mail.mjs: queue_put CONF MAIL ELECTION IDENTIFIER…;
 * "-" reads identifiers from standard input. Prints the reference of each at once, or "-" when it was not accepted. `queue_put CONF forget ELECTION
 * IDENTIFIER` ends a cool-down.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/conf.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/queue/name.h"

enum {
#define SQL(name, text) SQL_##name,
#include "common/queue/queue_sql.def"
#undef SQL
	SQL__MAX
};

static const struct db_statement statements[] = {
#define SQL(name, text) {#name, text},
#include "common/queue/queue_sql.def"
#undef SQL
};

static int
put_one(struct queue *q, const char *word, int64_t election_id, const char *identifier)
{
	struct task *t = task_new(NULL, 0);
	enum queue_mail mail = QUEUE_MAIL_ACTIVATION;
	char reference[QUEUE_REFERENCE_SIZE];
	int rc;

	if (strcmp(word, "forget") == 0)
		rc = queue_forget_cooldown(t, q, mail, election_id, identifier);
	else
		rc = queue_mail_find(word, &mail) ? queue_put(t, q, mail, election_id, identifier) : -1;
	queue_reference(q->keys, identifier, clock_now_s(), reference);
	if (rc == -1)
		fprintf(stderr, "%s\n", t->err.text);
	puts(rc == -1 ? "-" : reference);
	talloc_free(t);
	return rc;
}

static int
put_all(struct queue *q, char **argv, int argc)
{
	int rc = 0;
	char line[300];

	for (int i = 4; i < argc; i++) {
		if (strcmp(argv[i], "-") != 0) {
			rc |= put_one(q, argv[2], atoll(argv[3]), argv[i]);
			continue;
		}
		while (fgets(line, sizeof(line), stdin) != NULL) {
			line[strcspn(line, "\n")] = '\0';
			rc |= put_one(q, argv[2], atoll(argv[3]), line);
		}
	}
	return rc;
}

int
main(int argc, char **argv)
{
	char *why = NULL;
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct conf *c = argc > 4 ? conf_load(ctx, argv[1], &why) : NULL;
	struct queue q = {.first_sql = 0};
	int rc;

	if (c == NULL) {
		fprintf(stderr, "queue_put CONF MAIL ELECTION IDENTIFIER…: %s\n",
		        why != NULL ? why : "too few words");
		return 2;
	}
	hash_init();
	setvbuf(stdout, NULL, _IOLBF, 0);
	q.keys = keys_load(ctx, c->keys_dir, &why);
	if (q.keys == NULL) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	q.link_validity = c->link_validity;
	q.db = db_new(ctx, c, c->db_portal_user, statements, SQL__MAX);
	q.store = store_new(ctx, c->redis_queue, c->redis_timeout);
	rc = put_all(&q, argv, argc);
	talloc_free(ctx);
	return rc == 0 ? 0 : 1;
}
