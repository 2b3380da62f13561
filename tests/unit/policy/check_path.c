/* SPDX-License-Identifier: ISC */
#include "policy/path.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct path_pattern
pattern_of(const char *text)
{
	struct path_pattern pattern;
	const char *expected;

	expected = path_pattern_parse(&pattern, text, strlen(text));
	ck_assert_msg(expected == NULL, "%s: expected %s", text, expected);
	return pattern;
}

static bool
matches(const char *text, const char *target)
{
	const struct http1_str s = { target, strlen(target) };
	struct path_pattern pattern = pattern_of(text);
	struct path path;

	return path_split(&path, s) && path_pattern_match(&pattern, &path);
}

static const struct {
	const char	*pattern;
	const char	*target;
	bool		 same;
} lines[] = {
	{ "/search", "/search", true },
	{ "/search", "/search?q=1", true },
	{ "/search", "/search#x", true },
	{ "/search", "/search/", true },
	{ "/search/", "/search", true },
	{ "/search", "//search", true },
	{ "/search", "/search//?q=/a", true },
	{ "/search", "/./search/.", true },
	{ "/search", "/a/../search", true },
	{ "/search", "/../../search", true },
	{ "/search", "/search/a/..", true },
	{ "/search", "/a/%2e%2E/search", true },
	{ "/search", "/a/.%2e/%2e/search", true },
	{ "/search", "/%73earc%68", true },
	{ "/search", "/%73earch?%73", true },
	{ "/%73earch", "/search", true },
	{ "/search", "/Search", false },
	{ "/search", "/searc", false },
	{ "/search", "/searchs", false },
	{ "/search", "/search/a", false },
	{ "/search", "/a/search", false },
	{ "/search", "/", false },
	{ "/search", "", false },
	{ "/search", "search", false },
	{ "/search", "*", false },
	{ "/search", "/search%", false },
	{ "/search", "/search%7", false },
	{ "/search", "/search%zz", false },
	{ "/search", "/...", false },
	{ "/search", "/search%2F", false },
	{ "/search", "/%2Fsearch", false },
	{ "/search", "/search%3Fq", false },
	{ "/search", "/search;v=1", false },

	{ "/", "/", true },
	{ "/", "", true },
	{ "/", "?q", true },
	{ "/", "//", true },
	{ "/", "/.", true },
	{ "/", "/a/..", true },
	{ "/", "/a", false },
	{ "/", "*", false },
	{ "/", "example.com:443", false },

	{ "/repos/*/issues", "/repos/x/issues", true },
	{ "/repos/*/issues", "/repos/%2F/issues", true },
	{ "/repos/*/issues", "/repos//issues", false },
	{ "/repos/*/issues", "/repos/x/y/issues", false },
	{ "/repos/*/issues", "/repos/x/issues/1", false },
	{ "/repos/*/issues", "/repos/*/issues", true },
	{ "/repos/*/issues", "/repos/x/pulls", false },
	{ "/*", "/a", true },
	{ "/*", "/", false },
	{ "/*", "/a/b", false },
	{ "/*/*", "/a/b/", true },
	{ "/%2A", "/*", true },
	{ "/%2A", "/a", false },

	{ "/repos/**", "/repos/x", true },
	{ "/repos/**", "/repos/x/y/z?q", true },
	{ "/repos/**", "/repos/", true },
	{ "/repos/**", "/repos", true },
	{ "/repos/**", "/repositories", false },
	{ "/repos/**", "/a/repos/x", false },
	{ "/repos/**", "/repos/../x", false },
	{ "/repos/*/**", "/repos/x", true },
	{ "/repos/*/**", "/repos", false },
	{ "/**", "/", true },
	{ "/**", "/a/b/c", true },
	{ "/**", "", true },
	{ "/**", "*", false },

	{ "/users/@me", "/users/%40me", true },
	{ "/users/%40me", "/users/@me", true },
	{ "/caf\xc3\xa9", "/caf%C3%A9", true },
	{ "/caf\xc3\xa9", "/caf%c3%a9", true },
	{ "/a b", "/a%20b", true },
	{ "/a b", "/a+b", false },
	{ "/a%2fb", "/a%2Fb", true },
	{ "/a%2fb", "/a/b", false },
	{ "/a%2fb", "/a%252fb", false },
	{ "/a%25", "/a%25", true },
	{ "/a%25", "/a%", false },
	{ "/a%252f", "/a%2f", false },
	{ "/a%00", "/a%00", true },
	{ "/a%00", "/a", false },
};

START_TEST(match)
{
	ck_assert_msg(matches(lines[_i].pattern, lines[_i].target) ==
	    lines[_i].same, "%s, %s", lines[_i].pattern, lines[_i].target);
}
END_TEST

