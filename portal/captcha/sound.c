#include "portal/captcha/sound.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <espeak-ng/speak_lib.h>

#include "common/base/task.h"
#include "portal/captcha/dice.h"

#define SAID_MAX 44100     /* samples: two seconds as espeak-ng gives them */
#define SPEAK_TIMEOUT_S 60 /* under valgrind a word takes a second */
#define HEAD_BYTES 44
#define PHRASES_MAX (2 * (DICE_CODE_MAX + 1))

/* The digits stand first, each at its own number. With a full stop each is said as alone: "six" ends in /s/.
 */
enum word { WORD_DIGIT_0, WORD_CODE = 10, WORD_AGAIN, WORD__MAX };

/* Words a minute; cinq and six are the two that a bad line confounds. */
/* clang-format off */
static const struct {
	const char *text;
	int pace;
} words[WORD__MAX] = {
    {"zéro.", 120}, {"un.", 90},    {"deux.", 90},  {"trois.", 110}, {"quatre.", 110},
    {"cinq.", 90},  {"six.", 90},   {"sept.", 105}, {"huit.", 105},  {"neuf.", 105},
    {"Voici votre code.", 140},     {"Je répète.", 140},
};
/* clang-format on */

/* Each word is said by every one of these; two of a voice follow each other. */
static const struct {
	const char *voice;
	int pitch, faster;
} sayings[] = {
    {"fr", 42, 0}, {"fr", 52, 10}, {"fr+f2", 46, 0}, {"fr+f2", 56, 10}, {"fr+m3", 45, 0}, {"fr+m3", 55, 10},
};
#define SAYINGS (sizeof(sayings) / sizeof(*sayings))

struct said {
	size_t len;
	int16_t at[SAID_MAX];
};

/* Written by the child, read by all the workers. */
struct lexicon {
	int hz;
	bool whole;
	char why[160];
	struct said said[WORD__MAX][SAYINGS];
};

static struct lexicon *lexicon;
static struct said *hearing; /* what the synthesis under way is written to; the child's alone */

static int
hear(short *wav, int len, espeak_EVENT *events)
{
	(void)events;
	if (wav == NULL)
		return 0;
	for (int i = 0; i < len && hearing->len < SAID_MAX; i++)
		hearing->at[hearing->len++] = wav[i];
	return 0;
}

/* Without the silence around it, which is ours to choose. */
static void
trim(struct said *s)
{
	size_t from = 0, end = s->len;

	while (end > 0 && abs(s->at[end - 1]) < 150)
		end--;
	while (from < end && abs(s->at[from]) < 150)
		from++;
	s->len = end - from;
	memmove(s->at, s->at + from, s->len * sizeof(*s->at));
}

/* Nothing above 7 kHz, so that taking fewer samples of it folds nothing back (a sinc under Hann's window). */
static void
soften(struct said *s, int hz)
{
	enum { REACH = 16 };
	double weight[2 * REACH + 1], turn = 2 * M_PI * 7000 / hz;
	int16_t out[SAID_MAX];
	int len = (int)s->len;

	for (int k = -REACH; k <= REACH; k++)
		weight[k + REACH] =
		    (k == 0 ? turn : sin(turn * k) / k) / M_PI * (0.5 + 0.5 * cos(M_PI * k / (REACH + 1)));
	for (int i = 0; i < len; i++) {
		double sum = 0;

		for (int k = -REACH; k <= REACH; k++)
			if (i + k >= 0 && i + k < len)
				sum += weight[k + REACH] * s->at[i + k];
		out[i] = (int16_t)lrint(fmax(-32767, fmin(32767, sum)));
	}
	memcpy(s->at, out, s->len * sizeof(*out));
}

/* Up to KNEE as it is, then ever less, never past KNEE + ROOM. */
static double
limited(double x)
{
	const double knee = 0.60, room = 0.18;

	if (fabs(x) <= knee)
		return x;
	return copysign(knee + room * tanh((fabs(x) - knee) / room), x);
}

/* As loud as every other word, the /k/ of cinq excepted, which would hold the rest of its word down. */
static void
level(struct said *s)
{
	double power = 1, gain;

	for (size_t i = 0; i < s->len; i++)
		power += (double)s->at[i] * s->at[i];
	gain = 0.14 / sqrt(power / (double)(s->len + 1));
	for (size_t i = 0; i < s->len; i++)
		s->at[i] = (int16_t)lrint(32767 * limited(s->at[i] * gain));
}

