#include "mailer/sign.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <dkim.h>

#include "common/base/secret.h"
#include "mailer/domain.h"

#define KEY_FILE_MAX (64 * 1024)
#define RSA_BITS_MIN 2048 /* RFC 8301, 3.2: what signers should have at least */

/* A second one of these, put before the signed one on the way, breaks the signature. */
static const char *const alone[] = {"From", "To", "Subject", "Date", "Reply-To", "MIME-Version", "Content-Type", NULL};

struct signer {
	DKIM_LIB *library; /* NULL: signs nothing */
	const char *pem;   /* wiped when freed */
	const char *selector, *domain, *name, *record;
};

/* ---- the key ---- */

static bool
fail(TALLOC_CTX *ctx, char **why_r, const char *where, const char *why)
{
	*why_r = talloc_asprintf(ctx, "%s: %s", where, why);
	return false;
}

/* A whole small file that others may not read. */
static bool
read_pem(struct signer *s, const char *path, char **why_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = {.st_size = 0};
	char *pem = secret_alloc(s, KEY_FILE_MAX);
	bool ok = fd != -1 && fstat(fd, &st) == 0 && read(fd, pem, KEY_FILE_MAX - 1) > 0;
	int saved = errno;

	if (fd != -1)
		close(fd);
	s->pem = pem;
	if (!ok)
		return fail(s, why_r, path, fd == -1 ? strerror(saved) : "cannot be read, or is empty");
	return (st.st_mode & S_IRWXO) == 0 || fail(s, why_r, path, "others may read it: chmod o= it");
}

/* A key that wants a password is no key: nobody is there to type it. */
static int
no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static char *
base64(TALLOC_CTX *ctx, const unsigned char *bytes, size_t len)
{
	char *text = talloc_zero_array(ctx, char, (unsigned)((len + 2) / 3 * 4 + 1));

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
	return text;
}

/* RFC 6376, 3.6.1: SubjectPublicKeyInfo. */
static char *
public_part(TALLOC_CTX *ctx, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char *text = len > 0 ? base64(ctx, der, (size_t)len) : NULL;

	OPENSSL_free(der);
	return text;
}

/* No Ed25519 (RFC 8463): few receivers verify it, and libopendkim 2.11 loses memory with each such signature. */
static bool
take_key(struct signer *s, EVP_PKEY *key, const char *path, char **why_r)
{
	const char *public;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return fail(s, why_r, path, "is no RSA key");
	if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
		return fail(s, why_r, path, "an RSA key of less than 2048 bits");
	public = public_part(s, key);
	if (public == NULL)
		return fail(s, why_r, path, "has no public part");
	s->record = talloc_asprintf(s, "v=DKIM1; k=rsa; p=%s", public);
	return true;
}

static bool
read_key(struct signer *s, const char *path, char **why_r)
{
	BIO *in;
	EVP_PKEY *key;
	bool ok;

	if (!read_pem(s, path, why_r))
		return false;
	in = BIO_new_mem_buf(s->pem, -1);
	must(in != NULL);
	key = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	ok = key != NULL ? take_key(s, key, path, why_r) : fail(s, why_r, path, "is no private key in PEM without a password");
	EVP_PKEY_free(key);
	BIO_free(in);
	return ok;
}

/* ---- names ---- */

