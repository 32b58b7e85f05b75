/* The end of a session, put off: one button without losing the page, and the style sheet that shows it in time. */
#include <string.h>

#include "common/base/text.h"
#include "portal/route.h"

#define DAY_S 86400

enum reply_kind
session_show(struct request *r)
{
	bool at_most = r->session.idle_until_s >= r->session.until_s;

	tmpl_text(r->reply.data, "titre", at_most ? "Fin prochaine de la session" : "Session prolongée");
	return reply_page(r, PAGE_SESSION);
}

/* Any request keeps a session awake: there is nothing left to do but to say until when. */
enum reply_kind
session_extend(struct request *r)
{
	return reply_go(r, "/session");
}

/*
 * GET /session.css?SECONDS: no page may carry a style of its own, so what waits is this sheet. Until then the banner is out
 * of sight, of reach and of the reading order; a browser that does not fetch the sheet shows it at once.
 */
enum reply_kind
session_style(struct request *r)
{
	int64_t delay;
	char *sheet;

	if (!text_number(r->query, 0, DAY_S, &delay))
		return reply_refuse(r, 404);
	sheet = talloc_asprintf(r->task,
	                        "@keyframes fin-session{from,to{visibility:hidden;height:0;padding:0;"
	                        "border-width:0;overflow:hidden}}\n"
	                        "#fin-session{animation:fin-session 1ms %llds backwards}\n",
	                        (long long)delay);
	r->reply.cache = "private, max-age=86400";
	return reply_bytes(r, "text/css; charset=utf-8", sheet, strlen(sheet));
}
