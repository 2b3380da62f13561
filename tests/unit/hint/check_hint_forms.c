/* SPDX-License-Identifier: ISC */

/*
 * Responses in dialects that nobody has listed: what is understood by the form
 * of names, what is not, and lists of what may be said once.
 */

#include "check_hint.h"

#define FORM	"limit fields"

static const struct want unlisted[] = {
	{ "bigcommerce, refused", 429,
	    "X-Rate-Limit-Requests-Left: 0\r\n"
	    "X-Rate-Limit-Requests-Quota: 150\r\n"
	    "X-Rate-Limit-Time-Reset-Ms: 20000\r\n"
	    "X-Rate-Limit-Time-Window-Ms: 30000\r\n",
	    THROTTLED, 20, "x-rate-limit",
	    { { "x-rate-limit", NULL, 150, 0, 20, 30, 0 } } },
	{ "bigcommerce, the last one", 200,
	    "X-Rate-Limit-Requests-Left: 0\r\n"
	    "X-Rate-Limit-Requests-Quota: 150\r\n"
	    "X-Rate-Limit-Time-Reset-Ms: 20000\r\n"
	    "X-Rate-Limit-Time-Window-Ms: 30000\r\n",
	    0, 20, "x-rate-limit",
	    { { "x-rate-limit", NULL, 150, 0, 20, 30, 0 } } },
	{ "esi's errors, refused", 420,
	    "X-ESI-Error-Limit-Remain: 0\r\nX-ESI-Error-Limit-Reset: 36\r\n",
	    THROTTLED, 36, FORM, { { FORM, NULL, NO, 0, 36, NO, 0 } } },
	{ "esi's errors, one more of them", 404,
	    "X-ESI-Error-Limit-Remain: 0\r\nX-ESI-Error-Limit-Reset: 36\r\n",
	    0, 36, FORM, { { FORM, NULL, NO, 0, 36, NO, 0 } } },
	{ "esi's windows", 200,
	    "X-Ratelimit-Group: fitting\r\nX-Ratelimit-Limit: 150/15m\r\n"
	    "X-Ratelimit-Remaining: 148\r\nX-Ratelimit-Used: 2\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", "fitting", 150, 148, NO, 900, PARTIAL } } },
	{ "trello, the token's is empty", 429,
	    "x-rate-limit-api-token-interval-ms: 10000\r\n"
	    "x-rate-limit-api-token-max: 100\r\n"
	    "x-rate-limit-api-token-remaining: 0\r\n"
	    "x-rate-limit-api-key-interval-ms: 10000\r\n"
	    "x-rate-limit-api-key-max: 300\r\n"
	    "x-rate-limit-api-key-remaining: 199\r\n",
	    THROTTLED, 10, "x-rate-limit",
	    { { "x-rate-limit", NULL, 100, 0, NO, 10, 0 },
	    { "x-rate-limit", NULL, 300, 199, NO, 10, 0 } } },
	{ "contentful", 429,
	    "X-Contentful-RateLimit-Hour-Limit: 36000\r\n"
	    "X-Contentful-RateLimit-Hour-Remaining: 35883\r\n"
	    "X-Contentful-RateLimit-Second-Limit: 10\r\n"
	    "X-Contentful-RateLimit-Second-Remaining: 0\r\n"
	    "X-Contentful-RateLimit-Reset: 1\r\n",
	    THROTTLED, 1, FORM,
	    { { FORM, NULL, 36000, 35883, 1, 3600, 0 },
	    { FORM, NULL, 10, 0, 1, 1, 0 } } },
	{ "camel case, without separators", 200,
	    "XRateLimitLimit: 10\r\nxRateLimitRemaining: 0\r\n"
	    "XRATELIMITRESET: 12\r\n",
	    0, 12, FORM, { { FORM, NULL, 10, 0, 12, NO, 0 } } },
	{ "underscores", 200,
	    "RateLimit_Limit: 10\r\nRateLimit_Remaining: 0\r\n"
	    "RateLimit_Reset: 12\r\n",
	    0, 12, "ratelimit", { { "ratelimit", NULL, 10, 0, 12, NO, 0 } } },
	{ "a quota, all three", 200,
	    "X-Quota-Limit: 10\r\nX-Quota-Remaining: 0\r\n"
	    "X-Quota-Reset: 12\r\n",
	    0, 12, FORM, { { FORM, NULL, 10, 0, 12, NO, 0 } } },
	{ "a quota, used up so far", 429,
	    "X-Quota-Max: 10\r\nX-Quota-Used: 10\r\nX-Quota-Reset: 12\r\n",
	    THROTTLED, 12, FORM, { { FORM, NULL, 10, 0, 12, NO, 0 } } },
	{ "a quota, contradicting itself", 200,
	    "X-Quota-Limit: 10\r\nX-Quota-Remaining: 11\r\n"
	    "X-Quota-Reset: 12\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "a quota of storage", 200,
	    "X-Quota-Remaining: 0\r\nX-Quota-Used: 100\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "limits of windows that a unit names", 429,
	    "X-DayLimit-Remaining: 4992\r\nX-MinLimit-Remaining: 0\r\n"
	    "X-AppMinLimit-Remaining: 9999\r\n",
	    THROTTLED, 60, FORM,
	    { { FORM, NULL, NO, 4992, NO, 86400, 0 },
	    { FORM, NULL, NO, 0, NO, 60, 0 },
	    { FORM, NULL, NO, 9999, NO, 60, 0 } } },
	{ "grpc's pushback", 503,
	    "grpc-retry-pushback-ms: 2500\r\n", THROTTLED | RETRY, 2.5,
	    "retry-after", { { 0 } } },
	{ "two limits side by side, the first is used up", 200,
	    "X-RateLimit-Limit: 1, 15000\r\nX-RateLimit-Remaining: 0, 14000\r\n"
	    "X-RateLimit-Reset: 1, 1419704\r\n"
	    "X-RateLimit-Policy: 1;w=1, 15000;w=2592000\r\n",
	    0, 1, "x-ratelimit",
	    { { "x-ratelimit", NULL, 1, 0, 1, 1, 0 },
	    { "x-ratelimit", NULL, 15000, 14000, 1419704, 2592000, 0 } } },
	{ "two limits side by side, the second is", 429,
	    "X-RateLimit-Limit: 10, 1000\r\nX-RateLimit-Remaining: 5, 0\r\n"
	    "X-RateLimit-Reset: 30, 3000\r\n",
	    THROTTLED, 3000, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 5, 30, NO, 0 },
	    { "x-ratelimit", NULL, 1000, 0, 3000, NO, 0 } } },
	{ "two limits on two lines each", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Limit: 1000\r\n"
	    "X-RateLimit-Remaining: 0\r\nX-RateLimit-Remaining: 990\r\n"
	    "X-RateLimit-Reset: 30\r\nX-RateLimit-Reset: 3000\r\n",
	    0, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, 30, NO, 0 },
	    { "x-ratelimit", NULL, 1000, 990, 3000, NO, 0 } } },
	{ "one limit, told by two limiters", 200,
	    "X-RateLimit-Limit: 60, 60\r\nX-RateLimit-Remaining: 59, 0\r\n"
	    "X-RateLimit-Reset: 12, 30\r\n",
	    0, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 60, 0, 30, NO, 0 } } },
	{ "lists of different lengths", 200,
	    "X-RateLimit-Limit: 10, 1000\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 30\r\n",
	    0, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, 30, NO, 0 } } },
	{ "more limits side by side than are told apart", 200,
	    "X-RateLimit-Limit: 1, 2, 3, 4, 5\r\n"
	    "X-RateLimit-Remaining: 0, 1, 2, 3, 4\r\n"
	    "X-RateLimit-Reset: 1, 2, 3, 4, 5\r\n",
	    0, 5, "x-ratelimit",
	    { { "x-ratelimit", NULL, 1, 0, 5, NO, 0 } } },
	{ "a delay in milliseconds, a reset in seconds", 429,
	    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 58\r\nRetry-After: 60000\r\n",
	    THROTTLED | RETRY, 60, "retry-after",
	    { { "x-ratelimit", NULL, 5, 0, 58, NO, 0 } } },
	{ "a delay in milliseconds, a reset with a fraction", 429,
	    "X-RateLimit-Reset-After: 1.555\r\nRetry-After: 1555\r\n",
	    THROTTLED | RETRY, 1.555, "retry-after",
	    { { "x-ratelimit", NULL, NO, NO, 1.555, NO, 0 } } },
	{ "an hour beside a short window", 429,
	    "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 4\r\n"
	    "Retry-After: 3600\r\n",
	    THROTTLED | RETRY, 3600, "retry-after",
	    { { "x-ratelimit", NULL, NO, 0, 4, NO, 0 } } },
	{ "half a day beside a minute", 429,
	    "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 60\r\n"
	    "Retry-After: 43200\r\n",
	    THROTTLED | RETRY, 43200, "retry-after",
	    { { "x-ratelimit", NULL, NO, 0, 60, NO, 0 } } },
	{ "hours beside a minute of which some is left", 429,
	    "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 39\r\n"
	    "X-RateLimit-Reset: 21\r\nRetry-After: 21600\r\n",
	    THROTTLED | RETRY, 21600, "retry-after",
	    { { "x-ratelimit", NULL, 60, 39, 21, NO, 0 } } },
	{ "hours beside a minute that says no more", 429,
	    "X-RateLimit-Limit: 60\r\nX-RateLimit-Reset: 21\r\n"
	    "Retry-After: 21600\r\n",
	    THROTTLED | RETRY, 21600, "retry-after",
	    { { "x-ratelimit", NULL, 60, NO, 21, NO, 0 } } },
	{ "hours of a day that is used up, not of the minute", 429,
	    "Retry-After: 12000\r\n"
	    "RateLimit-Policy: \"minute\";q=60;w=60, \"day\";q=1000;w=86400\r\n"
	    "RateLimit: \"minute\";r=39;t=12, \"day\";r=0;t=12000\r\n",
	    THROTTLED | RETRY, 12000, "retry-after",
	    { { "ratelimit", "minute", 60, 39, 12, 60, 0 },
	    { "ratelimit", "day", 1000, 0, 12000, 86400, 0 } } },
	{ "hours of a day, where the minute is used up as well", 429,
	    "Retry-After: 12000\r\n"
	    "RateLimit: \"minute\";r=0;t=12, \"day\";r=0;t=12000\r\n",
	    THROTTLED | RETRY, 12000, "retry-after",
	    { { "ratelimit", "minute", NO, 0, 12, NO, 0 },
	    { "ratelimit", "day", NO, 0, 12000, NO, 0 } } },
	{ "hours of a day that says no reset, the minute is used up", 429,
	    "X-RateLimit-Limit-Minute: 60\r\n"
	    "X-RateLimit-Remaining-Minute: 0\r\n"
	    "X-RateLimit-Reset-Minute: 21\r\n"
	    "X-RateLimit-Limit-Day: 500\r\n"
	    "X-RateLimit-Remaining-Day: 0\r\nRetry-After: 21600\r\n",
	    THROTTLED | RETRY, 21600, "retry-after",
	    { { "x-ratelimit", NULL, 60, 0, 21, 60, 0 },
	    { "x-ratelimit", NULL, 500, 0, NO, 86400, 0 } } },
	{ "milliseconds of a minute, the day is not used up", 429,
	    "RateLimit: \"minute\";r=0;t=21, \"day\";r=10;t=21600\r\n"
	    "Retry-After: 20500\r\n",
	    THROTTLED | RETRY, 20.5, "retry-after",
	    { { "ratelimit", "minute", NO, 0, 21, NO, 0 },
	    { "ratelimit", "day", NO, 10, 21600, NO, 0 } } },
	{ "a status that nobody has registered", 999,
	    "Retry-After: 30\r\n", THROTTLED | RETRY, 30, "retry-after",
	    { { 0 } } },
	{ "one that is, for something else", 423,
	    "Retry-After: 30\r\n", RETRY, 0, NULL, { { 0 } } },
	{ "a gateway's name of an error", 403,
	    "X-Mashery-Error-Code: ERR_403_DEVELOPER_OVER_QPS\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "another of its errors", 403,
	    "X-Mashery-Error-Code: ERR_403_NOT_AUTHORIZED\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "throttle", 503,
	    "X-Throttle-Remaining: 0\r\nX-Throttle-Reset: 12\r\n",
	    THROTTLED, 12, FORM, { { FORM, NULL, NO, 0, 12, NO, 0 } } },
	{ "with none of the words but both of a pair", 200,
	    "X-Foo-Limit: 10\r\nX-Foo-Remaining: 0\r\nX-Foo-Reset: 12\r\n",
	    0, 12, FORM, { { FORM, NULL, 10, 0, 12, NO, 0 } } },
	{ "a bare limit, with a prefix", 200,
	    "X-RateLimit: limit=100, remaining=0, reset=30\r\n",
	    0, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 100, 0, 30, NO, 0 } } },
	{ "used of a limit in one", 429, "X-Acme-Api-Limit: 40/40\r\n"
	    "X-Acme-Api-Reset: 3\r\n",
	    THROTTLED, 3, FORM, { { FORM, NULL, 40, 0, 3, NO, 0 } } },
	{ "tokens by the rule", 429,
	    "X-Acme-RateLimit-Tokens-Limit: 1000\r\n"
	    "X-Acme-RateLimit-Tokens-Remaining: 10\r\n"
	    "X-Acme-RateLimit-Tokens-Reset: 9\r\n",
	    THROTTLED, 9, FORM, { { FORM, NULL, 1000, 10, 9, NO, TOKENS } } },
};

