/* SPDX-License-Identifier: ISC */

/*
 * Responses as vendors document or send them.  Where their documents are is
 * said in hint_dialect.c.
 */

#include "check_hint.h"

#define GITHUB_TOP \
	"Server: github.com\r\n" \
	"Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n" \
	"X-GitHub-Media-Type: github.v3; format=json\r\n" \
	"X-GitHub-Request-Id: C0DE:1234:5678:9ABC:DEF\r\n"

static const struct want github[] = {
	{ "github, a success", 200, GITHUB_TOP
	    "x-ratelimit-limit: 5000\r\n"
	    "x-ratelimit-remaining: 4987\r\n"
	    "x-ratelimit-reset: 1735691350\r\n"
	    "x-ratelimit-used: 13\r\n"
	    "x-ratelimit-resource: core\r\n",
	    0, 0, "github",
	    { { "github", "core", 5000, 4987, 1750, NO, PARTIAL } } },
	{ "github, the primary limit", 403, GITHUB_TOP
	    "x-ratelimit-limit: 60\r\n"
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1735691350\r\n"
	    "x-ratelimit-used: 60\r\n"
	    "x-ratelimit-resource: core\r\n",
	    THROTTLED | PARTIAL, 1750, "github",
	    { { "github", "core", 60, 0, 1750, NO, PARTIAL } } },
	{ "github, the primary limit of search", 429, GITHUB_TOP
	    "x-ratelimit-limit: 30\r\n"
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1735689641\r\n"
	    "x-ratelimit-used: 30\r\n"
	    "x-ratelimit-resource: search\r\n",
	    THROTTLED | PARTIAL, 41, "github",
	    { { "github", "search", 30, 0, 41, NO, PARTIAL } } },
	{ "github, the last of search, not refused yet", 200, GITHUB_TOP
	    "x-ratelimit-limit: 30\r\n"
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1735689641\r\n"
	    "x-ratelimit-resource: search\r\n",
	    PARTIAL, 41, "github",
	    { { "github", "search", 30, 0, 41, NO, PARTIAL } } },
	{ "github, a secondary limit with Retry-After", 403, GITHUB_TOP
	    "Retry-After: 60\r\n"
	    "x-ratelimit-limit: 5000\r\n"
	    "x-ratelimit-remaining: 4920\r\n"
	    "x-ratelimit-reset: 1735691350\r\n"
	    "x-ratelimit-resource: core\r\n",
	    THROTTLED | RETRY, 60, "retry-after",
	    { { "github", "core", 5000, 4920, 1750, NO, PARTIAL } } },
	{ "github, a secondary limit that tells nothing", 429, GITHUB_TOP
	    "x-ratelimit-limit: 5000\r\n"
	    "x-ratelimit-remaining: 4920\r\n"
	    "x-ratelimit-reset: 1735691350\r\n"
	    "x-ratelimit-resource: core\r\n",
	    THROTTLED, 60, "github",
	    { { "github", "core", 5000, 4920, 1750, NO, PARTIAL } } },
	{ "github, 429 without any such field", 429, GITHUB_TOP,
	    THROTTLED, 60, "github", { { 0 } } },
	{ "github, no rights, or else a secondary limit", 403, GITHUB_TOP
	    "x-ratelimit-limit: 5000\r\n"
	    "x-ratelimit-remaining: 4920\r\n"
	    "x-ratelimit-reset: 1735691350\r\n"
	    "x-ratelimit-resource: core\r\n",
	    0, 0, "github",
	    { { "github", "core", 5000, 4920, 1750, NO, PARTIAL } } },
	{ "github, the reset is over by its own clock", 429, GITHUB_TOP
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1735689599\r\n",
	    THROTTLED, 60, "github",
	    { { "github", NULL, NO, 0, 0, NO, 0 } } },
	{ "github, by a clock that is years behind", 403,
	    "X-GitHub-Media-Type: github.v3; format=json\r\n"
	    "Date: Sun, 09 Sep 2001 01:46:01 GMT\r\n"
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1000000001\r\n"
	    "x-ratelimit-resource: core\r\n",
	    THROTTLED | PARTIAL, 40, "github",
	    { { "github", "core", NO, 0, 40, NO, PARTIAL } } },
	{ "github, by its name alone", 429, "Server: github.com\r\n",
	    THROTTLED, 60, "github", { { 0 } } },
	{ "a resource makes nobody github", 429,
	    "Server: github.com.example\r\n"
	    "x-ratelimit-resource: core\r\n",
	    THROTTLED | PARTIAL, 0, NULL, { { 0 } } },
};

