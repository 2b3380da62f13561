/* SPDX-License-Identifier: ISC */
#include "hint/refusal_table.h"

/*
 * Bodies that refuse, as their vendors document them.  A rule that could mean
 * something else elsewhere asks for a field or a path of its vendor's, too.
 */

#define MINUTE		60000000000ULL	/* ns */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define STATUSES(...) \
	.statuses = { __VA_ARGS__ }, \
	.nstatuses = COUNT(((const int[]){ __VA_ARGS__ }))

/*
 * GitHub: "Rate limits for the REST API", on secondary rate limits,
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * 403 or 429; where no field tells, at least a minute.  "Rate limits and query
 * limits for the GraphQL API", on exceeding them,
 * https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 * 200 or 403.
 */
static const char *const github_types[] = {
	"RATE_LIMITED", "RATE_LIMIT", NULL
};

/*
 * Google: "Resolve errors" of Drive and Calendar,
 * https://developers.google.com/workspace/drive/api/guides/handle-errors
 * https://developers.google.com/workspace/calendar/api/guides/errors
 * 403 with a reason; what passes by itself, and is answered by waiting.
 */
static const char *const google_reasons[] = {
	"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded",
	"dailyLimitExceeded", NULL
};

/*
 * AWS: "Retry behavior" of the "AWS SDKs and Tools Reference Guide",
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * The error codes that are throttling; as __type or code in JSON, with a name
 * space before it, and as Code in XML.
 */
static const char *const aws_codes[] = {
	"Throttling", "ThrottlingException", "ThrottledException",
	"RequestThrottled", "RequestThrottledException",
	"TooManyRequestsException", "ProvisionedThroughputExceededException",
	"RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
	"PriorRequestNotComplete", "EC2ThrottledException", NULL
};

/*
 * Shopify: "Shopify API limits", on the GraphQL Admin API,
 * https://shopify.dev/docs/api/usage/limits
 * 200; the bucket refills at restoreRate a second.
 */
static const char *const shopify_codes[] = { "THROTTLED", NULL };
static const char *const shopify_messages[] = { "Throttled", NULL };
#define SHOPIFY_COST	"extensions.cost."
#define SHOPIFY_DELAY \
	.need = SHOPIFY_COST "requestedQueryCost", \
	.have = SHOPIFY_COST "throttleStatus.currentlyAvailable", \
	.rate = SHOPIFY_COST "throttleStatus.restoreRate"

/*
 * Salesforce: "Status Codes and Error Responses" of the REST API,
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 */
static const char *const salesforce_codes[] = {
	"REQUEST_LIMIT_EXCEEDED", NULL
};

/*
 * Facebook: "Rate Limits" and "Error Handling" of the Graph API,
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 * Too many calls of the app, of the user, for a page; of custom limits; from
 * 80000 on of each of a business's use cases.
 */
static const char *const facebook_codes[] = {
	"4", "17", "32", "613", "80000", "80001", "80002", "80003", "80004",
	"80005", "80006", "80008", "80009", "80014", NULL
};