START_TEST(unlisted_says)
{
	check_row(&unlisted[_i]);
}
END_TEST

/* What is not about a limit on requests pauses nobody. */
static const char *const others[] = {
	"Content-Length-Limit: 0\r\n",
	"Content-Security-Policy: default-src 'self'\r\n",
	"X-Reset-Password: 3600\r\n",
	"X-Password-Reset-Token: 1735689700\r\n",
	"Upload-Limit: max-size=0\r\n",
	"Upload-Limit: 0\r\nUpload-Reset: 60\r\n",
	"Upload-Remaining: 0\r\nUpload-Reset: 60\r\n",
	"X-Amz-Request-Id: 0\r\nX-Amz-Max-Attempts: 0\r\n",
	"Access-Control-Max-Age: 0\r\n",
	"X-Frame-Options: DENY\r\n",
	"Set-Cookie: ratelimit-remaining=0; Max-Age=0; reset=60\r\n",
	"X-Lives-Left: 0\r\nX-Game-Reset: 60\r\n",
	"X-Speed-Limit: 0\r\nX-Speed-Max: 0\r\n",
	"Max-Forwards: 0\r\n",
	"X-Session-Reset: 60\r\nX-Session-Max: 5\r\n",
	"X-Unlimited: 0\r\nX-Limitless-Reset: 60\r\n",
	"X-Login-Attempts-Left: 0\r\n",
};

