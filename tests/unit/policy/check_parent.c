/* SPDX-License-Identifier: ISC */
#include "policy/parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_host.h"
#include "http/http1_response.h"

#include "check_run.h"

static const struct {
	const char	*url;
	const char	*name;
	const char	*user;
} good[] = {
	{ "http://proxy.corp:3128", "http://proxy.corp:3128", NULL },
	{ "http://proxy.corp:3128/", "http://proxy.corp:3128", NULL },
	{ "HTTPS://Proxy.Corp.:443", "https://proxy.corp:443", NULL },
	{ "http://[2001:DB8::1]:80", "http://[2001:db8::1]:80", NULL },
	{ "http://192.0.2.7:65535", "http://192.0.2.7:65535", NULL },
	{ "http://joe@proxy.corp:3128", "http://proxy.corp:3128", "joe" },
	{ "http://CORP%5cjoe@h:1", "http://h:1", "CORP\\joe" },
	{ "http://joe%40corp.example@h:1", "http://h:1", "joe@corp.example" },
	{ "http://joe@corp.example@h:1", "http://h:1", "joe@corp.example" },
	{ "http://j\xc3\xb6@h:1", "http://h:1", "j\xc3\xb6" },
};

START_TEST(urls)
{
	struct parent *p = calloc(1, sizeof *p);

	ck_assert_ptr_null(parent_parse(p, good[_i].url));
	ck_assert_str_eq(p->name, good[_i].name);
	ck_assert(p->tls == (strncmp(p->name, "https", 5) == 0));
	if (good[_i].user == NULL)
		ck_assert_ptr_null(p->user);
	else
		ck_assert_str_eq(p->user, good[_i].user);
	parent_free(p);
}
END_TEST

static const struct {
	const char	*url;
	const char	*wrong;		/* a part of what is said */
} bad[] = {
	{ "", "no URL of a proxy" },
	{ "proxy.corp:3128", "no URL of a proxy" },
	{ "socks5://proxy.corp:1080", "no URL of a proxy" },
	{ "http:/proxy.corp:3128", "no URL of a proxy" },
	{ "http://proxy.corp", "no port" },
	{ "http://proxy.corp:", "no port" },
	{ "http://", "no host and port" },
	{ "http://:3128", "no host and port" },
	{ "http://proxy.corp:0", "no host and port" },
	{ "http://proxy.corp:65536", "no host and port" },
	{ "http://proxy corp:3128", "no host and port" },
	{ "http://proxy.corp:3128/path", "a path" },
	{ "http://proxy.corp:3128?q", "a path" },
	{ "http://proxy.corp:3128#f", "a path" },
	{ "http://@proxy.corp:3128", "no user before" },
	{ "http://joe:secret@proxy.corp:3128", "has a password" },
	{ "http://joe:@proxy.corp:3128", "has a password" },
	{ "http://joe%3asecret@proxy.corp:3128", "with a colon" },
	{ "http://joe%0d%0a@proxy.corp:3128", "control character" },
	{ "http://joe%@proxy.corp:3128", "without two digits" },
	{ "http://joe%4@proxy.corp:3128", "without two digits" },
	{ "http://joe%4x@proxy.corp:3128", "without two digits" },
};

/* Nothing is left to be freed, and the password is not said again. */
START_TEST(wrong_urls)
{
	struct parent p = { .tls = false };
	const char *wrong = parent_parse(&p, bad[_i].url);

	ck_assert_ptr_nonnull(wrong);
	ck_assert_msg(strstr(wrong, bad[_i].wrong) != NULL, "%s", wrong);
	ck_assert_ptr_null(strstr(wrong, "secret"));
	ck_assert_ptr_null(p.user);
	ck_assert_ptr_null(p.name);
}
END_TEST

START_TEST(long_users)
{
	char url[400];
	struct parent *p = calloc(1, sizeof *p);
	unsigned i;

	for (i = 255; i <= 256; i++) {
		memset(url, 'u', sizeof url);
		memcpy(url, "http://", 7);
		memcpy(url + 7 + i, "@h:1", 5);
		ck_assert((parent_parse(p, url) == NULL) == (i == 255));
		if (i == 255)
			ck_assert_uint_eq(strlen(p->user), 255);
		free(p->name);
		p->name = NULL;
		free(p->user);
		p->user = NULL;
		url[7 + i] = 'u';
	}
	parent_free(p);
}
END_TEST

