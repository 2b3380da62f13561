/* SPDX-License-Identifier: ISC */
#include "exchange/relay_parent.h"

#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "http/http1_host.h"

static struct http1_host host;
static struct text	 text;

static const struct relay_parent *
to(const char *name, uint16_t port, const char *authorization)
{
	static struct relay_parent p;

	ck_assert_int_eq(http1_host_parse(&host, name, strlen(name)),
	    HTTP1_OK);
	p = (struct relay_parent){ &host, port, authorization };
	return &p;
}

static struct text
as_text(char *s)
{
	return (struct text){ .p = s, .len = strlen(s) };
}

static void
check_text(const char *want)
{
	ck_assert(!text.failed);
	text_put(&text, "", 1);
	ck_assert_str_eq(text.p, want);
	text_free(&text);
}

static const struct {
	const char	*in;
	const char	*host;
	unsigned	 port;
	const char	*authorization;
	const char	*out;
} requests[] = {
	{ "GET /x?y HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\r\n", "a.test", 80,
	    NULL, "GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n"
	    "X: 1\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nHost: a.test:81\r\n\r\n", "a.test", 81,
	    "Basic eDp5", "GET http://a.test:81/ HTTP/1.1\r\nHost: a.test:81"
	    "\r\nProxy-Authorization: Basic eDp5\r\n\r\n" },
	{ "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", "a.test", 80, NULL,
	    "OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "OPTIONS /* HTTP/1.1\r\nHost: a.test\r\n\r\n", "a.test", 80, NULL,
	    "OPTIONS http://a.test/* HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "GET //b/ HTTP/1.1\r\nHost: [::1]\r\n\r\n", "[::1]", 80, NULL,
	    "GET http://[::1]//b/ HTTP/1.1\r\nHost: [::1]\r\n\r\n" },
	/* what the name means is for whom resolves it */
	{ "GET / HTTP/1.1\r\nHost: a.test:81\r\n\r\n", "a.test.", 81, NULL,
	    "GET http://a.test.:81/ HTTP/1.1\r\nHost: a.test.:81\r\n\r\n" },
};

START_TEST(absolute)
{
	char in[128];
	struct text head;

	memcpy(in, requests[_i].in, strlen(requests[_i].in) + 1);
	head = as_text(in);
	relay_parent_absolute(&text, &head, strcspn(in, " "),
	    to(requests[_i].host, (uint16_t)requests[_i].port,
	    requests[_i].authorization));
	check_text(requests[_i].out);
}
END_TEST

START_TEST(connect)
{
	char in[] = "CONNECT / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: u\r\n"
	    "Via: 1.1 us\r\n\r\n";
	char bare[] = "CONNECT / HTTP/1.1\r\nHost: a.test\r\n\r\n";
	struct text head = as_text(in);

	relay_parent_connect(&text, &head, to("a.test", 80, "Basic eDp5"));
	check_text("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n"
	    "User-Agent: u\r\nVia: 1.1 us\r\n"
	    "Proxy-Authorization: Basic eDp5\r\n\r\n");
	head = as_text(bare);
	relay_parent_connect(&text, &head, to("[2001:db8::1]", 443, NULL));
	check_text("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"
	    "Host: [2001:db8::1]:443\r\n\r\n");
}
END_TEST

START_TEST(own_connect)
{
	relay_parent_own_connect(&text, "us", to("a.test", 443, "Basic eA=="));
	check_text("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
	    "Via: 1.1 us\r\nProxy-Authorization: Basic eA==\r\n\r\n");
	relay_parent_own_connect(&text, NULL, to("a.test", 443, NULL));
	check_text("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n");
	relay_parent_own_connect(&text, NULL, to("a.test.", 443, NULL));
	check_text("CONNECT a.test.:443 HTTP/1.1\r\nHost: a.test.:443\r\n\r\n");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("relay_parent");
	TCase *tc = tcase_create("relay_parent");

	ROWS(tc, absolute, requests);
	tcase_add_test(tc, connect);
	tcase_add_test(tc, own_connect);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
