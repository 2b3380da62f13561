/* SPDX-License-Identifier: ISC */
#include "http/http1_host.h"
#include "policy/host_pattern.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check_run.h"

/* A pattern, and what it is once it is parsed; name NULL: it is none. */
static const struct {
	const char		*text;
	const char		*name;
	enum http1_host_kind	 kind;
	uint16_t		 port;
	bool			 wildcard;
} patterns[] = {
	{ "api.example.com", "api.example.com", HTTP1_NAME, 0, false },
	{ "API.Example.COM.", "api.example.com", HTTP1_NAME, 0, false },
	{ "api.example.com:8443", "api.example.com", HTTP1_NAME, 8443, false },
	{ "localhost", "localhost", HTTP1_NAME, 0, false },
	{ "*.example.org", "example.org", HTTP1_NAME, 0, true },
	{ "*.Example.ORG.:80", "example.org", HTTP1_NAME, 80, true },
	{ "*.com", "com", HTTP1_NAME, 0, true },
	{ "*", "", HTTP1_NAME, 0, true },
	{ "*:443", "", HTTP1_NAME, 443, true },
	{ "*:65535", "", HTTP1_NAME, 65535, true },
	{ "192.0.2.1", "192.0.2.1", HTTP1_IPV4, 0, false },
	{ "192.0.2.1:80", "192.0.2.1", HTTP1_IPV4, 80, false },
	{ "[2001:DB8:0:0::1]", "2001:db8::1", HTTP1_IPV6, 0, false },
	{ "[2001:db8::1]:80", "2001:db8::1", HTTP1_IPV6, 80, false },
	{ .text = "" },
	{ .text = ":80" },
	{ .text = "**" },
	{ .text = "*." },
	{ .text = "*.:80" },
	{ .text = "*example.org" },
	{ .text = "api.*.com" },
	{ .text = "*.*.com" },
	{ .text = "*.192.0.2.1" },
	{ .text = "*.[::1]" },
	{ .text = "*:" },
	{ .text = "*:0" },
	{ .text = "*:65536" },
	{ .text = "*:x" },
	{ .text = "*:123456789" },
	{ .text = "api.example.com:" },
	{ .text = "api.example.com:0" },
	{ .text = "api.example.com:65536" },
	{ .text = "api.example.com:80:80" },
	{ .text = "https://api.example.com" },
	{ .text = "api.example.com/path" },
	{ .text = "me@api.example.com" },
	{ .text = "api..example.com" },
	{ .text = "api example.com" },
	{ .text = "192.0.2.256" },
	{ .text = "2001:db8::1" },
	{ .text = "[::1" },
};

START_TEST(parse)
{
	struct host_pattern pattern;
	const char *expected, *text = patterns[_i].text;

	expected = host_pattern_parse(&pattern, text, strlen(text));
	if (patterns[_i].name == NULL) {
		ck_assert_msg(expected != NULL, "\"%s\" is taken", text);
		return;
	}
	ck_assert_msg(expected == NULL, "\"%s\": expected %s", text, expected);
	ck_assert_str_eq(pattern.host.name, patterns[_i].name);
	ck_assert_int_eq(pattern.host.kind, patterns[_i].kind);
	ck_assert_uint_eq(pattern.host.port, patterns[_i].port);
	ck_assert(pattern.wildcard == patterns[_i].wildcard);
}
END_TEST

/* Bytes behind the length are not looked at. */
START_TEST(parse_length)
{
	struct host_pattern pattern;

	ck_assert_ptr_null(host_pattern_parse(&pattern, "*:80123", 4));
	ck_assert_uint_eq(pattern.host.port, 80);
	ck_assert_ptr_null(host_pattern_parse(&pattern, "a.example/", 9));
	ck_assert_str_eq(pattern.host.name, "a.example");
	ck_assert_ptr_null(host_pattern_parse(&pattern, "*.a.example", 1));
	ck_assert_str_eq(pattern.host.name, "");
}
END_TEST

