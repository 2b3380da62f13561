/* SPDX-License-Identifier: ISC */
#include "policy/path_reading.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"

#define SEEN	512

/* What all readings of a path are, each once, in their order. */
static const char *
readings(const char *target)
{
	static char seen[SEEN];
	const struct http1_str s = { target, strlen(target) };
	struct path_readings r;
	char one[SEEN];
	struct path path;
	unsigned count = 0;
	size_t i, n;

	snprintf(seen, sizeof seen, " ");
	if (!path_readings_start(&r, s))
		return "none";
	while (path_readings_next(&r, &path)) {
		ck_assert_uint_le(++count, PATH_READINGS);
		for (i = 0, n = 1; i < path.n; i++)
			n += (size_t)snprintf(one + n, sizeof one - n, "/%.*s",
			    (int)path.segments[i].len, path.segments[i].p);
		snprintf(one + n, sizeof one - n, "%s ", n == 1 ? "/" : "");
		one[0] = ' ';
		if (strstr(seen, one) != NULL)
			continue;
		n = strlen(seen);
		snprintf(seen + n, sizeof seen - n, "%s", one + 1);
	}
	return seen + 1;
}

static const struct {
	const char	*target;
	const char	*readings;
} table[] = {
	/* what is plain has one, whatever is left out of it */
	{ "/", "/ " },
	{ "", "/ " },
	{ "/search", "/search " },
	{ "/search?a;b%2f", "/search " },
	{ "//a///b/", "/a/b " },
	{ "/a.b/c..d", "/a.b/c..d " },
	{ "/%73earch", "/%73earch " },
	{ "/a%252fb", "/a%252fb " },
	{ "*", "none" },
	{ "a/b", "none" },

	{ "/a%2fb", "/a%2fb /a/b " },
	{ "/%2Fsearch", "/%2Fsearch /search " },
	{ "/x%2f..%2fsearch", "/x%2f..%2fsearch /search /x/../search " },
	{ "/%%2f", "/%%2f /% " },

	{ "/\\search", "/\\search /search " },
	{ "/a%5cb", "/a%5cb /a/b " },
	{ "/x\\..\\search", "/x\\..\\search /search /x/../search " },

	{ "/search;a=b", "/search;a=b /search " },
	{ "/;x/search", "/;x/search /search " },
	{ "/a%3bx/b;y/c", "/a%3bx/b;y/c /a/b/c " },
	{ "/x/..;/search", "/x/..;/search /search /x/../search " },

	{ "/search%20", "/search%20 /search " },
	{ "/search\x85\xa0", "/search\x85\xa0 /search " },
	{ "/a%20\xa0%20/b\xa0", "/a%20\xa0%20/b\xa0 /a/b " },
	{ "/citt\xc3\xa0/\xa0\xd1\x85", "/citt\xc3\xa0/\xa0\xd1\x85 " },
	{ "/search%a0", "/search%a0 " },
	{ "/search.", "/search. /search " },
	{ "/a%20.%20/b", "/a%20.%20/b /a/b " },
	{ "/search%00.html", "/search%00.html /search " },
	{ "/search%00/../x", "/x /search /search%00/../x " },
	{ "/a%20b", "/a%20b " },

	{ "/a//../b", "/b /a/b /a/../b " },
	{ "/a/../b", "/b /a/../b " },
	{ "/a/./b", "/a/b /a/./b " },
	{ "/a/%2e%2e/b", "/b /a/%2e%2e/b " },
	{ "/../../b", "/b /../../b " },
	{ "/.well-known/x", "/.well-known/x " },

	/* and what differs in two ways may do so in one */
	{ "/a%2fb;c", "/a%2fb;c /a/b;c /a%2fb /a/b " },
	{ "/s%2f..;/..", "/ /s /s%2f..;/.. /s/..;/.. /s%2f../.. "
	    "/s/../.. /s%2f/.. " },
};

START_TEST(reading)
{
	ck_assert_str_eq(readings(table[_i].target), table[_i].readings);
}
END_TEST

/* Nothing is lost of what lies deeper than segments are kept. */
START_TEST(deep)
{
	static char text[PATH_READ];
	struct http1_str s = { text, 0 };
	struct path_readings r;
	struct path path;
	size_t n = 0;
	int i;

	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "/x/");
	for (i = 0; i < 199; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "/..");
	n += (size_t)snprintf(text + n, sizeof text - n, "/search;v");
	s.len = n;
	ck_assert(path_readings_start(&r, s));
	ck_assert(!path_readings_too_long(&r));
	/* an empty segment behind each x, but for the last one's two */
	for (i = 0; path_readings_next(&r, &path); i++) {
		if (path.n == 2 && path.segments[1].len == 6)
			break;
	}
	ck_assert_msg(path.n == 2, "%zu", path.n);
	ck_assert_mem_eq(path.segments[0].p, "x", 1);
	ck_assert_mem_eq(path.segments[1].p, "search", 6);
}
END_TEST

START_TEST(too_long)
{
	static char text[PATH_READ + 2];
	struct http1_str s = { text, PATH_READ + 1 };
	struct path_readings r;
	struct path path;

	memset(text, 'x', PATH_READ + 1);
	text[0] = '/';
	ck_assert(path_readings_start(&r, s));
	ck_assert(!path_readings_too_long(&r));
	text[1] = ';';
	ck_assert(path_readings_start(&r, s));
	ck_assert(path_readings_too_long(&r));
	ck_assert(path_readings_next(&r, &path));
	ck_assert_uint_eq(path.n, 1);
	ck_assert_uint_eq(path.segments[0].len, PATH_READ);
	ck_assert(!path_readings_next(&r, &path));
	s.len--;
	ck_assert(path_readings_start(&r, s));
	ck_assert(!path_readings_too_long(&r));
}
END_TEST

START_TEST(no_path)
{
	const struct http1_str none = { NULL, 0 };
	struct path_readings r;
	struct path path;

	ck_assert(!path_readings_start(&r, none));
	ck_assert(!path_readings_next(&r, &path));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("path_reading");
	TCase *tc = tcase_create("path_reading");

	ROWS(tc, reading, table);
	tcase_add_test(tc, deep);
	tcase_add_test(tc, too_long);
	tcase_add_test(tc, no_path);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
