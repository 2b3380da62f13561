/* SPDX-License-Identifier: ISC */
#include "core/hint_internal.h"

#include <string.h>

/*
 * Whose fields are whose.  A family is the fields whose names begin alike;
 * the rest of a name tells what the field says, and of which budget.
 */

struct row {
	const char	*text;
	size_t		 len;
	enum hint_role	 role;
	enum hint_slot	 slot;
};

struct family {
	const char		*prefix;
	size_t			 len;
	const struct row	*rows;
	unsigned		 nrows;
};

#define ROW(text, role, slot)	{ text, sizeof(text) - 1, role, slot }
#define FAMILY(prefix, rows)	{ prefix, sizeof(prefix) - 1, rows, \
				    sizeof(rows) / sizeof((rows)[0]) }

/* The usual three, each with the same ending. */
#define TRIPLE(end, slot) \
	ROW("limit" end, HINT_LIMIT, slot), \
	ROW("remaining" end, HINT_REMAINING, slot), \
	ROW("reset" end, HINT_RESET, slot)
/* And with the same beginning. */
#define TRIPLE_OF(begin, slot) \
	ROW(begin "limit", HINT_LIMIT, slot), \
	ROW(begin "remaining", HINT_REMAINING, slot), \
	ROW(begin "reset", HINT_RESET, slot)
#define PAIR(end, slot) \
	ROW("limit" end, HINT_LIMIT, slot), \
	ROW("remaining" end, HINT_REMAINING, slot)

/*
 * The IETF's: "RateLimit header fields for HTTP",
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * RateLimit and RateLimit-Policy as lists since revision 08, RateLimit as
 * a dictionary in 07, RateLimit-Policy as a list of quotas from 04 to 07, three
 * fields up to 06, in 03 and before with the quotas in RateLimit-Limit.
 *
 * GitLab: "Rate limits", section on response headers,
 * https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
 * The three, with Reset in seconds since 1970, Observed and ResetTime.
 *
 * Docker Hub: "Docker Hub pull usage and limits",
 * https://docs.docker.com/docker-hub/usage/pulls/
 * Limit and Remaining with a window: 100;w=21600.
 *
 * Twitch: "Twitch API Concepts", https://dev.twitch.tv/docs/api/guide/
 * Reset in seconds since 1970.
 *
 * Jira Cloud: "Rate limiting" and "Build an app that respects rate limits",
 * https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
 * RateLimit-Reason tells a limit of one endpoint or issue from a quota; beside
 * it X-RateLimit-Reset is a timestamp, without seconds.
 */
static const struct row ratelimit_rows[] = {
	ROW("", HINT_RATELIMIT, HINT_ANY),
	ROW("-policy", HINT_POLICY, HINT_ANY),
	TRIPLE_OF("-", HINT_IETF),
	ROW("-observed", HINT_USED, HINT_IETF),
	ROW("-resettime", HINT_RESET, HINT_IETF),
	ROW("-reason", HINT_REASON, HINT_ANY),
};

/*
 * What most send.  Section "RateLimit header fields currently used on the
 * web" of the draft above has seen resets as seconds, as seconds since 1970
 * and as timestamps, and windows as the last word of the name (so Kong:
 * "Rate Limiting", https://developer.konghq.com/plugins/rate-limiting/).
 * Envoy has the list of quotas in Limit: "Rate limit",
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/
 * rate_limit_filter
 *
 * GitHub: "Rate limits for the REST API",
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * Reset in seconds since 1970, Used, Resource.
 *
 * Discord: "Rate Limits",
 * https://docs.discord.com/developers/topics/rate-limits
 * Reset with a fraction, Reset-After, Bucket for a group of routes; with 429
 * Global and Scope.
 *
 * Reddit: "API", https://github.com/reddit-archive/reddit/wiki/API
 * Used, Remaining with a fraction, Reset in seconds, no limit.
 *
 * OpenAI: "Rate limits", https://platform.openai.com/docs/guides/rate-limits
 * Requests and tokens apart; a reset is a duration until the budget is back in
 * its first state.  DigitalOcean sends the like for its inference, with the
 * windows of tokens in the names and resets in seconds since 1970:
 * "Quota-Specific Response Headers For Serverless Inference",
 * https://docs.digitalocean.com/products/inference/reference/
 * quota-specific-response-headers/
 *
 * Linear: "Rate limiting", https://linear.app/developers/rate-limiting
 * Requests and complexity apart; leaky buckets; resets in milliseconds since
 * 1970.
 *
 * HighLevel: "Rate Limits",
 * https://marketplace.gohighlevel.com/docs/other/rate-limits
 * Max for Interval-Milliseconds, Limit-Daily, Daily-Remaining.
 *
 * MailerLite: "API rate limits",
 * https://developers-classic.mailerlite.com/docs/api-rate-limits
 * Retry-After under this prefix.
 */
