/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "policy/routes.h"
#include "check_run.h"

/* Which requests belong to which part of a host. */

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct http1_str
str(const char *text)
{
	return (struct http1_str){ text, strlen(text) };
}

/* A hash that is good enough for a test: FNV-1a. */
static uint64_t
hash(const char *p, size_t n)
{
	uint64_t h = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211ULL;
	return h;
}

static struct route
route(const char *method, const char *path)
{
	size_t ends[ROUTE_SEGMENTS + 1];
	char text[ROUTE_TEXT];
	struct route r;
	unsigned i;

	r.n = route_text(str(method), str(path), text, ends);
	ck_assert_uint_ge(r.n, 1);
	ck_assert_uint_le(r.n, ROUTE_SEGMENTS + 1);
	for (i = 0; i < r.n; i++) {
		ck_assert_uint_le(ends[i], ROUTE_TEXT);
		r.hashes[i] = hash(text, ends[i]);
	}
	return r;
}

static const struct {
	const char	*path;
	const char	*text;		/* behind GET */
	unsigned	 n;
} texts[] = {
	{ "", "", 1 },
	{ "/", "", 1 },
	{ "*", "/*", 2 },
	{ "/?a=b", "", 1 },
	{ "?a=b", "", 1 },
	{ "/search/code?q=1/2", "/search/code", 3 },
	{ "//search//code/", "/search/code", 3 },
	{ "/x/../search/%63ode#f", "/search/code", 3 },
	{ "/search/./c%6Fde?", "/search/code", 3 },
	{ "/a%2fb/%25", "/a%2Fb/%25", 3 },
	{ "/channels/12%33", "/channels/*", 3 },
	{ "/channels/123/messages", "/channels/*/messages", 4 },
	{ "/a/0", "/a/*", 3 },
	{ "/a/1x", "/a/1x", 3 },
	{ "/v1/users", "/v1/users", 3 },
	{ "/a/123e4567-e89b-12d3-a456-426614174000/b", "/a/*/b", 4 },
	{ "/a/123E4567-E89B-12D3-A456-426614174000", "/a/*", 3 },
	{ "/a/123e4567-e89b-12d3-a456-42661417400", "/a/123e4567-e89b-12d3-"
	    "a456-42661417400", 3 },
	{ "/a/2024-01-02", "/a/2024-01-02", 3 },
	{ "/a/deadbeef", "/a/*", 3 },
	{ "/a/defaced", "/a/defaced", 3 },
	{ "/a/deadbeef00", "/a/*", 3 },
	{ "/a/DEADBEEF00", "/a/*", 3 },
	{ "/a/4f2a", "/a/4f2a", 3 },
	{ "/facade/added", "/facade/added", 3 },
	{ "/1/2/3/4/5/6/7/8", "/*/*/*/*/*/*/*/*", 9 },
	{ "/1/2/3/4/5/6/7/8/9/a", "/*/*/*/*/*/*/*/*/*/a", 9 },
};

START_TEST(text)
{
	size_t ends[ROUTE_SEGMENTS + 1];
	char got[ROUTE_TEXT], want[ROUTE_TEXT];
	unsigned n;

	n = route_text(str("GET"), str(texts[_i].path), got, ends);
	snprintf(want, sizeof want, "GET%s", texts[_i].text);
	ck_assert_uint_eq(n, texts[_i].n);
	ck_assert_uint_eq(ends[0], 3);
	ck_assert_uint_eq(ends[n - 1], strlen(want));
	ck_assert_int_eq(memcmp(got, want, ends[n - 1]), 0);
}
END_TEST

/* Nothing that a client sends is too long. */
START_TEST(long_text)
{
	size_t ends[ROUTE_SEGMENTS + 1], len = 100000, i;
	char got[ROUTE_TEXT], *path = malloc(len);
	struct http1_str p = { path, len };

	ck_assert_ptr_nonnull(path);
	for (i = 0; i < len; i++)
		path[i] = i % 300 == 0 ? '/' : 'x';
	ck_assert_uint_eq(route_text(str("GET"), p, got, ends),
	    ROUTE_SEGMENTS + 1);
	ck_assert_uint_eq(ends[ROUTE_SEGMENTS], ROUTE_TEXT);
	p.len = 300;
	p.p = path;
	memset(path, 'M', len);
	ck_assert_uint_eq(route_text((struct http1_str){ path, len },
	    str("/a"), got, ends), 2);
	ck_assert_uint_eq(ends[1], ROUTE_TEXT);
	free(path);
}
END_TEST

static bool
learn(struct routes *rs, const char *method, const char *path, uint64_t part)
{
	struct route r = route(method, path);

	return routes_learn(rs, &r, (struct route_part){ part, ~part });
}

/* 0: to none. */
static uint64_t
found(struct routes *rs, const char *method, const char *path)
{
	struct route r = route(method, path);
	struct route_part part;

	if (!routes_find(rs, &r, &part))
		return 0;
	ck_assert_uint_eq(part.b, ~part.a);
	return part.a;
}

START_TEST(known)
{
	struct routes *rs = routes_new();

	ck_assert_ptr_nonnull(rs);
	ck_assert_uint_eq(found(rs, "GET", "/a"), 0);
	ck_assert(learn(rs, "GET", "/channels/1/messages", 7));
	ck_assert(!learn(rs, "GET", "/channels/2/messages?x", 7));
	ck_assert(learn(rs, "POST", "/channels/1/messages", 8));
	ck_assert_uint_eq(found(rs, "GET", "/channels/99/messages"), 7);
	ck_assert_uint_eq(found(rs, "POST", "/channels/99/messages"), 8);
	/* the host has changed its mind */
	ck_assert(learn(rs, "GET", "/channels/1/messages", 9));
	ck_assert_uint_eq(found(rs, "GET", "/channels/99/messages"), 9);
	routes_free(rs);
	routes_free(NULL);
}
END_TEST

