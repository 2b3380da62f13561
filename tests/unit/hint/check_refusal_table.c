/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "hint/json_path.h"
#include "hint/refusal_judge.h"
#include "hint/refusal_table.h"
#include "check_refusal.h"

/* What vendors send, and what their rules make of it. */

static const struct {
	int		 status;
	const char	*path;
	const char	*fields[3];
	const char	*body;
	const char	*name;		/* NULL: no refusal */
	uint64_t	 delay;		/* ns; NONE */
} vendors[] = {
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"You have exceeded a secondary rate limit.\"}",
	    "github", NONE },
	{ 403, "/repos", { NULL },
	    "{\"message\":\"You have exceeded a secondary rate limit.\"}",
	    NULL, NONE },
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"Must have admin rights to Repository.\"}",
	    NULL, NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"m\"}]}",
	    "github", NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"errors\":[{\"type\":\"RATE_LIMIT\","
	    "\"code\":\"graphql_rate_limit\"}]}", "github", NONE },
	{ 200, "/graphql", { "X-GitHub-Request-Id: 1",
	    "Content-Type: application/json; charset=utf-8" },
	    "{\"data\":{\"issue\":{\"body\":\"a secondary rate limit\"}}}",
	    NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}", "error", NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"data\":{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}}",
	    NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"type\":\"RATE_LIMITED\",\"message\":\"Throttled\"}",
	    NULL, NONE },
	{ 200, "/v3/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":"
	    "\"TOO_MANY_REQUESTS_PER_SECOND\",\"retry_in_seconds\":23}}]}",
	    "error", 23 * SECOND },
	{ 200, "/items", { "Content-Type: application/json" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}", NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":"
	    "\"COMPLEXITY_BUDGET_EXHAUSTED\",\"retry_in_seconds\":24}}]}",
	    "error", 24 * SECOND },
	{ 200, "/gateway/api/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{"
	    "\"classification\":\"RATE_LIMITED\"}}]}", "error", NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{"
	    "\"code\":\"X\",\"statusCode\":429}}]}", "error", NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"m\",\"extensions\":{"
	    "\"cost\":429,\"statusCode\":403}}]}", NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"data\":{\"statusCode\":429},\"status\":429}", NULL, NONE },
	/* errors by their names */
	{ 503, "/rest/crm.lead.list", { "Content-Type: application/json" },
	    "{\"error\":\"QUERY_LIMIT_EXCEEDED\","
	    "\"error_description\":\"Too many requests\"}", "error", NONE },
	{ 400, "/graphql", { NULL },
	    "{\"errors\":[{\"extensions\":{\"code\":\"RATELIMITED\"}}]}",
	    "error", NONE },
	{ 403, "/x", { NULL }, "{\"message\":\"Too Many Requests\"}",
	    "error", NONE },
	{ 403, "/x", { NULL }, "{\"error\":{\"code\":403,\"details\":[{"
	    "\"reason\":\"RATE_LIMIT_EXCEEDED\"}]}}", "error", NONE },
	{ 403, "/x", { NULL }, "{\"error\":\"rate_limit_exceeded\","
	    "\"retryAfterMs\":1500}", "error", 1500 * SECOND / 1000 },
	{ 403, "/x", { NULL }, "{\"code\":\"NO_RIGHTS\","
	    "\"message\":\"Too many requests\"}", NULL, NONE },
	{ 403, "/x", { NULL }, "{\"message\":\"Rights to rate limits\"}",
	    NULL, NONE },
	{ 403, "/x", { NULL }, "{\"input\":{\"code\":\"RATE_LIMITED\"}}",
	    NULL, NONE },
	{ 403, "/x", { NULL }, "{\"errors\":{\"errors\":{\"errors\":{"
	    "\"errors\":{\"errors\":{\"errors\":{\"code\":\"throttled\"}}}}}}}",
	    NULL, NONE },
	{ 404, "/x", { NULL }, "{\"code\":\"RATE_LIMITED\"}", NULL, NONE },
	{ 500, "/x", { NULL }, "{\"fault\":{\"faultstring\":\"s\",\"detail\":{"
	    "\"errorcode\":\"policies.ratelimit.SpikeArrestViolation\"}}}",
	    "error", NONE },
	{ 500, "/x", { NULL }, "{\"fault\":{\"faultstring\":\"s\",\"detail\":{"
	    "\"errorcode\":\"policies.ratelimit.QuotaViolation\"}}}",
	    "error", NONE },
	{ 500, "/x", { NULL }, "{\"error\":\"Internal server error\"}",
	    NULL, NONE },
	{ 409, "/x", { NULL }, "{\"error\":{\"code\":\"TooManyRequests\"}}",
	    "error", NONE },
	{ 409, "/x", { NULL }, "{\"error\":{\"code\":\"Conflict\"}}",
	    NULL, NONE },
	/* what is called so is not the error, but what the request is about */
	{ 409, "/x", { NULL }, "{\"kind\":\"Status\",\"status\":\"Failure\","
	    "\"message\":\"Operation cannot be fulfilled on deployments.apps "
	    "\\\"ratelimit\\\"\",\"reason\":\"Conflict\",\"details\":{\"name\":"
	    "\"ratelimit\",\"group\":\"apps\",\"kind\":\"deployments\"},"
	    "\"code\":409}", NULL, NONE },
	{ 403, "/x", { NULL }, "{\"reason\":\"Forbidden\",\"details\":[{"
	    "\"name\":\"ratelimit\"}],\"code\":403}", NULL, NONE },
	{ 403, "/x", { NULL }, "{\"error\":{\"code\":\"X\",\"details\":{"
	    "\"reason\":\"RATE_LIMITED\"}}}", "error", NONE },
	{ 403, "/x", { NULL }, "{\"name\":\"TooManyRequestsError\"}", "error",
	    NONE },
	{ 422, "/x", { NULL }, "{\"errors\":[{\"key\":\"rate_limit\","
	    "\"message\":\"must be positive\"}]}", NULL, NONE },
	{ 422, "/x", { NULL }, "{\"errors\":[{\"field\":\"rate_limit\","
	    "\"message\":\"Rate limit exceeds the maximum\"}]}", NULL, NONE },
	{ 422, "/x", { NULL }, "{\"error\":\"Too many requests\"}", "error",
	    NONE },
	{ 409, "/x", { NULL }, "{\"status\":429}", "error", NONE },
	{ 400, "/x", { NULL }, "{\"title\":\"Rate limit\",\"detail\":"
	    "\"must be positive\"}", NULL, NONE },
	{ 409, "/x", { "Content-Type: application/xml" },
	    "<Error><Name>ratelimit</Name></Error>", NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"errors\":[{\"key\":\"rate_limit\",\"message\":\"m\"}]}",
	    NULL, NONE },
	{ 400, "/x", { NULL }, "{\"errorCode\":"
	    "\"BURST_APIINVOCATION_LIMIT_EXCEEDED\"}", "error", NONE },
	{ 400, "/x", { NULL }, "{\"code\":99991400,"
	    "\"msg\":\"request trigger frequency limit\"}", "error", NONE },
	{ 503, "/x", { NULL }, "{\"fault\":{\"code\":900800,"
	    "\"message\":\"Message throttled out\"}}", "error", NONE },
	{ 503, "/x", { NULL }, "{\"fault\":{\"code\":101503,"
	    "\"message\":\"Message timed out\"}}", NULL, NONE },
	/* a budget of the server's own, and what is too large by itself */
	{ 500, "/x", { NULL }, "{\"message\":\"Retry budget exhausted\"}",
	    NULL, NONE },
	{ 503, "/x", { NULL }, "{\"error\":\"budget_exhausted\"}",
	    NULL, NONE },
	{ 400, "/x", { NULL }, "{\"message\":\"Query cost exceeds the request "
	    "limit\"}", NULL, NONE },
	{ 413, "/x", { NULL }, "{\"message\":\"Message exceeds the request "
	    "limit\"}", NULL, NONE },
	{ 400, "/x", { NULL }, "{\"message\":\"Query complexity over limit\"}",
	    NULL, NONE },
	{ 400, "/x", { NULL }, "{\"message\":\"Message rate limit: too many "
	    "requests\"}", "error", NONE },
	{ 400, "/x", { NULL }, "{\"code\":\"QUERY_COST_RATE_LIMITED\"}",
	    "error", NONE },
	/* for how long, by keys and words */
	{ 429, "/x", { NULL }, "{\"message\":\"You are being rate limited.\","
	    "\"retry_after\":23.5,\"global\":false}", "body",
	    23500 * SECOND / 1000 },
	{ 429, "/x", { NULL }, "{\"error\":{\"retry_after_ms\":23000}}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"error\":{\"retryAfter\":\"23\"}}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"retryDelay\":\"23 seconds\"}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"limit\":9,\"reset\":1700000023}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"reset_in\":90,\"retry_after\":23}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"retry_after\":-1,\"retry_count\":3}",
	    NULL, NONE },
	{ 429, "/x", { NULL }, "{\"password_reset\":23}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"error\":{\"message\":\"Rate limit reached."
	    " Please try again in 7.66s. Visit\"}}", "body",
	    7660 * SECOND / 1000 },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Rate limit is exceeded. Try again in 56 seconds.", "body",
	    56 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please Retry After 6m0s.", "body", 360 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "try again in 1 minute", "body", 60 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please wait 2 hours, then ask", "body", 7200 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please wait a few minutes, or try again in 5", NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" }, "try again in ",
	    NULL, NONE },
	{ 503, "/x", { "Content-Type: text/plain" },
	    "Try again in 5 minutes", NULL, NONE },
	/* names made of known words, alone or before a sentence */
	{ 400, "/x", { "Content-Type: application/json" },
	    "{\"Code\":\"Throttling.User\",\"Message\":\"m\"}",
	    "error", NONE },
	{ 400, "/x", { NULL },
	    "{\"message\":\"Rate limit exceeded. See https://a.example"
	    "\"}",
	    "error", NONE },
	{ 400, "/2.3/info", { "Content-Type: application/json" },
	    "{\"error_id\":502,\"error_message\":\"too many requests fr"
	    "om this IP, more requests available in 43 seconds\",\"erro"
	    "r_name\":\"throttle_violation\"}",
	    "error", 43 * SECOND },
	{ 403, "/x", { NULL },
	    "{\"error\":{\"code\":403,\"status\":\"RESOURCE_EXHAUSTED\""
	    "}}",
	    "error", NONE },
	{ 403, "/x", { NULL },
	    "{\"message\":\"Out of call volume quota. Quota will be rep"
	    "lenished in 00:23:03.\"}",
	    "error", 1383 * SECOND },
	{ 413, "/v2/servers", { "Content-Type: application/json" },
	    "{\"overLimit\":{\"code\":413,\"message\":\"OverLimit Retry"
	    "...\",\"retryAfter\":\"2023-11-14T22:13:50Z\"}}",
	    "error", 30 * SECOND },
	{ 403, "/x", { NULL },
	    "{\"error\":\"rate limit not found\"}",
	    NULL, NONE },
	{ 403, "/x", { NULL },
	    "{\"message\":\"You are over the limit\"}",
	    NULL, NONE },
	{ 403, "/x", { NULL },
	    "{\"message\":\"\"}",
	    NULL, NONE },
	/* named as a limit, but too large by itself */
	{ 413, "/openai/v1/chat/completions", { NULL },
	    "{\"error\":{\"message\":\"Request too large for model `m` on tok"
	    "ens per minute (TPM): Limit 6000, Requested 12328, please "
	    "reduce your message size and try again.\",\"type\":\"tokens\","
	    "\"code\":\"rate_limit_exceeded\"}}",
	    NULL, NONE },
	{ 413, "/openai/v1/chat/completions", { NULL },
	    "{\"error\":{\"message\":\"Rate limit reached: Limit 6000, Used "
	    "5034, Requested 1443. Please try again in 4.77s.\","
	    "\"code\":\"rate_limit_exceeded\"}}",
	    "error", 4770 * SECOND / 1000 },
	{ 429, "/openai/v1/chat/completions", { NULL },
	    "{\"error\":{\"message\":\"Rate limit reached for model `m` on t"
	    "okens per minute (TPM): Limit 7000, Used 0, Requested ~12903. "
	    "Please try again in 50.597142857s.\",\"type\":\"tokens\","
	    "\"code\":\"rate_limit_exceeded\"}}",
	    NULL, NONE },
	{ 200, "/graphql", { "Content-Type: application/json" },
	    "{\"data\":{\"message\":\"Request too large\"},\"errors\":[{"
	    "\"type\":\"RATE_LIMITED\"}]}", "error", NONE },
	/* the same in XML, and on pages */
	{ 503, "/x", { "Content-Type: application/xml" },
	    "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://a/\">"
	    "<Error><Type>Sender</Type><Code>RequestThrottled</Code></E"
	    "rror></ErrorResponse>",
	    "error", NONE },
	{ 400, "/x", { "Content-Type: application/xml" },
	    "<Error>\n <e:Code a=\"1\">Throttling.User</e:Code>\n</Error>",
	    "error", NONE },
	{ 503, "/x", { "Content-Type: application/xml" },
	    "<Error><Code>ServiceUnavailable</Code><Message>Slow down</"
	    "Message></Error>",
	    NULL, NONE },
	{ 503, "/x", { "Content-Type: text/html" },
	    "<html><title>503 Too Many Requests</title><h1>m</h1>",
	    "error", NONE },
	{ 503, "/x", { "Content-Type: text/html" },
	    "<html><title>503 Service Temporarily Unavailable</title>",
	    NULL, NONE },
	{ 503, "/x", { "Content-Type: text/html" },
	    "<title",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: application/xml" },
	    "<error><retryAfter>23</retryAfter></error>",
	    "body", 23 * SECOND },
	/* keys of a refusal, and words */
	{ 429, "/x", { NULL },
	    "{\"fault\":{\"nextAccessTime\":\"2023-Nov-14 22:13:43+0000"
	    " UTC\"}}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL },
	    "{\"wait_seconds\":23}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitTime\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_ms\":23000}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitFor\":\"23s\"}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_until\":1700000023}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waiting_time\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitTimeInSeconds\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_at_least\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"cooldown\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitBeforeNextRequestMs\":23000}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_s\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitTimeS\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_second\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"wait_required_seconds\":23}", "body",
	    23 * SECOND },
	{ 429, "/x", { NULL }, "{\"waitUntilUtc\":1700000023}", "body",
	    23 * SECOND },
	/* counts of who waits */
	{ 429, "/x", { NULL }, "{\"waiting_requests\":120}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waiting_list_position\":250}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waiters\":120}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waiting\":120}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waitlist\":120}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waitTimeKnown\":1}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"waitingRoomSize\":120}", NULL, NONE },
	{ 429, "/x", { NULL }, "{\"wait_queue\":120}", NULL, NONE },
	{ 429, "/x", { NULL },
	    "{\"cooldown_ms\":23000}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL },
	    "{\"availableIn\":23}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL },
	    "{\"blocked_until\":1700000023}",
	    "body", 23 * SECOND },
	{ 429, "/x", { NULL },
	    "{\"next_page\":23,\"available\":23,\"until\":23,\"next\":1"
	    "}",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Expected available in 43 seconds.",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "For security purposes, you can only request this after 43"
	    " seconds.",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You are being rate limited for 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Throttled until 2023/11/14 22:13:43",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "too fast; come back in 43 s",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You are limited to 10 requests in 43 seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You may post once every 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Only 10 requests are served at once, in all 43 seconds",
	    NULL, NONE },
	/* a period is no wait where one is told, and no sentence is none */
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You can only do this once every 60 seconds. Please try"
	    " again in 5 seconds.",
	    "body", 5 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You may post once every 90 minutes. Wait 12 minutes.",
	    "body", 720 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "This action can be performed only once per 24 hours; retry"
	    " after 30 seconds",
	    "body", 30 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Only 3 days are left of your trial. Please try again in 30"
	    " seconds",
	    "body", 30 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Rate limited: 5 minutes window; try again in 3 seconds",
	    "body", 3 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Upload only 30 seconds of audio at a time. Limit resets in"
	    " 5 seconds.",
	    "body", 5 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Limited for the next 60 seconds, blocked for 5 seconds",
	    "body", 5 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "The limit resets every 60 seconds. Try again in 5 seconds",
	    "body", 5 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "The limit resets every 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "This can be performed only once per 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Posts are taken only every 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You have been rate-limited until Tue, 14 Nov 2023 22:13:43"
	    " GMT",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "We will be back at 2023-11-14 22:13:43 UTC",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please come back after 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Rate limited: 5 minutes window",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "You have only 3 days left in your trial",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "The page is cached only for 10 minutes",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Upload only 30 seconds of audio at a time",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Too many of them at once: 30 seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "p { animation: slide-back 2s infinite }",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "p { animation: 1s ease-out-back 0.5s }",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "p { animation: slide-back in 2s }",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "the mode is read_only after 2 seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Go back 2 days to see more",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Back: 30 seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please wait 43 more seconds before trying again",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Try again in about 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Try again in 1 minute and 3 seconds.",
	    "body", 63 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Limit resets in 43 seconds",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "you must wait at least 43s",
	    "body", 43 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Too Many Requests: retry after 35",
	    "body", 35 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "reset in 12 seconds",
	    "body", 12 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Way too much; IP banned until 1700000023000. Please",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Limit resets at: 2023-11-14 22:13:43 UTC",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "blocked until Tue, 14 Nov 2023 22:13:43 GMT",
	    "body", 23 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Please retry your request after 6 minutes, 5 seconds.",
	    "body", 365 * SECOND },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "Exceeded 4 calls per 10 seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "retry after many seconds",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "wait wait wait",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "again",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "retry after 35x",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "wait until",
	    NULL, NONE },
	{ 429, "/x", { "Content-Type: text/plain" },
	    "blocked until yesterday, 1234567890 at least",
	    NULL, NONE },
	{ 200, "/graphql/", { "Content-Type: application/json" },
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\"}]}",
	    "error", NONE },
	/* codes that are numbers */
	{ 400, "/v23.0/me", { "x-fb-trace-id: 1" },
	    "{\"error\":{\"message\":\"(#4) Application request limit "
	    "reached\",\"type\":\"OAuthException\",\"code\":4}}",
	    "facebook", NONE },
	{ 400, "/v23.0/me", { "x-fb-trace-id: 1" },
	    "{\"error\":{\"type\":\"OAuthException\",\"code\":190}}",
	    NULL, NONE },
	{ 400, "/v23.0/me", { NULL }, "{\"error\":{\"code\":4}}", NULL, NONE },
	{ 400, "/v23.0/act_1", { "x-fb-trace-id: 1" },
	    "{\"error\":{\"type\":\"OAuthException\",\"code\":80004,"
	    "\"error_subcode\":2446079}}", "facebook", NONE },
	/* as it was called before */
	{ 403, "/repos", { "X-GitHub-Request-Id: 1" },
	    "{\"message\":\"You have triggered an abuse detection mechanism."
	    "\"}", "github", NONE },
	{ 503, "/b/o", { "x-amz-request-id: 1" },
	    "<Error><Code>SlowDownWrite</Code></Error>", "s3", NONE },
	{ 403, "/drive/v3/files", { "Content-Type: application/json" },
	    "{\"error\":{\"code\":403,\"errors\":[{\"domain\":\"usageLimits\","
	    "\"reason\":\"userRateLimitExceeded\"}]}}", "google", NONE },
	{ 403, "/drive/v3/files", { "Content-Type: application/json" },
	    "{\"error\":{\"code\":403,\"errors\":[{\"domain\":\"global\","
	    "\"reason\":\"insufficientFilePermissions\"}]}}", NULL, NONE },
	{ 429, "/v1beta/models/m:generateContent", { NULL },
	    "[{\"error\":{\"code\":429,\"details\":[{\"@type\":\"type.google"
	    "apis.com/google.rpc.RetryInfo\",\"retryDelay\":\"23.4s\"}]}}]",
	    "google.rpc.RetryInfo", 23400 * SECOND / 1000 },
	{ 503, "/v1/x", { NULL },
	    "{\"code\":14,\"details\":[{\"retryDelay\":{\"seconds\":\"7\"}}]}",
	    "google.rpc.RetryInfo", 7 * SECOND },
	{ 503, "/v1/x", { NULL }, "{\"code\":14,\"details\":[]}", NULL, NONE },
	{ 200, "/admin/api/2026-01/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{\"code\":"
	    "\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
	    "\"requestedQueryCost\":700,\"throttleStatus\":{"
	    "\"currentlyAvailable\":100,\"restoreRate\":50.0}}}}",
	    "shopify", 12 * SECOND },
	{ 200, "/admin/api/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"errors\":[{\"message\":\"Throttled\"}],\"extensions\":{"
	    "\"cost\":{\"requestedQueryCost\":202,\"throttleStatus\":{"
	    "\"currentlyAvailable\":118,\"restoreRate\":50.0}}}}",
	    "shopify", 1680 * SECOND / 1000 },
	{ 200, "/admin/api/2026-01/graphql.json",
	    { "Content-Type: application/json" },
	    "{\"data\":{},\"extensions\":{\"cost\":{\"requestedQueryCost\":7,"
	    "\"throttleStatus\":{\"currentlyAvailable\":1,"
	    "\"restoreRate\":50.0}}}}", NULL, NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.0" },
	    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
	    "ProvisionedThroughputExceededException\"}", "aws", NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.1" },
	    "{\"__type\":\"ThrottlingException\",\"message\":\"m\"}", "aws",
	    NONE },
	{ 400, "/", { "Content-Type: application/x-amz-json-1.1" },
	    "{\"__type\":\"ValidationException\"}", NULL, NONE },
	{ 500, "/", { "Content-Type: text/xml" }, "<s:Envelope><s:Body>"
	    "<s:Fault><faultcode>s:Server</faultcode><faultstring>Rate limit"
	    " exceeded</faultstring></s:Fault></s:Body></s:Envelope>",
	    "error", NONE },
	{ 500, "/", { "Content-Type: text/xml" }, "<s:Envelope><s:Body>"
	    "<s:Fault><faultcode>s:Server</faultcode><faultstring>Limit not"
	    " known</faultstring></s:Fault></s:Body></s:Envelope>",
	    NULL, NONE },
	{ 503, "/", { "Content-Type: text/xml" }, "<Response><Errors><Error>"
	    "<Code>RequestLimitExceeded</Code>", "aws", NONE },
	{ 503, "/key", { "x-amz-request-id: 1",
	    "Content-Type: application/xml" },
	    "<Error><Code>SlowDown</Code></Error>", "s3", NONE },
	{ 503, "/key", { "Content-Type: application/xml" },
	    "<Error><Code>SlowDown</Code></Error>", "error", NONE },
	{ 403, "/services/data", { "Content-Type: application/json" },
	    "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"m\"}]",
	    "salesforce", NONE },
	{ 403, "/services/data", { "Content-Type: application/json" },
	    "[{\"errorCode\":\"INSUFFICIENT_ACCESS\",\"message\":\"m\"}]",
	    NULL, NONE },
	{ 429, "/bot1/sendMessage", { "Content-Type: application/json" },
	    "{\"ok\":false,\"error_code\":429,\"parameters\":{"
	    "\"retry_after\":35}}", "telegram", 35 * SECOND },
};

