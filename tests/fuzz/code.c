/* A voting code as somebody types it, and as Belenios writes it: what is read is written back the same, and a genuine one changed in one sign is none. */
#include "tests/fuzz/fuzz.h"

#include "common/code.h"

static void
check_typed(const char *typed)
{
	char text[CODE_TEXT_SIZE];
	struct code c, again;

	if (code_read(typed, &c) != CODE_RIGHT)
		return;
	code_write(&c, text);
	must(code_read(text, &again) == CODE_RIGHT && again.number == c.number);
}

static void
check_belenios(const char *text)
{
	char written[CODE_BELENIOS_SIZE];
	struct code c;

	if (!code_read_belenios(text, &c))
		return;
	code_write_belenios(&c, written);
	must(strcmp(text, written) == 0);
}

/* The number of the first bytes, and then one sign replaced, or two changed about. */
static void
check_changed(const uint8_t *data, size_t size)
{
	char text[CODE_TEXT_SIZE], right[CODE_TEXT_SIZE];
	struct code c = {0}, read;

	if (size < 13)
		return;
	for (int i = 0; i < 10; i++)
		c.number = c.number << 8 | data[i];
	code_write(&c, right);
	memcpy(text, right, sizeof(text));
	if (data[10] % 2 == 0)
		text[data[11] % (CODE_TEXT_SIZE - 1)] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[data[12] % 32];
	else {
		text[data[11] % (CODE_TEXT_SIZE - 1)] = right[data[12] % (CODE_TEXT_SIZE - 1)];
		text[data[12] % (CODE_TEXT_SIZE - 1)] = right[data[11] % (CODE_TEXT_SIZE - 1)];
	}
	must(code_read(right, &read) == CODE_RIGHT && read.number == c.number);
	if (strcmp(text, right) != 0 && strspn(text + 3, "-") == 1 && strspn(text + 7, "-") == 1 && strspn(text + 11, "-") == 1 && strspn(text + 15, "-") == 1 &&
	    strspn(text + 19, "-") == 1)
		must(code_read(text, &read) != CODE_RIGHT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	const char *text = fuzz_text(ctx, data, size);

	check_typed(text);
	check_belenios(text);
	check_changed(data, size);
	talloc_free(ctx);
	return 0;
}