START_TEST(parse_long)
{
	char text[600];
	struct host_pattern pattern;

	memset(text, 'a', sizeof text);
	ck_assert_ptr_nonnull(host_pattern_parse(&pattern, text, sizeof text));
	memcpy(text, "*.", 2);
	ck_assert_ptr_nonnull(host_pattern_parse(&pattern, text, sizeof text));
	memcpy(text, "*:", 2);
	ck_assert_ptr_nonnull(host_pattern_parse(&pattern, text, sizeof text));
}
END_TEST

static struct host_pattern_set	*set;

static void
setup(void)
{
	set = host_pattern_set_new();
	ck_assert_ptr_nonnull(set);
}

static void
teardown(void)
{
	host_pattern_set_free(set);
}

/* Adds a pattern whose value is its own text. */
static const char *
add(const char *text)
{
	struct host_pattern pattern;
	void *there;

	ck_assert_ptr_null(host_pattern_parse(&pattern, text, strlen(text)));
	ck_assert(host_pattern_set_add(set, &pattern, (void *)(uintptr_t)text,
	    &there));
	return there;
}

/* What a client asks for, as the proxy has it: with its port. */
static const char *
match(const char *text)
{
	struct http1_host host;

	ck_assert_int_eq(http1_host_parse(&host, text, strlen(text)),
	    HTTP1_OK);
	ck_assert_uint_ne(host.port, 0);
	return host_pattern_set_match(set, &host);
}

static void
matches(const char *host, const char *pattern)
{
	const char *got = match(host);

	ck_assert_msg((got == NULL) == (pattern == NULL) && (got == NULL ||
	    strcmp(got, pattern) == 0), "%s: %s, expected %s", host,
	    got == NULL ? "none" : got, pattern == NULL ? "none" : pattern);
}

START_TEST(empty)
{
	matches("api.example.com:80", NULL);
	matches("192.0.2.1:80", NULL);
}
END_TEST

START_TEST(exact)
{
	ck_assert_ptr_null(add("api.example.com"));
	matches("api.example.com:80", "api.example.com");
	matches("API.example.com.:1", "api.example.com");
	matches("example.com:80", NULL);
	matches("x.api.example.com:80", NULL);
	matches("api.example.co:80", NULL);
	matches("xapi.example.com:80", NULL);
}
END_TEST

START_TEST(port)
{
	ck_assert_ptr_null(add("api.example.com:8443"));
	matches("api.example.com:8443", "api.example.com:8443");
	matches("api.example.com:80", NULL);
	ck_assert_ptr_null(add("api.example.com"));
	matches("api.example.com:8443", "api.example.com:8443");
	matches("api.example.com:80", "api.example.com");
	/* Both bytes of the port count. */
	matches("api.example.com:251", "api.example.com");
	matches("api.example.com:8192", "api.example.com");
}
END_TEST

START_TEST(wildcard)
{
	ck_assert_ptr_null(add("*.example.org"));
	matches("a.example.org:80", "*.example.org");
	matches("c.b.a.example.org:80", "*.example.org");
	matches("example.org:80", NULL);
	matches("aexample.org:80", NULL);
	matches("a.example.com:80", NULL);
	matches("org:80", NULL);
}
END_TEST

START_TEST(longest)
{
	ck_assert_ptr_null(add("*"));
	ck_assert_ptr_null(add("*.org"));
	ck_assert_ptr_null(add("*.a.example.org"));
	ck_assert_ptr_null(add("*.example.org"));
	ck_assert_ptr_null(add("x.a.example.org"));
	matches("x.a.example.org:80", "x.a.example.org");
	matches("y.a.example.org:80", "*.a.example.org");
	matches("a.example.org:80", "*.example.org");
	matches("example.org:80", "*.org");
	matches("org:80", "*");
	matches("192.0.2.1:80", "*");
}
END_TEST

/* The host decides first, the port only between patterns of the same host. */
START_TEST(host_before_port)
{
	ck_assert_ptr_null(add("*:80"));
	ck_assert_ptr_null(add("*.example.org:80"));
	ck_assert_ptr_null(add("*.a.example.org"));
	ck_assert_ptr_null(add("x.a.example.org"));
	matches("x.a.example.org:80", "x.a.example.org");
	matches("y.a.example.org:80", "*.a.example.org");
	matches("b.example.org:80", "*.example.org:80");
	matches("b.example.org:81", NULL);
	matches("example.com:80", "*:80");
	ck_assert_ptr_null(add("*"));
	matches("example.com:80", "*:80");
	matches("example.com:81", "*");
}
END_TEST