START_TEST(unknown)
{
	struct routes *rs = routes_new();

	learn(rs, "GET", "/a/b", 1);
	learn(rs, "GET", "/a/b/c/d", 2);
	learn(rs, "GET", "/e/f", 3);
	learn(rs, "GET", "/e/g", 3);
	ck_assert_uint_eq(found(rs, "GET", "/a/b/c/d/x"), 2);
	ck_assert_uint_eq(found(rs, "GET", "/a/b/c"), 2);
	ck_assert_uint_eq(found(rs, "GET", "/e"), 3);
	ck_assert_uint_eq(found(rs, "GET", "/e/h/i"), 3);
	/* as much in common with one part as with another */
	ck_assert_uint_eq(found(rs, "GET", "/a/x"), 0);
	/* nothing but the method, and not even that */
	ck_assert_uint_eq(found(rs, "GET", "/x"), 0);
	ck_assert_uint_eq(found(rs, "GET", "/"), 0);
	ck_assert_uint_eq(found(rs, "PUT", "/a/b"), 0);
	routes_free(rs);
}
END_TEST

START_TEST(least_recently_used)
{
	struct routes *rs = routes_new(), *copy;
	char path[32];
	unsigned i;

	for (i = 0; i < ROUTES_MAX; i++) {
		snprintf(path, sizeof path, "/r%ux", i);
		learn(rs, "GET", path, i + 1);
	}
	for (i = 0; i < ROUTES_MAX; i++) {
		snprintf(path, sizeof path, "/r%ux", i);
		ck_assert_uint_eq(found(rs, "GET", path), i + 1);
	}
	ck_assert_uint_eq(found(rs, "GET", "/r0x"), 1);
	learn(rs, "GET", "/new", 1000);
	ck_assert_uint_eq(found(rs, "GET", "/r0x"), 1);
	ck_assert_uint_eq(found(rs, "GET", "/r1x"), 0);
	ck_assert_uint_eq(found(rs, "GET", "/new"), 1000);
	copy = routes_copy(rs);
	routes_free(rs);
	ck_assert_ptr_nonnull(copy);
	ck_assert_uint_eq(found(copy, "GET", "/r0x"), 1);
	ck_assert(learn(copy, "GET", "/newer", 1001));
	routes_free(copy);
	rs = routes_new();
	copy = routes_copy(rs);
	ck_assert_uint_eq(found(copy, "GET", "/a"), 0);
	ck_assert(learn(copy, "GET", "/a", 1));
	routes_free(copy);
	routes_free(rs);
}
END_TEST

START_TEST(not_known)
{
	struct routes *rs = routes_new();
	struct route nothing = { .n = 0 };
	struct route_part part = { 1, 2 };

	ck_assert(!routes_learn(rs, &nothing, part));
	learn(rs, "GET", "/a", 1);
	ck_assert(!routes_find(rs, &nothing, &part));
	routes_free(rs);
}
END_TEST

START_TEST(other_parts)
{
	struct routes *rs = routes_new();
	struct route_part a = { 1, 2 }, b = { 1, 3 };
	struct route r = { { 1, 2 }, 2 };

	ck_assert_ptr_nonnull(rs);
	ck_assert(!routes_has_other(rs, a));
	ck_assert(routes_learn(rs, &r, a));
	ck_assert(!routes_has_other(rs, a));
	ck_assert(routes_has_other(rs, b));
	routes_free(rs);
}
END_TEST

/* Without memory for more, the one used the longest time ago makes room. */
START_TEST(without_memory)
{
	const struct route_part one = { 1, 1 }, two = { 2, 2 };
	struct route_part found;
	struct routes *rs = NULL, *copy = NULL;
	struct route r;
	char path[32];
	unsigned i;

	check_alloc = 1;
	ck_assert_ptr_null(routes_new());
	rs = routes_new();
	ck_assert_ptr_nonnull(rs);
	r = route("GET", "/first");
	check_no_room = true;
	ck_assert(!routes_learn(rs, &r, one));
	ck_assert(!routes_find(rs, &r, &found));
	check_no_room = false;
	ck_assert(routes_learn(rs, &r, one));
	for (i = 1; i < 8; i++) {
		snprintf(path, sizeof path, "/other%c", (char)('a' + i));
		r = route("GET", path);
		ck_assert(routes_learn(rs, &r, two));
	}
	check_no_room = true;
	r = route("GET", "/last");
	ck_assert(routes_learn(rs, &r, one));
	check_no_room = false;
	ck_assert(routes_find(rs, &r, &found) && found.a == one.a);
	r = route("GET", "/otherb");
	ck_assert(routes_find(rs, &r, &found) && found.a == two.a);
	for (i = 1; i <= 2; i++) {
		check_alloc = i;
		ck_assert_ptr_null(routes_copy(rs));
	}
	copy = routes_copy(rs);
	ck_assert_ptr_nonnull(copy);
	ck_assert(routes_find(copy, &r, &found) && found.a == two.a);
	routes_free(copy);
	routes_free(rs);
}
END_TEST

static Suite *
routes_suite(void)
{
	Suite *suite = suite_create("routes");
	TCase *c = tcase_create("routes");

	tcase_add_loop_test(c, text, 0, COUNT(texts));
	tcase_add_test(c, long_text);
	tcase_add_test(c, known);
	tcase_add_test(c, unknown);
	tcase_add_test(c, least_recently_used);
	tcase_add_test(c, not_known);
	tcase_add_test(c, other_parts);
	tcase_add_test(c, without_memory);
	suite_add_tcase(suite, c);
	return suite;
}

int
main(void)
{
	return run_suite(routes_suite());
}
