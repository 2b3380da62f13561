/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"
#include "http/http1_host.h"

#include "check_http1.h"

static const struct {
	const char		*text;
	const char		*name;
	enum http1_host_kind	 kind;
	unsigned		 port;
} good[] = {
	{ "h", "h", HTTP1_NAME, 0 },
	{ "h:80", "h", HTTP1_NAME, 80 },
	{ "h:", "h", HTTP1_NAME, 0 },
	{ "h:1", "h", HTTP1_NAME, 1 },
	{ "h:65535", "h", HTTP1_NAME, 65535 },
	{ "h:00080", "h", HTTP1_NAME, 80 },
	{ "API.Example.COM", "api.example.com", HTTP1_NAME, 0 },
	{ "example.com.", "example.com", HTTP1_NAME, 0 },
	{ "Example.com.:8080", "example.com", HTTP1_NAME, 8080 },
	{ "a_b.-c-.d", "a_b.-c-.d", HTTP1_NAME, 0 },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", HTTP1_NAME, 0 },
	{ "1e100.net", "1e100.net", HTTP1_NAME, 0 },
	{ "1.2.3.4.example", "1.2.3.4.example", HTTP1_NAME, 0 },
	{ "0x7f.example", "0x7f.example", HTTP1_NAME, 0 },
	{ "3com", "3com", HTTP1_NAME, 0 },
	{ "0xyz", "0xyz", HTTP1_NAME, 0 },
	{ "127.0.0.1", "127.0.0.1", HTTP1_IPV4, 0 },
	{ "127.0.0.1:3128", "127.0.0.1", HTTP1_IPV4, 3128 },
	{ "127.0.0.1.", "127.0.0.1", HTTP1_IPV4, 0 },
	{ "127.0.0.2", "127.0.0.2", HTTP1_IPV4, 0 },
	/* no address at all is the loopback's */
	{ "0.0.0.0", "127.0.0.1", HTTP1_IPV4, 0 },
	{ "0.0.0.0.:81", "127.0.0.1", HTTP1_IPV4, 81 },
	{ "0.0.0.1", "0.0.0.1", HTTP1_IPV4, 0 },
	{ "255.255.255.255", "255.255.255.255", HTTP1_IPV4, 0 },
	{ "[::1]", "::1", HTTP1_IPV6, 0 },
	{ "[::1]:443", "::1", HTTP1_IPV6, 443 },
	{ "[::1]:", "::1", HTTP1_IPV6, 0 },
	{ "[::]", "::1", HTTP1_IPV6, 0 },
	{ "[0:0:0:0:0:0:0:0]:81", "::1", HTTP1_IPV6, 81 },
	{ "[::0.0.0.0]", "::1", HTTP1_IPV6, 0 },
	{ "[::0.0.0.1]", "::1", HTTP1_IPV6, 0 },
	{ "[0000:0000:0000:0000:0000:0000:0000:0001]", "::1", HTTP1_IPV6, 0 },
	{ "[2001:db8::0:0:1]", "2001:db8::1", HTTP1_IPV6, 0 },
	{ "[2001:DB8::192.0.2.1]", "2001:db8::c000:201", HTTP1_IPV6, 0 },
	{ "[2001:DB8:0:0:0:0:0:1]", "2001:db8::1", HTTP1_IPV6, 0 },
	{ "[2001:0db8:0000:0001:0000:0000:0000:0001]", "2001:db8:0:1::1",
	    HTTP1_IPV6, 0 },
	{ "[2001:db8:0:1:1:1:1:1]", "2001:db8:0:1:1:1:1:1", HTTP1_IPV6, 0 },
	{ "[2001:0:0:1:0:0:0:1]", "2001:0:0:1::1", HTTP1_IPV6, 0 },
	/* mapped ones, in all their forms */
	{ "[::ffff:10.0.0.1]", "10.0.0.1", HTTP1_IPV4, 0 },
	{ "[::FFFF:0a00:0001]:80", "10.0.0.1", HTTP1_IPV4, 80 },
	{ "[::ffff:a00:1]", "10.0.0.1", HTTP1_IPV4, 0 },
	{ "[0:0:0:0:0:ffff:10.0.0.1]", "10.0.0.1", HTTP1_IPV4, 0 },
	{ "[0000:0000:0000:0000:0000:FFFF:255.255.255.255]",
	    "255.255.255.255", HTTP1_IPV4, 0 },
	{ "[0::0:ffff:a00:1]", "10.0.0.1", HTTP1_IPV4, 0 },
	{ "[::ffff:0.0.0.0]", "127.0.0.1", HTTP1_IPV4, 0 },
	{ "[::ffff:0:0]", "127.0.0.1", HTTP1_IPV4, 0 },
	/* other destinations */
	{ "[::10.0.0.1]", "::10.0.0.1", HTTP1_IPV6, 0 },
	{ "[::ffff:0:10.0.0.1]", "::ffff:0:a00:1", HTTP1_IPV6, 0 },
	{ "[64:ff9b::10.0.0.1]", "64:ff9b::a00:1", HTTP1_IPV6, 0 },
	{ "[2002:a00:1::]", "2002:a00:1::", HTTP1_IPV6, 0 },
};

