/*
 * One request, from what nginx tells of it to the last byte of the answer: through libfcgi on a socket and the whole of serve.c, with the real
 * theme. The records are well formed, since only nginx reaches that socket. The input is the request in words:
 *
 *   a sign         whose low bits say who asks and what is away: see struct asking
 *   NAME=value     parameters, one a line, as nginx' fastcgi_param; then an empty line
 *   body
 *
 * MariaDB and Redis are the fakes at the end. Whatever comes, the answer is one well-formed answer, with the headers that each of
 * ours has, of a status that refusals.def or a page knows; nothing typed comes back as markup.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/proc/board.h"
#include "common/token.h"
#include "portal/captcha/picture.h"
#include "portal/captcha/sound.h"
#include "portal/model/text.h"
#include "portal/serve.h"

#define INPUT_MAX 8192
#define ANSWER_MAX (1 << 20)
#define SESSION_ID "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char *const page_files[] = {
#define PAGE(name, file) file,
#include "portal/pages.def"
#undef PAGE
};
static const char *const names[] = {
#define NAME(name, sentence) #name,
#include "portal/names.def"
#undef NAME
};

static TALLOC_CTX *lasting; /* what a master loads */
static struct portal portal;
static struct request_link *request_link;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

/* The first sign of the input. */
static struct asking {
	int level;        /* bits 1 and 2: enum session_level */
	bool genuine;     /* 4: cookies, CSRF token and link are ours */
	bool store_away;  /* 8 */
	bool db_away;     /* 16 */
} asking;

struct bytes {
	uint8_t *at;
	size_t len;
};

/* ---- FastCGI records (its specification, 3.3 and 3.4) ---- */

static void
add(struct bytes *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	b->at = talloc_realloc(NULL, b->at, uint8_t, b->len + len);
	memcpy(b->at + b->len, data, len);
	b->len += len;
}

static void
add_record(struct bytes *b, int type, const void *data, size_t len)
{
	const uint8_t head[8] = {1, (uint8_t)type, 0, 1, (uint8_t)(len >> 8), (uint8_t)len, 0, 0};

	must(len <= UINT16_MAX);
	add(b, head, sizeof(head));
	add(b, data, len);
}

static void
add_length(struct bytes *b, size_t len)
{
	const uint8_t four[4] = {(uint8_t)(0x80 | len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len}, one = (uint8_t)len;

	if (len < 0x80)
		add(b, &one, 1);
	else
		add(b, four, 4);
}

static void
add_param(struct bytes *b, const char *name, size_t name_len, const char *value, size_t len)
{
	add_length(b, name_len);
	add_length(b, len);
	add(b, name, name_len);
	add(b, value, len);
}

static void
add_text_param(struct bytes *b, const char *name, const char *value)
{
	add_param(b, name, strlen(name), value, strlen(value));
}

/* The lines up to the empty one; where the body begins. */
static const char *
add_lines(struct bytes *b, const char *at, const char *end)
{
	while (at < end && *at != '\n') {
		const char *eol = memchr(at, '\n', (size_t)(end - at)), *equal;

		eol = eol != NULL ? eol : end;
		equal = memchr(at, '=', (size_t)(eol - at));
		if (equal != NULL)
			add_param(b, at, (size_t)(equal - at), equal + 1, (size_t)(eol - equal - 1));
		at = eol < end ? eol + 1 : end;
	}
	return at < end ? at + 1 : end;
}

/* What the session's page would carry. */
static const char *
csrf_text(TALLOC_CTX *ctx)
{
	struct request r = {.task = task_new(ctx, 0), .portal = &portal, .session.id = SESSION_ID};

	return session_csrf(&r);
}

static const char *
cookie_text(TALLOC_CTX *ctx)
{
	static const unsigned char selector[TOKEN_SELECTOR_SIZE];
	char token[TOKEN_TEXT_SIZE];

	token_derive(portal.loaded->keys, selector, 7, "activation", token);
	return talloc_asprintf(ctx, "__Host-isoloir=%s; __Host-lien=%s", SESSION_ID, token);
}

static struct bytes
request_in_words(TALLOC_CTX *ctx, const char *at, const char *end)
{
	static const uint8_t begin[8] = {0, 1};
	struct bytes all = {NULL, 0}, params = {NULL, 0}, body = {NULL, 0};
	const char *rest;

	asking = (struct asking){.level = *at & 3, .genuine = *at & 4, .store_away = *at & 8, .db_away = *at & 16};
	at++;
	rest = add_lines(&params, at + (at < end && *at == '\n'), end);
	add(&body, rest, (size_t)(end - rest));
	if (asking.genuine) {
		char *csrf = talloc_asprintf(ctx, "%scsrf=%s", rest < end ? "&" : "", csrf_text(ctx));

		add(&body, csrf, strlen(csrf));
		add_text_param(&params, "HTTP_COOKIE", cookie_text(ctx));
	}
	add_text_param(&params, "CONTENT_LENGTH", talloc_asprintf(ctx, "%zu", body.len));
	add_record(&all, 1, begin, sizeof(begin));
	add_record(&all, 4, params.at, params.len);
	add_record(&all, 4, NULL, 0);
	add_record(&all, 5, body.at, body.len);
	add_record(&all, 5, NULL, 0);
	talloc_free(params.at);
	talloc_free(body.at);
	return all;
}

/* ---- the answer ---- */

/* The records' contents (type 6, FCGI_STDOUT) one after the other. */
static char *
read_answer(int fd)
{
	static uint8_t in[ANSWER_MAX];
	static char out[ANSWER_MAX + 1];
	size_t have = 0, len = 0;
	ssize_t n;

	while (have < ANSWER_MAX && (n = recv(fd, in + have, ANSWER_MAX - have, MSG_DONTWAIT)) > 0)
		have += (size_t)n;
	for (size_t at = 0; at + 8 <= have; at += 8 + (size_t)(in[at + 4] << 8 | in[at + 5]) + in[at + 6]) {
		size_t size = (size_t)(in[at + 4] << 8 | in[at + 5]);

		must(in[at] == 1 && at + 8 + size <= have);
		if (in[at + 1] != 6)
			continue;
		memcpy(out + len, in + at + 8, size);
		len += size;
	}
	out[len] = '\0';
	return out;
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

static bool
is_known(int status)
{
	static const int known[] = {200, 303, 400, 403, 404, 405, 410, 413, 415, 429, 503};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i] == status)
			return true;
	return false;
}

