/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>

#include "check_run.h"
#include "exchange/max_forwards.h"
#include "exchange/via.h"
#include "http/http1_request.h"

/* What keeps a request from going in a circle: Via, and Max-Forwards. */

static struct http1_head head;

static void
request(const char *method, const char *fields)
{
	static char buf[1024];
	int n;

	n = snprintf(buf, sizeof buf, "%s http://a.test/ HTTP/1.1\r\n"
	    "Host: a.test\r\n%s\r\n", method, fields);
	ck_assert_int_eq(http1_request(&head, buf, (size_t)n), HTTP1_OK);
}

static const struct {
	const char	*fields;
	bool		 loop;
} vias[] = {
	{ "", false },
	{ "Via: 1.1 me\r\n", true },
	{ "Via: 1.1 ME\r\n", true },
	{ "Via: 1.1 me2\r\n", false },
	{ "Via: 1.1 m\r\n", false },
	{ "Via: 1.0 x, HTTP/1.1 \t me (comment)\r\n", true },
	{ "Via: 1.1 x\r\nVia: 1.1 me(c)\r\n", true },
	{ "Via: 1.1 x (1.1 me)\r\n", false },
	{ "Via: 1.1 x (a, 1.1 me)\r\n", false },
	{ "Via: 1.1 x (a (b), \\), 1.1 me), 1.1 me\r\n", true },
	/* what does not end hides nothing */
	{ "Via: 1.1 x (a, 1.1 me\r\n", true },
	{ "X-Via: 1.1 me\r\n", false },
};

START_TEST(loops)
{
	request("GET", vias[_i].fields);
	ck_assert(via_is_loop(&head, "me") == vias[_i].loop);
	ck_assert(!via_is_loop(&head, NULL));
}
END_TEST

static const struct {
	const char		*method;
	const char		*fields;
	enum max_forwards	 what;
} forwards[] = {
	{ "GET", "Max-Forwards: 0\r\n", MAX_FORWARDS_NONE },
	{ "TRACE", "", MAX_FORWARDS_NONE },
	{ "TRACE", "Max-Forwards: 0\r\n", MAX_FORWARDS_REACHED },
	{ "TRACE", "Max-Forwards: 000\r\n", MAX_FORWARDS_REACHED },
	{ "OPTIONS", "Max-Forwards: 1\r\n", MAX_FORWARDS_SOME },
	{ "OPTIONS", "Max-Forwards: 5, 0\r\n", MAX_FORWARDS_REACHED },
	{ "OPTIONS", "Max-Forwards: 99999999999999999999999\r\n",
	    MAX_FORWARDS_SOME },
	{ "OPTIONS", "Max-Forwards: -1\r\n", MAX_FORWARDS_BAD },
	{ "OPTIONS", "Max-Forwards: 1,\r\n", MAX_FORWARDS_BAD },
	{ "OPTIONS", "Max-Forwards:\r\n", MAX_FORWARDS_BAD },
};

START_TEST(max_forwards)
{
	struct http1_str least;

	request(forwards[_i].method, forwards[_i].fields);
	ck_assert_int_eq(max_forwards_read(&head, &least), forwards[_i].what);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("via");
	TCase *tc = tcase_create("via");

	ROWS(tc, loops, vias);
	ROWS(tc, max_forwards, forwards);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