static const struct row x_ratelimit_rows[] = {
	TRIPLE("", HINT_X),
	ROW("used", HINT_USED, HINT_X),
	ROW("observed", HINT_USED, HINT_X),
	ROW("reset-after", HINT_RESET_AFTER, HINT_X),
	ROW("resource", HINT_NAME, HINT_X),
	ROW("bucket", HINT_BUCKET, HINT_X),
	ROW("global", HINT_GLOBAL, HINT_X),
	ROW("scope", HINT_SCOPE, HINT_X),
	ROW("policy", HINT_POLICY, HINT_ANY),
	ROW("retry-after", HINT_RETRY, HINT_ANY),
	ROW("interval-milliseconds", HINT_WINDOW_MS, HINT_X),
	ROW("max", HINT_LIMIT, HINT_X),
	PAIR("-second", HINT_X_SECOND),
	PAIR("-minute", HINT_X_MINUTE),
	PAIR("-hour", HINT_X_HOUR),
	PAIR("-day", HINT_X_DAY),
	PAIR("-month", HINT_X_MONTH),
	ROW("limit-daily", HINT_LIMIT, HINT_X_DAY),
	ROW("daily-remaining", HINT_REMAINING, HINT_X_DAY),
	TRIPLE("-requests", HINT_OPENAI_REQUESTS),
	TRIPLE("-tokens", HINT_OPENAI_TOKENS),
	TRIPLE("-tokens-per-minute", HINT_OPENAI_TOKENS_MINUTE),
	TRIPLE("-tokens-per-day", HINT_OPENAI_TOKENS_DAY),
	TRIPLE("-project-tokens", HINT_OPENAI_PROJECT_TOKENS),
	TRIPLE_OF("requests-", HINT_LINEAR_REQUESTS),
	TRIPLE_OF("complexity-", HINT_LINEAR_COMPLEXITY),
	TRIPLE_OF("endpoint-requests-", HINT_LINEAR_ENDPOINT),
};

/*
 * X: "Rate limits", https://docs.x.com/x-api/fundamentals/rate-limits
 * Resets in seconds since 1970.
 *
 * Okta: "Rate limits overview",
 * https://developer.okta.com/docs/reference/rate-limits/
 * The same.
 *
 * Zendesk: "Best practices for avoiding rate limiting",
 * https://developer.zendesk.com/documentation/api-basics/best-practices/
 * best-practices-for-avoiding-rate-limiting
 * X-Rate-Limit is the limit; the IETF's three may be there as well.
 *
 * Crossref: "Access and authentication",
 * https://www.crossref.org/documentation/retrieve-metadata/rest-api/
 * access-and-authentication/
 * Limit for Interval, which is a duration such as 1s.
 */
static const struct row x_rate_limit_rows[] = {
	ROW("", HINT_LIMIT, HINT_X_RATE),
	TRIPLE_OF("-", HINT_X_RATE),
	ROW("-used", HINT_USED, HINT_X_RATE),
	ROW("-interval", HINT_WINDOW, HINT_X_RATE),
};

/* X's limits of a day for an app and for a user, beside those above. */
static const struct row x_app_rows[] = {
	TRIPLE_OF("", HINT_TWITTER_APP),
};
static const struct row x_user_rows[] = {
	TRIPLE_OF("", HINT_TWITTER_USER),
};

