/* SPDX-License-Identifier: ISC */

/*
 * What a response says beside its budgets: which part of the host it is
 * about, that it shall not be sent again, and what could not be used.
 */

#include "check_hint.h"

static const struct {
	const char	*lines;
	const char	*part;		/* NULL: none is named */
	bool		 general;
} parts[] = {
	{ "X-RateLimit-Bucket: abcd1234\r\n", "abcd1234", false },
	{ "X-RateLimit-Bucket:\r\n", NULL, false },
	{ "X-GitHub-Request-Id: 1:2\r\nX-RateLimit-Resource: core\r\n",
	    "core", true },
	{ "X-RateLimit-Resource: core\r\n", "core", true },
	{ "X-RateLimit-Resource: search\r\nX-RateLimit-Remaining: 7\r\n",
	    "search", false },
	{ "RateLimit: \"burst\";r=50;t=30\r\n", "burst", true },
	{ "RateLimit-Policy: burst;q=100;w=60\r\n", "burst", true },
	{ "RateLimit: \"a\";r=50;t=30, \"b\";r=0;t=30\r\n", "b", true },
	{ "RateLimit: \"a\";r=0;t=30, \"b\";r=1;t=30\r\n", "a", true },
	{ "RateLimit: \"a\";r=0;t=30, \"b\";r=0;t=60\r\n", "b", true },
	{ "RateLimit-Name: throttle_web\r\nRateLimit-Limit: 5\r\n",
	    "throttle_web", false },
	{ "X-RateLimit-Group: a, a\r\n", "a", false },
	{ "X-Ms-Throttle-Scope: Tenant/Read\r\n", "Tenant/Read", false },
	{ "RateLimit: \"a\";r=50;t=30, \"b\";r=1;t=30\r\n", NULL, false },
	{ "RateLimit: limit=10, remaining=5, reset=30\r\n", NULL, false },
	{ "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0\r\n", NULL,
	    false },
	{ "Retry-After: 5\r\n", NULL, false },
	{ "X-Post-Rate-Limit-Remaining: 5\r\n", "POST", false },
	{ "X-RateLimit-Get-Remaining: 5\r\n"
	    "X-RateLimit-Put-Remaining: 0\r\n", "PUT", false },
	{ "X-RateLimit-Resource: a\r\nX-RateLimit-Patch-Remaining: 0\r\n",
	    "a", false },
	{ "X-Post-Rate-Limit-Remaining: 5\r\nX-RateLimit-Global: true\r\n",
	    NULL, false },
	{ "X-Budget-Rate-Limit-Remaining: 5\r\n", NULL, false },
	{ "X-Output-Rate-Limit-Remaining: 5\r\n", NULL, false },
};

START_TEST(part)
{
	static const int statuses[] = { 200, 404, 429 };
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	unsigned i;
	char *buf;

	ck_assert_ptr_nonnull(head);
	for (i = 0; i < 3; i++) {
		read_head(statuses[i], parts[_i].lines, head, &buf, &h);
		ck_assert_msg(parts[_i].part == NULL ? h.part.p == NULL :
		    h.part.p != NULL && http1_str_is(h.part, parts[_i].part),
		    "%s: part is %.*s", parts[_i].lines, (int)h.part.len,
		    h.part.p == NULL ? "" : h.part.p);
		ck_assert_msg(h.general == parts[_i].general, "%s",
		    parts[_i].lines);
		free(buf);
	}
	free(head);
}
END_TEST

/* What a field says of another method than the request's, says nothing of it. */
START_TEST(of_another_method)
{
	static const char lines[] = "X-Post-Rate-Limit-Limit: 1250\r\n"
	    "X-Post-Rate-Limit-Remaining: 0\r\n"
	    "X-Post-Rate-Limit-Reset: 2000\r\n"
	    "X-RateLimit-UserLimit: 500\r\nX-RateLimit-UserRemaining: 0\r\n"
	    "X-RateLimit-UserReset: 60\r\n";
	static const struct http1_str methods[] = { { "GET", 3 },
	    { "post", 4 }, { "POST", 4 }, { NULL, 0 } };
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	char *buf;

	ck_assert_ptr_nonnull(head);
	read_head(200, lines, head, &buf, &h);
	hint_read(head, methods[_i], JAN_2025, &h);
	ck_assert_uint_eq(h.nbudgets, _i < 2 ? 1 : 2);
	ck_assert_uint_eq(h.pause, (_i < 2 ? 60 : 2000) * HINT_SECOND);
	ck_assert(h.partial == (_i >= 2));
	ck_assert((h.part.p != NULL) == (_i >= 2));
	free(buf);
	free(head);
}
END_TEST