/* RFC 7617 2 */
START_TEST(authorization)
{
	struct parent *p = calloc(1, sizeof *p);

	ck_assert_ptr_null(parent_parse(p, "http://Aladdin@proxy:3128"));
	ck_assert(parent_authorize(p, "open sesame", 11));
	ck_assert_str_eq(p->authorization,
	    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	parent_free(p);
}
END_TEST

START_TEST(comparing)
{
	struct parent a = { 0 }, b = { 0 };
	char text[] = "x", other[] = "x", third[] = "y";
	char **of_a[] = { &a.name, &a.user, &a.password_file, &a.tls_trust,
	    &a.tls_certificate, &a.tls_key };
	char **of_b[] = { &b.name, &b.user, &b.password_file, &b.tls_trust,
	    &b.tls_certificate, &b.tls_key };
	size_t i;

	for (i = 0; i < sizeof of_a / sizeof of_a[0]; i++) {
		*of_a[i] = text;
		ck_assert(!parent_equals(&a, &b));
		*of_b[i] = third;
		ck_assert(!parent_equals(&a, &b));
		*of_b[i] = other;
		ck_assert(parent_equals(&a, &b));
	}
	a.tls_verify = true;
	ck_assert(!parent_equals(&a, &b));
	/* its name may lead elsewhere */
	b.tls_verify = b.host.absolute = true;
	ck_assert(!parent_equals(&a, &b));
}
END_TEST

static const struct {
	const char	*host;
	bool		 local;
} hosts[] = {
	{ "localhost", true },
	{ "LOCALHOST.", true },
	{ "a.localhost", true },
	{ ".localhost", false },
	{ "notlocalhost", false },
	{ "localhost.example", false },
	{ "127.0.0.1", true },
	{ "127.255.255.254", true },
	{ "0.0.0.0", true },
	{ "128.0.0.1", false },
	{ "[::1]", true },
	{ "[::]", true },
	{ "[::ffff:127.0.0.1]", true },
	{ "[::2]", false },
	{ "10.0.0.1", false },
	{ "127.example", false },
};

START_TEST(local_hosts)
{
	struct http1_host h;

	if (http1_host_parse(&h, hosts[_i].host, strlen(hosts[_i].host)) !=
	    HTTP1_OK)
		ck_assert(!hosts[_i].local);
	else
		ck_assert(parent_is_local(&h) == hosts[_i].local);
}
END_TEST

static const struct {
	const char	*fields;
	bool		 speaks;
} answers[] = {
	{ "", false },
	{ "Proxy-Status: p; error=connection_limit_reached\r\n", true },
	{ "Proxy-Status: sluice; error=http_request_denied; details=\"x\"\r\n",
	    true },
	{ "Proxy-Status: p; error=proxy_internal_error\r\n", true },
	{ "Proxy-Status: p; received-status=429\r\n", false },
	{ "Proxy-Status: p; error=http_request_denied; received-status=429\r\n",
	    false },
	{ "Proxy-Status: p; error=destination_unavailable\r\n", false },
	{ "Proxy-Status: p; error=connection_timeout\r\n", false },
	{ "Proxy-Status: p\r\n", false },
	/* whoever is nearest comes last */
	{ "Proxy-Status: far; error=http_request_denied, near\r\n", false },
	{ "Proxy-Status: far, near; error=http_request_denied\r\n", true },
	{ "Proxy-Status: near; error=http_request_denied\r\n"
	    "Proxy-Status: nearer; received-status=429\r\n", false },
	{ "Proxy-Status: far; received-status=429\r\n"
	    "Proxy-Status: near; error=proxy_internal_error\r\n", true },
	/* no structured fields */
	{ "Proxy-Status: p; error=\r\n", false },
	{ "Proxy-Status: p; error=\"http_request_denied\"\r\n", false },
	{ "Via: 1.1 p; error=http_request_denied\r\n", false },
};

START_TEST(speaking)
{
	static const struct http1_str get = { "GET", 3 };
	struct http1_head *h = calloc(1, sizeof *h);
	char text[512];
	int n;

	n = snprintf(text, sizeof text, "HTTP/1.1 429 Too Many Requests\r\n"
	    "%sContent-Length: 0\r\n\r\n", answers[_i].fields);
	ck_assert_int_eq(http1_response(h, text, (size_t)n, get), HTTP1_OK);
	ck_assert(parent_speaks(h) == answers[_i].speaks);
	free(h);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("parent");
	TCase *tc = tcase_create("parent");

	ROWS(tc, urls, good);
	ROWS(tc, wrong_urls, bad);
	tcase_add_test(tc, long_users);
	tcase_add_test(tc, authorization);
	tcase_add_test(tc, comparing);
	ROWS(tc, local_hosts, hosts);
	ROWS(tc, speaking, answers);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