/*
 * GitHub's own fields, which its refusals for a secondary limit have, too:
 * "Rate limits for the REST API", as above.
 */
static const struct row x_github_rows[] = {
	ROW("request-id", HINT_GITHUB, HINT_ANY),
};

/*
 * Anthropic: "Rate limits", https://docs.anthropic.com/en/api/rate-limits
 * Resets are RFC 3339 timestamps of when the budget is full again; token
 * buckets, refilled all the time.
 */
static const struct row anthropic_rows[] = {
	TRIPLE_OF("requests-", HINT_ANTHROPIC_REQUESTS),
	TRIPLE_OF("tokens-", HINT_ANTHROPIC_TOKENS),
	TRIPLE_OF("input-tokens-", HINT_ANTHROPIC_INPUT),
	TRIPLE_OF("output-tokens-", HINT_ANTHROPIC_OUTPUT),
};

/*
 * Shopify: "REST Admin API rate limits",
 * https://shopify.dev/docs/api/admin-rest/usage/rate-limits
 * What is in the leaky bucket and what goes into it: 32/40.  How fast it leaks
 * depends on the plan, and no field tells.
 */
static const struct row shopify_rows[] = {
	ROW("", HINT_RATIO, HINT_SHOPIFY),
};

/*
 * HubSpot: "API usage guidelines and limits",
 * https://developers.hubspot.com/docs/developer-tooling/platform/
 * usage-guidelines
 * A budget of a day, one of a second, and one of Interval-Milliseconds; no
 * resets.
 */
static const struct row hubspot_rows[] = {
	ROW("daily", HINT_LIMIT, HINT_HUBSPOT_DAY),
	ROW("daily-remaining", HINT_REMAINING, HINT_HUBSPOT_DAY),
	ROW("secondly", HINT_LIMIT, HINT_HUBSPOT_SECOND),
	ROW("secondly-remaining", HINT_REMAINING, HINT_HUBSPOT_SECOND),
	ROW("max", HINT_LIMIT, HINT_HUBSPOT_INTERVAL),
	ROW("remaining", HINT_REMAINING, HINT_HUBSPOT_INTERVAL),
	ROW("interval-milliseconds", HINT_WINDOW_MS, HINT_HUBSPOT_INTERVAL),
};

/*
 * Sentry: "Rate Limits", https://docs.sentry.io/api/ratelimits/
 * For each caller and endpoint; Reset in seconds since 1970; requests at the
 * same time apart.
 */
static const struct row sentry_rows[] = {
	TRIPLE_OF("", HINT_SENTRY),
	ROW("concurrentlimit", HINT_LIMIT, HINT_SENTRY_CONCURRENT),
	ROW("concurrentremaining", HINT_REMAINING, HINT_SENTRY_CONCURRENT),
};

/*
 * Brevo: "Rate limit headers", https://developers.brevo.com/docs/limit-headers
 */
static const struct row brevo_rows[] = {
	TRIPLE_OF("", HINT_BREVO),
};

/*
 * Salesforce: "Limit Info Header", REST API Developer Guide,
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
 * headers_api_usage.htm
 * Calls of a day and their limit: api-usage=18/5000.
 */
static const struct row salesforce_rows[] = {
	ROW("", HINT_RATIO, HINT_SALESFORCE),
};

/*
 * Stripe: "Rate limits", https://docs.stripe.com/rate-limits
 * The reason of a 429: global-rate, endpoint-rate, global-concurrency,
 * endpoint-concurrency, resource-specific.  Neither budgets nor delays; without
 * the field a 429 is an object's lock.
 */
static const struct row stripe_rows[] = {
	ROW("", HINT_REASON, HINT_ANY),
};

/*
 * Etsy: "Rate Limits",
 * https://developers.etsy.com/documentation/essentials/rate-limits
 */
static const struct row etsy_limit_rows[] = {
	ROW("second", HINT_LIMIT, HINT_ETSY_SECOND),
	ROW("day", HINT_LIMIT, HINT_ETSY_DAY),
};
static const struct row etsy_remaining_rows[] = {
	ROW("this-second", HINT_REMAINING, HINT_ETSY_SECOND),
	ROW("today", HINT_REMAINING, HINT_ETSY_DAY),
};