static bool
say(struct lexicon *lex, int word, size_t saying)
{
	struct said *s = hearing = &lex->said[word][saying];
	const char *text = words[word].text;

	espeak_SetParameter(espeakRATE, words[word].pace + sayings[saying].faster, 0);
	espeak_SetParameter(espeakPITCH, sayings[saying].pitch, 0);
	if (espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, NULL) != EE_OK)
		return false;
	trim(s);
	soften(s, lex->hz);
	level(s);
	return s->len > (size_t)lex->hz / 10;
}

static bool
say_all(struct lexicon *lex, size_t saying)
{
	if (espeak_SetVoiceByName(sayings[saying].voice) != EE_OK) {
		snprintf(lex->why, sizeof(lex->why), "espeak-ng has no voice %s: install espeak-ng-data",
		         sayings[saying].voice);
		return false;
	}
	for (int word = 0; word < WORD__MAX; word++)
		if (!say(lex, word, saying)) {
			snprintf(lex->why, sizeof(lex->why), "espeak-ng did not say \"%s\"",
			         words[word].text);
			return false;
		}
	return true;
}

static void
speak(struct lexicon *lex)
{
	size_t saying;

	lex->hz = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, NULL, espeakINITIALIZE_DONT_EXIT);
	if (lex->hz <= 0) {
		snprintf(lex->why, sizeof(lex->why), "espeak-ng does not start: install espeak-ng-data");
		return;
	}
	espeak_SetSynthCallback(hear);
	for (saying = 0; saying < SAYINGS && say_all(lex, saying); saying++)
		;
	lex->whole = saying == SAYINGS;
	espeak_Terminate();
}

/* Dies with its parent, or of its alarm, but never stays. _exit: what is open is the master's. */
static _Noreturn void
speak_and_die(struct lexicon *lex)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(SPEAK_TIMEOUT_S);
	speak(lex);
	_exit(0);
}

/* Whether the child did its work is read in what it wrote; its status may have been reaped by another. */
static void
have_it_said(struct lexicon *lex)
{
	pid_t child = fork();

	if (child == 0)
		speak_and_die(lex);
	if (child == -1) {
		snprintf(lex->why, sizeof(lex->why), "no process to speak the captcha: %s", strerror(errno));
		return;
	}
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		;
}

