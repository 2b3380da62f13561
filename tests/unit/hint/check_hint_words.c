/* SPDX-License-Identifier: ISC */

/* What the names of fields say by their words, and which go together. */

#include <check.h>
#include <string.h>

#include "hint/hint_form.h"
#include "check_exact.h"
#include "check_run.h"

#define SEC	HINT_SECOND
#define MS	(HINT_SECOND / 1000)

static const struct {
	const char		*name;
	enum hint_role		 role;
	enum hint_context	 context;
	uint64_t		 of;
	uint64_t		 window;	/* seconds */
} names[] = {
	{ "RateLimit-Remaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-RateLimitRemaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "x-ratelimitremaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "XRateLimitRemaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "RateLimit_Remaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X.Rate.Limit.Remaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-RATELIMIT-REMAINING", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "APIRateLimitRemaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "x-app-ratelimit-remaining", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-Rate-Limit-Requests-Left", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-Rate-Limit-Available", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-ESI-Error-Limit-Remain", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "Ratelimit-Hour-Remaining", HINT_REMAINING, HINT_STRONG, SEC, 3600 },
	{ "x-remaining-today", HINT_REMAINING, HINT_WEAK, SEC, 86400 },
	{ "X-Quota-Remaining", HINT_REMAINING, HINT_WEAK, SEC, 0 },
	{ "X-Api-Calls-Left", HINT_REMAINING, HINT_WEAK, SEC, 0 },
	{ "X-Lives-Remaining", HINT_REMAINING, HINT_OTHER_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Limit-15min", HINT_LIMIT, HINT_STRONG, SEC, 900 },
	{ "X-RateLimit-Limit-10-Seconds", HINT_LIMIT, HINT_STRONG, SEC, 10 },
	{ "X-RateLimit-Limit-1m", HINT_LIMIT, HINT_STRONG, SEC, 60 },
	{ "X-RateLimit-Limit-0s", HINT_LIMIT, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Interval-0d", HINT_WINDOW, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Interval-10s", HINT_WINDOW, HINT_STRONG, SEC, 10 },
	{ "X-RateLimit-Limit-999999999999999999999d", HINT_LIMIT, HINT_STRONG,
	    SEC, 0 },
	{ "x-app-limit-24hour-limit", HINT_LIMIT, HINT_STRONG, SEC, 86400 },
	{ "X-Rate-Limit-Requests-Quota", HINT_LIMIT, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Max", HINT_LIMIT, HINT_STRONG, SEC, 0 },
	{ "x-limit-per-second", HINT_LIMIT, HINT_WEAK, SEC, 1 },
	{ "Upload-Limit", HINT_LIMIT, HINT_OTHER_CONTEXT, SEC, 0 },
	{ "Content-Length-Limit", HINT_LIMIT, HINT_OTHER_CONTEXT, SEC, 0 },
	{ "Access-Control-Max-Age", HINT_LIMIT, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit", HINT_RATELIMIT, HINT_STRONG, SEC, 0 },
	{ "X-HubSpot-RateLimit-Daily", HINT_RATELIMIT, HINT_STRONG, SEC,
	    86400 },
	{ "RateLimit-Observed", HINT_USED, HINT_STRONG, SEC, 0 },
	{ "RateLimit-ResetTime", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "x-ratelimit-resetms", HINT_RESET, HINT_STRONG, MS, 0 },
	{ "X-Rate-Limit-Time-Reset-Ms", HINT_RESET, HINT_STRONG, MS, 0 },
	{ "RateLimit-Reset-Minutes", HINT_RESET, HINT_STRONG, 60 * SEC, 0 },
	{ "X-RateLimit-Reset-After", HINT_RESET_AFTER, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Reset-In", HINT_RESET_AFTER, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Seconds-Left", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Remaining-Time", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Reset-Tokens-Per-Minute", HINT_RESET, HINT_STRONG, SEC,
	    60 },
	{ "X-Reset", HINT_RESET, HINT_WEAK, SEC, 0 },
	{ "X-Throttle-Reset", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-Reset-Password", HINT_RESET, HINT_OTHER_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Last-Reset", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Reset-Interval", HINT_WINDOW, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Interval-Seconds", HINT_WINDOW, HINT_STRONG, SEC, 0 },
	{ "x-rate-limit-api-key-interval-ms", HINT_WINDOW, HINT_STRONG, MS,
	    0 },
	{ "X-RateLimit-Window-Minute", HINT_WINDOW, HINT_STRONG, 60 * SEC,
	    0 },
	{ "retryDelay", HINT_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Retry-At", HINT_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-RateLimit-Retry-Until", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-Rate-Limit-Retry-After-Nanos", HINT_RETRY, HINT_STRONG, 1, 0 },
	{ "X-RateLimit-Wait", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-Rate-Limit-Wait-Ms", HINT_RETRY, HINT_STRONG, MS, 0 },
	{ "X-Wait", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "Backoff", HINT_BACKOFF, HINT_WEAK, SEC, 0 },
	{ "X-Backoff-Seconds", HINT_BACKOFF, HINT_WEAK, SEC, 0 },
	{ "X-Backoff-Limit", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Backoff-Factor", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Expires", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Ttl", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Refill-In", HINT_RESET_AFTER, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Replenish-Rate", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Token-Expires", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Available-At", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Next", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Next-Request", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Next-Request-At", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Next-Request-Ms", HINT_RETRY, HINT_STRONG, MS, 0 },
	{ "X-RateLimit-Next-Time", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Remaining-Next", HINT_REMAINING, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Next-Reset", HINT_RESET, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Minute-Next", HINT_RESET, HINT_STRONG, SEC, 60 },
	{ "X-RateLimit-Requests", HINT_RATELIMIT, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Until", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-In", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-Throttled-In", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "x-ratelimit-after", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-After-Ms", HINT_RETRY, HINT_STRONG, MS, 0 },
	{ "X-Throttle-Until", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-Throttle", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Key-Next", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Next", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Minute", HINT_RATELIMIT, HINT_STRONG, SEC, 60 },
	{ "X-RateLimit-Remaining-In-Window", HINT_REMAINING, HINT_STRONG, SEC,
	    0 },
	{ "X-Non-Retryable", HINT_NEVER_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Retry-After", HINT_RETRY, HINT_WEAK, SEC, 0 },
	{ "x-ms-retry-after-ms", HINT_RETRY, HINT_NO_CONTEXT, MS, 0 },
	{ "x-ms-retry-after", HINT_RETRY, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Rate-Limit-Retry-After-Seconds", HINT_RETRY, HINT_STRONG, SEC,
	    0 },
	{ "X-RateLimit-RetryAfter", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "retryafterms", HINT_RETRY, HINT_WEAK, MS, 0 },
	{ "X-Retry-After-Minutes", HINT_RETRY, HINT_WEAK, 60 * SEC, 0 },
	{ "X-Retry-After-Min", HINT_RETRY, HINT_WEAK, 60 * SEC, 0 },
	{ "X-Min-Retry-Delay", HINT_RETRY, HINT_WEAK, SEC, 0 },
	{ "minRetryDelay", HINT_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Min-Retry-Delay-Ms", HINT_RETRY, HINT_WEAK, MS, 0 },
	{ "X-RateLimit-Min-Wait", HINT_RETRY, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Wait-Min", HINT_RETRY, HINT_STRONG, 60 * SEC, 0 },
	{ "X-Min-Backoff", HINT_BACKOFF, HINT_WEAK, SEC, 0 },
	{ "X-Minutes-To-Reset", HINT_RESET, HINT_WEAK, 60 * SEC, 0 },
	{ "X-MinLimit-Remaining", HINT_REMAINING, HINT_STRONG, SEC, 60 },
	{ "X-RateLimit-15-Min-Limit", HINT_LIMIT, HINT_STRONG, SEC, 900 },
	{ "Retry-After-Foo", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Should-Retry", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "Stripe-Should-Retry", HINT_MAY_RETRY, HINT_NO_CONTEXT, SEC, 0 },
	{ "Retry-Should", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "shouldRetry", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Retryable", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Can-Retry", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Do-Not-Retry", HINT_NEVER_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-No-Retry", HINT_NEVER_RETRY, HINT_WEAK, SEC, 0 },
	{ "X-Retry-Count", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Retry-Attempts", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Amzn-ErrorType", HINT_ERROR, HINT_NO_CONTEXT, SEC, 0 },
	{ "x-amzn-query-error", HINT_ERROR, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Error-Code", HINT_ERROR, HINT_WEAK, SEC, 0 },
	{ "X-Error-Limit", HINT_LIMIT, HINT_WEAK, SEC, 0 },
	{ "RateLimit-Policy", HINT_POLICY, HINT_STRONG, SEC, 0 },
	{ "Content-Security-Policy", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "RateLimit-Name", HINT_NAME, HINT_STRONG, SEC, 0 },
	{ "X-Ratelimit-Group", HINT_NAME, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Scope", HINT_SCOPE, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Global", HINT_GLOBAL, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Global-Limit", HINT_LIMIT, HINT_STRONG, SEC, 0 },
	{ "X-RateLimit-Delay", HINT_DELAY, HINT_STRONG, SEC, 0 },
	{ "Stripe-Rate-Limited-Reason", HINT_REASON, HINT_STRONG, SEC, 0 },
	{ "X-Frame-Options", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Amz-Request-Id", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "Set-Cookie", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Unlimited", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-Preset", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "X-RateLimit-Remainin", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "-", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "", HINT_NONE, HINT_NO_CONTEXT, SEC, 0 },
	{ "retry", HINT_MAY_RETRY, HINT_WEAK, SEC, 0 },
	{ "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-rate-limit-reset", HINT_NONE,
	    HINT_NO_CONTEXT, SEC, 0 },
};

START_TEST(name)
{
	struct http1_str s = exact(names[_i].name);
	struct hint_name n = hint_form(s);

	ck_assert_msg(n.role == names[_i].role, "%s: role is %d",
	    names[_i].name, (int)n.role);
	if (n.role != HINT_NONE) {
		ck_assert_msg(n.context == names[_i].context,
		    "%s: context is %d", names[_i].name, (int)n.context);
		ck_assert_msg(n.time_unit == names[_i].of,
		    "%s: a unit is %llu ns", names[_i].name,
		    (unsigned long long)n.time_unit);
		ck_assert_msg(n.window == names[_i].window * SEC,
		    "%s: window is %llu ns", names[_i].name,
		    (unsigned long long)n.window);
	}
	drop(s);
}
END_TEST

/* Names that belong to one budget, and one that does not. */
static const struct {
	const char	*one;
	const char	*same;
	const char	*other;
} budgets[] = {
	{ "x-rate-limit-api-token-max", "x-rate-limit-api-token-interval-ms",
	    "x-rate-limit-api-key-max" },
	{ "X-RateLimit-Limit", "X-Rate-Limit-Remaining",
	    "RateLimit-Remaining" },
	{ "X-RateLimit-Limit-Daily", "X-RateLimit-Daily-Remaining",
	    "X-RateLimit-Remaining" },
	{ "x-limit-per-day", "x-remaining-today", "x-remaining-this-second" },
	{ "X-Rate-Limit-Requests-Left", "X-Rate-Limit-Requests-Quota",
	    "X-Rate-Limit-Tokens-Left" },
	{ "X-Sib-RateLimit-Limit", "x-sib-ratelimit-reset",
	    "x-ratelimit-reset" },
	{ "X-Quota-Limit", "X-Quota-Remaining", "X-RateLimit-Remaining" },
	{ "X-ESI-Error-Limit-Remain", "X-ESI-Error-Limit-Reset",
	    "X-ESI-Limit-Reset" },
	{ "X-Throttle-Limit", "X-Throttle-Reset", "X-RateLimit-Reset" },
	{ "X-RateLimit-Global-Limit", "X-RateLimit-Global-Reset",
	    "X-RateLimit-Reset" },
	{ "X-RateLimit-Limit-1m", "X-RateLimit-Remaining-Minute",
	    "X-RateLimit-Remaining-Hour" },
};

START_TEST(together)
{
	struct http1_str s[3] = {
		{ budgets[_i].one, strlen(budgets[_i].one) },
		{ budgets[_i].same, strlen(budgets[_i].same) },
		{ budgets[_i].other, strlen(budgets[_i].other) },
	};

	ck_assert_msg(hint_form(s[0]).stem == hint_form(s[1]).stem, "%s, %s",
	    budgets[_i].one, budgets[_i].same);
	ck_assert_msg(hint_form(s[0]).stem != hint_form(s[2]).stem, "%s, %s",
	    budgets[_i].one, budgets[_i].other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_words");
	TCase *tc = tcase_create("names");

	ROWS(tc, name, names);
	ROWS(tc, together, budgets);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
