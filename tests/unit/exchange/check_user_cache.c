/* SPDX-License-Identifier: ISC */
#include "exchange/user_cache.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

#define KEEP	1000

static struct user_cache cache;

static void
setup(void)
{
	memset(&cache, 0, sizeof cache);
	cache.keep = KEEP;
}

/* The nth of those that share a set. */
static struct client_hash
neighbour(uint64_t n)
{
	return (struct client_hash){ 7 + n * USER_CACHE_SETS, n };
}

static bool
has(struct client_hash hash, uint64_t now)
{
	return user_cache_has(&cache, &hash, now);
}

static void
put(struct client_hash hash, uint64_t now)
{
	user_cache_put(&cache, &hash, now);
}

START_TEST(time)
{
	ck_assert(!has(neighbour(1), 5));
	put(neighbour(1), 5);
	ck_assert(has(neighbour(1), 5));
	ck_assert(has(neighbour(1), 5 + KEEP - 1));
	ck_assert(!has(neighbour(1), 5 + KEEP));
	put(neighbour(1), 5 + KEEP);
	ck_assert(has(neighbour(1), 5 + KEEP));
}
END_TEST

/* Both halves of a hash count. */
START_TEST(others)
{
	put((struct client_hash){ 1, 2 }, 5);
	ck_assert(!has((struct client_hash){ 1, 3 }, 5));
	ck_assert(!has((struct client_hash){ 1 + USER_CACHE_SETS, 2 }, 5));
	ck_assert(!has((struct client_hash){ 2, 1 }, 5));
}
END_TEST

START_TEST(oldest_goes)
{
	uint64_t i;

	for (i = 0; i < USER_CACHE_WAYS; i++)
		put(neighbour(i), 10 + i);
	put(neighbour(0), 20);
	put(neighbour(99), 21);
	ck_assert(has(neighbour(99), 22));
	ck_assert(has(neighbour(0), 22));
	ck_assert(!has(neighbour(1), 22));
	for (i = 2; i < USER_CACHE_WAYS; i++)
		ck_assert(has(neighbour(i), 22));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("user_cache");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, time);
	tcase_add_test(tc, others);
	tcase_add_test(tc, oldest_goes);
	return run_suite(suite);
}
