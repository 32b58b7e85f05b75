#include "mailer/model/elector.h"

#include <string.h>

#include "common/base/secret.h"
#include "mailer/model/sql.h"

int
elector_find(struct task *t, struct db *d, int64_t election_id, const char *identifier,
             struct elector **elector_r)
{
	struct db_rows *r;
	struct elector *e;

	*elector_r = NULL;
	if (db_run(t, d, SQL_ELECTOR_FIND, &r, PARAMS(P(election_id), P(identifier))) == -1)
		return -1;
	if (r->n == 0)
		return 0;
	*elector_r = e = talloc_zero(t, struct elector);
	*e = (struct elector){
	    .id = db_number(r, 0, 0),
	    .civility = db_text(r, 0, 1),
	    .given_name = db_text(r, 0, 2),
	    .family_name = db_text(r, 0, 3),
	    .time_zone = db_text(r, 0, 4),
	    .slug = db_text(r, 0, 5),
	    .title = db_text(r, 0, 6),
	    .activated = db_number(r, 0, 7) != 0,
	    .changed_s = db_number(r, 0, 8),
	    .opens_s = db_number(r, 0, 9),
	    .closes_s = db_number(r, 0, 10),
	};
	return 0;
}

int
elector_anybody(struct task *t, struct db *d, int64_t election_id, struct elector **elector_r)
{
	struct elector *e = talloc_zero(t, struct elector);
	struct db_rows *r;

	if (db_run(t, d, SQL_ELECTION_GET, &r, PARAMS(P(election_id))) == -1)
		return -1;
	must(r->n == 1);
	*e = (struct elector){
	    .civility = "",
	    .given_name = "",
	    .family_name = "",
	    .time_zone = "Europe/Paris",
	    .slug = db_text(r, 0, 0),
	    .title = db_text(r, 0, 1),
	    .opens_s = db_number(r, 0, 2),
	    .closes_s = db_number(r, 0, 3),
	};
	*elector_r = e;
	return 0;
}

/* *found_r: selector is that of a link that still works. One whose time is over is voided on the way. */
static int
find_live(struct task *t, struct db *d, int64_t elector_id, const char *purpose,
          unsigned char selector[TOKEN_SELECTOR_SIZE], bool *found_r)
{
	struct db_bytes it = {selector, TOKEN_SELECTOR_SIZE};
	struct db_rows *r;

	*found_r = false;
	if (db_run(t, d, SQL_LINK_FIND, &r, PARAMS(P(elector_id), P(purpose))) == -1)
		return -1;
	if (r->n == 0)
		return 0;
	must(r->values[0].len == TOKEN_SELECTOR_SIZE);
	memcpy(selector, r->values[0].text, TOKEN_SELECTOR_SIZE);
	if (db_number(r, 0, 1) != 0)
		return db_run(t, d, SQL_LINK_VOID, NULL, PARAMS(P(it)));
	*found_r = true;
	return 0;
}

/* The unique key lets one of two senders win; the other one finds the winner's link. */
static int
draw_new(struct task *t, struct db *d, int64_t elector_id, const char *purpose, int64_t validity_s,
         unsigned char selector[TOKEN_SELECTOR_SIZE])
{
	struct db_bytes it = {selector, TOKEN_SELECTOR_SIZE};
	bool found;

	secret_random(selector, TOKEN_SELECTOR_SIZE);
	if (db_run(t, d, SQL_LINK_NEW, NULL, PARAMS(P(it), P(elector_id), P(purpose), P(validity_s))) == 0)
		return 0;
	if (!db_is_duplicate(d))
		return -1;
	task_forgive(t);
	if (find_live(t, d, elector_id, purpose, selector, &found) == -1)
		return -1;
	return found
	           ? 0
	           : task_fail(t, ERR_RETRY, "the link of elector %lld changes hands", (long long)elector_id);
}

int
elector_link(struct task *t, struct db *d, const struct keys *k, int64_t elector_id, const char *purpose,
             int64_t validity_s, char token[TOKEN_TEXT_SIZE])
{
	unsigned char selector[TOKEN_SELECTOR_SIZE];
	struct db_bytes it = {selector, TOKEN_SELECTOR_SIZE};
	bool found;

	if (find_live(t, d, elector_id, purpose, selector, &found) == -1)
		return -1;
	if (!found && draw_new(t, d, elector_id, purpose, validity_s, selector) == -1)
		return -1;
	if (found && db_run(t, d, SQL_LINK_KEEP, NULL, PARAMS(P(validity_s), P(it))) == -1)
		return -1;
	token_derive(k, selector, elector_id, purpose, token);
	return 0;
}
