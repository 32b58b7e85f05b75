#include "common/base/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/text.h"

void
secret_random(void *buf, size_t len)
{
	unsigned char *p = buf;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= (unsigned char)(x[i] ^ y[i]);
	return differ == 0;
}

void
secret_wipe(void *buf, size_t len)
{
	explicit_bzero(buf, len);
}

static int
wipe_on_free(char *p)
{
	secret_wipe(p, talloc_get_size(p));
	return 0;
}

void *
secret_alloc(TALLOC_CTX *ctx, size_t len)
{
	char *p = talloc_zero_array(ctx, char, len);

	if (p == NULL)
		abort();
	talloc_set_destructor(p, wipe_on_free);
	return p;
}

char *
secret_dup(TALLOC_CTX *ctx, const void *bytes, size_t len)
{
	char *p = secret_alloc(ctx, len + 1);

	if (len > 0)
		memcpy(p, bytes, len);
	return p;
}

int
secret_read_key(const char *path, unsigned char *key, size_t len)
{
	char line[1024];
	struct stat st;
	size_t got, end;
	FILE *f = fopen(path, "r");
	int rc = -1;

	if (f == NULL)
		return -1;
	got = fread(line, 1, sizeof(line) - 1, f);
	for (end = got; end > 0 && isspace((unsigned char)line[end - 1]); end--)
		;
	line[end] = '\0';
	if (fstat(fileno(f), &st) == 0 && (st.st_mode & S_IRWXO) != 0)
		errno = EPERM;
	else if (end != 2 * len || !text_unhex(line, key, len))
		errno = EINVAL;
	else
		rc = 0;
	secret_wipe(line, sizeof(line));
	fclose(f);
	return rc;
}
