/* SPDX-License-Identifier: ISC */
#include "hint/hint_dialect.h"

#include "hint/hint_form.h"

/*
 * Fields that do not mean what their names say by their words alone, or more
 * than that; the others are for hint_form.c.  A family is the fields whose
 * names begin alike; the rest of a name tells what the field says, and of which
 * budget.
 *
 * What is understood by its words, with what its values have of their own:
 *
 * The IETF's: "RateLimit header fields for HTTP",
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * RateLimit and RateLimit-Policy as lists since revision 08, RateLimit as
 * a dictionary in 07, RateLimit-Policy as a list of quotas from 04 to 07, three
 * fields up to 06, in 03 and before with the quotas in RateLimit-Limit.  Its
 * section "RateLimit header fields currently used on the web" has seen resets
 * as seconds, as seconds since 1970 and as timestamps, and windows as the last
 * word of the name (so Kong: "Rate Limiting",
 * https://developer.konghq.com/plugins/rate-limiting/).
 * Envoy has the list of quotas in X-RateLimit-Limit: "Rate limit",
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/
 * rate_limit_filter
 *
 * GitLab: "Rate limits", section on response headers,
 * https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
 * Reset in seconds since 1970, Observed, ResetTime, and the limit's Name.
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
 *
 * Reddit: "API", https://github.com/reddit-archive/reddit/wiki/API
 * Used, Remaining with a fraction, Reset in seconds, no limit.
 *
 * HighLevel: "Rate Limits",
 * https://marketplace.gohighlevel.com/docs/other/rate-limits
 * Max for Interval-Milliseconds, Limit-Daily, Daily-Remaining.
 *
 * MailerLite: "API rate limits",
 * https://developers-classic.mailerlite.com/docs/api-rate-limits
 * X-RateLimit-Retry-After.
 *
 * X: "Rate limits", https://docs.x.com/x-api/fundamentals/rate-limits
 * Resets in seconds since 1970; limits of a day for an app and for a user
 * (x-app-limit-24hour-limit).
 *
 * Okta: "Rate limits overview",
 * https://developer.okta.com/docs/reference/rate-limits/
 * Resets in seconds since 1970.
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
 *
 * HubSpot: "API usage guidelines and limits",
 * https://developers.hubspot.com/docs/developer-tooling/platform/
 * usage-guidelines
 * A budget of a day, one of a second, and one of Interval-Milliseconds; no
 * resets.
 *
 * Brevo: "Rate limit headers", https://developers.brevo.com/docs/limit-headers
 *
 * Etsy: "Rate Limits",
 * https://developers.etsy.com/documentation/essentials/rate-limits
 * X-Limit-Per-Second with X-Remaining-This-Second.
 *
 * BigCommerce: "API Rate Limits",
 * https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits
 * X-Rate-Limit-Requests-Left with X-Rate-Limit-Time-Reset-Ms.
 *
 * EVE Online: "Best practices" and "Rate Limiting",
 * https://developers.eveonline.com/docs/services/esi/
 * X-ESI-Error-Limit-Remain; limits with their window, such as 150/15m, of the
 * routes of X-Ratelimit-Group.
 *
 * Trello: "API Rate Limits",
 * https://developer.atlassian.com/cloud/trello/guides/rest-api/rate-limits/
 * A budget of the key and one of the token, each with its interval.
 *
 * Azure DevOps: "Rate and usage limits",
 * https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 * X-RateLimit-Resource is a service; X-RateLimit-Delay how late the answer is.
 *
 * Zotero: "Rate Limiting" of the Web API's basics,
 * https://www.zotero.org/support/dev/web_api/v3/basics
 * Backoff in any response: for how long to send no more than must be sent.
 *
 * MediaWiki: "API:Etiquette" and "Manual:Maxlag parameter",
 * https://www.mediawiki.org/wiki/API:Etiquette
 * MediaWiki-API-Error: ratelimited or maxlag, with 200 and Retry-After.
 *
 * Stripe: "Rate limits", https://docs.stripe.com/rate-limits
 * Stripe-Rate-Limited-Reason: global-rate, endpoint-rate, global-concurrency,
 * endpoint-concurrency, resource-specific.  Neither budgets nor delays; without
 * the field a 429 is an object's lock.
 *
 * Anthropic, for subscriptions: anthropic-ratelimit-unified-5h-status, allowed
 * or rejected, with a reset in seconds since 1970 for each window.
 *
 * Bybit: "Rate Limit", https://bybit-exchange.github.io/docs/v5/rate-limit
 * X-Bapi-Limit-Status is what remains of X-Bapi-Limit.
 *
 * Azure OpenAI and Cosmos DB: retry-after-ms, x-ms-retry-after-ms,
 * https://learn.microsoft.com/azure/ai-services/openai/quotas-limits
 * https://learn.microsoft.com/rest/api/cosmos-db/
 * common-cosmosdb-rest-response-headers
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

/*
 * Discord: "Rate Limits",
 * https://docs.discord.com/developers/topics/rate-limits
 * Reset with a fraction, Reset-After, Bucket for a group of routes; with 429
 * Global and Scope.
 *
 * OpenAI: "Rate limits", https://platform.openai.com/docs/guides/rate-limits
 * Requests and tokens apart; a reset is a duration until the budget is back in
 * its first state.  DigitalOcean sends the like for its inference, with the
 * windows of tokens in the names and resets in seconds since 1970, which are
 * when the next one may go:
 * "Quota-Specific Response Headers For Serverless Inference",
 * https://docs.digitalocean.com/products/inference/reference/
 * quota-specific-response-headers/
 * So do SambaNova ("Rate limits",
 * https://docs.sambanova.ai/docs/en/models/rate-limits), where that is the end
 * of a window, and gateways such as LiteLLM.
 *
 * Linear: "Rate limiting", https://linear.app/developers/rate-limiting
 * Requests and complexity apart; leaky buckets; resets in milliseconds since
 * 1970.
 */
