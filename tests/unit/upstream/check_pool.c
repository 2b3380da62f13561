/* SPDX-License-Identifier: ISC */
#include "upstream/pool.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "check_run.h"
#include "upstream/connection.h"

/* Idle connections, and what becomes of one where memory is short. */

static unsigned	 closed;

static struct pool	*pool;

static void
close_cb(struct upstream *u)
{
	if (u->origin != NULL)
		pool_remove(pool, u);
	closed++;
}

/* The first origin needs an entry, the table and its buckets. */
START_TEST(no_memory)
{
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
		ck_assert_ptr_eq(pool_get(pool, &one.host, 0, 0),
		    closed > 0 ? NULL : &one);
		/* whatever has failed, the next one finds its place */
		pool_put(pool, &other);
		ck_assert_ptr_eq(pool_get(pool, &other.host, 0, 0), &other);
		pool_free(pool);
	}
	ck_assert_uint_ge(n, 4);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");

	tcase_add_test(tc, no_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
