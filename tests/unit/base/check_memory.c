/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "check_run.h"
#include "base/memory.h"

/* What all connections together may hold, and which bodies go first. */

#define MAX	1000		/* bytes */

static struct memory	 m;
static struct memory_body bodies[4];

static void
set_up(void)
{
	memory_init(&m, MAX);
	memset(bodies, 0, sizeof bodies);
}

static void
tear_down(void)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		memory_forget(&m, &bodies[i]);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	memory_destroy(&m);
}

static bool
keep(unsigned i, size_t n, size_t max)
{
	static char bytes[4 * MAX];
	struct iovec v[2] = {
		{ .iov_base = bytes, .iov_len = n / 2 },
		{ .iov_base = bytes + n / 2, .iov_len = n - n / 2 },
	};

	return memory_keep(&m, &bodies[i], v, 2, max);
}

START_TEST(bodies_are_kept_up_to_their_own_maximum)
{
	ck_assert(keep(0, 100, 200));
	ck_assert(keep(0, 100, 200));
	ck_assert_uint_eq(evbuffer_get_length(bodies[0].bytes), 200);
	ck_assert_uint_eq(atomic_load(&m.used), 200);
	ck_assert(!keep(0, 1, 200));
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	/* what is lost stays so, however little follows */
	ck_assert(!keep(0, 1, 200));
	ck_assert(!memory_hold(&m, &bodies[0]));
}
END_TEST

START_TEST(nothing_is_kept_where_nothing_may_be)
{
	ck_assert(!keep(0, 1, 0));
	ck_assert(!memory_hold(&m, &bodies[0]));
}
END_TEST

START_TEST(a_request_without_a_body_can_be_held)
{
	ck_assert(memory_hold(&m, &bodies[0]));
	memory_release(&m, &bodies[0]);
}
END_TEST

START_TEST(the_largest_goes_first)
{
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 500, MAX));
	ck_assert(keep(2, 200, MAX));
	ck_assert(keep(3, 1, MAX));
	ck_assert_uint_eq(atomic_load(&m.used), 501);
	ck_assert(!memory_hold(&m, &bodies[1]));
	ck_assert(memory_hold(&m, &bodies[0]));
	ck_assert(memory_hold(&m, &bodies[2]));
}
END_TEST

START_TEST(what_grows_too_large_goes_itself)
{
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 200, MAX));
	ck_assert(!keep(1, 600, MAX));
	ck_assert_uint_eq(atomic_load(&m.used), 300);
}
END_TEST

START_TEST(what_is_held_stays)
{
	ck_assert(keep(0, 600, MAX));
	ck_assert(memory_hold(&m, &bodies[0]));
	ck_assert(!keep(1, 500, MAX));
	ck_assert_uint_eq(atomic_load(&m.used), 600);
	memory_release(&m, &bodies[0]);
	ck_assert(keep(2, 500, MAX));
	ck_assert(!memory_hold(&m, &bodies[0]));
}
END_TEST

START_TEST(other_bytes_drive_bodies_out)
{
	ck_assert(keep(0, 600, MAX));
	memory_add(&m, 400);
	ck_assert(!memory_is_short(&m));
	memory_add(&m, 1);
	ck_assert(!memory_is_short(&m));
	ck_assert(!memory_hold(&m, &bodies[0]));
	memory_add(&m, 600);
	ck_assert(memory_is_short(&m));
	memory_sub(&m, 1001);
}
END_TEST

START_TEST(room)
{
	ck_assert(memory_room(&m, 0, 10));
	ck_assert(memory_room(&m, 9, 10));
	ck_assert(!memory_room(&m, 10, 10));
	memory_add(&m, MAX + 1);
	/* each connection may always move one piece at a time */
	ck_assert(memory_room(&m, 0, 10));
	ck_assert(!memory_room(&m, 1, 10));
	memory_sub(&m, MAX + 1);
}
END_TEST

START_TEST(a_smaller_limit_holds_at_once)
{
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 400, MAX));
	memory_limit(&m, 300);
	ck_assert(!memory_hold(&m, &bodies[1]));
	ck_assert_uint_eq(atomic_load(&m.used), 300);
}
END_TEST

START_TEST(buffers_are_counted_while_they_are_watched)
{
	struct evbuffer *b = evbuffer_new();
	char drained[40];

	evbuffer_add(b, "before", 6);
	ck_assert(memory_watch(&m, b));
	ck_assert_uint_eq(atomic_load(&m.used), 6);
	evbuffer_add_printf(b, "%0100d", 7);
	evbuffer_prepend(b, "x", 1);
	ck_assert_uint_eq(atomic_load(&m.used), 107);
	ck_assert_int_eq(evbuffer_remove(b, drained, sizeof drained), 40);
	ck_assert_uint_eq(atomic_load(&m.used), 67);
	memory_unwatch(&m, b);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	evbuffer_drain(b, 10);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	memory_unwatch(&m, b);
	evbuffer_free(b);
}
END_TEST

static void *
crowd(void *arg)
{
	struct memory_body b;
	struct iovec v = { 0 };
	char bytes[64] = { 0 };
	unsigned i, j;

	(void)arg;
	v.iov_base = bytes;
	for (i = 0; i < 3000; i++) {
		memset(&b, 0, sizeof b);
		v.iov_len = 1 + i % sizeof bytes;
		for (j = 0; j < 6; j++)
			(void)memory_keep(&m, &b, &v, 1, 300);
		if (memory_hold(&m, &b)) {
			ck_assert_uint_eq(evbuffer_get_length(b.bytes),
			    b.size);
			memory_release(&m, &b);
		}
		memory_forget(&m, &b);
	}
	return NULL;
}

START_TEST(threads_shed_each_others_bodies)
{
	pthread_t threads[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, crowd,
		    NULL), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("memory");
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, bodies_are_kept_up_to_their_own_maximum);
	tcase_add_test(tc, nothing_is_kept_where_nothing_may_be);
	tcase_add_test(tc, a_request_without_a_body_can_be_held);
	tcase_add_test(tc, the_largest_goes_first);
	tcase_add_test(tc, what_grows_too_large_goes_itself);
	tcase_add_test(tc, what_is_held_stays);
	tcase_add_test(tc, other_bytes_drive_bodies_out);
	tcase_add_test(tc, room);
	tcase_add_test(tc, a_smaller_limit_holds_at_once);
	tcase_add_test(tc, buffers_are_counted_while_they_are_watched);
	tcase_add_test(tc, threads_shed_each_others_bodies);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