/* Each line is "Name: value", and no value of ours began another. */
static void
check_headers(char *headers)
{
	static const char *const once[] = {"\nContent-Security-Policy: default-src 'none'", "\nCache-Control: ", "\nContent-Type: ",
	                                   "\nReferrer-Policy: ", "\nX-Content-Type-Options: nosniff\r", "\nContent-Length: "};

	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
		must(count(headers, once[i]) == 1);
	for (char *line = headers; *line != '\0'; line = strstr(line, "\r\n") + 2) {
		must(strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") == strcspn(line, ":"));
		must(strstr(line, "\r\n") != NULL && strcspn(line, "\n") == (size_t)(strstr(line, "\r\n") + 1 - line));
	}
	must(count(headers, "\nLocation: ") == count(headers, "\nLocation: /demo/portail/"));
}

static void
check_answer(char *answer)
{
	char *body = strstr(answer, "\r\n\r\n");
	int status;

	must(sscanf(answer, "Status: %3d ", &status) == 1 && is_known(status));
	must(status != 503 || asking.store_away || asking.db_away);
	must(body != NULL);
	body += 4;
	must(strstr(body, "<fuzz") == NULL && count(body, "<script") <= 1 && count(body, "<form") <= 4);
	body[-2] = '\0';
	check_headers(answer);
}

/* ---- one input ---- */

static int
connect_to_portal(const struct bytes *b)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), room = ANSWER_MAX;

	must(fd != -1 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(send(fd, b->at, b->len, MSG_NOSIGNAL) == (ssize_t)b->len);
	shutdown(fd, SHUT_WR);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct board_slot slot;
	struct worker worker = {.conf = portal.conf, .slot = &slot};
	TALLOC_CTX *ctx;
	struct bytes b;
	int fd;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	ctx = talloc_new(NULL);
	b = request_in_words(ctx, (const char *)data, (const char *)data + size);
	fd = connect_to_portal(&b);
	talloc_free(b.at);
	must(request_accept(request_link));
	serve_one(&worker, &portal, request_link);
	check_answer(read_answer(fd));
	close(fd);
	talloc_free(ctx);
	return 0;
}

