/*
 * isoloirctl throttle: what is charged to an identifier or an address, and forgetting it. Redis only knows keyed hashes, so one asks by name; the
 * debts of single visits have no name and pass by themselves.
 */
#include <stdio.h>
#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/fold.h"
#include "common/throttle.h"
#include "ctl/ctl.h"

#define OFFICE_ZONE "Europe/Paris"
#define REASON_MAX 300

static const char *const follows_words[] = {
    [FOLLOWS_REFUSE] = "refused", [FOLLOWS_BUSY] = "refused, many come", [FOLLOWS_CAPTCHA] = "a captcha each time"};

int
ctl_throttle(struct ctl *c)
{
	static const struct keys no_keys;
	struct js *list = js_array(c);

	for (int i = 0; i < LIMIT__MAX; i++) {
		const struct limit_row *l = &limit_rows[i];
		struct js *row = js_object(c);

		js_set_text(row, "limit", l->word);
		js_set_text(row, "of", limit_of_word(l->of));
		js_set_number(row, "budget", throttle_charge(c, &no_keys, c->conf, (enum limit)i, "", false).budget);
		js_set_number(row, "window_s", l->window_ms / 1000);
		js_set_text(row, "then", follows_words[l->follows]);
		js_set_text(row, "sentence", l->sentence);
		js_push(list, row);
	}
	js_set(c->out, "limits", list);
	if (c->conf->throttle_scale == 0)
		ctl_say(c, "None of them holds: throttle.scale is 0.");
	return EX_OK;
}

/* What is asked about, and what is charged to it. */
struct account {
	struct ctl *c;
	struct db *db;
	struct store *store;
	struct keys *keys;
	const char *identifier; /* or NULL and: */
	struct network address;
	bool listed;
	struct js *limits;
	struct throttle_charge owing[200];
	size_t n_owing;
};

static int
read_name(struct account *a, const char *name)
{
	struct ctl *c = a->c;
	struct network_list *networks;
	char *why;

	a->keys = keys_load(c, c->conf->keys_dir, &why);
	if (a->keys == NULL)
		return ctl_fail(c, EX_NOPERM, "%s", why);
	networks = network_read_list(c, c->conf->throttle_networks, &why);
	if (network_read(name, &a->address) && a->address.bits == 128)
		a->listed = network_list_holds(networks, &a->address);
	else if ((a->identifier = fold_identifier(c, name)) == NULL)
		return ctl_fail(c, EX_USAGE, "%s is neither an identifier nor an address", name);
	return EX_OK;
}

/* One row of the answer, and a debt to forgive. -1: Redis. */
static int
add_limit(struct account *a, enum limit limit, const char *about, const char *election)
{
	const struct limit_row *l = &limit_rows[limit];
	struct throttle_charge one = throttle_charge(a->c, a->keys, a->c->conf, limit, about, a->listed);
	struct js *row = js_object(a->c);
	int64_t window_us = l->window_ms * 1000;
	struct throttle_stop stop;

	if (throttle_look(a->c->task, a->store, &one, 1, &stop) == -1)
		return -1;
	if (one.owed_us == 0)
		return 0;
	js_set_text(row, "limit", l->word);
	js_set_text(row, "election", election);
	js_set_number(row, "used", (one.owed_us * one.budget + window_us - 1) / window_us);
	js_set_number(row, "budget", one.budget);
	js_set_text(row, "state", stop.stopped ? follows_words[l->follows] : "open");
	js_set_number(row, "open_in_s", (stop.wait_ms + 999) / 1000);
	js_set_text(row, "forgotten_at", clock_iso(row, clock_now_s() + one.owed_us / 1000000 + 1, OFFICE_ZONE));
	js_push(a->limits, row);
	one.taken_us = window_us;
	if (a->n_owing < sizeof(a->owing) / sizeof(*a->owing))
		a->owing[a->n_owing++] = one;
	return 0;
}

static int
add_of(struct account *a, enum limit_of of, const char *about, const char *election)
{
	for (int i = 0; i < LIMIT__MAX; i++)
		if (limit_rows[i].of == of && add_limit(a, (enum limit)i, about, election) == -1)
			return -1;
	return 0;
}

