/*
 * In place of libFuzzer: gives a target the files and folders named, or else its own corpus. So every build, with or without clang
 * and sanitizers, goes through what the fuzzers have found.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#pragma weak LLVMFuzzerInitialize

static int replayed;

static void
replay_file(TALLOC_CTX *ctx, const char *path, size_t size)
{
	uint8_t *data = talloc_array(ctx, uint8_t, size);
	FILE *f = fopen(path, "re");

	must(f != NULL);
	must(fread(data, 1, size, f) == size);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	replayed++;
}

/* A file, or all in a folder. */
static void
replay(const char *path)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	struct dirent **list = NULL;
	struct stat st;
	int n;

	if (stat(path, &st) == -1) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	if (S_ISREG(st.st_mode))
		replay_file(ctx, path, (size_t)st.st_size);
	n = S_ISDIR(st.st_mode) ? scandir(path, &list, NULL, alphasort) : 0;
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.')
			replay(talloc_asprintf(ctx, "%s/%s", path, list[i]->d_name));
		free(list[i]);
	}
	free(list);
	talloc_free(ctx);
}

int
main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1) {
		char *own = talloc_asprintf(NULL, "%s/%s", FUZZ_CORPUS, program_invocation_short_name);

		replay(own);
		talloc_free(own);
	}
	printf("%d replayed\n", replayed);
	return replayed > 0 ? 0 : 1;
}
