/* SPDX-License-Identifier: ISC */
#include "conf/conf_preset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf.h"
#include "hint/check_hint.h"
#include "hint/refusal_judge.h"
#include "http/http1_host.h"
#include "policy/lesson.h"

/*
 * What the hosts of the presets that are shipped answer, and what is made of
 * that by a rule with nothing but the preset: whole answers, through all that
 * reads fields and bodies.  GitHub's, Discord's, Docker Hub's, X's, OpenAI's,
 * HubSpot's, Jira's, Twitch's, Notion's, Crossref's, SEC's and Shopify's are as
 * their documents have them; the others have the form in which such hosts
 * answer, and are no copies.
 */

#define SECOND	1000000000ULL	/* ns */
#define GOES	0.0		/* no pause */
#define LEFT	"x-ratelimit-remaining: 0\r\n"

/* A pause that the answer does not name, of so many seconds at first. */
#define AT_FIRST(s)	(-(s))

static const struct answer {
	const char	*preset;
	const char	*path;		/* of the request, a GET */
	int		 status;
	const char	*fields;	/* each with its CRLF */
	const char	*body;
	double		 pause;		/* seconds */
	bool		 success;	/* ... all the same */
} answers[] = {
	{ "airtable", "/v0/app1/t", 429, "Content-Type: application/json\r\n",
	    "{\"errors\":[{\"error\":\"RATE_LIMIT_REACHED\",\"message\":\"Rate "
	    "limit exceeded. Please try again later\"}]}", AT_FIRST(30.0) },
	{ "airtable", "/v0/app1/t", 503, "", "", GOES },
	{ "anthropic", "/v1/messages", 429, "retry-after: 17\r\n"
	    "anthropic-ratelimit-requests-limit: 50\r\n"
	    "anthropic-ratelimit-requests-remaining: 0\r\n"
	    "anthropic-ratelimit-requests-reset: 2025-01-01T00:00:17Z\r\n",
	    "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}",
	    17 },
	{ "arxiv", "/api/query", 503, "Retry-After: 3\r\n", "", 3 },
	{ "arxiv", "/api/query", 429, "", "Rate exceeded.", AT_FIRST(5.0) },
	{ "azure-openai", "/openai/deployments/d/chat/completions", 429,
	    "retry-after: 26\r\nContent-Type: application/json\r\n",
	    "{\"error\":{\"code\":\"429\",\"message\":\"Requests to the "
	    "ChatCompletions_Create Operation have exceeded call rate limit. "
	    "Please retry after 26 seconds.\"}}", 26 },
	{ "cohere", "/v2/chat", 429, "Content-Type: application/json\r\n",
	    "{\"message\":\"trial token rate limit exceeded\"}",
	    AT_FIRST(5.0) },
	{ "crossref", "/works", 429, "x-rate-limit-limit: 50\r\n"
	    "x-rate-limit-interval: 1s\r\n", "", AT_FIRST(5.0) },
	{ "discord", "/api/v10/channels/1/messages", 429,
	    "Content-Type: application/json\r\nRetry-After: 65\r\n"
	    "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 1735689664.57\r\n"
	    "X-RateLimit-Reset-After: 64.57\r\nX-RateLimit-Bucket: abcd1234"
	    "\r\nX-RateLimit-Scope: user\r\n",
	    "{\"message\":\"You are being rate limited.\",\"retry_after\":"
	    "64.57,\"global\":false}", 65 },
	{ "dockerhub", "/v2/library/a/manifests/latest", 429,
	    "ratelimit-limit: 100;w=21600\r\n"
	    "ratelimit-remaining: 0;w=21600\r\n"
	    "docker-ratelimit-source: 192.0.2.1\r\n",
	    "You have reached your pull rate limit.", 21600 },
	{ "dockerhub", "/v2/library/a/manifests/latest", 200,
	    "ratelimit-limit: 100;w=21600\r\n"
	    "ratelimit-remaining: 20;w=21600\r\n", "{}", GOES },
	{ "gemini", "/v1beta/models/m:generateContent", 429,
	    "Content-Type: application/json\r\n",
	    "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\","
	    "\"details\":[{\"@type\":\"type.googleapis.com/google.rpc."
	    "QuotaFailure\",\"violations\":[{\"quotaValue\":\"15\"}]},"
	    "{\"@type\":\"type.googleapis.com/google.rpc.Help\",\"links\":[]},"
	    "{\"@type\":\"type.googleapis.com/google.rpc."
	    "RetryInfo\",\"retryDelay\":\"23s\"}]}}", 23 },
	{ "github", "/repos/a/b", 403, "x-github-request-id: 1\r\n"
	    "x-ratelimit-limit: 5000\r\n" LEFT
	    "x-ratelimit-reset: 1735689700\r\n"
	    "x-ratelimit-resource: core\r\n",
	    "{\"message\":\"API rate limit exceeded\"}", 100 },
	{ "github", "/repos/a/b/issues", 403, "x-github-request-id: 1\r\n"
	    "x-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 4990\r\n"
	    "Content-Type: application/json\r\n",
	    "{\"message\":\"You have exceeded a secondary rate limit.\"}",
	    AT_FIRST(60.0) },
	{ "github", "/graphql", 200, "x-github-request-id: 1\r\n"
	    "x-ratelimit-limit: 5000\r\n" LEFT
	    "x-ratelimit-reset: 1735689700\r\n"
	    "x-ratelimit-resource: graphql\r\n"
	    "Content-Type: application/json\r\n",
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":"
	    "\"API rate limit exceeded\"}]}", 100 },
	{ "github", "/graphql", 200, "x-github-request-id: 1\r\n"
	    "Content-Type: application/json\r\n",
	    "{\"errors\":[{\"type\":\"RATE_LIMITED\",\"message\":\"m\"}]}",
	    AT_FIRST(60.0) },
	{ "github", "/graphql", 200, "x-github-request-id: 1\r\n"
	    "Content-Type: application/json\r\n", "{\"data\":{}}", GOES },
	{ "gitlab", "/api/v4/projects", 429,
	    "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
	    "RateLimit-Limit: 2000\r\nRateLimit-Remaining: 0\r\n"
	    "RateLimit-ResetTime: Wed, 01 Jan 2025 00:00:30 GMT\r\n"
	    "Retry-After: 30\r\n", "Retry later\n", 30 },
	{ "hubspot", "/crm/v3/objects/contacts", 429,
	    "X-HubSpot-RateLimit-Interval-Milliseconds: 10000\r\n"
	    "X-HubSpot-RateLimit-Max: 100\r\n"
	    "X-HubSpot-RateLimit-Remaining: 0\r\n",
	    "{\"status\":\"error\",\"errorType\":\"RATE_LIMIT\","
	    "\"policyName\":\"TEN_SECONDLY_ROLLING\"}", 10 },
	{ "jira", "/rest/api/3/issue/A-1", 429, "Retry-After: 1\r\n"
	    "RateLimit-Reason: jira-burst-based\r\nX-RateLimit-Limit: 350\r\n"
	    "X-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset: 2025-01-01T00:00:01Z\r\n", "", 1 },
	{ "mistral", "/v1/chat/completions", 429,
	    "Content-Type: application/json\r\n",
	    "{\"message\":\"Requests rate limit exceeded\"}", AT_FIRST(5.0) },
	{ "ncbi", "/entrez/eutils/esearch.fcgi", 429,
	    "Retry-After: 2\r\nX-RateLimit-Limit: 3\r\n"
	    "X-RateLimit-Remaining: 0\r\nContent-Type: application/json\r\n",
	    "{\"error\":\"API rate limit exceeded\",\"count\":\"4\","
	    "\"limit\":\"3\"}", 2 },
	{ "nominatim", "/search", 429, "", "", AT_FIRST(5.0) },
	{ "notion", "/v1/pages", 429, "Retry-After: 41\r\n"
	    "Content-Type: application/json\r\n",
	    "{\"object\":\"error\",\"status\":429,\"code\":\"rate_limited\"}",
	    41 },
	{ "notion", "/v1/pages", 529, "Retry-After: 7\r\n"
	    "Content-Type: application/json\r\n", "{\"object\":\"error\","
	    "\"status\":529,\"code\":\"service_overload\",\"additional_data\":"
	    "{\"retry_after\":\"7\"}}", 7 },
	{ "notion", "/v1/pages", 503, "Content-Type: application/json\r\n",
	    "{\"object\":\"error\",\"status\":503,\"code\":"
	    "\"service_unavailable\"}", GOES },
	{ "openai", "/v1/chat/completions", 429,
	    "x-ratelimit-limit-requests: 60\r\n"
	    "x-ratelimit-remaining-requests: 20\r\n"
	    "x-ratelimit-reset-requests: 40s\r\n"
	    "x-ratelimit-limit-tokens: 150000\r\n"
	    "x-ratelimit-remaining-tokens: 0\r\n"
	    "x-ratelimit-reset-tokens: 1m26s\r\n", "", 86 },
	{ "openalex", "/works", 429, "", "", AT_FIRST(5.0) },
	{ "openweather", "/data/2.5/weather", 429,
	    "Content-Type: application/json\r\n", "{\"cod\":429}",
	    AT_FIRST(5.0) },
	{ "overpass", "/api/interpreter", 429, "", "", AT_FIRST(5.0) },
	{ "reddit", "/r/a/new", 429, "x-ratelimit-used: 600\r\n" LEFT
	    "x-ratelimit-reset: 143\r\n", "", 143 },
	{ "s3", "/bucket/key", 503, "x-amz-request-id: 1\r\n"
	    "Content-Type: application/xml\r\n",
	    "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>",
	    AT_FIRST(5.0) },
	{ "s3", "/bucket/key", 503, "x-amz-request-id: 1\r\n"
	    "Content-Type: application/xml\r\n",
	    "<Error><Code>ServiceUnavailable</Code></Error>", GOES },
	{ "salesforce", "/services/data/v62.0/query", 403,
	    "Content-Type: application/json\r\n",
	    "[{\"message\":\"TotalRequests Limit exceeded.\",\"errorCode\":"
	    "\"REQUEST_LIMIT_EXCEEDED\"}]", AT_FIRST(5.0) },
	{ "sec-edgar", "/cgi-bin/browse-edgar", 429, "", "", AT_FIRST(5.0) },
	{ "sec-edgar", "/cgi-bin/browse-edgar", 403,
	    "Content-Type: text/html\r\n", "<h1>You&rsquo;ve Exceeded the "
	    "SEC&rsquo;s Traffic Limit</h1><p>Your access to SEC.gov will be "
	    "limited for 10 minutes.</p>", AT_FIRST(600.0) },
	{ "sec-edgar", "/cgi-bin/browse-edgar", 403,
	    "Content-Type: text/html\r\n", "<h1>Your Request Originates from "
	    "an Undeclared Automated Tool</h1>", GOES },
	{ "shopify", "/admin/api/2026-01/graphql.json", 200,
	    "Content-Type: application/json\r\n",
	    "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{\"code\":"
	    "\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
	    "\"requestedQueryCost\":700,\"throttleStatus\":{"
	    "\"currentlyAvailable\":100,\"restoreRate\":50.0}}}}", 12 },
	{ "shopify", "/admin/api/2026-01/products.json", 429,
	    "Retry-After: 2.0\r\nX-Shopify-Shop-Api-Call-Limit: 40/40\r\n",
	    "", 2 },
	{ "slack", "/api/chat.postMessage", 429, "Retry-After: 30\r\n",
	    "{\"ok\":false,\"error\":\"ratelimited\"}", 30 },
	{ "spotify", "/v1/me", 429, "Retry-After: 9\r\n", "", 9 },
	{ "strava", "/api/v3/athlete", 429, "X-RateLimit-Limit: 200,2000\r\n"
	    "X-RateLimit-Usage: 201,900\r\n"
	    "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n",
	    "{\"message\":\"Rate Limit Exceeded\"}", AT_FIRST(5.0) },
	{ "stripe", "/v1/charges", 429,
	    "Stripe-Rate-Limited-Reason: global-rate\r\n"
	    "Stripe-Should-Retry: true\r\n", "", AT_FIRST(5.0) },
	{ "twitch", "/helix/users", 429, "Ratelimit-Limit: 800\r\n"
	    "Ratelimit-Remaining: 0\r\nRatelimit-Reset: 1735689631\r\n", "",
	    31 },
	{ "wikipedia", "/w/api.php", 200, "MediaWiki-API-Error: ratelimited"
	    "\r\nRetry-After: 5\r\n",
	    "{\"error\":{\"code\":\"ratelimited\"}}", 5, true },
	{ "x", "/2/tweets/search/recent", 429, "x-rate-limit-limit: 900\r\n"
	    "x-rate-limit-remaining: 0\r\nx-rate-limit-reset: 1735690000\r\n"
	    "Content-Type: application/json\r\n",
	    "{\"errors\":[{\"code\":88,\"message\":\"Rate limit exceeded\"}]}",
	    400 },
	{ "zendesk", "/api/v2/tickets.json", 429, "X-Rate-Limit: 700\r\n"
	    "X-Rate-Limit-Remaining: 0\r\nRetry-After: 52\r\n", "", 52 },
};

