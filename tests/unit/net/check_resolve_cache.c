/* SPDX-License-Identifier: ISC */
#include "net/resolve_cache.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "check_run.h"

static struct resolve_cache	*cache;

static void
set_up(void)
{
	cache = resolve_cache_new();
	ck_assert_ptr_nonnull(cache);
}

static void
tear_down(void)
{
	resolve_cache_free(cache);
}

/* An answer of n addresses that begin with that byte. */
static struct resolve_answer
answer(unsigned char first, size_t n)
{
	struct resolve_answer a = { .result = first, .n = n };
	size_t i;

	for (i = 0; i < n; i++) {
		a.list[i].family = i % 2 == 0 ? AF_INET : AF_INET6;
		a.list[i].address[0] = first;
		a.list[i].address[15] = (unsigned char)i;
	}
	return a;
}

static void
put(const char *name, unsigned char first, size_t n, uint64_t until,
    size_t max, uint64_t now)
{
	struct resolve_answer a = answer(first, n);

	resolve_cache_put(cache, name, &a, until, max, now);
}

/* The first byte of what is known; -1: nothing is. */
static int
get(const char *name, uint64_t now)
{
	struct resolve_answer got, want;

	memset(&got, 0xff, sizeof got);
	if (!resolve_cache_get(cache, name, now, &got))
		return -1;
	want = answer((unsigned char)got.result, got.n);
	ck_assert_uint_le(got.n, RESOLVE_ADDRESSES);
	ck_assert_mem_eq(got.list, want.list, got.n * sizeof got.list[0]);
	return got.result;
}

START_TEST(holds_until_then)
{
	put("a.test", 7, (size_t)_i, 100, 10, 50);
	ck_assert_int_eq(get("a.test", 50), 7);
	ck_assert_int_eq(get("a.test", 99), 7);
	ck_assert_int_eq(get("a.tes", 99), -1);
	ck_assert_int_eq(get("a.test.", 99), -1);
	ck_assert_int_eq(get("A.test", 99), -1);
	ck_assert_int_eq(get("a.test", 100), -1);
	ck_assert_uint_eq(resolve_cache_count(cache), 0);
	/* it is gone for good */
	ck_assert_int_eq(get("a.test", 50), -1);
}
END_TEST

START_TEST(the_last_answer_counts)
{
	put("a", 1, 3, 100, 10, 0);
	put("a", 2, 1, 50, 10, 0);
	ck_assert_uint_eq(resolve_cache_count(cache), 1);
	ck_assert_int_eq(get("a", 49), 2);
	put("a", 3, 0, 10, 10, 10);	/* over already */
	ck_assert_int_eq(get("a", 10), -1);
	ck_assert_uint_eq(resolve_cache_count(cache), 0);
}
END_TEST

START_TEST(who_was_not_asked_for_goes_first)
{
	put("a", 1, 1, 100, 3, 0);
	put("b", 2, 1, 100, 3, 0);
	put("c", 3, 1, 100, 3, 0);
	ck_assert_int_eq(get("a", 1), 1);
	put("d", 4, 1, 100, 3, 1);
	ck_assert_int_eq(get("b", 1), -1);
	ck_assert_int_eq(get("a", 1), 1);
	ck_assert_int_eq(get("c", 1), 3);
	ck_assert_int_eq(get("d", 1), 4);
	ck_assert_uint_eq(resolve_cache_count(cache), 3);
	/* a name that is there makes no room */
	put("a", 5, 1, 100, 3, 1);
	ck_assert_int_eq(get("c", 1), 3);
	ck_assert_uint_eq(resolve_cache_count(cache), 3);
}
END_TEST

START_TEST(smaller_bound)
{
	char name[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "n%d", i);
		put(name, (unsigned char)i, 1, 100, 50, 0);
	}
	ck_assert_uint_eq(resolve_cache_count(cache), 50);
	put("x", 1, 1, 100, 2, 0);
	ck_assert_uint_eq(resolve_cache_count(cache), 2);
	ck_assert_int_eq(get("n99", 0), 99);
	put("y", 1, 1, 100, 0, 0);
	ck_assert_uint_eq(resolve_cache_count(cache), 0);
	ck_assert_int_eq(get("y", 0), -1);
}
END_TEST

START_TEST(clear)
{
	put("a", 1, 1, 100, 3, 0);
	put("b", 2, 16, 100, 3, 0);
	resolve_cache_clear(cache);
	ck_assert_uint_eq(resolve_cache_count(cache), 0);
	ck_assert_int_eq(get("a", 0), -1);
	put("a", 2, 1, 100, 3, 0);
	ck_assert_int_eq(get("a", 0), 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolve_cache");
	TCase *tc = tcase_create("resolve_cache");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, holds_until_then, 0, RESOLVE_ADDRESSES + 1);
	tcase_add_test(tc, the_last_answer_counts);
	tcase_add_test(tc, who_was_not_asked_for_goes_first);
	tcase_add_test(tc, smaller_bound);
	tcase_add_test(tc, clear);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
