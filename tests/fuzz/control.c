/*
 * A line to a master, and one from it. The orders are carried out by the fakes below, so that no process is started or ended: each answer
 * is JSON that says ok or why not, and no order asks for more than its row allows.
 */
#include "tests/fuzz/fuzz.h"

#include "common/json.h"
#include "common/proc/crew.h"
#include "common/proc/orders.h"

static struct master m;

int
master_reload(struct master *master, TALLOC_CTX *ctx, char **restart_r, char **why_r)
{
	(void)master;
	(void)why_r;
	*restart_r = talloc_strdup(ctx, "");
	return 0;
}

int
master_set_wanted(struct master *master, TALLOC_CTX *ctx, int64_t wanted, char **why_r)
{
	must(wanted >= -1000000 && wanted <= 2000000);
	if (wanted < 1 || wanted > 512) {
		*why_r = talloc_strdup(ctx, "from 1 to 512");
		return -1;
	}
	master->wanted = (int)wanted;
	return 0;
}

void
master_stop(struct master *master)
{
	must(master == &m);
}

int
crew_size(const struct master *master)
{
	return master->wanted;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct program program = {.name = "isoloir-fuzz", .word = "fuzz", .units = "workers", .setting = "portal.workers"};
	static struct conf conf;
	static struct generation now = {.number = 1, .conf = &conf};

	(void)argc;
	(void)argv;
	m = (struct master){.p = &program, .now = &now, .board = board_new(NULL, 1, 0), .wanted = 4};
	return 0;
}

/* What isoloirctl does with whatever answers at the socket. */
static void
check_reading(TALLOC_CTX *ctx, const char *text)
{
	char *why = NULL;
	struct js *js = js_read(ctx, text, &why);

	must((js == NULL) == (why != NULL));
	if (js == NULL)
		return;
	for (size_t i = 0; i < js_size(js); i++)
		if (js_name(js, i) != NULL)
			must(js_plain(ctx, js_get(js, js_name(js, i))) != NULL);
	must(js_read(ctx, js_write(ctx, js), &why) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	char *line = fuzz_text(ctx, data, size), *answer, *why = NULL;
	struct js *js;

	check_reading(ctx, line);
	line[strcspn(line, "\r\n")] = '\0';
	if (strlen(line) >= DESK_LINE_MAX)
		line[DESK_LINE_MAX - 1] = '\0';
	answer = orders_obey(ctx, &m, line);
	must(strchr(answer, '\n') == NULL);
	js = js_read(ctx, answer, &why);
	must(js != NULL && js_has(js, "ok") && js_bool(js, "ok", false) == !js_has(js, "error"));
	talloc_free(ctx);
	return 0;
}