static struct tmpl_set *
load_theme(void)
{
	char *why = NULL;
	struct tmpl_set *set = tmpl_load(lasting, THEME_SOURCE, page_files, sizeof(page_files) / sizeof(*page_files), names,
	                                 sizeof(names) / sizeof(*names), &why);

	must(set != NULL);
	return set;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct keys keys;
	static struct network_list networks;
	static struct portal_loaded loaded = {.keys = &keys, .networks = &networks, .version = "0123456789abcdef"};
	int listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct conf *conf = conf_load(NULL, NULL, NULL); /* lasts as well */
	char *why = NULL;

	(void)argc;
	(void)argv;
	lasting = talloc_new(NULL);
	hash_init();
	must(log_open("fuzz", "/dev/null", LEVEL_ERROR) == 0);
	loaded.theme = load_theme();
	loaded.texts = text_load(lasting, THEME_SOURCE, &why);
	must(loaded.texts != NULL);
	conf->hash_memory = 8192;
	conf->hash_passes = 1;
	conf->public_url = "https://vote.exemple.fr/";
	portal_open(&portal, lasting, conf, &loaded);
	/* A name without a file: its first byte is NUL (unix(7), abstract sockets). */
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "isoloir-fuzz-%ld", (long)getpid());
	must(bind(listen_fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listen_fd, 4) == 0);
	request_link = request_link_new(lasting, listen_fd, -1);
	return 0;
}

/* ---- the fakes: pictures and sounds ---- */

unsigned char *
captcha_picture(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r)
{
	(void)seed;
	*len_r = strlen(digits);
	return (unsigned char *)talloc_strdup(ctx, digits);
}

unsigned char *
captcha_sound(TALLOC_CTX *ctx, const char *digits, uint64_t seed, size_t *len_r)
{
	return captcha_picture(ctx, digits, seed, len_r);
}

/* ---- the fakes: Redis ---- */

struct store *
store_new(TALLOC_CTX *ctx, const char *socket_path, int64_t timeout_ms)
{
	(void)socket_path;
	(void)timeout_ms;
	return talloc_named_const(ctx, 1, "store");
}

static int
store_text(struct store_value *v, const char *text)
{
	*v = (struct store_value){.kind = STORE_TEXT, .text = text, .len = strlen(text)};
	return 0;
}

void
store_share(struct store *s, struct breaker *b)
{
	must(s != NULL && b == NULL);
}

/* Nothing is ever there. */
int
store_run(struct task *t, struct store *s, struct store_value *value_r, const char *const *parts, size_t n)
{
	(void)s;
	(void)parts;
	(void)n;
	if (asking.store_away)
		return task_fail(t, ERR_RETRY, "away");
	if (value_r == NULL)
		return 0;
	*value_r = (struct store_value){.kind = STORE_NIL};
	return 0;
}

/* The session's record as session.c wrote it, and a captcha that is solved already; all other scripts find nothing. */
int
store_eval(struct task *t, struct store *s, const struct store_script *script, struct store_value *value_r, size_t nkeys,
           const char *const *parts, size_t n)
{
	const char *record[] = {"level", NULL, "election", "1", "elector", "7", "identifier", "claire@exemple.fr", "pending", "", "selector",
	                        "00000000000000000000000000000000", "notice", "activated", "notice_until", "99999999999", "browser", "<fuzz>",
	                        "began", "1700000000", "seen", "1700000000", "idle_until", "99999999999", "until", "99999999999"};
	const size_t size = sizeof(record) / sizeof(*record);

	(void)s;
	(void)nkeys;
	(void)n;
	if (asking.store_away)
		return task_fail(t, ERR_RETRY, "away");
	if (value_r == NULL)
		return 0;
	*value_r = (struct store_value){.kind = STORE_NIL};
	if (strcmp(script->name, "captcha_check") == 0)
		*value_r = (struct store_value){.kind = STORE_NUMBER, .number = strcmp(parts[1], "captcha-solved:AAAAAAAAAAAAAAAAAAAAAA") == 0};
	if (strcmp(script->name, "session_load") != 0 || asking.level == SESSION_NONE)
		return 0;
	record[1] = talloc_asprintf(t, "%d", asking.level);
	*value_r = (struct store_value){.kind = STORE_LIST, .n = size, .items = talloc_zero_array(t, struct store_value, size)};
	for (size_t i = 0; i < size; i++)
		store_text(&value_r->items[i], record[i]);
	return 0;
}

/* ---- the fakes: MariaDB ---- */

