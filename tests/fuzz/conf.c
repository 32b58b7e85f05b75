/* A settings file: either every value is within its bounds, or there is a sentence with file and line. */
#include "tests/fuzz/fuzz.h"

#include "common/base/text.h"
#include "common/conf.h"

#define IN_NUMBER(value, min, max) must((value) >= (min) && (value) <= (max))
#define IN_TIME IN_NUMBER
#define IN_SIZE IN_NUMBER
#define IN_LEVEL(value, min, max) must((value) >= 0)
#define IN_TLS(value, min, max) must((value) >= CONF_TLS_OFF && (value) <= CONF_TLS_REQUIRED)
#define IN_PROFILE(value, min, max) must((value) >= 0 && (value) < CONF_PROFILE__MAX)
#define IN_SWITCH(value, min, max) must((value) == true || (value) == false)
#define IN_TEXT(value, min, max) must((value) != NULL)
#define IN_PATH IN_TEXT
#define IN_NETWORKS IN_TEXT

static void
check_values(const struct conf *c)
{
#define SETTING(type, field, section, name, def, min, max, when, sentence) IN_##type(c->field, min, max);
#include "common/settings.def"
}

static void
check_relay(const struct conf_relay *r)
{
	must(strlen(r->name) <= 30 && strpbrk(r->name, ": @|") == NULL);
#define RELAY_SETTING(type, field, name, def, min, max, sentence) IN_##type(r->field, min, max);
#include "common/settings.def"
}

static void
check_sentence(const char *why, const char *path)
{
	must(text_starts(why, path) && why[strlen(path)] == ':');
	why += strlen(path) + 1;
	must(strspn(why, "0123456789") > 0 && text_starts(why + strspn(why, "0123456789"), ": "));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *path = fuzz_file("isoloir.conf", data, size);
	char *why = NULL;
	struct conf *c = conf_load(ctx, path, &why), *other = conf_load(ctx, NULL, &why);

	if (c == NULL) {
		check_sentence(why, path);
	} else {
		check_values(c);
		must(c->n_relays > 0 && c->relays[0].name[0] == '\0');
		for (size_t i = 0; i < c->n_relays; i++)
			check_relay(&c->relays[i]);
		must(conf_restart_needed(ctx, c, c)[0] == '\0');
		must(conf_restart_needed(ctx, c, other) != NULL);
	}
	talloc_free(ctx);
	return 0;
}