START_TEST(github_says)
{
	check_row(&github[_i]);
}
END_TEST

#define DISCORD_BUCKET \
	"X-RateLimit-Bucket: abcd1234\r\n"

static const struct want discord[] = {
	{ "discord, a success", 200,
	    "X-RateLimit-Limit: 5\r\n"
	    "X-RateLimit-Remaining: 4\r\n"
	    "X-RateLimit-Reset: 1735689604.25\r\n"
	    "X-RateLimit-Reset-After: 1.125\r\n" DISCORD_BUCKET,
	    0, 0, "discord",
	    { { "discord", "abcd1234", 5, 4, 1.125, NO, PARTIAL } } },
	{ "discord, Reset-After first, and still it counts", 200,
	    "X-RateLimit-Reset-After: 1.125\r\n"
	    "X-RateLimit-Limit: 5\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 1735689604.25\r\n" DISCORD_BUCKET,
	    PARTIAL, 1.125, "discord",
	    { { "discord", "abcd1234", 5, 0, 1.125, NO, PARTIAL } } },
	{ "discord, Reset alone, with its fraction", 200,
	    "X-RateLimit-Limit: 5\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 1735689604.25\r\n" DISCORD_BUCKET,
	    PARTIAL, 4.25, "discord",
	    { { "discord", "abcd1234", 5, 0, 4.25, NO, PARTIAL } } },
	{ "discord, a route's limit", 429,
	    "Retry-After: 65\r\n"
	    "X-RateLimit-Limit: 10\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 1735689664.57\r\n"
	    "X-RateLimit-Reset-After: 64.57\r\n" DISCORD_BUCKET
	    "X-RateLimit-Scope: user\r\n",
	    THROTTLED | RETRY | PARTIAL, 65, "retry-after",
	    { { "discord", "abcd1234", 10, 0, 64.57, NO, PARTIAL } } },
	{ "discord, the limit of all routes", 429,
	    "Retry-After: 65\r\n"
	    "X-RateLimit-Global: true\r\n"
	    "X-RateLimit-Scope: global\r\n",
	    THROTTLED | RETRY, 65, "retry-after", { { 0 } } },
	{ "discord, of all routes, with a bucket", 429,
	    "X-RateLimit-Limit: 50\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset-After: 0.5\r\n" DISCORD_BUCKET
	    "X-RateLimit-Scope: global\r\n",
	    THROTTLED, 0.5, "discord",
	    { { "discord", "abcd1234", 50, 0, 0.5, NO, 0 } } },
	{ "discord, a resource that others use", 429,
	    "Retry-After: 1337\r\n"
	    "X-RateLimit-Limit: 10\r\n"
	    "X-RateLimit-Remaining: 9\r\n"
	    "X-RateLimit-Reset-After: 64.57\r\n" DISCORD_BUCKET
	    "X-RateLimit-Scope: shared\r\n",
	    THROTTLED | RETRY | PARTIAL, 1337, "retry-after",
	    { { "discord", "abcd1234", 10, 9, 64.57, NO, PARTIAL } } },
};

START_TEST(discord_says)
{
	check_row(&discord[_i]);
}
END_TEST

