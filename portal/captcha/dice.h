/*
 * Repeatable chance for the captcha: the same code and seed always throw the same numbers, so that a
 * picture reloaded, or asked of another worker, is the same picture. Not for secrets: the seed must be
 * one already.
 */
#ifndef ISOLOIR_DICE_H
#define ISOLOIR_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DICE_CODE_MAX 8

struct dice {
	uint64_t state;
};

/* `use` keeps picture and sound of one seed apart. */
void dice_init(struct dice *d, const char *code, uint64_t seed, const char *use);

uint64_t dice_next(struct dice *d);
/* 0 to n - 1; n must not be 0. */
unsigned dice_below(struct dice *d, unsigned n);
/* From low to high, evenly. */
double dice_real(struct dice *d, double low, double high);

/* One to DICE_CODE_MAX digits? What comes back from Redis may be anything. */
bool dice_is_code(const char *code);

#endif