static const struct row x_ratelimit_rows[] = {
	ROW("bucket", HINT_BUCKET, HINT_ANY),
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
 * GitHub's own fields, which its refusals for a secondary limit have, too:
 * "Rate limits for the REST API",
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
static const struct row x_github_rows[] = {
	ROW("request-id", HINT_GITHUB, HINT_ANY),
	ROW("media-type", HINT_GITHUB, HINT_ANY),
};
static const struct row server_rows[] = {
	ROW("", HINT_SERVER, HINT_ANY),
};

/*
 * Microsoft Graph: "Microsoft Graph throttling guidance",
 * https://learn.microsoft.com/graph/throttling
 * What the limit is of: an application in a tenant, and of which kind.
 */
static const struct row throttle_scope_rows[] = {
	ROW("", HINT_NAME, HINT_ANY),
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
 * Salesforce: "Limit Info Header", REST API Developer Guide,
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
 * headers_api_usage.htm
 * Calls of a day and their limit: api-usage=18/5000.
 */
static const struct row salesforce_rows[] = {
	ROW("", HINT_RATIO, HINT_SALESFORCE),
};

/*
 * KuCoin: "Rate Limit", https://www.kucoin.com/docs-new/rate-limit
 * Reset in milliseconds from now, which nothing in the name says.
 */
static const struct row kucoin_rows[] = {
	TRIPLE_OF("", HINT_KUCOIN),
};

/*
 * gRPC: "A6: gRPC Retry Design", https://github.com/grpc/proposal
 * What is no number, or a negative one, asks not to send it again.
 */
static const struct row grpc_rows[] = {
	ROW("", HINT_PUSHBACK, HINT_ANY),
};

static const struct family families[] = {
	FAMILY("x-ratelimit-", x_ratelimit_rows),
	FAMILY("x-github-", x_github_rows),
	FAMILY("x-ms-throttle-scope", throttle_scope_rows),
	FAMILY("x-shopify-shop-api-call-limit", shopify_rows),
	FAMILY("x-sentry-rate-limit-", sentry_rows),
	FAMILY("anthropic-ratelimit-", anthropic_rows),
	FAMILY("server", server_rows),
	FAMILY("sforce-limit-info", salesforce_rows),
	FAMILY("gw-ratelimit-", kucoin_rows),
	FAMILY("grpc-retry-pushback-ms", grpc_rows),
};

#define NFAMILIES	(sizeof families / sizeof families[0])

#define SECONDS_OF_MINUTE	60
#define SECONDS_OF_DAY		86400

#define OPENAI	.source = "openai", .refills = true, .instants = true

static const struct hint_slot_kind kinds[HINT_SLOTS] = {
	[HINT_IETF_NAMED] = { .source = "ratelimit" },
	[HINT_IETF_QUOTA] = { .source = "ratelimit" },
	[HINT_OPENAI_REQUESTS] = { OPENAI },
	[HINT_OPENAI_TOKENS] = { OPENAI, .unit = HINT_TOKENS },
	[HINT_OPENAI_TOKENS_MINUTE] = { OPENAI, .unit = HINT_TOKENS,
	    .window = SECONDS_OF_MINUTE },
	[HINT_OPENAI_TOKENS_DAY] = { OPENAI, .unit = HINT_TOKENS,
	    .window = SECONDS_OF_DAY },
	[HINT_OPENAI_PROJECT_TOKENS] = { OPENAI, .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_REQUESTS] = { .source = "anthropic", .refills = true },
	[HINT_ANTHROPIC_TOKENS] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_INPUT] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_ANTHROPIC_OUTPUT] = { .source = "anthropic", .refills = true,
	    .unit = HINT_TOKENS },
	[HINT_SHOPIFY] = { .source = "shopify", .refills = true },
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
	[HINT_KUCOIN] = { .source = "kucoin", .milli = true },
};

const struct hint_slot_kind *
hint_slot_kind(enum hint_slot slot)
{
	return &kinds[slot];
}

static struct hint_name
find_row(const struct family *family, struct http1_str rest)
{
	struct hint_name name = { .context = HINT_STRONG,
	    .time_unit = HINT_SECOND };
	const struct row *row = family->rows;
	unsigned i;

	for (i = 0; i < family->nrows; i++, row++) {
		if (row->len != rest.len ||
		    !hint_begins(rest.p, rest.len, row->text, row->len))
			continue;
		name.role = row->role;
		name.slot = row->slot;
		if (kinds[row->slot].milli)
			name.time_unit = HINT_SECOND / 1000;
		break;
	}
	return name;
}

struct hint_name
hint_name(struct http1_str s)
{
	const struct family *family = families;
	struct http1_str rest;
	struct hint_name name;
	unsigned i;

	for (i = 0; i < NFAMILIES; i++, family++) {
		if (!hint_begins(s.p, s.len, family->prefix, family->len))
			continue;
		rest.p = s.p + family->len;
		rest.len = s.len - family->len;
		name = find_row(family, rest);
		if (name.role != HINT_NONE)
			return name;
	}
	return hint_form(s);
}
