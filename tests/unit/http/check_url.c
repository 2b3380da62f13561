/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/url.h"

/* URLs in fields of answers: which are https, and of whom. */

static const struct {
	const char	*text;
	const char	*parts;	/* user|name|rest|host:port; NULL: none */
} urls[] = {
	{ "https://a.test/x", "|a.test|/x|a.test:0" },
	{ "https://a.test", "|a.test||a.test:0" },
	{ "HTTPS://A.Test./X?y#z", "|A.Test.|/X?y#z|a.test:0" },
	{ "https://a.test?x:y@z", "|a.test|?x:y@z|a.test:0" },
	{ "https://a.test#/@b.test", "|a.test|#/@b.test|a.test:0" },
	{ "https://a.test/https://b.test/", "|a.test|/https://b.test/"
	    "|a.test:0" },
	{ "https://a.test/a b\\c", "|a.test|/a b\\c|a.test:0" },
	/* ports */
	{ "https://a.test:443/", "|a.test|/|a.test:443" },
	{ "https://a.test:8443", "|a.test||a.test:8443" },
	{ "https://a.test:/x", "|a.test|/x|a.test:0" },
	{ "https://a.test:0443/", "|a.test|/|a.test:443" },
	{ "https://a.test:0/", NULL },
	{ "https://a.test:65536/", NULL },
	{ "https://a.test:x/", NULL },
	{ "https://a.test:-1/", NULL },
	{ "https://a.test:1:2/", NULL },
	/* addresses */
	{ "https://192.0.2.1:1/", "|192.0.2.1|/|192.0.2.1:1" },
	{ "https://[2001:DB8::1]/", "|[2001:DB8::1]|/|2001:db8::1:0" },
	{ "https://[2001:db8::1]:8443/", "|[2001:db8::1]|/"
	    "|2001:db8::1:8443" },
	{ "https://[::ffff:192.0.2.1]/", "|[::ffff:192.0.2.1]|/"
	    "|192.0.2.1:0" },
	{ "https://[2001:db8::1/", NULL },
	{ "https://2001:db8::1/", NULL },
	{ "https://[fe80::1%25eth0]/", NULL },
	{ "https://3232235777/", NULL },
	{ "https://0x7f.1/", NULL },
	/* userinfo */
	{ "https://u@a.test/", "u@|a.test|/|a.test:0" },
	{ "https://u:p%40@a.test:1/", "u:p%40@|a.test|/|a.test:1" },
	{ "https://@a.test/", "@|a.test|/|a.test:0" },
	{ "https://u@b@a.test/", NULL },
	{ "https://a.test\\@b.test/", NULL },
	{ "https://u s@a.test/", NULL },
	{ "https://[::1]@a.test/", NULL },
	/* relative ones, other schemes, and what only looks like one */
	{ "", NULL },
	{ "/x", NULL },
	{ "//a.test/x", NULL },
	{ "x?https://a.test/", NULL },
	{ "http://a.test/", NULL },
	{ "httpss://a.test/", NULL },
	{ "https:/a.test/", NULL },
	{ "https:a.test", NULL },
	{ "https:\\\\a.test/", NULL },
	{ "https://", NULL },
	{ "https:///x", NULL },
	{ "https://?x", NULL },
	{ " https://a.test/", NULL },
	/* names that are none */
	{ "https://a..test/", NULL },
	{ "https://a.test\\x", NULL },
	{ "https://a%2etest/", NULL },
	{ "https://\xc3\xa4.test/", NULL },
	{ "https://a.test\t/", NULL },
	{ "https://*.test/", NULL },
};

START_TEST(parts)
{
	const char *in = urls[_i].text;
	char *copy = strdup(in), got[1024];
	struct url u;
	bool is = url_https(&u, (struct http1_str){ copy, strlen(in) });

	ck_assert_msg(is == (urls[_i].parts != NULL), "%s", in);
	if (is) {
		snprintf(got, sizeof got, "%.*s|%.*s|%.*s|%s:%u",
		    (int)u.user.len, u.user.p, (int)u.name.len, u.name.p,
		    (int)u.rest.len, u.rest.p, u.host.name, u.host.port);
		ck_assert_str_eq(got, urls[_i].parts);
	}
	free(copy);
}
END_TEST

/* Of each beginning nothing is read or given that stands behind it. */
START_TEST(beginnings)
{
	static const char in[] = "https://u:p@[2001:db8::1]:443/x?y#z";
	struct url u;
	size_t n, whole = 0;
	char *copy;

	for (n = 0; n < sizeof in; n++) {
		copy = malloc(n + 1);
		memcpy(copy, in, n);
		if (url_https(&u, (struct http1_str){ copy, n })) {
			ck_assert_ptr_eq(u.rest.p + u.rest.len, copy + n);
			ck_assert(u.name.p + u.name.len <= u.rest.p);
			whole += u.host.kind == HTTP1_IPV6;
		}
		free(copy);
	}
	ck_assert_uint_eq(whole, sizeof "]:443/x?y#z" - 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("url");
	TCase *c = tcase_create("url");

	ROWS(c, parts, urls);
	tcase_add_test(c, beginnings);
	suite_add_tcase(s, c);
	return run_suite(s);
}