static const struct {
	const char		*body;
	enum refusal_unit	 unit;
} units[] = {
	{ "{\"error\":{\"message\":\"m\",\"type\":\"tokens\"}}",
	    REFUSAL_OF_TOKENS },
	{ "{\"error\":{\"type\":\"requests\",\"message\":\"m\"}}",
	    REFUSAL_OF_REQUESTS },
	{ "{\"error\":{\"message\":\"Rate limit reached on requests per minut"
	    "e (RPM): Limit 30, Used 30, Requested 1.\"}}",
	    REFUSAL_OF_REQUESTS },
	{ "{\"error\":{\"message\":\"on Tokens per min (TPM): Limit 9\"}}",
	    REFUSAL_OF_TOKENS },
	{ "{\"error\":{\"code\":\"429\",\"message\":\"Requests have exceeded "
	    "token rate limit of your tier\"}}", REFUSAL_OF_TOKENS },
	{ "{\"error\":{\"code\":\"429\",\"message\":\"Requests have exceeded "
	    "call rate limit of your tier\"}}", REFUSAL_OF_REQUESTS },
	{ "{\"error\":{\"message\":\"60 requests per minute and 9 tokens per "
	    "minute\"}}", REFUSAL_OF_ANYTHING },
	{ "{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}",
	    REFUSAL_OF_ANYTHING },
	{ "[]", REFUSAL_OF_ANYTHING },
	{ "tokens per minute", REFUSAL_OF_ANYTHING },
};

