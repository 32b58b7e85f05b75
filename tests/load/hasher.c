/*
 * The bare reference for log-ins: argon2id by libsodium in as many processes as told, for some seconds. Prints hashes per second.
 * With "keep" each process keeps its memory from one hash to the next, as the portal's slots do (common/arena.h).
 * usage: hasher PROCESSES SECONDS BYTES PASSES [keep]
 */
#include "common/arena.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Hashes per second of one process: whole hashes only, over the time that they took. */
static double
hash_for(double seconds, size_t memory, unsigned long long passes, bool keep)
{
	void *kept = keep ? malloc(memory) : NULL;
	static const unsigned char salt[crypto_pwhash_SALTBYTES];
	unsigned char out[32];
	double began = now_s(), spent;
	int n = 0;

	do {
		arena_lend(kept, memory);
		if (crypto_pwhash(out, sizeof(out), "Un vieux Chêne-7 sur la lande", 29, salt, passes, memory,
		                  crypto_pwhash_ALG_ARGON2ID13) != 0)
			abort();
		n++;
		spent = now_s() - began;
	} while (spent < seconds);
	return n / spent;
}

int
main(int argc, char **argv)
{
	int processes = argc == 5 || argc == 6 ? atoi(argv[1]) : 0;
	double *rate = mmap(NULL, sizeof(double) * (size_t)(processes + 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double sum = 0;

	if (processes < 1 || rate == MAP_FAILED || sodium_init() < 0)
		return 1;
	for (int i = 0; i < processes; i++)
		if (fork() == 0) {
			rate[i] = hash_for(atof(argv[2]), (size_t)atoll(argv[3]), (unsigned long long)atoll(argv[4]), argc == 6);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < processes; i++)
		sum += rate[i];
	printf("%.2f\n", sum);
	return 0;
}