static const struct refusal_rule rules[] = {
	{
		.name = "github",
		STATUSES(403, 429),
		.field = "x-github-request-id",
		.contains = "secondary rate limit",
		.pause = MINUTE,
		.has_pause = true,
	},
	/* what it was called before, and still is at one's own GitHub */
	{
		.name = "github",
		STATUSES(403, 429),
		.field = "x-github-request-id",
		.contains = "abuse detection mechanism",
		.pause = MINUTE,
		.has_pause = true,
	},
	{
		.name = "github",
		STATUSES(200),
		.field = "x-github-request-id",
		.end = "/graphql",
		.contains = "secondary rate limit",
		.json = "message",
		.pause = MINUTE,
		.has_pause = true,
	},
	{
		.name = "github",
		STATUSES(200, 403),
		.field = "x-github-request-id",
		.end = "/graphql",
		.json = "errors.*.type",
		.in = github_types,
		.pause = MINUTE,
		.has_pause = true,
	},
	{
		.name = "google",
		STATUSES(403),
		.json = "error.errors.*.reason",
		.in = google_reasons,
	},
	/*
	 * "Errors" of Google's "API Improvement Proposals",
	 * https://google.aip.dev/193
	 * A status of google.rpc with RetryInfo among its details.
	 */
	{
		.name = "google.rpc.RetryInfo",
		STATUSES(429, 503),
		.delay = "error.details.*.retryDelay",
	},
	{
		.name = "google.rpc.RetryInfo",
		STATUSES(429, 503),
		.delay = "details.*.retryDelay",
	},
	{
		.name = "shopify",
		STATUSES(200),
		.end = "/graphql.json",
		.json = "errors.*.extensions.code",
		.in = shopify_codes,
		SHOPIFY_DELAY,
	},
	{
		.name = "shopify",
		STATUSES(200),
		.end = "/graphql.json",
		.json = "errors.*.message",
		.in = shopify_messages,
		SHOPIFY_DELAY,
	},
	{
		.name = "aws",
		STATUSES(400, 403, 503),
		.json = "__type",
		.in = aws_codes,
	},
	{
		.name = "aws",
		STATUSES(400, 403, 503),
		.field = "x-amzn-requestid",
		.json = "code",
		.in = aws_codes,
	},
	{
		.name = "aws",
		STATUSES(400, 503),
		.field = "x-amzn-requestid",
		.contains = "<Code>Throttling",
	},
	{
		.name = "aws",
		STATUSES(400, 503),
		.contains = "<Code>RequestLimitExceeded</Code>",
	},
	/*
	 * "Error responses" of Amazon S3's API reference,
	 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
	 */
	{
		.name = "s3",
		STATUSES(503),
		.field = "x-amz-request-id",
		/* MinIO has SlowDownRead and SlowDownWrite */
		.contains = "<Code>SlowDown",
	},
	{
		.name = "salesforce",
		STATUSES(403),
		.json = "errorCode",
		.in = salesforce_codes,
	},
	{
		.name = "facebook",
		STATUSES(400, 403),
		.field = "x-fb-trace-id",
		.json = "error.code",
		.in = facebook_codes,
	},
	/*
	 * "ResponseParameters" of Telegram's Bot API,
	 * https://core.telegram.org/bots/api#responseparameters
	 */
	{
		.name = "telegram",
		STATUSES(429),
		.delay = "parameters.retry_after",
	},
	/*
	 * By their form, behind those whose meaning is known: what Bitrix24
	 * (QUERY_LIMIT_EXCEEDED), Linear (RATELIMITED) and many others say;
	 * OpenStack with 413 (overLimit), Apigee with 500
	 * (SpikeArrestViolation).
	 */
	{
		.name = "error",
		STATUSES(403, 503),
		.limit = true,
		.told = true,
	},
	{
		.name = "error",
		STATUSES(400, 401, 402, 413, 500),
		.limit = true,
		.names = REFUSAL_SENTENCES,
		.told = true,
	},
	/* a conflict, and wrong fields: names of what they are about */
	{
		.name = "error",
		STATUSES(409, 422),
		.limit = true,
		.names = REFUSAL_CODES,
		.told = true,
	},
	{
		.name = "error",
		STATUSES(200),
		.end = "/graphql",
		.limit = true,
		.names = REFUSAL_SENTENCES,
		.within = true,
		.told = true,
		SHOPIFY_DELAY,
	},
	{
		.name = "error",
		STATUSES(200),
		.end = "/graphql.json",
		.limit = true,
		.names = REFUSAL_SENTENCES,
		.within = true,
		.told = true,
	},
	{
		.name = "body",
		STATUSES(420, 429),
		.told = true,
	},
};

const struct refusal_rule *
refusal_builtin(unsigned *n)
{
	*n = COUNT(rules);
	return rules;
}