START_TEST(unit)
{
	const struct refusal_rule *picked[REFUSAL_RULES], *rules;
	struct refusal_body body = { units[_i].body, strlen(units[_i].body),
	    REFUSAL_IDENTITY, false };
	struct refusal found;
	unsigned n;

	memset(&head, 0, sizeof head);
	head.status = 429;
	head.body = HTTP1_CHUNKED;
	rules = refusal_builtin(&n);
	n = refusal_pick(rules, n, &head, (struct http1_str){ "/", 1 }, picked,
	    0);
	(void)refusal_judge(picked, n, &body, NOW, &found);
	ck_assert_int_eq(found.unit, units[_i].unit);
}
END_TEST

START_TEST(vendor)
{
	const struct refusal_rule *picked[REFUSAL_RULES], *rules;
	struct http1_str p = { vendors[_i].path, strlen(vendors[_i].path) };
	struct refusal_body body = { vendors[_i].body,
	    strlen(vendors[_i].body), REFUSAL_IDENTITY,
	    vendors[_i].status < 400 };
	struct refusal found;
	unsigned i, n;

	memset(&head, 0, sizeof head);
	head.status = vendors[_i].status;
	head.body = HTTP1_CHUNKED;
	for (i = 0; vendors[_i].fields[i] != NULL; i++)
		field(vendors[_i].fields[i]);
	rules = refusal_builtin(&n);
	ck_assert_uint_le(n, REFUSAL_RULES);
	n = refusal_pick(rules, n, &head, p, picked, 0);
	ck_assert_int_eq(refusal_judge(picked, n, &body, NOW, &found),
	    vendors[_i].name != NULL);
	if (vendors[_i].name == NULL)
		return;
	ck_assert_str_eq(found.rule->name, vendors[_i].name);
	ck_assert_int_eq(found.has_delay, vendors[_i].delay != NONE);
	if (found.has_delay)
		ck_assert_uint_eq(found.delay, vendors[_i].delay);
}
END_TEST