static const struct want models[] = {
	{ "openai, a success", 200,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-limit-tokens: 150000\r\n"
	    "x-ratelimit-remaining-requests: 59\r\n"
	    "x-ratelimit-remaining-tokens: 149984\r\n"
	    "x-ratelimit-reset-requests: 1s\r\n"
	    "x-ratelimit-reset-tokens: 6m0s\r\n",
	    0, 0, "openai",
	    { { "openai", NULL, 60, 59, 1, NO, REFILLS },
	    { "openai", NULL, 150000, 149984, 360, NO, REFILLS | TOKENS } } },
	{ "openai, milliseconds", 200,
	    "x-ratelimit-limit-requests: 5000\r\n"
	    "x-ratelimit-remaining-requests: 4999\r\n"
	    "x-ratelimit-reset-requests: 12ms\r\n"
	    "x-ratelimit-limit-tokens: 160000\r\n"
	    "x-ratelimit-limit-tokens_usage_based: 160000\r\n"
	    "x-ratelimit-remaining-tokens: 159976\r\n"
	    "x-ratelimit-reset-tokens: 9ms\r\n",
	    0, 0, "openai",
	    { { "openai", NULL, 5000, 4999, 0.012, NO, REFILLS },
	    { "openai", NULL, 160000, 159976, 0.009, NO,
	    REFILLS | TOKENS } } },
	{ "openai, no requests left: one is back in a second", 429,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 60s\r\n",
	    THROTTLED, 1, "openai",
	    { { "openai", NULL, 60, 0, 60, NO, REFILLS } } },
	{ "openai, no tokens left", 429,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-remaining-requests: 20\r\n"
	    "x-ratelimit-reset-requests: 40s\r\n"
	    "x-ratelimit-limit-tokens: 150000\r\n"
	    "x-ratelimit-remaining-tokens: 0\r\n"
	    "x-ratelimit-reset-tokens: 1m26.4s\r\n",
	    THROTTLED, 86.4, "openai",
	    { { "openai", NULL, 60, 20, 40, NO, REFILLS },
	    { "openai", NULL, 150000, 0, 86.4, NO, REFILLS | TOKENS } } },
	{ "openai, both forms of a delay", 429,
	    "retry-after: 1\r\n"
	    "retry-after-ms: 358\r\n"
	    "x-ratelimit-limit-tokens: 150000\r\n"
	    "x-ratelimit-remaining-tokens: 0\r\n"
	    "x-ratelimit-reset-tokens: 1h2m3.5s\r\n",
	    THROTTLED | RETRY, 0.358, "retry-after",
	    { { "openai", NULL, 150000, 0, 3723.5, NO, REFILLS | TOKENS } } },
	{ "azure, numbers that it does not know", 429,
	    "x-ratelimit-limit-tokens: -1\r\n"
	    "x-ratelimit-remaining-tokens: -1\r\n"
	    "x-ratelimit-reset-tokens: 0\r\n",
	    THROTTLED, 0, "openai",
	    { { "openai", NULL, NO, NO, 0, NO, REFILLS | TOKENS } } },
	{ "azure, milliseconds alone", 429, "retry-after-ms: 2500\r\n",
	    THROTTLED | RETRY, 2.5, "retry-after", { { 0 } } },
	{ "cosmos", 429, "x-ms-retry-after-ms: 17\r\n",
	    THROTTLED | RETRY, 0.017, "retry-after", { { 0 } } },
	{ "groq, hours", 200,
	    "x-ratelimit-limit-requests: 14400\r\n"
	    "x-ratelimit-limit-tokens: 18000\r\n"
	    "x-ratelimit-remaining-requests: 14370\r\n"
	    "x-ratelimit-remaining-tokens: 17997\r\n"
	    "x-ratelimit-reset-requests: 2m59.56s\r\n"
	    "x-ratelimit-reset-tokens: 7.66s\r\n",
	    0, 0, "openai",
	    { { "openai", NULL, 14400, 14370, 179.56, NO, REFILLS },
	    { "openai", NULL, 18000, 17997, 7.66, NO, REFILLS | TOKENS } } },
	{ "digitalocean, windows in the names", 200,
	    "x-ratelimit-limit-tokens-per-minute: 20000\r\n"
	    "x-ratelimit-remaining-tokens-per-minute: 19500\r\n"
	    "x-ratelimit-reset-tokens-per-minute: 1735689602\r\n",
	    0, 0, "openai",
	    { { "openai", NULL, 20000, 19500, 2, 60, TOKENS } } },
	{ "digitalocean, no request left until then", 429,
	    "x-ratelimit-limit-requests: 20\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 1735689640\r\n",
	    THROTTLED, 40, "openai",
	    { { "openai", NULL, 20, 0, 40, NO, 0 } } },
	{ "the same, in words", 429,
	    "x-ratelimit-limit-requests: 20\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 2025-01-01T00:00:40Z\r\n",
	    THROTTLED, 40, "openai",
	    { { "openai", NULL, 20, 0, 40, NO, 0 } } },
	{ "the same in milliseconds, told first", 200,
	    "x-ratelimit-reset-requests: 1735689640000\r\n"
	    "x-ratelimit-limit-requests: 20\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n",
	    0, 40, "openai",
	    { { "openai", NULL, 20, 0, 40, NO, 0 } } },
	{ "openai, seconds without a unit", 429,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-reset-requests: 30.5\r\n",
	    THROTTLED, 0.508333334, "openai",
	    { { "openai", NULL, 60, 0, 30.5, NO, REFILLS } } },
	{ "anthropic, a success", 200,
	    "date: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
	    "anthropic-ratelimit-requests-limit: 1000\r\n"
	    "anthropic-ratelimit-requests-remaining: 999\r\n"
	    "anthropic-ratelimit-requests-reset: 2025-01-01T00:00:01Z\r\n"
	    "anthropic-ratelimit-tokens-limit: 96000\r\n"
	    "anthropic-ratelimit-tokens-remaining: 96000\r\n"
	    "anthropic-ratelimit-tokens-reset: 2024-12-31T23:59:59Z\r\n"
	    "anthropic-ratelimit-input-tokens-limit: 80000\r\n"
	    "anthropic-ratelimit-input-tokens-remaining: 80000\r\n"
	    "anthropic-ratelimit-input-tokens-reset: 2025-01-01T00:00:00Z\r\n"
	    "anthropic-ratelimit-output-tokens-limit: 16000\r\n"
	    "anthropic-ratelimit-output-tokens-remaining: 15000\r\n"
	    "anthropic-ratelimit-output-tokens-reset: "
	    "2025-01-01T00:00:04Z\r\n"
	    "request-id: req_018EeWyXxfu5pfWkrYcMdjWG\r\n",
	    0, 0, "anthropic",
	    { { "anthropic", NULL, 1000, 999, 1, NO, REFILLS },
	    { "anthropic", NULL, 96000, 96000, 0, NO, REFILLS | TOKENS },
	    { "anthropic", NULL, 80000, 80000, 0, NO, REFILLS | TOKENS },
	    { "anthropic", NULL, 16000, 15000, 4, NO, REFILLS | TOKENS } } },
	{ "anthropic, refused", 429,
	    "retry-after: 12\r\n"
	    "anthropic-ratelimit-requests-limit: 50\r\n"
	    "anthropic-ratelimit-requests-remaining: 0\r\n"
	    "anthropic-ratelimit-requests-reset: 2025-01-01T00:01:00Z\r\n",
	    THROTTLED | RETRY, 12, "retry-after",
	    { { "anthropic", NULL, 50, 0, 60, NO, REFILLS } } },
	{ "anthropic, refused without a delay", 429,
	    "anthropic-ratelimit-requests-limit: 50\r\n"
	    "anthropic-ratelimit-requests-remaining: 0\r\n"
	    "anthropic-ratelimit-requests-reset: 2025-01-01T00:01:00Z\r\n",
	    THROTTLED, 1.2, "anthropic",
	    { { "anthropic", NULL, 50, 0, 60, NO, REFILLS } } },
	{ "anthropic, overloaded is no limit", 529, "x-should-retry: true\r\n",
	    0, 0, NULL, { { 0 } } },
};

