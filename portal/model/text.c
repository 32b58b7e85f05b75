#include "portal/model/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/log.h"
#include "portal/model/election.h"
#include "portal/request.h"

#define FRESH_MS 5000 /* as elections are */

/* What a worker last read of one name; prose NULL: the office wrote nothing. */
struct text_kept {
	int64_t election_id, read_ms;
	const struct prose *prose;
};

static const struct prose *
load_one(TALLOC_CTX *ctx, enum text_name name, const char *path, char **why_r)
{
	char *text = talloc_zero_array(ctx, char, PROSE_SIZE_MAX + 2);
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL) {
		*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
		return NULL;
	}
	len = fread(text, 1, PROSE_SIZE_MAX + 1, f);
	fclose(f);
	return prose_parse(ctx, name, path, text, len, why_r);
}

const struct prose **
text_load(TALLOC_CTX *ctx, const char *theme, char **why_r)
{
	const struct prose **texts = talloc_zero_array(ctx, const struct prose *, TEXT__MAX);

	for (int i = 0; i < TEXT__MAX; i++) {
		char *path = talloc_asprintf(ctx, "%s/textes/%s.txt", theme, text_rows[i].word);

		texts[i] = load_one(ctx, (enum text_name)i, path, why_r);
		if (texts[i] == NULL)
			return NULL;
	}
	return texts;
}

/* One that no longer parses (an older version took it) is told, and the theme's holds. -1: MariaDB. */
static int
read_text(struct request *r, enum text_name name, struct text_kept *kept)
{
	const char *word = text_rows[name].word;
	struct db_rows *rows;
	char *why = NULL;

	if (db_run(r->task, r->portal->db, SQL_TEXT_FIND, &rows, PARAMS(P(r->election->id), P(word))) == -1)
		return -1;
	if (rows->n == 1) {
		kept->prose = prose_parse(kept, name, word, db_text(rows, 0, 0), strlen(db_text(rows, 0, 0)), &why);
		if (kept->prose == NULL)
			log_warning("office text not understood", "why=%s", log_quote(r->task, why));
	}
	kept->election_id = r->election->id;
	kept->read_ms = clock_mono_ms();
	return 0;
}

static void
refresh(struct request *r, enum text_name name)
{
	struct portal *p = r->portal;
	struct text_kept *old = p->texts[name], *fresh;

	if (old != NULL && old->election_id == r->election->id && clock_mono_ms() - old->read_ms < FRESH_MS)
		return;
	fresh = talloc_zero(p->db, struct text_kept);
	if (read_text(r, name, fresh) == 0) {
		talloc_free(old);
		p->texts[name] = fresh;
		return;
	}
	log_task_error("office text kept from before", r->task);
	task_forgive(r->task);
	talloc_free(fresh);
}

const struct prose *
text_get(struct request *r, enum text_name name)
{
	const struct text_kept *kept;

	refresh(r, name);
	kept = r->portal->texts[name];
	if (kept != NULL && kept->election_id == r->election->id && kept->prose != NULL)
		return kept->prose;
	return r->portal->loaded->texts[name];
}