int
captcha_sound_init(char **why_r)
{
	struct lexicon *lex;

	if (lexicon != NULL)
		return 0;
	lex = mmap(NULL, sizeof(*lex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
	           0);
	if (lex == MAP_FAILED) {
		*why_r = talloc_asprintf(NULL, "no memory for the spoken captcha: %s", strerror(errno));
		return -1;
	}
	snprintf(lex->why, sizeof(lex->why), "espeak-ng died or hung while it spoke the captcha");
	have_it_said(lex);
	if (!lex->whole) {
		*why_r = talloc_strdup(NULL, lex->why);
		munmap(lex, sizeof(*lex));
		return -1;
	}
	mprotect(lex, sizeof(*lex), PROT_READ);
	lexicon = lex;
	return 0;
}

void
captcha_sound_fini(void)
{
	if (lexicon != NULL)
		munmap(lexicon, sizeof(*lexicon));
	lexicon = NULL;
}

/* One word of the whole: step is how many samples of it go into one of ours, pause what follows it. */
struct phrase {
	const struct said *said;
	double step;
	size_t pause;
};

struct plan {
	struct dice dice;
	size_t lead, n;
	struct phrase phrases[PHRASES_MAX];
};

static size_t
samples(double seconds)
{
	return (size_t)(seconds * CAPTCHA_SOUND_HZ);
}

static size_t
phrase_len(const struct phrase *p)
{
	return (size_t)((double)(p->said->len - 1) / p->step);
}

static void
plan_word(struct plan *p, int word, size_t saying, double pause_s)
{
	double speed = dice_real(&p->dice, 0.95, 1.04);

	p->phrases[p->n++] = (struct phrase){
	    .said = &lexicon->said[word][saying],
	    .step = speed * lexicon->hz / CAPTCHA_SOUND_HZ,
	    .pause = samples(pause_s),
	};
}

/* One voice for one reading, so that the ear settles on it. */
static void
plan_reading(struct plan *p, int opening, const char *digits)
{
	size_t voice = 2 * dice_below(&p->dice, SAYINGS / 2);

	plan_word(p, opening, voice, 0.6);
	for (; *digits != '\0'; digits++)
		plan_word(p, *digits - '0', voice + dice_below(&p->dice, 2), dice_real(&p->dice, 0.40, 0.55));
}

static void
plan_make(struct plan *p, const char *digits, uint64_t seed)
{
	p->n = 0;
	dice_init(&p->dice, digits, seed, "sound");
	p->lead = samples(dice_real(&p->dice, 0.3, 0.5));
	plan_reading(p, WORD_CODE, digits);
	plan_reading(p, WORD_AGAIN, digits);
}

static size_t
plan_len(const struct plan *p)
{
	size_t len = p->lead;

	for (size_t i = 0; i < p->n; i++)
		len += phrase_len(&p->phrases[i]) + p->phrases[i].pause;
	return len + (len & 1); /* chunks of RIFF are even */
}

/* Lay a phrase down at `to`, from -1 to 1; between two samples of the voice, on the line that joins them. */
static void
lay(const struct phrase *p, float *to)
{
	size_t len = phrase_len(p);

	for (size_t i = 0; i < len; i++) {
		double at = (double)i * p->step;
		size_t k = (size_t)at;

		to[i] = (float)(p->said->at[k] + (at - (double)k) * (p->said->at[k + 1] - p->said->at[k])) /
		        32768;
	}
}

/* A murmur without words that swells and sinks: silence would cut the digits apart for a machine. */
static void
murmur(struct dice *d, float *to, size_t len)
{
	double size = dice_real(d, 0.024, 0.034), turn = dice_real(d, 2, 5) / CAPTCHA_SOUND_HZ;
	double shift = dice_real(d, 0, 6.3), smooth = dice_real(d, 0.15, 0.35), low = 0, swell = size;

	for (size_t i = 0; i < len; i++) {
		double hiss = dice_real(d, -1, 1);

		if (i % 256 == 0)
			swell = size * (1 + 0.4 * sin((double)i * turn + shift));
		low += smooth * (hiss - low);
		to[i] += (float)(swell * (low + 0.1 * hiss));
	}
}

static unsigned char *
put_little(unsigned char *out, uint32_t n, int bytes)
{
	for (int i = 0; i < bytes; i++, n >>= 8)
		*out++ = (unsigned char)n;
	return out;
}

static unsigned char *
put_name(unsigned char *out, const char *name)
{
	memcpy(out, name, 4);
	return out + 4;
}

/* RIFF, WAVE: PCM (1), one channel, rate, bytes a second, bytes a frame, bits. */
static unsigned char *
put_head(unsigned char *out, uint32_t data_len)
{
	out = put_little(put_name(out, "RIFF"), HEAD_BYTES - 8 + data_len, 4);
	out = put_little(put_name(put_name(out, "WAVE"), "fmt "), 16, 4);
	out = put_little(put_little(out, 1, 2), 1, 2);
	out = put_little(put_little(out, CAPTCHA_SOUND_HZ, 4), CAPTCHA_SOUND_HZ, 4);
	out = put_little(put_little(out, 1, 2), 8, 2);
	return put_little(put_name(out, "data"), data_len, 4);
}

static unsigned char *
to_wav(TALLOC_CTX *ctx, const float *from, size_t len, size_t *len_r)
{
	unsigned char *wav = talloc_array(ctx, unsigned char, HEAD_BYTES + len), *out;

	must(wav != NULL);
	out = put_head(wav, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		*out++ = (unsigned char)(128.5F + 127 * from[i]); /* limited() and murmur() stay within 0.9 */
	*len_r = HEAD_BYTES + len;
	return wav;
}

unsigned char *
captcha_sound(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r)
{
	struct plan plan;
	unsigned char *wav;
	float *sound, *at;
	size_t len;

	must(lexicon != NULL);
	if (!dice_is_code(digits))
		return NULL;
	plan_make(&plan, digits, seed);
	len = plan_len(&plan);
	sound = talloc_zero_array(ctx, float, len);
	must(sound != NULL);
	at = sound + plan.lead;
	for (size_t i = 0; i < plan.n; at += phrase_len(&plan.phrases[i]) + plan.phrases[i].pause, i++)
		lay(&plan.phrases[i], at);
	murmur(&plan.dice, sound, len);
	wav = to_wav(ctx, sound, len, len_r);
	talloc_free(sound);
	return wav;
}