START_TEST(model_says)
{
	check_row(&models[_i]);
}
END_TEST

#define IMGUR \
	"X-RateLimit-UserLimit: 500\r\n" \
	"X-RateLimit-UserRemaining: 480\r\n" \
	"X-RateLimit-UserReset: 1735692600\r\n" \
	"X-Post-Rate-Limit-Limit: 1250\r\n" \
	"X-Post-Rate-Limit-Reset: 2000\r\n"

static const struct want vendors[] = {
	{ "x, a success", 200,
	    "x-rate-limit-limit: 900\r\n"
	    "x-rate-limit-remaining: 847\r\n"
	    "x-rate-limit-reset: 1735690000\r\n",
	    0, 0, "x-rate-limit",
	    { { "x-rate-limit", NULL, 900, 847, 400, NO, 0 } } },
	{ "x, refused, with the limit of a day", 429,
	    "x-rate-limit-limit: 40000\r\n"
	    "x-rate-limit-remaining: 39999\r\n"
	    "x-rate-limit-reset: 1735690500\r\n"
	    "x-app-limit-24hour-limit: 50\r\n"
	    "x-app-limit-24hour-remaining: 0\r\n"
	    "x-app-limit-24hour-reset: 1735740000\r\n"
	    "x-user-limit-24hour-limit: 25\r\n"
	    "x-user-limit-24hour-remaining: 3\r\n"
	    "x-user-limit-24hour-reset: 1735740000\r\n",
	    THROTTLED, 50400, "limit fields",
	    { { "x-rate-limit", NULL, 40000, 39999, 900, NO, 0 },
	    { "limit fields", NULL, 50, 0, 50400, 86400, 0 },
	    { "limit fields", NULL, 25, 3, 50400, 86400, 0 } } },
	{ "twitter of old", 420, "Retry-After: 30\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
	{ "okta, refused", 429,
	    "Date: Wed, 01 Jan 2025 00:00:20 GMT\r\n"
	    "X-Rate-Limit-Limit: 600\r\n"
	    "X-Rate-Limit-Remaining: 0\r\n"
	    "X-Rate-Limit-Reset: 1735689660\r\n",
	    THROTTLED, 40, "x-rate-limit",
	    { { "x-rate-limit", NULL, 600, 0, 40, NO, 0 } } },
	{ "zendesk", 200,
	    "x-rate-limit: 700\r\n"
	    "ratelimit-limit: 700\r\n"
	    "x-rate-limit-remaining: 699\r\n"
	    "ratelimit-remaining: 699\r\n"
	    "ratelimit-reset: 41\r\n"
	    "zendesk-ratelimit-tickets-index: total=100; remaining=99; "
	    "resets=41\r\n",
	    0, 0, "x-rate-limit",
	    { { "x-rate-limit", NULL, 700, 699, NO, NO, 0 },
	    { "ratelimit", NULL, 700, 699, 41, NO, 0 } } },
	{ "crossref", 200,
	    "x-rate-limit-limit: 50\r\n"
	    "x-rate-limit-interval: 1s\r\n"
	    "x-api-pool: polite\r\n",
	    0, 0, "x-rate-limit",
	    { { "x-rate-limit", NULL, 50, NO, NO, 1, 0 } } },
	{ "an interval in seconds", 200,
	    "x-rate-limit-limit: 50\r\n"
	    "x-rate-limit-interval: 10\r\n"
	    "x-rate-limit-interval: often\r\n",
	    0, 0, "x-rate-limit",
	    { { "x-rate-limit", NULL, 50, NO, NO, 10, 0 } } },
	{ "shopify, a success", 200,
	    "X-Shopify-Shop-Api-Call-Limit: 32/40\r\n",
	    0, 0, "shopify",
	    { { "shopify", NULL, 40, 8, NO, NO, REFILLS } } },
	{ "shopify, the bucket is full", 200,
	    "X-Shopify-Shop-Api-Call-Limit: 40/40\r\n",
	    0, 0, "shopify",
	    { { "shopify", NULL, 40, 0, NO, NO, REFILLS } } },
	{ "shopify, refused", 429,
	    "Retry-After: 2.0\r\n"
	    "X-Shopify-Shop-Api-Call-Limit: 40/40\r\n",
	    THROTTLED | RETRY, 2, "retry-after",
	    { { "shopify", NULL, 40, 0, NO, NO, REFILLS } } },
	{ "shopify, more than full", 429,
	    "X-Shopify-Shop-Api-Call-Limit: 43/40\r\n",
	    THROTTLED, 0, "shopify",
	    { { "shopify", NULL, 40, 0, NO, NO, REFILLS } } },
	{ "reddit, a success", 200,
	    "x-ratelimit-remaining: 598.0\r\n"
	    "x-ratelimit-used: 2\r\n"
	    "x-ratelimit-reset: 143\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 600, 598, 143, NO, 0 } } },
	{ "reddit, less than one left", 200,
	    "x-ratelimit-remaining: 0.4\r\n"
	    "x-ratelimit-used: 600\r\n"
	    "x-ratelimit-reset: 143\r\n",
	    0, 143, "x-ratelimit",
	    { { "x-ratelimit", NULL, 600.4, 0.4, 143, NO, 0 } } },
	{ "gitlab, a success", 200,
	    "Date: Wed, 17 Jul 2019 00:58:10 GMT\r\n"
	    "RateLimit-Limit: 600\r\n"
	    "RateLimit-Observed: 6\r\n"
	    "RateLimit-Remaining: 594\r\n"
	    "RateLimit-Reset: 1563325137\r\n"
	    "RateLimit-ResetTime: Wed, 17 Jul 2019 00:58:57 GMT\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 600, 594, 47, NO, 0 } } },
	{ "gitlab, refused, Observed alone tells", 429,
	    "Date: Thu, 30 Jan 2020 14:14:16 GMT\r\n"
	    "RateLimit-Limit: 600\r\n"
	    "RateLimit-Observed: 601\r\n"
	    "RateLimit-ResetTime: Thu, 30 Jan 2020 14:15:17 GMT\r\n",
	    THROTTLED, 61, "ratelimit",
	    { { "ratelimit", NULL, 600, 0, 61, NO, 0 } } },
	{ "stripe, too fast", 429,
	    "Stripe-Rate-Limited-Reason: global-rate\r\n"
	    "Stripe-Should-Retry: true\r\n",
	    THROTTLED, 0, NULL, { { 0 } } },
	{ "stripe, an endpoint", 429,
	    "Stripe-Rate-Limited-Reason: endpoint-rate\r\n",
	    THROTTLED | PARTIAL, 0, NULL, { { 0 } } },
	{ "stripe, too many at once", 429,
	    "Stripe-Rate-Limited-Reason: global-concurrency\r\n",
	    THROTTLED | CONCURRENCY, 0, NULL, { { 0 } } },
	{ "stripe, too many at once of an endpoint", 429,
	    "Stripe-Rate-Limited-Reason: endpoint-concurrency\r\n",
	    THROTTLED | CONCURRENCY | PARTIAL, 0, NULL, { { 0 } } },
	{ "stripe, an object", 429,
	    "Stripe-Rate-Limited-Reason: resource-specific\r\n",
	    THROTTLED | PARTIAL, 0, NULL, { { 0 } } },
	{ "slack, notion, spotify, twilio: the standard", 429,
	    "Retry-After: 30\r\n",
	    THROTTLED | RETRY, 30, "retry-after", { { 0 } } },
	{ "hubspot, a success", 200,
	    "X-HubSpot-RateLimit-Daily: 250000\r\n"
	    "X-HubSpot-RateLimit-Daily-Remaining: 249925\r\n"
	    "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
	    "X-HubSpot-RateLimit-Max: 100\r\n"
	    "X-HubSpot-RateLimit-Remaining: 99\r\n"
	    "X-HubSpot-RateLimit-Secondly: 10\r\n"
	    "X-HubSpot-RateLimit-Secondly-Remaining: 9\r\n",
	    0, 0, "limit fields",
	    { { "limit fields", NULL, 250000, 249925, NO, 86400, 0 },
	    { "limit fields", NULL, 100, 99, NO, 10, 0 },
	    { "limit fields", NULL, 10, 9, NO, 1, 0 } } },
	{ "hubspot, refused: no reset, but a window", 429,
	    "X-HubSpot-RateLimit-Daily: 250000\r\n"
	    "X-HubSpot-RateLimit-Daily-Remaining: 249925\r\n"
	    "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
	    "X-HubSpot-RateLimit-Max: 100\r\n"
	    "X-HubSpot-RateLimit-Remaining: 0\r\n",
	    THROTTLED, 10, "limit fields",
	    { { "limit fields", NULL, 250000, 249925, NO, 86400, 0 },
	    { "limit fields", NULL, 100, 0, NO, 10, 0 } } },
	{ "hubspot, used up but not refused: no pause", 200,
	    "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
	    "X-HubSpot-RateLimit-Max: 100\r\n"
	    "X-HubSpot-RateLimit-Remaining: 0\r\n",
	    0, 0, "limit fields",
	    { { "limit fields", NULL, 100, 0, NO, 10, 0 } } },
	{ "highlevel", 200,
	    "X-RateLimit-Limit-Daily: 200000\r\n"
	    "X-RateLimit-Daily-Remaining: 199998\r\n"
	    "X-RateLimit-Interval-Milliseconds: 10000\r\n"
	    "X-RateLimit-Max: 100\r\n"
	    "X-RateLimit-Remaining: 98\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 200000, 199998, NO, 86400, 0 },
	    { "x-ratelimit", NULL, 100, 98, NO, 10, 0 } } },
	{ "jira cloud, refused: a timestamp of minutes", 429,
	    "X-RateLimit-Limit: 350\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 2025-01-01T00:02Z\r\n"
	    "X-RateLimit-NearLimit: true\r\n"
	    "RateLimit-Reason: jira-quota-tenant-based\r\n",
	    THROTTLED, 120, "x-ratelimit",
	    { { "x-ratelimit", NULL, 350, 0, 120, NO, 0 } } },
	{ "jira cloud, a burst of one endpoint", 429,
	    "Retry-After: 5\r\n"
	    "RateLimit-Reason: jira-burst-based\r\n",
	    THROTTLED | RETRY | PARTIAL, 5, "retry-after", { { 0 } } },
	{ "confluence data center", 200,
	    "X-RateLimit-Limit: 10\r\n"
	    "X-RateLimit-Remaining: 9\r\n"
	    "X-RateLimit-FillRate: 2\r\n"
	    "X-RateLimit-Interval-Seconds: 60\r\n"
	    "retry-after: 0\r\n",
	    RETRY, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 9, NO, 60, 0 } } },
	{ "linear", 200,
	    "X-RateLimit-Requests-Limit: 5000\r\n"
	    "X-RateLimit-Requests-Remaining: 4998\r\n"
	    "X-RateLimit-Requests-Reset: 1735693200000\r\n"
	    "X-Complexity: 110\r\n"
	    "X-RateLimit-Complexity-Limit: 250000\r\n"
	    "X-RateLimit-Complexity-Remaining: 249890\r\n"
	    "X-RateLimit-Complexity-Reset: 1735693200500\r\n",
	    0, 0, "linear",
	    { { "linear", NULL, 5000, 4998, 3600, NO, REFILLS },
	    { "linear", NULL, 250000, 249890, 3600.5, NO,
	    REFILLS | TOKENS } } },
	{ "sentry, refused for what runs at once", 429,
	    "X-Sentry-Rate-Limit-Limit: 40\r\n"
	    "X-Sentry-Rate-Limit-Remaining: 39\r\n"
	    "X-Sentry-Rate-Limit-Reset: 1735689601\r\n"
	    "X-Sentry-Rate-Limit-ConcurrentLimit: 25\r\n"
	    "X-Sentry-Rate-Limit-ConcurrentRemaining: 0\r\n",
	    THROTTLED, 0, "sentry",
	    { { "sentry", NULL, 40, 39, 1, NO, PARTIAL },
	    { "sentry", NULL, 25, 0, NO, NO, PARTIAL | AT_ONCE } } },
	{ "sentry, refused for the rate", 429,
	    "X-Sentry-Rate-Limit-Limit: 40\r\n"
	    "X-Sentry-Rate-Limit-Remaining: 0\r\n"
	    "X-Sentry-Rate-Limit-Reset: 1735689601\r\n",
	    THROTTLED | PARTIAL, 1, "sentry",
	    { { "sentry", NULL, 40, 0, 1, NO, PARTIAL } } },
	{ "kucoin, milliseconds that nothing names", 200,
	    "gw-ratelimit-limit: 2000\r\n"
	    "gw-ratelimit-remaining: 0\r\n"
	    "gw-ratelimit-reset: 28513\r\n",
	    0, 28.513, "kucoin",
	    { { "kucoin", NULL, 2000, 0, 28.513, NO, 0 } } },
	{ "bybit, used up", 200,
	    "X-Bapi-Limit: 100\r\n"
	    "X-Bapi-Limit-Status: 0\r\n"
	    "X-Bapi-Limit-Reset-Timestamp: 1735689602500\r\n",
	    0, 2.5, "limit fields",
	    { { "limit fields", NULL, 100, 0, 2.5, NO, 0 } } },
	{ "bybit, the time of now", 200,
	    "X-Bapi-Limit: 100\r\n"
	    "X-Bapi-Limit-Status: 99\r\n"
	    "X-Bapi-Limit-Reset-Timestamp: 1735689600000\r\n",
	    0, 0, "limit fields",
	    { { "limit fields", NULL, 100, 99, 0, NO, 0 } } },
	{ "brevo", 429,
	    "x-sib-ratelimit-limit: 1000\r\n"
	    "x-sib-ratelimit-remaining: 0\r\n"
	    "x-sib-ratelimit-reset: 600\r\n",
	    THROTTLED, 600, "limit fields",
	    { { "limit fields", NULL, 1000, 0, 600, NO, 0 } } },
	{ "salesforce", 200,
	    "Sforce-Limit-Info: api-usage=18/5000\r\n",
	    0, 0, "salesforce",
	    { { "salesforce", NULL, 5000, 4982, NO, 86400, 0 } } },
	{ "salesforce, of an app", 200,
	    "Sforce-Limit-Info: api-usage=25/5000; per-app-api-usage="
	    "17/250(appName=sample-connected-app)\r\n",
	    0, 0, "salesforce",
	    { { "salesforce", NULL, 5000, 4975, NO, 86400, 0 } } },
	{ "etsy", 429,
	    "x-limit-per-second: 150\r\n"
	    "x-remaining-this-second: 0\r\n"
	    "x-limit-per-day: 100000\r\n"
	    "x-remaining-today: 98765\r\n",
	    THROTTLED, 1, "limit fields",
	    { { "limit fields", NULL, 150, 0, NO, 1, 0 },
	    { "limit fields", NULL, 100000, 98765, NO, 86400, 0 } } },
	{ "docker hub", 200,
	    "ratelimit-limit: 100;w=21600\r\n"
	    "ratelimit-remaining: 76;w=21600\r\n"
	    "docker-ratelimit-source: 192.0.2.1\r\n",
	    0, 0, "ratelimit",
	    { { "ratelimit", NULL, 100, 76, NO, 21600, 0 } } },
	{ "docker hub, used up", 429,
	    "ratelimit-limit: 100;w=21600\r\n"
	    "ratelimit-remaining: 0;w=21600\r\n",
	    THROTTLED, 21600, "ratelimit",
	    { { "ratelimit", NULL, 100, 0, NO, 21600, 0 } } },
	{ "twitch", 429,
	    "Ratelimit-Limit: 800\r\n"
	    "Ratelimit-Remaining: 0\r\n"
	    "Ratelimit-Reset: 1735689631\r\n",
	    THROTTLED, 31, "ratelimit",
	    { { "ratelimit", NULL, 800, 0, 31, NO, 0 } } },
	{ "kong", 200,
	    "X-RateLimit-Limit-Hour: 100\r\n"
	    "X-RateLimit-Remaining-Hour: 99\r\n"
	    "X-RateLimit-Limit-Minute: 5\r\n"
	    "X-RateLimit-Remaining-Minute: 4\r\n"
	    "RateLimit-Limit: 5\r\n"
	    "RateLimit-Remaining: 4\r\n"
	    "RateLimit-Reset: 47\r\n",
	    0, 0, "x-ratelimit",
	    { { "x-ratelimit", NULL, 100, 99, NO, 3600, 0 },
	    { "x-ratelimit", NULL, 5, 4, NO, 60, 0 },
	    { "ratelimit", NULL, 5, 4, 47, NO, 0 } } },
	{ "envoy", 429,
	    "x-ratelimit-limit: 10, 10;w=1;name=\"per-second\", 500;w=3600\r\n"
	    "x-ratelimit-remaining: 0\r\n"
	    "x-ratelimit-reset: 1\r\n",
	    THROTTLED, 1, "x-ratelimit",
	    { { "x-ratelimit", NULL, 10, 0, 1, 1, 0 },
	    { "ratelimit", NULL, 500, NO, NO, 3600, 0 } } },
	{ "mailerlite", 429,
	    "X-RateLimit-Limit: 60\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 2025-01-01 00:00:42\r\n"
	    "X-RateLimit-Retry-After: 42\r\n",
	    THROTTLED | RETRY, 42, "retry-after",
	    { { "x-ratelimit", NULL, 60, 0, 42, NO, 0 } } },
	{ "imgur, no more uploads, all else goes on", 200, IMGUR
	    "X-Post-Rate-Limit-Remaining: 0\r\n",
	    PARTIAL, 2000, "limit fields",
	    { { "x-ratelimit", NULL, 500, 480, 3000, NO, 0 },
	    { "limit fields", "POST", 1250, 0, 2000, NO, PARTIAL } } },
	{ "imgur, an upload refused", 429, IMGUR
	    "X-Post-Rate-Limit-Remaining: 0\r\n",
	    THROTTLED | PARTIAL, 2000, "limit fields",
	    { { "x-ratelimit", NULL, 500, 480, 3000, NO, 0 },
	    { "limit fields", "POST", 1250, 0, 2000, NO, PARTIAL } } },
	{ "imgur, refused with uploads left", 429, IMGUR
	    "X-Post-Rate-Limit-Remaining: 9\r\nRetry-After: 60\r\n",
	    THROTTLED | RETRY, 60, "retry-after",
	    { { "x-ratelimit", NULL, 500, 480, 3000, NO, 0 },
	    { "limit fields", "POST", 1250, 9, 2000, NO, PARTIAL } } },
	{ "a method behind the limit", 200,
	    "X-RateLimit-Limit-Delete: 5\r\n"
	    "X-RateLimit-Remaining-Delete: 0\r\n"
	    "X-RateLimit-Reset-Delete: 30\r\n",
	    PARTIAL, 30, "x-ratelimit",
	    { { "x-ratelimit", "DELETE", 5, 0, 30, NO, PARTIAL } } },
	{ "binance, after too many refusals", 418, "Retry-After: 120\r\n",
	    THROTTLED | RETRY, 120, "retry-after", { { 0 } } },
	{ "a teapot", 418, "Server: teapot\r\n", 0, 0, NULL, { { 0 } } },
};

START_TEST(vendor_says)
{
	check_row(&vendors[_i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_vendors");
	TCase *tc = tcase_create("vendors");

	tcase_add_loop_test(tc, github_says, 0, NROWS(github));
	tcase_add_loop_test(tc, discord_says, 0, NROWS(discord));
	tcase_add_loop_test(tc, model_says, 0, NROWS(models));
	tcase_add_loop_test(tc, vendor_says, 0, NROWS(vendors));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