/* The identifier itself, which counts whether it is on the roll or not, and the browsers that know the elector. */
static int
add_election(struct account *a, int64_t id, const char *slug)
{
	const char *about = throttle_about_identifier(a->c, id, a->identifier);
	struct db_rows *devices;

	if (add_of(a, OF_IDENTIFIER, about, slug) == -1 || add_of(a, OF_ELECTOR, about, slug) == -1 ||
	    db_run(a->c->task, a->db, SQL_THROTTLE_DEVICES, &devices, PARAMS(P(id), P(a->identifier))) == -1)
		return -1;
	for (size_t i = 0; i < devices->n; i++)
		if (add_of(a, OF_DEVICE, throttle_about_device(a->c, id, a->identifier, db_text(devices, i, 0)), slug) == -1)
			return -1;
	return 0;
}

static int
add_all(struct account *a)
{
	const char *slug = ctl_has(a->c, OPTION_ELECTION) ? a->c->option[OPTION_ELECTION] : "";
	struct db_rows *elections;

	if (a->identifier == NULL)
		return add_of(a, OF_ADDRESS, throttle_about_network(a->c, &a->address, OF_ADDRESS), "") == -1
		           ? -1
		           : add_of(a, OF_NETWORK, throttle_about_network(a->c, &a->address, OF_NETWORK), "");
	if (db_run(a->c->task, a->db, SQL_ELECTIONS, &elections, PARAMS(P(slug), P(slug))) == -1)
		return -1;
	for (size_t i = 0; i < elections->n; i++)
		if (add_election(a, db_number(elections, i, 0), db_text(elections, i, 1)) == -1)
			return -1;
	return 0;
}

static int
open_account(struct ctl *c, struct account *a)
{
	int rc;

	*a = (struct account){.c = c, .db = ctl_db(c), .limits = js_array(c)};
	a->store = store_new(c, c->conf->redis_ephemeral, c->conf->redis_timeout);
	rc = read_name(a, c->args[0]);
	if (rc != EX_OK)
		return rc;
	if (add_all(a) == -1)
		return ctl_trouble(c);
	js_set_text(c->out, "about", a->identifier != NULL ? a->identifier : network_text(c, &a->address));
	if (a->identifier == NULL)
		js_set_bool(c->out, "listed", a->listed);
	js_set(c->out, "charged", a->limits);
	return EX_OK;
}

int
ctl_throttle_show(struct ctl *c)
{
	struct account *a = talloc(c, struct account);
	int rc = open_account(c, a);

	if (rc == EX_OK && a->n_owing == 0)
		ctl_say(c, "Nothing is charged.");
	return rc;
}

/* The audit trail knows nobody by name: a pseudonym stands for the identifier or the address. */
static int
note(struct account *a, const char *reason)
{
	char subject[AUDIT_PSEUDONYM_SIZE];
	struct audit_entry e = {
	    .actor = talloc_asprintf(a->c, "isoloirctl %s", ctl_operator(a->c)),
	    .act = "limits forgiven",
	    .subject = subject,
	    .detail = talloc_asprintf(a->c, "limits=%zu reason=%s", a->n_owing, reason),
	};

	audit_pseudonym(a->keys, a->identifier != NULL ? a->identifier : network_text(a->c, &a->address), subject);
	return audit_add(a->c->task, a->db, SQL_AUDIT_ADD, &e);
}

int
ctl_throttle_forgive(struct ctl *c)
{
	const char *reason = ctl_has(c, OPTION_REASON) ? c->option[OPTION_REASON] : "";
	struct account *a = talloc(c, struct account);
	int rc;

	if (reason[0] == '\0' || strlen(reason) > REASON_MAX)
		return ctl_fail(c, EX_USAGE, "say why with --reason, in at most %d bytes: it stands in the audit trail",
		                REASON_MAX);
	rc = open_account(c, a);
	if (rc != EX_OK)
		return rc;
	js_set_bool(c->out, "forgiven", a->n_owing > 0 && !ctl_has(c, OPTION_DRY_RUN));
	if (a->n_owing == 0)
		ctl_say(c, "Nothing is charged.");
	if (a->n_owing == 0 || ctl_has(c, OPTION_DRY_RUN))
		return EX_OK;
	if (note(a, reason) == -1 || throttle_give_back(c->task, a->store, a->owing, a->n_owing) == -1)
		return ctl_trouble(c);
	ctl_say(c, "Forgiven: the next try is open.");
	return EX_OK;
}