START_TEST(other_says)
{
	static const int statuses[] = { 200, 302, 403, 404, 429, 503 };
	struct want want = { others[_i], 0, others[_i], 0, 0, NULL,
	    { { 0 } } };
	unsigned i;

	for (i = 0; i < 6; i++) {
		want.status = statuses[i];
		want.bits = statuses[i] == 429 ? THROTTLED : 0;
		check_row(&want);
	}
}
END_TEST

#define ONE(remaining, reset) \
	{ { "x-ratelimit", NULL, 10, remaining, reset, NO, 0 } }

static const struct want lists[] = {
	{ "in quotes", 200,
	    "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: \"20\"\r\n",
	    0, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, 0, 20, NO, 0 } } },
	{ "nothing in quotes, and nothing but a parameter", 429,
	    "X-RateLimit-Reset: \" \", ;x, 20\r\n",
	    THROTTLED, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, NO, 20, NO, 0 } } },
	{ "with a parameter", 429, "Retry-After: 20;comment=later\r\n",
	    THROTTLED | RETRY, 20, "retry-after", { { 0 } } },
	{ "dates without a form, of two lines", 429,
	    "Retry-After: Wed, 01 Jan 2025 00:00:20 UTC, "
	    "Wed, 1 Jan 2025 00:00:40 +0000\r\n",
	    THROTTLED | RETRY, 40, "retry-after", { { 0 } } },
	{ "all three, joined", 200,
	    "X-RateLimit-Limit: 10, 1000\r\n"
	    "X-RateLimit-Remaining: 9,0\r\n"
	    "X-RateLimit-Reset: 12, 30\r\n",
	    0, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 9, 12, NO, 0 },
	    { "x-ratelimit", NULL, 1000, 0, 30, NO, 0 } } },
	{ "resets as dates", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0, 0\r\n"
	    "X-RateLimit-Reset: Wed, 01 Jan 2025 00:00:12 GMT, "
	    "Wed, 01 Jan 2025 00:00:30 GMT\r\n",
	    0, 30, "x-ratelimit", ONE(0, 30) },
	{ "resets in several forms", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0, soon\r\n"
	    "X-RateLimit-Reset: 1735689612, 2025-01-01T00:00:30Z,5s,soon\r\n",
	    0, 30, "x-ratelimit", ONE(0, 30) },
	{ "what remains, with windows", 200,
	    "X-RateLimit-Limit: 10\r\n"
	    "X-RateLimit-Remaining: 7;w=1, 0;w=60\r\n"
	    "X-RateLimit-Reset: 30\r\n",
	    0, 30, "x-ratelimit", ONE(0, 30) },
	{ "a window, twice", 429,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Interval-Ms: 10000, 10000\r\n",
	    THROTTLED, 10, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, NO, 10, 0 } } },
	{ "timestamps of anthropic, joined", 429,
	    "anthropic-ratelimit-input-tokens-limit: 100, 100\r\n"
	    "anthropic-ratelimit-input-tokens-remaining: 0, 0\r\n"
	    "anthropic-ratelimit-input-tokens-reset: 2025-01-01T00:00:10Z, "
	    "2025-01-01T00:00:30Z\r\n",
	    THROTTLED, 30, "anthropic",
	    { { "anthropic", NULL, 100, 0, 30, NO, REFILLS | TOKENS } } },
	{ "durations of openai, joined", 429,
	    "x-ratelimit-remaining-tokens: 0,0\r\n"
	    "x-ratelimit-reset-tokens: 1m26.4s,12ms\r\n",
	    THROTTLED, 86.4, "openai",
	    { { "openai", NULL, NO, 0, 86.4, NO, REFILLS | TOKENS } } },
	{ "ratios, joined", 200,
	    "X-Shopify-Shop-Api-Call-Limit: 32/40, 40/40\r\n",
	    0, 0, "shopify",
	    { { "shopify", NULL, 40, 0, NO, NO, REFILLS } } },
	{ "milliseconds, joined", 429,
	    "Retry-After: 1, 1\r\nRetry-After-Ms: 200, 358\r\n",
	    THROTTLED | RETRY, 0.358, "retry-after", { { 0 } } },
	{ "revision 07 twice in one", 200,
	    "RateLimit: limit=10, remaining=9, reset=5, limit=10, "
	    "remaining=0, reset=30\r\n",
	    0, 30, "ratelimit",
	    { { "ratelimit", NULL, 10, 0, 30, NO, 0 } } },
	{ "words, joined", 429,
	    "Retry-After: 5\r\nX-RateLimit-Bucket: abc, abc\r\n"
	    "X-RateLimit-Scope: user, global\r\n",
	    THROTTLED | RETRY, 5, "retry-after", { { 0 } } },
	{ "an age, joined", 200,
	    "Age: 0, 7\r\nRateLimit: \"default\";r=0;t=12\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "instants in the ietf's fields", 200,
	    "RateLimit: \"a\";r=0;t=1735689630, \"b\";r=0;t=1735689612250\r\n",
	    0, 30, "ratelimit",
	    { { "ratelimit", "a", NO, 0, 30, NO, 0 },
	    { "ratelimit", "b", NO, 0, 12.25, NO, 0 } } },
	{ "an instant in a dictionary", 200,
	    "RateLimit: limit=10, remaining=0, reset=1735689630\r\n",
	    0, 30, "ratelimit",
	    { { "ratelimit", NULL, 10, 0, 30, NO, 0 } } },
};