/* Addresses have no labels: only an exact pattern and "*" name them. */
START_TEST(addresses)
{
	static char value[] = "*.2.1";
	struct host_pattern tail = {
		.host.name = "2.1", .wildcard = true,
	};
	void *there;

	ck_assert(host_pattern_set_add(set, &tail, value, &there));
	ck_assert_ptr_null(there);
	ck_assert_ptr_null(add("[2001:db8::1]:80"));
	ck_assert_ptr_null(add("192.0.2.9"));
	matches("192.0.2.9:80", "192.0.2.9");
	matches("[2001:db8:0::1]:80", "[2001:db8::1]:80");
	matches("[2001:db8::1]:81", NULL);
	matches("192.0.2.1:80", NULL);
	ck_assert_ptr_null(add("*"));
	matches("192.0.2.1:80", "*");
	matches("[::1]:80", "*");
}
END_TEST

START_TEST(equal)
{
	ck_assert_ptr_null(add("api.example.com"));
	ck_assert_ptr_null(add("api.example.com:80"));
	ck_assert_ptr_null(add("*.api.example.com"));
	ck_assert_ptr_null(add("*"));
	ck_assert_str_eq(add("API.example.com."), "api.example.com");
	ck_assert_str_eq(add("API.example.com:80"), "api.example.com:80");
	ck_assert_str_eq(add("*.API.example.com"), "*.api.example.com");
	ck_assert_str_eq(add("*"), "*");
	/* The first stays. */
	matches("api.example.com:81", "api.example.com");
}
END_TEST

/* Labels of one byte: the longest way through the loop. */
START_TEST(many_labels)
{
	char host[HTTP1_HOST + 8];
	size_t i;

	for (i = 0; i < 127; i++)
		memcpy(host + 2 * i, "a.", 2);
	memcpy(host + 2 * i, "b:80", 5);
	ck_assert_ptr_null(add("*.b"));
	matches(host, "*.b");
	ck_assert_ptr_null(add("*.a.b"));
	matches(host, "*.a.b");
}
END_TEST

START_TEST(many_patterns)
{
	static char texts[20000][32];
	const unsigned many = repetitions(20000);
	char host[40];
	unsigned i;

	for (i = 0; i < many; i++) {
		snprintf(texts[i], sizeof texts[i], "%sh%u.example",
		    i % 2 == 0 ? "*." : "", i);
		ck_assert_ptr_null(add(texts[i]));
	}
	for (i = 0; i < many; i++) {
		snprintf(host, sizeof host, "%sh%u.example:80",
		    i % 2 == 0 ? "x." : "", i);
		matches(host, texts[i]);
	}
	matches("h20000.example:80", NULL);
	matches("x.h1.example:80", NULL);
}
END_TEST

START_TEST(free_null)
{
	host_pattern_set_free(NULL);
}
END_TEST

static Suite *
host_pattern_suite(void)
{
	Suite *suite = suite_create("host_pattern");
	TCase *parsing = tcase_create("parse");
	TCase *matching = tcase_create("match");

	tcase_add_loop_test(parsing, parse, 0,
	    (int)(sizeof patterns / sizeof patterns[0]));
	tcase_add_test(parsing, parse_length);
	tcase_add_test(parsing, parse_long);
	tcase_add_test(parsing, free_null);
	suite_add_tcase(suite, parsing);

	tcase_add_checked_fixture(matching, setup, teardown);
	tcase_add_test(matching, empty);
	tcase_add_test(matching, exact);
	tcase_add_test(matching, port);
	tcase_add_test(matching, wildcard);
	tcase_add_test(matching, longest);
	tcase_add_test(matching, host_before_port);
	tcase_add_test(matching, addresses);
	tcase_add_test(matching, equal);
	tcase_add_test(matching, many_labels);
	tcase_add_test(matching, many_patterns);
	suite_add_tcase(suite, matching);
	return suite;
}

int
main(void)
{
	return run_suite(host_pattern_suite());
}