/*
 * Azure OpenAI beside Retry-After: "Azure OpenAI in Azure AI Foundry Models
 * quotas and limits", https://learn.microsoft.com/azure/ai-services/openai/
 * quotas-limits
 * Cosmos DB: "Common Azure Cosmos DB REST response headers",
 * https://learn.microsoft.com/rest/api/cosmos-db/
 * common-cosmosdb-rest-response-headers
 */
static const struct row retry_ms_rows[] = {
	ROW("", HINT_RETRY_MS, HINT_ANY),
};

/* What the vendors' own clients heed before all else. */
static const struct row should_retry_rows[] = {
	ROW("", HINT_NO_RETRY, HINT_ANY),
};

static const struct family families[] = {
	FAMILY("ratelimit", ratelimit_rows),
	FAMILY("retry-after-ms", retry_ms_rows),
	FAMILY("x-ratelimit-", x_ratelimit_rows),
	FAMILY("x-rate-limit", x_rate_limit_rows),
	FAMILY("x-remaining-", etsy_remaining_rows),
	FAMILY("x-github-", x_github_rows),
	FAMILY("x-hubspot-ratelimit-", hubspot_rows),
	FAMILY("x-ms-retry-after-ms", retry_ms_rows),
	FAMILY("x-limit-per-", etsy_limit_rows),
	FAMILY("x-app-limit-24hour-", x_app_rows),
	FAMILY("x-user-limit-24hour-", x_user_rows),
	FAMILY("x-shopify-shop-api-call-limit", shopify_rows),
	FAMILY("x-sentry-rate-limit-", sentry_rows),
	FAMILY("x-sib-ratelimit-", brevo_rows),
	FAMILY("anthropic-ratelimit-", anthropic_rows),
	FAMILY("sforce-limit-info", salesforce_rows),
	FAMILY("stripe-rate-limited-reason", stripe_rows),
	FAMILY("stripe-should-retry", should_retry_rows),
	FAMILY("x-should-retry", should_retry_rows),
};

#define NFAMILIES	(sizeof(families) / sizeof(families[0]))

#define SECONDS_OF_MINUTE	60
#define SECONDS_OF_HOUR		3600
#define SECONDS_OF_DAY		86400
/* As few as a month has: its budget is not back before. */
#define SECONDS_OF_MONTH	(28 * SECONDS_OF_DAY)

static const struct hint_slot_kind kinds[HINT_SLOTS] = {
	[HINT_IETF] = { .source = "ratelimit" },
	[HINT_IETF_NAMED] = { .source = "ratelimit" },
	[HINT_IETF_QUOTA] = { .source = "ratelimit" },
	[HINT_X] = { .source = "x-ratelimit" },
	[HINT_X_RATE] = { .source = "x-rate-limit" },
	[HINT_X_SECOND] = { .source = "x-ratelimit", .window = 1 },
	[HINT_X_MINUTE] = { .source = "x-ratelimit",
	    .window = SECONDS_OF_MINUTE },
	[HINT_X_HOUR] = { .source = "x-ratelimit", .window = SECONDS_OF_HOUR },
	[HINT_X_DAY] = { .source = "x-ratelimit", .window = SECONDS_OF_DAY },
	[HINT_X_MONTH] = { .source = "x-ratelimit",
	    .window = SECONDS_OF_MONTH },
	[HINT_TWITTER_APP] = { .source = "x-app-limit",
	    .window = SECONDS_OF_DAY },
	[HINT_TWITTER_USER] = { .source = "x-user-limit",
	    .window = SECONDS_OF_DAY },
	[HINT_OPENAI_REQUESTS] = { .source = "openai", .refills = true },
	[HINT_OPENAI_TOKENS] = { .source = "openai", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_OPENAI_TOKENS_MINUTE] = { .source = "openai", .refills = true,
	    .unit = HINT_TOKENS, .window = SECONDS_OF_MINUTE },
	[HINT_OPENAI_TOKENS_DAY] = { .source = "openai", .refills = true,
	    .unit = HINT_TOKENS, .window = SECONDS_OF_DAY },
	[HINT_OPENAI_PROJECT_TOKENS] = { .source = "openai", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_REQUESTS] = { .source = "anthropic", .refills = true },
	[HINT_ANTHROPIC_TOKENS] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_INPUT] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_OUTPUT] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_SHOPIFY] = { .source = "shopify", .refills = true },
	[HINT_HUBSPOT_DAY] = { .source = "hubspot", .window = SECONDS_OF_DAY },
	[HINT_HUBSPOT_SECOND] = { .source = "hubspot", .window = 1 },
	[HINT_HUBSPOT_INTERVAL] = { .source = "hubspot" },
	[HINT_LINEAR_REQUESTS] = { .source = "linear", .refills = true },
	[HINT_LINEAR_COMPLEXITY] = { .source = "linear", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_LINEAR_ENDPOINT] = { .source = "linear", .refills = true,
	    .partial = true },
	[HINT_SENTRY] = { .source = "sentry", .partial = true },
	[HINT_SENTRY_CONCURRENT] = { .source = "sentry", .partial = true,
	    .unit = HINT_CONCURRENT },
	[HINT_SALESFORCE] = { .source = "salesforce",
	    .window = SECONDS_OF_DAY },
	[HINT_ETSY_SECOND] = { .source = "etsy", .window = 1 },
	[HINT_ETSY_DAY] = { .source = "etsy", .window = SECONDS_OF_DAY },
	[HINT_BREVO] = { .source = "brevo" },
};