/* Labels of letters, digits and hyphens. */
static bool
is_name(const char *s)
{
	size_t label = 0;

	for (; *s != '\0'; s++) {
		if (*s == '.' ? label == 0 : !isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
		label = *s == '.' ? 0 : label + 1;
	}
	return label > 0;
}

/* Receivers ask whether the signature is of the domain that people see in From (RFC 7489, 3.1.1). */
static bool
is_at_or_below(const char *domain, const char *above)
{
	size_t n = strlen(domain), m = strlen(above);

	return n >= m && strcasecmp(domain + n - m, above) == 0 && (n == m || domain[n - m - 1] == '.');
}

static bool
take_names(struct signer *s, const struct conf *c, char **why_r)
{
	const char *from = domain_of(c->mail_from);

	s->selector = c->dkim_selector;
	s->domain = c->dkim_domain[0] != '\0' ? c->dkim_domain : from;
	if (!is_name(s->selector))
		return fail(s, why_r, "mailer.dkim_selector", "is no name of the DNS");
	if (!is_name(s->domain))
		return fail(s, why_r, "mailer.dkim_domain", "is no name of the DNS");
	if (!is_at_or_below(from, s->domain))
		return fail(s, why_r, "mailer.dkim_domain", "is neither the domain of mailer.from nor above it: receivers would not count the signature");
	s->name = talloc_asprintf(s, "%s._domainkey.%s", s->selector, s->domain);
	return true;
}

/* ---- signing ---- */

static int
signer_close(struct signer *s)
{
	if (s->library != NULL)
		dkim_close(s->library);
	return 0;
}

static bool
open_library(struct signer *s)
{
	const char *const *list = alone;

	s->library = dkim_init(NULL, NULL);
	return s->library != NULL &&
	       dkim_options(s->library, DKIM_OP_SETOPT, DKIM_OPTS_OVERSIGNHDRS, (void *)(uintptr_t)list, sizeof(list)) == DKIM_STAT_OK;
}

/* The value of the header on ctx. NULL: *why_r is the library's sentence. */
static char *
make_value(TALLOC_CTX *ctx, const struct signer *s, const char *id, const char *mail, size_t len, const char **why_r)
{
	DKIM_STAT said = DKIM_STAT_OK;
	DKIM *d = dkim_sign(s->library, (const unsigned char *)id, NULL, (dkim_sigkey_t)(uintptr_t)s->pem, (const unsigned char *)s->selector,
	                    (const unsigned char *)s->domain, DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE, DKIM_SIGN_RSASHA256, -1, &said);
	unsigned char *value = NULL;
	size_t value_len = 0;
	char *copy = NULL;

	if (d != NULL && (said = dkim_chunk(d, (unsigned char *)(uintptr_t)mail, len)) == DKIM_STAT_OK &&
	    (said = dkim_chunk(d, NULL, 0)) == DKIM_STAT_OK && (said = dkim_eom(d, NULL)) == DKIM_STAT_OK &&
	    (said = dkim_getsighdr_d(d, strlen(DKIM_SIGNHEADER) + 2, &value, &value_len)) == DKIM_STAT_OK)
		copy = talloc_strndup(ctx, (const char *)value, value_len);
	*why_r = talloc_strdup(ctx, dkim_getresultstr(said));
	if (d != NULL)
		dkim_free(d);
	return copy;
}

int
signer_sign(struct task *t, const struct signer *s, const char *id, char **mail, size_t *len)
{
	const char *why = NULL, *value;
	char *head, *whole;
	size_t head_len;

	if (!signer_signs(s))
		return 0;
	value = make_value(t, s, id, *mail, *len, &why);
	if (value == NULL)
		return task_fail(t, ERR_REFUSED, "DKIM: %s", why);
	head = talloc_asprintf(t, "%s: %s\r\n", DKIM_SIGNHEADER, value);
	head_len = strlen(head);
	whole = talloc_size(t, head_len + *len + 1);
	memcpy(whole, head, head_len);
	memcpy(whole + head_len, *mail, *len);
	whole[head_len + *len] = '\0';
	*mail = whole;
	*len += head_len;
	return 0;
}

/* What only signing itself can show is seen at the start, and not with the first mail. */
static bool
try_it(struct signer *s, const char *path, char **why_r)
{
	static const char mail[] = "From: a@b.example\r\nSubject: a\r\n\r\na\r\n";
	const char *why = NULL;

	return make_value(s, s, "trial", mail, sizeof(mail) - 1, &why) != NULL || fail(s, why_r, path, why);
}

struct signer *
signer_new(TALLOC_CTX *ctx, const struct conf *c, char **why_r)
{
	struct signer *s = talloc_zero(ctx, struct signer);

	talloc_set_destructor(s, signer_close);
	if (c->dkim_key[0] == '\0')
		return s;
	if (take_names(s, c, why_r) && read_key(s, c->dkim_key, why_r) &&
	    (open_library(s) || fail(s, why_r, "libopendkim", "cannot be opened")) && try_it(s, c->dkim_key, why_r))
		return s;
	*why_r = talloc_steal(ctx, *why_r);
	talloc_free(s);
	return NULL;
}

bool
signer_signs(const struct signer *s)
{
	return s->library != NULL;
}

const char *
signer_name(const struct signer *s)
{
	return s->name;
}

const char *
signer_record(const struct signer *s)
{
	return s->record;
}
