/* SPDX-License-Identifier: ISC */

/*
 * What a response says beside its budgets: which part of the host it is
 * about, and that it shall not be sent again.
 */

#include "check_hint.h"

static const struct {
	const char	*lines;
	const char	*part;		/* NULL: none is named */
} parts[] = {
	{ "X-RateLimit-Bucket: abcd1234\r\n", "abcd1234" },
	{ "X-RateLimit-Bucket:\r\n", NULL },
	{ "X-GitHub-Request-Id: 1:2\r\nX-RateLimit-Resource: core\r\n",
	    "core" },
	{ "X-RateLimit-Resource: search\r\nX-RateLimit-Remaining: 7\r\n",
	    "search" },
	{ "RateLimit: \"burst\";r=50;t=30\r\n", "burst" },
	{ "RateLimit-Policy: burst;q=100;w=60\r\n", "burst" },
	{ "RateLimit: \"a\";r=50;t=30, \"b\";r=0;t=30\r\n", "b" },
	{ "RateLimit: \"a\";r=0;t=30, \"b\";r=1;t=30\r\n", "a" },
	{ "RateLimit: \"a\";r=50;t=30, \"b\";r=1;t=30\r\n", NULL },
	{ "RateLimit: limit=10, remaining=5, reset=30\r\n", NULL },
	{ "X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 0\r\n", NULL },
	{ "Retry-After: 5\r\n", NULL },
};

START_TEST(part)
{
	static const int statuses[] = { 200, 404, 429 };
	struct http1_head *head = malloc(sizeof(*head));
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
		free(buf);
	}
	free(head);
}
END_TEST

static const struct {
	const char	*lines;
	bool		 no_retry;
} retries[] = {
	{ "X-Should-Retry: false\r\n", true },
	{ "Stripe-Should-Retry: False\r\n", true },
	{ "X-Should-Retry: true\r\n", false },
	{ "X-Should-Retry:\r\n", false },
	{ "X-Should-Retry: maybe\r\n", false },
	{ "Retry-After: 1\r\n", false },
};

START_TEST(no_retry)
{
	struct http1_head *head = malloc(sizeof(*head));
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

int
main(void)
{
	Suite *s = suite_create("hint_parts");
	TCase *tc = tcase_create("parts");

	tcase_add_loop_test(tc, part, 0, NROWS(parts));
	tcase_add_loop_test(tc, no_retry, 0, NROWS(retries));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