static const struct {
	const char	*lines;
	bool		 no_retry;
} retries[] = {
	{ "X-Should-Retry: false\r\n", true },
	{ "Stripe-Should-Retry: False\r\n", true },
	{ "X-Should-Retry: true, false\r\n", true },
	{ "Retry-Should: false\r\n", true },
	{ "X-Retryable: no\r\n", true },
	{ "X-Acme-Should-Retry: ?0\r\n", true },
	{ "X-Do-Not-Retry: true\r\n", true },
	{ "grpc-retry-pushback-ms: -1\r\n", true },
	{ "grpc-retry-pushback-ms: soon\r\n", true },
	{ "grpc-retry-pushback-ms: 250\r\n", false },
	{ "grpc-retry-pushback: -1\r\n", false },
	{ "X-Do-Not-Retry: false\r\n", false },
	{ "X-Retry-Count: 0\r\n", false },
	{ "X-Should-Retry: true\r\n", false },
	{ "X-Should-Retry:\r\n", false },
	{ "X-Should-Retry: maybe\r\n", false },
	{ "Retry-After: 1\r\n", false },
};

START_TEST(no_retry)
{
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	char *buf;

	ck_assert_ptr_nonnull(head);
	read_head(429, retries[_i].lines, head, &buf, &h);
	ck_assert_msg(h.no_retry == retries[_i].no_retry, "%s",
	    retries[_i].lines);
	free(buf);
	free(head);
}
END_TEST

/* Whether a refusal may be for the size of its request. */
static const struct {
	int		 status;
	const char	*lines;
	bool		 may;
} larges[] = {
	{ 429, "x-ratelimit-remaining-requests: 9\r\n"
	    "x-ratelimit-remaining-tokens: 5990\r\n"
	    "x-ratelimit-reset-tokens: 10s\r\n", true },
	{ 429, "Retry-After: 5\r\nx-ratelimit-remaining-tokens: 1\r\n", true },
	{ 429, "x-ratelimit-remaining-requests: 0\r\n"
	    "x-ratelimit-remaining-tokens: 5990\r\n", false },
	{ 429, "x-ratelimit-remaining-tokens: 0\r\n", false },
	{ 429, "x-ratelimit-remaining-requests: 9\r\n", false },
	{ 429, "Retry-After: 5\r\n", false },
	{ 200, "x-ratelimit-remaining-tokens: 5990\r\n", false },
};

START_TEST(may_be_large)
{
	struct http1_head *head = malloc(sizeof *head);
	struct hint h;
	char *buf;

	ck_assert_ptr_nonnull(head);
	read_head(larges[_i].status, larges[_i].lines, head, &buf, &h);
	ck_assert_msg(h.may_be_large == larges[_i].may, "%s",
	    larges[_i].lines);
	free(buf);
	free(head);
}
END_TEST

/* The first field that is of no use, by the beginning of its value. */
static const struct {
	const char	*lines;
	const char	*value;		/* NULL: each is of use, or no time */
} odd[] = {
	{ "Retry-After: soon\r\n", "soon" },
	{ "Retry-After: -1\r\n", "-1" },
	{ "Retry-After: 5, soon\r\n", "5, soon" },
	{ "Retry-After: 5\r\nX-RateLimit-Reset: never\r\n", "never" },
	{ "X-RateLimit-Reset: 99999999999999\r\n", "99999999999999" },
	{ "X-RateLimit-Reset: 9999-12-31T23:59:59Z\r\n",
	    "9999-12-31T23:59:59Z" },
	{ "Retry-After-Ms: x\r\nRetry-After: y\r\n", "y" },
	{ "X-Acme-Rate-Limit-Reset: a\r\n", "a" },
	{ "Retry-After: 5\r\n", NULL },
	{ "Retry-After:\r\n", NULL },
	{ "X-RateLimit-Reset: -5\r\n", NULL },
	{ "X-RateLimit-Remaining: many\r\n", NULL },
	{ "X-Reset-Password: s3cr3t\r\n", NULL },
	{ "X-Reset: s3cr3t\r\n", NULL },
};

START_TEST(unusable)
{
	struct http1_head *head = malloc(sizeof *head);
	const struct http1_field *f;
	struct hint h;
	char *buf;

	ck_assert_ptr_nonnull(head);
	read_head(429, odd[_i].lines, head, &buf, &h);
	f = h.unusable;
	ck_assert_msg(odd[_i].value == NULL ? f == NULL : f != NULL &&
	    http1_str_is(f->value, odd[_i].value), "%s", odd[_i].lines);
	free(buf);
	free(head);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_parts");
	TCase *tc = tcase_create("parts");

	tcase_add_loop_test(tc, part, 0, NROWS(parts));
	tcase_add_loop_test(tc, of_another_method, 0, 4);
	tcase_add_loop_test(tc, no_retry, 0, NROWS(retries));
	tcase_add_loop_test(tc, may_be_large, 0, NROWS(larges));
	tcase_add_loop_test(tc, unusable, 0, NROWS(odd));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
