/* SPDX-License-Identifier: ISC */

/* What people are told of the fields by which a host refuses. */

#include "hint/hint_told.h"

#include "check_hint.h"

#define DOT	" \302\267 "
#define HEX32	"0123456789abcdef0123456789abcdef"
#define TEN	"1, 2, 3, 4"

static const struct {
	const char *lines;
	const char *told;
} rows[] = {
	{ "", "" },
	{ "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\nServer: github.com\r\n"
	    "Content-Length: 5\r\nX-Frame-Options: DENY\r\n"
	    "Access-Control-Max-Age: 5\r\nX-Lives-Remaining: 9\r\n", "" },
	{ "Retry-After: 7\r\n", "Retry-After: 7" },
	{ "Retry-After: Wed, 01 Jan 2025 00:00:30 GMT\r\n",
	    "Retry-After: Wed, 01 Jan 2025 00:00:30 GMT" },
	{ "X-RateLimit-Limit: 100\r\nVary: *\r\nx-ratelimit-remaining:0\r\n"
	    "X-RateLimit-Reset:  1735689660 \r\n",
	    "X-RateLimit-Limit: 100" DOT "x-ratelimit-remaining: 0" DOT
	    "X-RateLimit-Reset: 1735689660" },
	{ "RateLimit-Policy: \"a\";q=10;w=60\r\nRateLimit: \"a\";r=0;t=9\r\n",
	    "RateLimit-Policy: \"a\";q=10;w=60" DOT
	    "RateLimit: \"a\";r=0;t=9" },
	{ "X-Quota-Remaining: 0\r\n", "X-Quota-Remaining: 0" },
	{ "X-RateLimit-Reset: 2025-01-01T00:00:30.123456Z\r\n",
	    "X-RateLimit-Reset: 2025-01-01T00:00:30.123456Z" },
	{ "X-RateLimit-Remaining:\r\n", "X-RateLimit-Remaining: " },
	/* nobody's key */
	{ "RateLimit: \"a\";r=0;pk=:am9l:;t=9, \"b\";PK=\"joe\"\r\n",
	    "RateLimit: \"a\";r=0;pk=...;t=9, \"b\";PK=..." },
	{ "X-RateLimit-Bucket: " HEX32 "\r\nX-RateLimit-Limit: 5\r\n",
	    "X-RateLimit-Bucket: 0123..." DOT "X-RateLimit-Limit: 5" },
	{ "RateLimit: sk_live_0123456789/0123456789+AB==; r=1\r\n",
	    "RateLimit: sk_l...; r=1" },
	{ "Authorization: Bearer x\r\nSet-Cookie: ratelimit=5\r\n"
	    "X-Api-Key: 5\r\n", "" },
	/* bounds */
	{ "RateLimit: " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN
	    ", " TEN "\r\n", "RateLimit: " TEN ", " TEN ", " TEN ", " TEN
	    ", " TEN ", 1, 2..." },
	{ "X-RateLimit-" HEX32 HEX32 ": 5\r\nRetry-After: 1\r\n",
	    "Retry-After: 1" },
};

static void
check(const char *lines, const char *want, size_t size)
{
	struct http1_head head;
	struct hint hint;
	char *buf, told[256];

	read_head(429, lines, &head, &buf, &hint);
	memset(told, 'x', sizeof told);
	ck_assert_uint_eq(hint_told(&head, told, size), strlen(want));
	ck_assert_str_eq(told, want);
	free(buf);
}

START_TEST(fields)
{
	check(rows[_i].lines, rows[_i].told, 256);
}
END_TEST

/* A field that has no room is left out whole, and what is behind it. */
START_TEST(room)
{
	static const char lines[] = "Retry-After: 7\r\n"
	    "X-RateLimit-Limit: 100\r\n";

	check(lines, "", 1);
	check(lines, "", 14);
	check(lines, "Retry-After: 7", 15);
	check(lines, "Retry-After: 7", 15 + 4 + 21);
	check(lines, "Retry-After: 7" DOT "X-RateLimit-Limit: 100",
	    15 + 4 + 22);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hint_told");
	TCase *tc = tcase_create("told");

	suite_add_tcase(suite, tc);
	ROWS(tc, fields, rows);
	tcase_add_test(tc, room);
	return run_suite(suite);
}