const struct hint_slot_kind *
hint_slot_kind(enum hint_slot slot)
{
	return &kinds[slot];
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A set of letters; what is none is not in it. */
#define BIT(c)	(1u << ((c) - 'a'))

static bool
is_in(char c, unsigned set)
{
	c = lower(c);
	return c >= 'a' && c <= 'z' && (set >> (c - 'a') & 1) != 0;
}

/* x-rat... and x-rem..., x-app, x-git, x-hub, x-lim, x-ms-, x-s..., x-use */
static bool
may_be_known_x(struct http1_str name)
{
	if (name.p[1] != '-')
		return false;
	if (is_in(name.p[2], BIT('r')))
		return is_in(name.p[4], BIT('t') | BIT('m'));
	return is_in(name.p[2], BIT('a') | BIT('g') | BIT('h') | BIT('l') |
	    BIT('m') | BIT('s') | BIT('u'));
}

/*
 * What nearly all names fail by, at the price of a few bytes; the shortest
 * that is known has nine.
 */
static bool
may_be_known(struct http1_str name)
{
	if (name.len < 9)
		return false;
	switch (lower(name.p[0])) {
	case 'x':
		return may_be_known_x(name);
	case 'r':
		return is_in(name.p[1], BIT('a') | BIT('e')) &&
		    is_in(name.p[2], BIT('t'));
	case 'a':
		return is_in(name.p[1], BIT('n'));
	case 's':
		return is_in(name.p[1], BIT('f')) ||
		    (is_in(name.p[1], BIT('t')) && is_in(name.p[4], BIT('p')));
	default:
		return false;
	}
}

static bool
is_same(const char *p, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (lower(p[i]) != text[i])
			return false;
	return true;
}

static struct hint_name
find_row(const struct family *family, struct http1_str rest)
{
	struct hint_name name = { HINT_NONE, HINT_ANY };
	const struct row *row = family->rows;
	unsigned i;

	for (i = 0; i < family->nrows; i++, row++) {
		if (row->len != rest.len ||
		    !is_same(rest.p, row->text, rest.len))
			continue;
		name.role = row->role;
		name.slot = row->slot;
		break;
	}
	return name;
}

struct hint_name
hint_name(struct http1_str s)
{
	struct hint_name none = { HINT_NONE, HINT_ANY };
	const struct family *family = families;
	unsigned i;

	if (!may_be_known(s))
		return none;
	for (i = 0; i < NFAMILIES; i++, family++) {
		if (s.len < family->len ||
		    !is_same(s.p, family->prefix, family->len))
			continue;
		s.p += family->len;
		s.len -= family->len;
		return find_row(family, s);
	}
	return none;
}