/* All that is built in is what a configuration could say, too. */
START_TEST(builtin)
{
	const struct refusal_rule *rules;
	unsigned i, j, n;

	rules = refusal_builtin(&n);
	ck_assert_uint_gt(n, 0);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(rules[i].name);
		ck_assert_uint_gt(rules[i].nstatuses, 0);
		for (j = 1; j < rules[i].nstatuses; j++)
			ck_assert_int_lt(rules[i].statuses[j - 1],
			    rules[i].statuses[j]);
		ck_assert(rules[i].json == NULL ||
		    json_path_is(rules[i].json));
		ck_assert(rules[i].delay == NULL ||
		    json_path_is(rules[i].delay));
		ck_assert(rules[i].json != NULL || rules[i].delay != NULL ||
		    rules[i].contains != NULL || rules[i].limit ||
		    rules[i].told);
	}
}
END_TEST

static Suite *
refusal_table_suite(void)
{
	Suite *suite = suite_create("refusal_table");
	TCase *known = tcase_create("vendors");

	tcase_add_loop_test(known, vendor, 0, COUNT(vendors));
	tcase_add_loop_test(known, unit, 0, COUNT(units));
	tcase_add_test(known, builtin);
	suite_add_tcase(suite, known);
	return suite;
}

int
main(void)
{
	return run_suite(refusal_table_suite());
}
