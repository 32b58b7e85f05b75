#include "portal/captcha/dice.h"

#include <string.h>

/* The end of splitmix64 (Steele, Lea, Flood 2014): cheap, and every bit in reaches every bit out. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t
dice_next(struct dice *d)
{
	d->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(d->state);
}

void
dice_init(struct dice *d, const char *code, uint64_t seed, const char *use)
{
	d->state = mix(seed + UINT64_C(0x9e3779b97f4a7c15));
	for (; *use != '\0'; use++)
		d->state = mix(d->state ^ (unsigned char)*use) + 1;
	for (; *code != '\0'; code++)
		d->state = mix(d->state ^ (unsigned char)*code) + 1;
}

unsigned
dice_below(struct dice *d, unsigned n)
{
	return (unsigned)((dice_next(d) >> 32) * n >> 32);
}

double
dice_real(struct dice *d, double low, double high)
{
	return low + (high - low) * (double)(dice_next(d) >> 11) * 0x1p-53;
}

bool
dice_is_code(const char *code)
{
	size_t len = strlen(code);

	return len >= 1 && len <= DICE_CODE_MAX && strspn(code, "0123456789") == len;
}
