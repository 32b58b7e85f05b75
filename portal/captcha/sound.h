/*
 * The captcha that is heard: a French voice says the digits slowly, twice, over a soft noise. A pure
 * function of code and seed, as the picture is. espeak-ng is known here alone, and speaks only once, in
 * a child of the master that is gone before any worker comes: its thread would hang them.
 */
#ifndef ISOLOIR_SOUND_H
#define ISOLOIR_SOUND_H

#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

/*
 * Once, in the master, before it forks (a quarter of a second): have every word said into memory that
 * the workers share. Returns 0, or -1 with a sentence in *why_r (talloc_free it). Leaves neither thread
 * nor child. A second call does nothing.
 */
int captcha_sound_init(char **why_r);
void captcha_sound_fini(void);

/*
 * A WAV (8 bits, mono, CAPTCHA_SOUND_HZ) of 1 to 8 digits, its bytes on ctx and its length in *len_r;
 * six digits last about a quarter of a minute. NULL: not a code. Made to be understood by people at the
 * first hearing: what holds machines off is the pace of requests, not this.
 */
unsigned char *captcha_sound(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r);

/* The hiss of French /s/ lies above what 11 kHz can carry, and cinq and six both begin with it. */
#define CAPTCHA_SOUND_HZ 16000

#endif