/* What a body says, on top of the head. */
static void
read_body(const struct answer *a, const struct lesson_answer *answer,
    const struct http1_head *head, const struct hint *hint, struct lesson *l)
{
	const struct refusal_rule *rules[REFUSAL_RULES];
	const struct refusal_body body = { a->body, strlen(a->body),
	    REFUSAL_IDENTITY };
	struct refusal refusal;
	unsigned n;

	if (lesson_is_final(l))
		return;
	n = lesson_bodies(answer->rule, head, answer->path, rules);
	if (n > 0 && refusal_judge(rules, n, &body, JAN_2025, &refusal))
		lesson_of_refusal(l, answer, hint, &refusal);
}

START_TEST(is_understood)
{
	const struct answer *a = &answers[_i];
	struct lesson_answer answer = {
		.status = a->status,
		.method = { "GET", 3 },
		.path = { a->path, strlen(a->path) },
	};
	struct http1_host name;
	struct http1_head head;
	struct hint hint;
	struct lesson l;
	struct conf *conf;
	char text[128], *buf;

	snprintf(text, sizeof text, "hosts: {a.example: {preset: %s}}\n",
	    a->preset);
	conf = parse_ok(text);
	ck_assert_int_eq(http1_host_parse(&name, "a.example", 9), 0);
	answer.rule = conf_rule(conf, &name);
	read_head(a->status, a->fields, &head, &buf, &hint);
	lesson_of_head(&l, &answer, &hint);
	read_body(a, &answer, &head, &hint, &l);
	ck_assert_int_eq(l.verdict == BUDGET_THROTTLED, a->pause != GOES &&
	    !a->success);
	ck_assert_msg(l.backoff == (a->pause < 0), "%s: paused for %f s",
	    a->preset, (double)l.pause / SECOND);
	if (a->pause < 0)
		ck_assert_double_eq((double)l.base / SECOND, -a->pause);
	else
		ck_assert_double_eq((double)l.pause / SECOND, a->pause);
	free(buf);
	conf_unref(conf);
}
END_TEST

/* No preset is shipped of whose host no answer is above. */
START_TEST(is_there)
{
	struct conf_report report = { .name = "presets" };
	struct conf_preset *all, *preset;
	int i;

	ck_assert_msg(conf_preset_load_all(&report, &all), "%s", report.cause);
	for (preset = all; preset != NULL; preset = preset->next) {
		for (i = 0; i < COUNT(answers); i++)
			if (strcmp(answers[i].preset, preset->name) == 0)
				break;
		ck_assert_msg(i < COUNT(answers), "%s", preset->name);
	}
	conf_preset_free(all);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("conf_preset_answers");
	TCase *tc = tcase_create("answers");

	find_presets();
	ROWS(tc, is_understood, answers);
	tcase_add_test(tc, is_there);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