static const struct http1_str bad[] = {
	BYTES(""), BYTES("."), BYTES(".."), BYTES(":80"), BYTES(":"),
	BYTES("a..b"), BYTES(".a"), BYTES("a.."), BYTES("a b"), BYTES(" a"),
	BYTES("a "), BYTES("a\tb"), BYTES("a\0b"), BYTES("a\x7f"),
	BYTES("b\xc3\xbc" "cher.example"), BYTES("a%41"), BYTES("a/b"),
	BYTES("a?b"), BYTES("a#b"), BYTES("a\\b"), BYTES("a,b"),
	BYTES("a;b"), BYTES("a*b"), BYTES("a~b"), BYTES("a'b"),
	BYTES("user@h"), BYTES("user:pw@h"), BYTES("user:pw@h:80"),
	BYTES("@h"),
	/* ports */
	BYTES("h:0"), BYTES("h:00000"), BYTES("h:65536"), BYTES("h:99999"),
	BYTES("h:000080"), BYTES("h:-1"), BYTES("h:+1"), BYTES("h:80x"),
	BYTES("h:x"), BYTES("h: 80"), BYTES("h:80 "), BYTES("h:80:80"),
	BYTES("h::80"), BYTES("h:0x50"), BYTES("h:4294967376"),
	BYTES("h:80\0"),
	/* addresses */
	BYTES("2130706433"), BYTES("0x7f.1"), BYTES("0x7f000001"),
	BYTES("0X7F000001"), BYTES("017700000001"), BYTES("127.1"),
	BYTES("1.2.3"), BYTES("1.2.3.4.5"), BYTES("1.2.3.256"),
	BYTES("1.2.3.04"), BYTES("1.2.3.0x4"), BYTES("1.2.3.4.."),
	BYTES("1.2.3."), BYTES("0"), BYTES("0x"), BYTES("a.0x"),
	BYTES("h.123"), BYTES("a.2.3.4"), BYTES("1.2.3.1000"),
	BYTES("1.2.3.4294967297"),
	/* brackets */
	BYTES("["), BYTES("[]"), BYTES("[]:80"), BYTES("[::1"), BYTES("::1"),
	BYTES("[::1]80"), BYTES("[::1]x"), BYTES("[::1]]"), BYTES("[[::1]]"),
	BYTES("[::1]:0"), BYTES("[::1]:65536"), BYTES("[::1]::80"),
	BYTES("[::1%eth0]"), BYTES("[fe80::1%25eth0]"), BYTES("[host]"),
	BYTES("[1.2.3.4]"), BYTES("[v1.a]"), BYTES("[::1\0]"),
	BYTES("[:::]"), BYTES("[1::2::3]"), BYTES("[1:2:3:4:5:6:7]"),
	BYTES("[1:2:3:4:5:6:7:8:9]"), BYTES("[12345::]"), BYTES("[ ::1]"),
	BYTES("[::1.2.3]"), BYTES("[::1.2.3.256]"), BYTES("x[::1]"),
	BYTES("[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]"),
	BYTES("[0000:0000:0000:0000:0000:0000:0000:0000:0000:0]"),
};

static enum http1_error
parse(struct http1_host *host, const char *text, size_t len)
{
	char *copy = exact_copy(text, len);
	enum http1_error error = http1_host_parse(host, copy, len);

	free(copy);
	return error;
}

