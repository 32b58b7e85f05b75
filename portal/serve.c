/*
 * One request, top to bottom. Each step either lets the request go on, or has decided the reply (a refusal, a redirect) and returns false; then
 * only render and send are left. The step names are those of the scoreboard and of the log.
 */
#include "portal/serve.h"

#include <string.h>

#include "common/audit.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/log.h"
#include "common/metrics.h"
#include "portal/draft.h"
#include "portal/guard.h"
#include "portal/limit.h"
#include "portal/model/election.h"
#include "portal/route.h"
#include "portal/warning.h"

/* What kind of request is it, and is its address of our form? */
static bool
step_read(struct request *r)
{
	session_recognise(r);
	if (r->method == METHOD_OTHER) {
		reply_header(r, "Allow", "GET, HEAD, POST");
		reply_refuse(r, 405);
		return false;
	}
	if (!text_is_utf8(r->path, strlen(r->path))) {
		reply_refuse(r, 400);
		return false;
	}
	return true;
}

/* Which election, which row of the table? An election that was never read while MariaDB is away waits for the form, which goes back with the refusal. */
static bool
step_route(struct request *r)
{
	const char *path, *allow;
	char *slug;
	bool known;

	if (!route_split(r->task, r->path, &slug, &path)) {
		reply_refuse(r, 404);
		return false;
	}
	known = election_find(r, slug, &r->election) == 0;
	if (known && r->election == NULL) {
		reply_refuse(r, 404);
		return false;
	}
	r->base = talloc_asprintf(r->task, "/%s/portail", slug);
	r->route = route_find(r, path, &allow);
	if (r->route != NULL)
		return true;
	if (!known) {
		reply_trouble(r);
		return false;
	}
	if (allow != NULL)
		reply_header(r, "Allow", "%s", allow);
	reply_refuse(r, allow != NULL ? 405 : 404);
	return false;
}

/* What was typed? Read before anything can fail, so that it can be offered again. */
static bool
step_form(struct request *r)
{
	int status = r->method == METHOD_POST ? form_read(r) : 0;

	if (status != 0)
		reply_refuse(r, status);
	else if (r->election == NULL)
		reply_trouble(r);
	return status == 0 && r->election != NULL;
}

/* Who asks? */
static bool
step_session(struct request *r)
{
	enum who who = r->route->who;
	bool needs_elector = who == WHO_ELECTOR || who == WHO_EITHER || who == WHO_ALWAYS;

	if (session_load(r) == 0 && (!needs_elector || session_elector(r) == 0))
		return true;
	if (who == WHO_ALWAYS && r->method != METHOD_POST) {
		task_forgive(r->task);
		return true;
	}
	reply_trouble(r);
	return false;
}

/* To the access page, which says why; what was typed into a session that is over waits there. */
static void
turn_away(struct request *r)
{
	const struct session *s = &r->session;
	bool typed = r->method == METHOD_POST && s->was_elector_id != 0 && session_csrf_is_right(r, form_text(r, FIELD_CSRF));
	bool lost = s->id[0] != '\0' && s->level == SESSION_NONE && s->over == SESSION_GOES_ON;

	if (typed && draft_keep(r) == -1)
		reply_trouble(r);
	else
		reply_go(r, lost ? "/accueil?" SESSION_LOST_QUERY : "/accueil");
}

/* May they? A post from elsewhere is refused; one from a page of ours that has expired is shown again, with what was typed. */
static bool
step_guard(struct request *r)
{
	if (r->method == METHOD_POST && guard_is_foreign(r)) {
		reply_refuse(r, 403);
		return false;
	}
	if (!guard_may(r)) {
		turn_away(r);
		return false;
	}
	if (r->method != METHOD_POST || session_csrf_is_right(r, form_text(r, FIELD_CSRF)))
		return true;
	if (r->session.id[0] == '\0') {
		reply_refuse(r, 403);
		return false;
	}
	tmpl_text(r->reply.data, "notice", "Cette page était ouverte depuis trop longtemps. Validez-la encore une fois.");
	if (r->route->show(r) == REPLY_PAGE)
		r->reply.status = 403;
	return false;
}

/*
 * Not too often? After the guard, so that nobody else's page spends an elector's tries; with form and session at hand, since it counts by the
 * identifier. What our own trouble cut short was no try.
 */
static bool
step_throttle(struct request *r)
{
	return limit_pass(r);
}

/* Is this the form that was being filled in when a session ended? */
static bool
step_draft(struct request *r)
{
	if (draft_meet(r) == 0)
		return true;
	reply_trouble(r);
	return false;
}

static bool
step_handle(struct request *r)
{
	r->route->handle(r);
	if (r->reply.status == 503) {
		task_forgive(r->task);
		limit_give_back(r);
	}
	return true;
}

#define STEPS(X) X(read) X(route) X(form) X(session) X(guard) X(throttle) X(draft) X(handle)

static const struct step {
	const char *name;
	bool (*run)(struct request *r);
} steps[] = {
#define X(name) {#name, step_##name},
    STEPS(X)
#undef X
};

const char *const serve_steps[] = {
#define X(name) #name,
    STEPS(X)
#undef X
    "render", "send", NULL,
};

/* One line that tells the whole story; a person is a pseudonym, and a link's address is only its route. */
static void
tell(const struct request *r)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "other"};
	char who[AUDIT_PSEUDONYM_SIZE] = "-";

	if (r->session.identifier != NULL && r->session.identifier[0] != '\0')
		audit_pseudonym(r->portal->loaded->keys, r->session.identifier, who);
	log_info("request", "id=%s method=%s route=%s status=%d bytes=%zu ms=%lld level=%d who=%s limit=%s", r->task->id,
	         methods[r->method], r->route != NULL ? r->route->path : "-", r->reply.status, r->reply.len,
	         (long long)(clock_mono_ms() - r->task->started_ms), (int)r->session.level, who,
	         limit_stopped(r));
}

void
serve_one(struct worker *w, struct portal *p, struct request_link *l)
{
	struct request *r = request_new(p, l);
	struct task *t = r->task;

	worker_begin(w, t);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		task_step(t, steps[i].name);
		if (!steps[i].run(r))
			break;
	}
	task_step(t, "render");
	reply_render(r);
	task_step(t, "send");
	reply_send(r);
	request_end(l);
	tell(r);
	metrics_add(KEPT_HTTP_REQUESTS, r->reply.status / 100 - 2, 0);
	metrics_observe(KEPT_HTTP_SECONDS, 0, clock_mono_ms() - t->started_ms);
	worker_end(w);
	talloc_free(t);
}
