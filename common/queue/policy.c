#include "common/queue/policy.h"

#include <fnmatch.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/conf.h"

#define WINDOWS_MAX 5
#define COUNT_MAX 10000000
#define SPAN_MAX_MS (INT64_C(24) * 3600 * 1000)
#define NIGHT_FROM 22
#define NIGHT_UNTIL 6

const char *const policy_classes[POLICY_CLASSES] = {"@interactive", "@notice", "@campaign"};

const char *
policy_class(const char *pattern)
{
	for (size_t i = 0; i < POLICY_CLASSES; i++)
		if (strcmp(pattern, policy_classes[i]) == 0)
			return policy_classes[i];
	return NULL;
}

size_t
policy_find(const struct db_rows *rows, const char *lane)
{
	size_t best = POLICY_NONE, longest = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const char *pattern = db_text(rows, i, 0);

		if (strcmp(pattern, lane) == 0)
			return i;
		if (lane[0] == '@' || fnmatch(pattern, lane, 0) != 0 || strlen(pattern) < longest)
			continue;
		best = i;
		longest = strlen(pattern);
	}
	return best;
}

/* "500/1m": mail people write m for minutes, the settings min. */
static bool
read_window(TALLOC_CTX *ctx, char *text, int64_t *n_r, int64_t *ms_r)
{
	char *slash = strchr(text, '/');
	size_t len;

	if (slash == NULL)
		return false;
	*slash++ = '\0';
	len = strlen(slash);
	if (len > 1 && slash[len - 1] == 'm')
		slash = talloc_asprintf(ctx, "%sin", slash);
	return text_number(text, 1, COUNT_MAX, n_r) && conf_time(slash, ms_r) && *ms_r >= 1000 && *ms_r <= SPAN_MAX_MS;
}

char *
policy_windows(TALLOC_CTX *ctx, const char *text)
{
	char *rest = talloc_strdup(ctx, text), *out = talloc_strdup(ctx, ""), *one;
	int64_t n, ms;
	int count = 0;

	if (text[0] == '\0')
		return out;
	while ((one = strsep(&rest, ",")) != NULL) {
		if (++count > WINDOWS_MAX || !read_window(ctx, one, &n, &ms))
			return NULL;
		out = talloc_asprintf_append(out, "%s%lld/%lld", count > 1 ? "," : "", (long long)n, (long long)ms);
	}
	return out;
}

/* Is that window, as text, one of so many milliseconds? */
static bool
is_of_span(const char *window, int64_t ms)
{
	TALLOC_CTX *own = talloc_new(NULL);
	int64_t n, its_ms;
	bool same = read_window(own, talloc_strdup(own, window), &n, &its_ms) && its_ms == ms;

	talloc_free(own);
	return same;
}

char *
policy_rate(TALLOC_CTX *ctx, const char *windows, const char *rate)
{
	const char *slash = strchr(rate, '/');
	char *out, *rest = talloc_strdup(ctx, windows), *one;
	int64_t n, ms;

	if (slash == NULL || strlen(slash) != 2 || strchr("smh", slash[1]) == NULL)
		return NULL;
	out = talloc_asprintf(ctx, "%.*s/1%s", (int)(slash - rate), rate, slash + 1);
	if (!read_window(ctx, talloc_strdup(ctx, out), &n, &ms))
		return NULL;
	while ((one = strsep(&rest, ",")) != NULL)
		if (one[0] != '\0' && !is_of_span(one, ms))
			out = talloc_asprintf_append(out, ",%s", one);
	return policy_windows(ctx, out) != NULL ? out : NULL;
}

const char *
policy_relay_lane(TALLOC_CTX *ctx, const char *relay)
{
	return relay[0] == '\0' ? POLICY_RELAY : talloc_asprintf(ctx, POLICY_RELAY ":%s", relay);
}

int
policy_slot(const char *zone, int64_t now_s)
{
	struct clock_local l;

	if (!clock_local(now_s, zone, &l))
		return 0;
	if (l.hour >= NIGHT_FROM || l.hour < NIGHT_UNTIL)
		return 1;
	return l.weekday == 0 || l.weekday == 6 ? 2 : 0;
}