START_TEST(test_good)
{
	struct http1_host host;
	struct http1_host again;
	char text[HTTP1_HOST + 16];

	ck_assert_int_eq(parse(&host, good[_i].text, strlen(good[_i].text)),
	    HTTP1_OK);
	ck_assert_str_eq(host.name, good[_i].name);
	ck_assert_int_eq(host.kind, good[_i].kind);
	ck_assert_uint_eq(host.port, good[_i].port);

	/* The canonical form is its own canonical form. */
	snprintf(text, sizeof text, host.kind == HTTP1_IPV6 ? "[%s]" : "%s",
	    host.name);
	ck_assert_int_eq(parse(&again, text, strlen(text)), HTTP1_OK);
	ck_assert_str_eq(again.name, host.name);
	ck_assert_int_eq(again.kind, host.kind);
}
END_TEST

START_TEST(test_bad)
{
	struct http1_host host;
	struct http1_host zero;

	memset(&zero, 0, sizeof zero);
	memset(&host, 'x', sizeof host);
	ck_assert_int_eq(parse(&host, bad[_i].p, bad[_i].len),
	    HTTP1_BAD_HOST);
	ck_assert_mem_eq(&host, &zero, sizeof zero);
}
END_TEST

/* Every byte that a name may hold, and no other. */
START_TEST(test_name_bytes)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	struct http1_host host;
	char text[3] = { 'a', (char)_i, 'a' };
	bool ok;

	ok = _i != 0 && strchr(allowed, _i) != NULL;
	/* "a:a" is a bad port, which is no name either. */
	ck_assert_int_eq(parse(&host, text, sizeof text),
	    ok ? HTTP1_OK : HTTP1_BAD_HOST);
}
END_TEST

START_TEST(test_label_length)
{
	struct http1_host host;
	char text[2 + 64 + 2];

	memset(text, 'a', sizeof text);
	text[1] = '.';
	text[2 + 63] = '.';
	ck_assert_int_eq(parse(&host, text, 2 + 63), HTTP1_OK);
	ck_assert_int_eq(parse(&host, text, 2 + 63 + 1), HTTP1_OK);
	ck_assert_int_eq(parse(&host, text, 2 + 63 + 2), HTTP1_OK);
	text[2 + 63] = 'a';
	ck_assert_int_eq(parse(&host, text, 2 + 64), HTTP1_BAD_HOST);
	text[2 + 64] = '.';
	ck_assert_int_eq(parse(&host, text, 2 + 65), HTTP1_BAD_HOST);
}
END_TEST

START_TEST(test_name_length)
{
	struct http1_host host;
	char text[HTTP1_HOST + 2];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 == 0 ? 'a' : '.';
	ck_assert_int_eq(parse(&host, text, HTTP1_HOST), HTTP1_OK);
	ck_assert_uint_eq(strlen(host.name), HTTP1_HOST);
	/* The trailing dot is not counted. */
	ck_assert_int_eq(parse(&host, text, HTTP1_HOST + 1), HTTP1_OK);
	ck_assert_uint_eq(strlen(host.name), HTTP1_HOST);
	ck_assert_int_eq(parse(&host, text, HTTP1_HOST + 2), HTTP1_BAD_HOST);
}
END_TEST

/* It is remembered of names alone, and of nothing that was parsed before. */
START_TEST(test_absolute)
{
	static const struct {
		const char	*text;
		bool		 absolute;
	} rows[] = {
		{ "a.test.", true }, { "a.test", false },
		{ "A.test.:80", true }, { "a.test:80", false }, { "a.", true },
		{ "127.0.0.1.", false }, { "0.0.0.0.", false },
		{ "[::1]", false },
	};
	struct http1_host host;

	memset(&host, 'x', sizeof host);
	for (size_t i = 0; i < NROWS(rows); i++) {
		ck_assert_int_eq(parse(&host, rows[i].text,
		    strlen(rows[i].text)), HTTP1_OK);
		ck_assert_int_eq(host.absolute, rows[i].absolute);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_host");
	TCase *tc = tcase_create("host");

	tcase_add_loop_test(tc, test_good, 0, NROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_name_bytes, 0, 256);
	tcase_add_test(tc, test_label_length);
	tcase_add_test(tc, test_name_length);
	tcase_add_test(tc, test_absolute);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