static const struct {
	const char	*text;
	const char	*expected;
} errors[] = {
	{ "", "a path that begins with /" },
	{ "search", "a path that begins with /" },
	{ "*", "a path that begins with /" },
	{ "**", "a path that begins with /" },
	{ "GET /search", "a path that begins with /" },
	{ "https://a.example/search", "a path that begins with /" },
	{ "/search?q", "a path without a query" },
	{ "/search#q", "a path without a query" },
	{ "/a\tb", "a path without control characters" },
	{ "/a\x7f", "a path without control characters" },
	{ "/100%", "two hexadecimal digits behind %" },
	{ "/%4", "two hexadecimal digits behind %" },
	{ "/%4g", "two hexadecimal digits behind %" },
	{ "//", "a path without // in it" },
	{ "//search", "a path without // in it" },
	{ "/a//b", "a path without // in it" },
	{ "/a/./b", "a path without . and .. in it" },
	{ "/..", "a path without . and .. in it" },
	{ "/%2e%2E/a", "a path without . and .. in it" },
	{ "/a*", "a * as a whole segment, or /** at the end" },
	{ "/a/*.json", "a * as a whole segment, or /** at the end" },
	{ "/**/a", "a * as a whole segment, or /** at the end" },
	{ "/a/**/", "a * as a whole segment, or /** at the end" },
	{ "/a/***", "a * as a whole segment, or /** at the end" },
	{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/"
	    "26/27/28/29/30/31/32/33", "at most 32 segments" },
};

START_TEST(error)
{
	struct path_pattern pattern;
	const char *expected;

	expected = path_pattern_parse(&pattern, errors[_i].text,
	    strlen(errors[_i].text));
	ck_assert_msg(expected != NULL, "%s was taken", errors[_i].text);
	ck_assert_str_eq(expected, errors[_i].expected);
}
END_TEST

/* Those that win come first. */
static const char *const	 order[] = {
	"/a/b/c/d",
	"/a/b/c",
	"/a/b/c/**",
	"/a/b/*/*",
	"/a/*/b/*",
	"/*/a/b/*",
	"/a/b/*",
	"/a/b",
	"/b/a",
	"/a/b/*/**",
	"/a/b/**",
	"/a/*",
	"/*/a",
	"/a",
	"/b",
	"/a/*/**",
	"/a/**",
	"/*/*",
	"/*",
	"/",
	"/*/**",
	"/**",
};

START_TEST(precedence)
{
	struct path_pattern a = pattern_of(order[_i]), b;
	int i;

	for (i = 0; i < COUNT(order); i++) {
		b = pattern_of(order[i]);
		ck_assert_msg((path_pattern_compare(&a, &b) < 0) == (_i < i),
		    "%s, %s", order[_i], order[i]);
		ck_assert_msg((path_pattern_compare(&a, &b) == 0) == (_i == i),
		    "%s, %s", order[_i], order[i]);
	}
}
END_TEST

static const char *const	 same[][2] = {
	{ "/a", "/a/" }, { "/a/b", "/%61/b" }, { "/%40", "/@" },
	{ "/a%2f", "/a%2F" }, { "/*/a", "/*/a/" },
};

START_TEST(equal)
{
	struct path_pattern a = pattern_of(same[_i][0]);
	struct path_pattern b = pattern_of(same[_i][1]);

	ck_assert_int_eq(path_pattern_compare(&a, &b), 0);
}
END_TEST

START_TEST(no_path)
{
	const struct http1_str none = { NULL, 0 };
	struct path path;

	ck_assert(!path_split(&path, none));
	ck_assert_uint_eq(path.n, 0);
}
END_TEST

/* Segments beyond those that are kept come and go, the first stay. */
START_TEST(deep)
{
	struct path_pattern pattern = pattern_of("/a/b/**");
	struct http1_str s;
	struct path path;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	ck_assert_ptr_nonnull(out);
	fputs("/a/b", out);
	for (i = 0; i < 100000; i++)
		fputs("/c", out);
	for (i = 0; i < 99999; i++)
		fputs("/..", out);
	fclose(out);
	s = (struct http1_str){ text, size };
	ck_assert(path_split(&path, s));
	ck_assert_uint_eq(path.n, 3);
	ck_assert(path_pattern_match(&pattern, &path));
	pattern = pattern_of("/a/b/c");
	ck_assert(path_pattern_match(&pattern, &path));
	s.len = 4 + 2 * 100000;
	ck_assert(path_split(&path, s));
	ck_assert_uint_eq(path.n, 100002);
	ck_assert(!path_pattern_match(&pattern, &path));
	free(text);
}
END_TEST

/* As many segments as a pattern may have, and a path with one more. */
START_TEST(most)
{
	char text[2 * PATH_SEGMENTS + 4] = "";
	char target[2 * PATH_SEGMENTS + 4] = "";
	int i;

	for (i = 0; i < PATH_SEGMENTS; i++) {
		memcpy(text + 2 * i, i % 2 == 0 ? "/*" : "/b", 3);
		memcpy(target + 2 * i, i % 2 == 0 ? "/a" : "/b", 3);
	}
	ck_assert(matches(text, target));
	memcpy(target + 2 * i, "/c", 3);
	ck_assert(!matches(text, target));
	memcpy(text + 2 * i, "/**", 4);
	ck_assert(matches(text, target));
	target[2 * i - 1] = 'x';
	ck_assert(!matches(text, target));
}
END_TEST

static Suite *
path_suite(void)
{
	Suite *suite = suite_create("path");
	TCase *patterns = tcase_create("patterns");

	tcase_add_loop_test(patterns, match, 0, COUNT(lines));
	tcase_add_loop_test(patterns, error, 0, COUNT(errors));
	tcase_add_loop_test(patterns, precedence, 0, COUNT(order));
	tcase_add_loop_test(patterns, equal, 0, COUNT(same));
	tcase_add_test(patterns, no_path);
	tcase_add_test(patterns, deep);
	tcase_add_test(patterns, most);
	suite_add_tcase(suite, patterns);
	return suite;
}

int
main(void)
{
	return run_suite(path_suite());
}