START_TEST(list_says)
{
	check_row(&lists[_i]);
}
END_TEST

static const struct want refusals[] = {
	{ "a reset alone", 429,
	    "X-RateLimit-Limit: 90\r\nX-RateLimit-Reset: 1735689630\r\n",
	    THROTTLED, 30, "x-ratelimit",
	    { { "x-ratelimit", NULL, 90, NO, 30, NO, 0 } } },
	{ "a reset alone is nothing to a success", 200,
	    "X-RateLimit-Limit: 90\r\nX-RateLimit-Reset: 1735689630\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 90, NO, 30, NO, 0 } } },
	{ "a bare reset", 429, "X-Reset-After: 7\r\n",
	    THROTTLED, 7, FORM, { { FORM, NULL, NO, NO, 7, NO, 0 } } },
	{ "a bare reset of a success", 200, "X-Reset-After: 7\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "short is not empty", 429,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-remaining-requests: 59\r\n"
	    "x-ratelimit-reset-requests: 1s\r\n"
	    "x-ratelimit-limit-tokens: 10000\r\n"
	    "x-ratelimit-remaining-tokens: 300\r\n"
	    "x-ratelimit-reset-tokens: 58.2s\r\n",
	    THROTTLED, 58.2, "openai",
	    { { "openai", NULL, 60, 59, 1, NO, REFILLS },
	    { "openai", NULL, 10000, 300, 58.2, NO, REFILLS | TOKENS } } },
	{ "of two the shorter, not the longer to wait for", 429,
	    "RateLimit: \"day\";q=5000;r=4000;t=36000, "
	    "\"burst\";q=10;r=1;t=5\r\n",
	    THROTTLED, 5, "ratelimit",
	    { { "ratelimit", "day", 5000, 4000, 36000, NO, 0 },
	    { "ratelimit", "burst", 10, 1, 5, NO, 0 } } },
	{ "an empty one before a short one", 429,
	    "RateLimit: \"day\";q=5000;r=1;t=36000, "
	    "\"burst\";q=10;r=0;t=5\r\n",
	    THROTTLED, 5, "ratelimit",
	    { { "ratelimit", "day", 5000, 1, 36000, NO, 0 },
	    { "ratelimit", "burst", 10, 0, 5, NO, 0 } } },
	{ "azure, held up by its service", 200,
	    "Retry-After: 30\r\nX-RateLimit-Delay: 5.1\r\n"
	    "X-RateLimit-Resource: Global/TSTUs\r\n"
	    "X-RateLimit-Limit: 200\r\nX-RateLimit-Remaining: 50\r\n"
	    "X-RateLimit-Reset: 1735689610\r\n",
	    RETRY | PARTIAL, 30, "retry-after",
	    { { "x-ratelimit", "Global/TSTUs", 200, 50, 10, NO, PARTIAL } } },
	{ "azure, not held up", 200,
	    "Retry-After: 30\r\nX-RateLimit-Delay: 0\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "a redirect is none, whatever it says", 302,
	    "Retry-After: 30\r\nX-RateLimit-Delay: 5.1\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "github's graphql, a secondary limit", 200,
	    "X-GitHub-Request-Id: 1:2\r\nRetry-After: 60\r\n"
	    "X-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 4000\r\n"
	    "X-RateLimit-Resource: graphql\r\n"
	    "X-RateLimit-Reset: 1735690200\r\n",
	    RETRY, 60, "retry-after",
	    { { "github", "graphql", 5000, 4000, 600, NO, PARTIAL } } },
	{ "github, a job", 202,
	    "X-GitHub-Request-Id: 1:2\r\nRetry-After: 60\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "used up, and a longer delay", 200,
	    "Retry-After: 30\r\nRateLimit: a;r=0;t=3\r\n",
	    RETRY | PARTIAL, 30, "retry-after",
	    { { "ratelimit", "a", NO, 0, 3, NO, PARTIAL } } },
	{ "salesforce, no rights", 403,
	    "Sforce-Limit-Info: api-usage=15100/15000\r\n",
	    0, 0, "salesforce",
	    { { "salesforce", NULL, 15000, 0, NO, 86400, 0 } } },
	{ "salesforce, down", 503,
	    "Sforce-Limit-Info: api-usage=15100/15000\r\n",
	    0, 0, "salesforce",
	    { { "salesforce", NULL, 15000, 0, NO, 86400, 0 } } },
	{ "aws", 400, "X-Amzn-ErrorType: ThrottlingException\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "aws, with an address behind", 400,
	    "x-amzn-errortype: TooManyRequestsException:"
	    "http://internal.amazon.com/coral/com.amazon.coral.availability/"
	    "\r\n", THROTTLED, 0, NULL, { { 0 } } },
	{ "aws, with a namespace before", 400,
	    "X-Amzn-ErrorType: com.amazonaws.dynamodb.v20120810#"
	    "ProvisionedThroughputExceededException\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "aws, ec2", 503, "x-amzn-error-type: RequestLimitExceeded\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "aws, of a query", 400,
	    "x-amzn-query-error: RequestThrottled;Sender\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "aws, something else", 400,
	    "X-Amzn-ErrorType: AccessDeniedException\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "aws, a limit on what there may be", 400,
	    "X-Amzn-ErrorType: LimitExceededException\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "mediawiki is busy", 200,
	    "MediaWiki-API-Error: maxlag\r\nRetry-After: 5\r\n",
	    RETRY, 5, "retry-after", { { 0 } } },
	{ "mediawiki, another error", 200,
	    "MediaWiki-API-Error: badtoken\r\nRetry-After: 5\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "zotero, with a success", 200, "Backoff: 30\r\n",
	    RETRY, 30, "retry-after", { { 0 } } },
	{ "a queue that is long", 200, "X-Wait-Time: 30\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "created, and no more of them", 201,
	    "Retry-After: 20\r\nX-RateLimit-Remaining: 0\r\n",
	    RETRY, 20, "retry-after",
	    { { "x-ratelimit", NULL, NO, 0, NO, NO, 0 } } },
	{ "accepted, to be polled", 202,
	    "Retry-After: 20\r\nX-RateLimit-Remaining: 0\r\n",
	    RETRY, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, 0, NO, NO, 0 } } },
	{ "529 for so long", 529, "Retry-After: 20\r\n",
	    THROTTLED | RETRY, 20, "retry-after", { { 0 } } },
	{ "529 without a word", 529, "X-Foo: 20\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "500 is no limit", 500, "Retry-After: 20\r\n",
	    RETRY, 0, NULL, { { 0 } } },
	{ "azure's storage is busy", 503, "x-ms-error-code: ServerBusy\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "credit", 200,
	    "X-Credit-Limit: 1000\r\nX-Credit-Remaining: 0\r\n"
	    "X-Credit-Reset: 2592000\r\n", 0, 0, NULL, { { 0 } } },
	{ "a quota of text messages", 200,
	    "X-Sms-Quota-Limit: 100\r\nX-Sms-Quota-Remaining: 0\r\n"
	    "X-Sms-Quota-Reset: 3600\r\n", 0, 0, NULL, { { 0 } } },
	{ "room for uploads", 200,
	    "X-Upload-Bytes-Limit: 100\r\nX-Upload-Bytes-Remaining: 0\r\n"
	    "X-Upload-Bytes-Reset: 100\r\n", 0, 0, NULL, { { 0 } } },
	{ "a limit of storage, twice", 200,
	    "X-Storage-Limit-Remaining: 0\r\nX-Storage-Limit-Reset: 100\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "a rate limit of uploads", 200,
	    "X-Upload-RateLimit-Remaining: 0\r\n"
	    "X-Upload-RateLimit-Reset: 100\r\n",
	    0, 100, FORM, { { FORM, NULL, NO, 0, 100, NO, 0 } } },
	{ "a vendor's name", 200,
	    "X-Acme-Limit: 10\r\nX-Acme-Remaining: 0\r\n"
	    "X-Acme-Reset: 20\r\n",
	    0, 20, FORM, { { FORM, NULL, 10, 0, 20, NO, 0 } } },
	{ "more than all, served", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: -2\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, NO, 20, NO, 0 } } },
	{ "more than all, by what is used, and served", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Used: 11\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, NO, 20, NO, 0 } } },
	{ "all, by what is used", 200,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Used: 10\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, 20, NO, 0 } } },
	{ "more than all, and refused", 429,
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: -2\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    THROTTLED, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, NO, 20, NO, 0 } } },
	{ "without a limit", 200,
	    "X-RateLimit-Limit: -1\r\nX-RateLimit-Remaining: -1\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, NO, 20, NO, 0 } } },
	{ "which of two refuses, in a word", 429,
	    "X-Acme-RateLimit-5h-Status: rejected\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n"
	    "X-Acme-RateLimit-7d-Status: allowed_warning\r\n"
	    "X-Acme-RateLimit-7d-Reset: 90000\r\n",
	    THROTTLED, 20, FORM,
	    { { FORM, NULL, NO, 0, 20, 18000, 0 },
	    { FORM, NULL, NO, NO, 90000, 604800, 0 } } },
	{ "which of two does not, in a word", 429,
	    "X-Acme-RateLimit-5h-Reset: 20\r\n"
	    "X-Acme-RateLimit-7d-Status: allowed\r\n"
	    "X-Acme-RateLimit-7d-Reset: 90000\r\n",
	    THROTTLED, 20, FORM,
	    { { FORM, NULL, NO, NO, 20, 18000, 0 },
	    { FORM, NULL, NO, NO, 90000, 604800, 0 } } },
	{ "one refuses, and another one serves", 200,
	    "X-Acme-RateLimit-5h-Status: rejected\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    0, 0, FORM, { { FORM, NULL, NO, NO, 20, 18000, 0 } } },
	{ "one refuses, another one serves, the request is wrong", 400,
	    "X-Acme-RateLimit-5h-Status: rejected\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    0, 0, FORM, { { FORM, NULL, NO, NO, 20, 18000, 0 } } },
	{ "one refuses, another one serves, the request is wrong", 403,
	    "X-Acme-RateLimit-5h-Status: rejected\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    0, 0, FORM, { { FORM, NULL, NO, NO, 20, 18000, 0 } } },
	{ "one refuses, by 529", 529,
	    "Retry-After: 9\r\nX-Acme-RateLimit-5h-Status: rejected\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    THROTTLED | RETRY, 9, "retry-after",
	    { { FORM, NULL, NO, 0, 20, 18000, 0 } } },
	{ "disallowed is not allowed", 429,
	    "X-Acme-RateLimit-5h-Status: disallowed\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    THROTTLED, 20, FORM,
	    { { FORM, NULL, NO, NO, 20, 18000, 0 } } },
	{ "nor is not allowed", 429,
	    "X-Acme-RateLimit-5h-Status: not allowed\r\n"
	    "X-Acme-RateLimit-5h-Reset: 20\r\n",
	    THROTTLED, 20, FORM,
	    { { FORM, NULL, NO, NO, 20, 18000, 0 } } },
	{ "a word that says nothing of it", 429,
	    "X-RateLimit-Status: fine\r\n", THROTTLED, 0, NULL, { { 0 } } },
	{ "when a quota resets on", 503,
	    "X-Acme-Quota-Max: 200\r\nX-Acme-Quota-Remaining: 0\r\n"
	    "X-Acme-Quota-ResetsOn: 2025-01-01T00:00:20.000Z\r\n",
	    THROTTLED, 20, FORM, { { FORM, NULL, 200, 0, 20, NO, 0 } } },
	{ "a limit of nothing, served", 200,
	    "X-RateLimit-Limit: 0\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "thousands are no list", 200,
	    "X-RateLimit-Limit: 5,000\r\nX-RateLimit-Remaining: 4,000\r\n"
	    "X-RateLimit-Reset: 20\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 5000, 4000, 20, NO, 0 } } },
	{ "a list is no thousands", 200,
	    "X-RateLimit-Remaining: 59,0\r\nX-RateLimit-Reset: 20\r\n",
	    0, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, 0, 20, NO, 0 } } },
	{ "both in quotes", 200,
	    "X-RateLimit-Remaining: \"0\"\r\nX-RateLimit-Reset: \"20\"\r\n",
	    0, 20, "x-ratelimit",
	    { { "x-ratelimit", NULL, NO, 0, 20, NO, 0 } } },
	{ "the name of an error in a success", 200,
	    "X-Amzn-ErrorType: ThrottlingException\r\n",
	    0, 0, NULL, { { 0 } } },
	{ "bucket4j", 429, "X-Rate-Limit-Retry-After-Seconds: 30\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
	{ "caddy", 429, "X-RateLimit-RetryAfter: 30\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
	{ "minutes", 429, "X-Retry-After-Minutes: 2\r\n",
	    THROTTLED | RETRY, 120, "retry-after", { { 0 } } },
	{ "a resource of somebody else", 429,
	    "X-RateLimit-Resource: AzureDevOps/TSTUs\r\n",
	    THROTTLED | PARTIAL, 0, NULL, { { 0 } } },
	{ "microsoft graph", 429,
	    "Retry-After: 9\r\nx-ms-throttle-scope: Tenant_Application/Read/"
	    "9a3d526c\r\n",
	    THROTTLED | RETRY | PARTIAL, 9, "retry-after", { { 0 } } },
	{ "gitlab's names", 429,
	    "RateLimit-Name: throttle_authenticated_api\r\n"
	    "RateLimit-Limit: 60\r\nRateLimit-Remaining: 0\r\n"
	    "RateLimit-Reset: 1735689630\r\nRetry-After: 30\r\n",
	    THROTTLED | RETRY | PARTIAL, 30, "retry-after",
	    { { "ratelimit", "throttle_authenticated_api", 60, 0, 30, NO,
	    PARTIAL } } },
};

START_TEST(refusal_says)
{
	check_row(&refusals[_i]);
}
END_TEST

/* What it would be if it were a refusal, which the caller may know. */
static const struct {
	const char	*lines;
	uint64_t	 refusal;	/* seconds */
} assumed[] = {
	{ "X-RateLimit-Reset: 30\r\n", 30 },
	{ "X-RateLimit-Remaining: 5\r\nX-RateLimit-Reset: 30\r\n", 30 },
	{ "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 30\r\n", 30 },
	{ "X-RateLimit-Remaining: 0\r\nX-RateLimit-Interval: 7\r\n", 7 },
	{ "X-RateLimit-Remaining: 5\r\nX-RateLimit-Interval: 7\r\n", 0 },
	{ "X-GitHub-Request-Id: 1\r\nX-RateLimit-Remaining: 5\r\n"
	    "X-RateLimit-Reset: 30\r\n", 0 },
	{ "X-GitHub-Request-Id: 1\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 30\r\n", 30 },
	{ "Retry-After: 5\r\n", 0 },
};

START_TEST(refusal_assumed)
{
	static const int statuses[] = { 200, 404, 500, 429 };
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	unsigned i;
	char *buf;

	ck_assert_ptr_nonnull(head);
	for (i = 0; i < 4; i++) {
		read_head(statuses[i], assumed[_i].lines, head, &buf, &h);
		ck_assert_msg(h.refusal == assumed[_i].refusal * 1000000000,
		    "%s: %llu", assumed[_i].lines,
		    (unsigned long long)h.refusal);
		free(buf);
	}
	free(head);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_forms");
	TCase *tc = tcase_create("forms");

	tcase_add_loop_test(tc, unlisted_says, 0, NROWS(unlisted));
	tcase_add_loop_test(tc, other_says, 0, NROWS(others));
	tcase_add_loop_test(tc, list_says, 0, NROWS(lists));
	tcase_add_loop_test(tc, refusal_says, 0, NROWS(refusals));
	tcase_add_loop_test(tc, refusal_assumed, 0, NROWS(assumed));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
