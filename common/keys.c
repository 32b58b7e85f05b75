#include "common/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/base/text.h"

static const char *const files[KEY__MAX] = {
#define X(name, file, sentence) file,
    KEY_ROWS(X)
#undef X
};

static const char *
reason(int err)
{
	if (err == EINVAL)
		return "must hold 64 hexadecimal digits and nothing else";
	if (err == EPERM)
		return "must not be readable by everybody (chmod o= it)";
	return err == ENOENT ? "does not exist; `isoloirctl keys` makes it" : strerror(err);
}

struct keys *
keys_load(TALLOC_CTX *ctx, const char *dir, char **why_r)
{
	struct keys *k = secret_alloc(ctx, sizeof(*k));

	for (int i = 0; i < KEY__MAX; i++) {
		char *path = talloc_asprintf(k, "%s/%s", dir, files[i]);

		if (secret_read_key(path, k->key[i], KEY_SIZE) == -1) {
			*why_r = talloc_asprintf(ctx, "%s: %s", path, reason(errno));
			talloc_free(k);
			return NULL;
		}
	}
	return k;
}

/* 1: made, 0: was there, -1: errno. Written aside, synced and linked, so that no half key is ever seen. */
static int
make_one(TALLOC_CTX *ctx, const char *path)
{
	char *aside = talloc_asprintf(ctx, "%s.new", path), *hex;
	unsigned char raw[KEY_SIZE];
	int fd, rc = -1;

	if (access(path, F_OK) == 0)
		return 0;
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0440);
	if (fd == -1)
		return -1;
	secret_random(raw, sizeof(raw));
	hex = secret_dup(ctx, text_hex(ctx, raw, sizeof(raw)), 2 * sizeof(raw));
	if (dprintf(fd, "%s\n", hex) == 2 * KEY_SIZE + 1 && fsync(fd) == 0 && link(aside, path) == 0)
		rc = 1;
	close(fd);
	unlink(aside);
	secret_wipe(raw, sizeof(raw));
	return rc;
}

int
keys_create(TALLOC_CTX *ctx, const char *dir, char **why_r)
{
	int made = 0;

	for (int i = 0; i < KEY__MAX; i++) {
		char *path = talloc_asprintf(ctx, "%s/%s", dir, files[i]);
		int rc = make_one(ctx, path);

		if (rc == -1) {
			*why_r = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
			return -1;
		}
		made += rc;
	}
	return made;
}
