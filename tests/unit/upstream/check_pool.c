/* SPDX-License-Identifier: ISC */
#include "upstream/pool.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "check_run.h"
#include "upstream/connection.h"
#include "upstream/pool_kind.h"

/* Idle connections, and what becomes of one where memory is short. */

static unsigned	 closed;

static struct pool	*pool;

static void
close_cb(struct upstream *u)
{
	pool_remove(pool, u);
	closed++;
}

/* The first origin needs an entry, the table and its buckets. */
START_TEST(no_memory)
{
	static const struct pool_kind plain;
	static struct upstream one, other;
	unsigned n;

	for (n = 1, closed = 1; closed > 0; n++) {
		pool = pool_new(close_cb);
		ck_assert_ptr_nonnull(pool);
		memset(&one, 0, sizeof one);
		memset(&other, 0, sizeof other);
		memcpy(one.host.name, "a.test", sizeof "a.test");
		memcpy(other.host.name, "b.test", sizeof "b.test");
		one.idle_until = other.idle_until = UINT64_MAX;
		closed = 0;
		check_alloc = n;
		pool_put(pool, &one);
		check_alloc = 0;
		ck_assert_ptr_eq(pool_get(pool, &one.host, &plain, 0),
		    closed > 0 ? NULL : &one);
		/* whatever has failed, the next one finds its place */
		pool_put(pool, &other);
		ck_assert_ptr_eq(pool_get(pool, &other.host, &plain,
		    0), &other);
		pool_remove(pool, &one);
		pool_remove(pool, &other);
		pool_free(pool);
	}
	ck_assert_uint_ge(n, 4);
}
END_TEST

/* No connection takes the place of another kind's. */
START_TEST(kinds)
{
	static const struct pool_kind all[] = {
		{ .tls_settings_id = 0 }, { .tls_settings_id = 1 },
		{ .destinations_id = 1 }, { .stranger = true },
		{ .parent_id = 1 }, { .parent_id = 2 },
		{ .parent_id = 1, .by_tunnel = true },
		{ 1, 1, true, 1, false }, { 1, 2, true, 1, false },
		{ .owner = 1 }, { .owner = 2 },
		{ .parent_id = 1, .owner = 1 }, { .parent_id = 1, .owner = 2 },
	};
	static struct upstream u[sizeof all / sizeof all[0]];
	size_t i, n = sizeof all / sizeof all[0];

	pool = pool_new(close_cb);
	ck_assert_ptr_nonnull(pool);
	memset(u, 0, sizeof u);
	for (i = 0; i < n; i++) {
		memcpy(u[i].host.name, "a.test", sizeof "a.test");
		u[i].idle_until = UINT64_MAX;
		u[i].kind = all[i];
		ck_assert_ptr_null(pool_get(pool, &u[i].host, &all[i], 0));
		pool_put(pool, &u[i]);
	}
	for (i = n; i-- > 0; )
		ck_assert_ptr_eq(pool_get(pool, &u[0].host, &all[i], 0),
		    &u[i]);
	for (i = 0; i < n; i++)
		pool_remove(pool, &u[i]);
	pool_free(pool);
}
END_TEST

/* Without its dot the name may be another host's. */
START_TEST(absolute)
{
	static const struct pool_kind plain;
	static struct upstream whole, part;

	pool = pool_new(close_cb);
	ck_assert_ptr_nonnull(pool);
	memset(&whole, 0, sizeof whole);
	memset(&part, 0, sizeof part);
	memset(whole.host.name, 'a', HTTP1_HOST);
	part.host = whole.host;
	whole.host.absolute = true;
	whole.idle_until = part.idle_until = UINT64_MAX;
	pool_put(pool, &whole);
	ck_assert_ptr_null(pool_get(pool, &part.host, &plain, 0));
	pool_put(pool, &part);
	ck_assert_ptr_eq(pool_get(pool, &whole.host, &plain, 0), &whole);
	ck_assert_ptr_eq(pool_get(pool, &part.host, &plain, 0), &part);
	pool_remove(pool, &whole);
	pool_remove(pool, &part);
	pool_free(pool);
}
END_TEST

/* Who was idle before needs nothing to be so again, and its origin stays. */
START_TEST(comes_back)
{
	static const struct pool_kind plain;
	static struct upstream one, other;

	pool = pool_new(close_cb);
	ck_assert_ptr_nonnull(pool);
	memset(&one, 0, sizeof one);
	memset(&other, 0, sizeof other);
	memcpy(one.host.name, "a.test", sizeof "a.test");
	other.host = one.host;
	one.idle_until = other.idle_until = UINT64_MAX;
	pool_put(pool, &one);
	ck_assert_ptr_eq(pool_get(pool, &one.host, &plain, 0), &one);
	ck_assert_ptr_null(pool_get(pool, &one.host, &plain, 0));
	closed = 0;
	check_alloc = 1;
	pool_put(pool, &one);
	check_alloc = 0;
	ck_assert_uint_eq(closed, 0);
	pool_put(pool, &other);
	ck_assert_ptr_eq(pool_get(pool, &one.host, &plain, 0), &other);
	ck_assert_ptr_eq(pool_get(pool, &one.host, &plain, 0), &one);
	/* ends while it is not idle, and once more */
	pool_remove(pool, &other);
	pool_remove(pool, &other);
	ck_assert_ptr_null(pool_get(pool, &one.host, &plain, 0));
	pool_put(pool, &one);
	ck_assert_ptr_eq(pool_get(pool, &other.host, &plain, 0), &one);
	pool_put(pool, &one);
	pool_free(pool);
	ck_assert_uint_eq(closed, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");

	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, kinds);
	tcase_add_test(tc, absolute);
	tcase_add_test(tc, comes_back);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