/* The one row that a statement finds, and its columns; those without find none, and change one. */
#define COLUMNS_MAX 16
static const struct row {
	enum portal_sql which;
	size_t columns;
	const char *value[COLUMNS_MAX];
} rows[] = {
    {SQL_ELECTION_FIND, 12, {"1", "demo", "Élections <fuzz>", "Bandeau & <fuzz>", "1700000000", "4000000000", "1600000000", "4000000000", "3900000000", "1600000000", "0", ""}},
    {SQL_ELECTOR_GET, 9, {"Mme", "Claire", "<fuzz>", "Lycée \"Le Fuzz\"", "Nantes", "Pacific/Noumea", "1700000000", NULL, "claire@exemple.fr"}},
    {SQL_SCRUTINS_OF, 9, {"3", "CSA-MEN", "CSA", "<fuzz>", "national", "15", "list", "Bureau 1", "1700000000"}},
    {SQL_QUESTIONS, 2, {"1", "Quel <fuzz> ?"}},
    {SQL_LINK_FIND, 12, {"7", "activation", "0", NULL, "claire@exemple.fr", "Mme", "Claire", "<fuzz>", NULL, NULL, "Nantes <fuzz>", NULL}},
    {SQL_TEXT_FIND, 1, {"Bonjour <fuzz>\n\n## Titre <fuzz>\n\n- https://exemple.fr/<fuzz>\n- /assistance\n"}},
    {SQL_DEVICES_OF, 4, {"00112233445566778899aabbccddeeff", "<fuzz>", "1700000000", "1700000000"}},
    {SQL_HISTORY_OF, 3, {"1700000000", "login accepted", "<fuzz>"}},
    {SQL_ASSISTANCE_MAILS, 1, {"0"}},
    {SQL_ASSISTANCE_OF, 5, {"K7M-2QX4", "1700000000", "lien", "answered", "Réponse <fuzz>"}},
    {SQL_CLAIM_DRAFT_FIND, 11, {"1", "AAAAAAAAAAAAAAAAAAAAAA", "1700000000", "3", "CSA-MEN", "<fuzz>", "", "absent", "<fuzz>", "<fuzz>.pdf", "1234"}},
    {SQL_CLAIM_MAILS, 1, {"0"}},
    {SQL_CLAIM_PUBLIC, 1, {"1700000000"}},
    {SQL_CLAIMS_OF, 5, {"K7M-2QX4", "received", "absent", "<fuzz>", "1700000000"}},
    {SQL_CLAIM_OF, 10, {"accepted", "nom", "<fuzz>", "<fuzz>", "<fuzz>", "1700000000", "1700000000", "1700000000", "<fuzz>.pdf", "9"}},
    {SQL_CLAIM_DOCUMENT_OF, 2, {"pdf", "%PDF-1.7 "}},
};

struct db *
db_new(TALLOC_CTX *ctx, const struct conf *c, const char *account, const struct db_statement *statements, size_t n)
{
	(void)c;
	(void)account;
	(void)statements;
	(void)n;
	return talloc_named_const(ctx, 1, "db");
}

void
db_share(struct db *d, struct breaker *b)
{
	must(d != NULL && b == NULL);
}

static bool
is_demo(const struct db_param *p)
{
	return p->bytes.len == 4 && memcmp(p->bytes.data, "demo", 4) == 0;
}

int
db_run(struct task *t, struct db *d, int which, struct db_rows **rows_r, const struct db_param *params, size_t n)
{
	struct db_rows *found = talloc_zero(t, struct db_rows);

	(void)d;
	(void)n;
	if (asking.db_away)
		return task_fail(t, ERR_RETRY, "away");
	found->affected = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if ((int)rows[i].which != which || (which == SQL_ELECTION_FIND && !is_demo(params)))
			continue;
		found->n = 1;
		found->columns = rows[i].columns;
		found->values = talloc_zero_array(found, struct db_value, COLUMNS_MAX);
		for (int c = 0; c < COLUMNS_MAX; c++)
			if (rows[i].value[c] != NULL)
				found->values[c] = (struct db_value){rows[i].value[c], strlen(rows[i].value[c])};
	}
	if (rows_r != NULL)
		*rows_r = found;
	return 0;
}

bool
db_is_duplicate(const struct db *d)
{
	return d == NULL;
}

const char *
db_text(const struct db_rows *r, size_t row, size_t column)
{
	return db_is_null(r, row, column) ? "" : r->values[row * r->columns + column].text;
}

int64_t
db_number(const struct db_rows *r, size_t row, size_t column)
{
	return strtoll(db_text(r, row, column), NULL, 10);
}

bool
db_is_null(const struct db_rows *r, size_t row, size_t column)
{
	must(row < r->n && column < r->columns);
	return r->values[row * r->columns + column].text == NULL;
}

int
db_begin(struct task *t, struct db *d)
{
	(void)d;
	return asking.db_away ? task_fail(t, ERR_RETRY, "away") : 0;
}

int
db_commit(struct task *t, struct db *d)
{
	return db_begin(t, d);
}

void
db_rollback(struct db *d)
{
	must(d != NULL);
}
