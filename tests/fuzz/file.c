#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define FILES_MAX 4
#define PATH_SIZE 160

static char folder[PATH_SIZE - 32];
static char paths[FILES_MAX][PATH_SIZE];
static pid_t maker; /* a child of the fuzzer must not remove what its parent uses */

static void
remove_all(void)
{
	char parts[PATH_SIZE];

	if (getpid() != maker)
		return;
	for (int i = 0; i < FILES_MAX && paths[i][0] != '\0'; i++)
		unlink(paths[i]);
	snprintf(parts, sizeof(parts), "%s/parts", folder);
	rmdir(parts);
	rmdir(folder);
}

const char *
fuzz_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char parts[PATH_SIZE];

	if (maker != 0)
		return folder;
	snprintf(folder, sizeof(folder), "%s/isoloir-fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	must(mkdtemp(folder) != NULL);
	snprintf(parts, sizeof(parts), "%s/parts", folder);
	must(mkdir(parts, 0700) == 0);
	maker = getpid();
	must(atexit(remove_all) == 0);
	return folder;
}

const char *
fuzz_file(const char *name, const void *data, size_t size)
{
	char path[PATH_SIZE];
	FILE *f;
	int i = 0;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	while (i < FILES_MAX - 1 && paths[i][0] != '\0' && strcmp(paths[i], path) != 0)
		i++;
	memcpy(paths[i], path, sizeof(path));
	f = fopen(path, "we");
	must(f != NULL);
	must(fwrite(data, 1, size, f) == size);
	must(fclose(f) == 0);
	return paths[i];
}
