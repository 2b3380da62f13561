/* SPDX-License-Identifier: ISC */
#include "proxy/pool.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "proxy/upstream_internal.h"

/* Idle connections, and what becomes of one where memory is short. */

static unsigned	 fail_at;	/* the nth allocation fails; 0: none */
static unsigned	 closed;

/* The linker has the sources that are tested call these. */

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);

static bool
fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

static struct pool	*pool;

void
upstream_close(struct upstream *u)
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
		pool = pool_new(NULL);
		ck_assert_ptr_nonnull(pool);
		memset(&one, 0, sizeof one);
		memset(&other, 0, sizeof other);
		memcpy(one.host.name, "a.test", sizeof "a.test");
		memcpy(other.host.name, "b.test", sizeof "b.test");
		one.idle_until = other.idle_until = UINT64_MAX;
		closed = 0;
		fail_at = n;
		pool_put(pool, &one);
		fail_at = 0;
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
