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
static struct memory_holder one;		/* with all bodies, */
static struct memory_holder other;		/* but where it is said */
static struct memory_body bodies[4];

static void
set_up(void)
{
	memory_init(&m, MAX, SHARE_OFF);
	memory_holder_init(&one, &m);
	memory_holder_init(&other, &m);
	memset(bodies, 0, sizeof bodies);
}

static void
tear_down(void)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		memory_forget(&one, &bodies[i]);
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

	return memory_keep(&one, &bodies[i], v, 2, max);
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
	ck_assert(!memory_hold(&one, &bodies[0]));
}
END_TEST

START_TEST(nothing_is_kept_where_nothing_may_be)
{
	ck_assert(!keep(0, 1, 0));
	ck_assert(!memory_hold(&one, &bodies[0]));
}
END_TEST

START_TEST(a_request_without_a_body_can_be_held)
{
	ck_assert(memory_hold(&one, &bodies[0]));
	memory_release(&one, &bodies[0]);
}
END_TEST

/* Other bytes, and some of its own, in another order. */
START_TEST(what_is_put_is_replaced)
{
	struct iovec v = { (char *)(uintptr_t)"middle", 6 };
	struct iovec next[3];
	char *own;

	ck_assert(memory_put(&one, &bodies[0], &v, 1));
	own = (char *)evbuffer_pullup(bodies[0].bytes, -1);
	next[0] = (struct iovec){ own + 3, 3 };
	next[1] = (struct iovec){ (char *)(uintptr_t)"---", 3 };
	next[2] = (struct iovec){ own, 2 };
	ck_assert(memory_replace(&one, &bodies[0], next, 3));
	ck_assert_uint_eq(bodies[0].size, 8);
	ck_assert_uint_eq(atomic_load(&m.used), 8);
	ck_assert_mem_eq(evbuffer_pullup(bodies[0].bytes, -1), "dle---mi", 8);
	memory_release(&one, &bodies[0]);
	ck_assert(memory_hold(&one, &bodies[0]));
	memory_forget(&one, &bodies[0]);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
}
END_TEST

/* What has not gone out yet stays, and others go for it. */
START_TEST(what_is_put_stays)
{
	static char bytes[2 * MAX];
	struct iovec v = { bytes, sizeof bytes };

	ck_assert(keep(0, 300, MAX));
	ck_assert(memory_put(&one, &bodies[1], &v, 1));
	ck_assert(!memory_hold(&one, &bodies[0]));
	ck_assert_uint_eq(atomic_load(&m.used), sizeof bytes);
	ck_assert(memory_put(&one, &bodies[1], &v, 1));
	ck_assert_uint_eq(evbuffer_get_length(bodies[1].bytes),
	    2 * sizeof bytes);
	memory_release(&one, &bodies[1]);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	/* what is lost stays so */
	ck_assert(!memory_put(&one, &bodies[1], &v, 1));
}
END_TEST

START_TEST(the_largest_goes_first)
{
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 500, MAX));
	ck_assert(keep(2, 200, MAX));
	ck_assert(keep(3, 1, MAX));
	ck_assert_uint_eq(atomic_load(&m.used), 501);
	ck_assert(!memory_hold(&one, &bodies[1]));
	ck_assert(memory_hold(&one, &bodies[0]));
	ck_assert(memory_hold(&one, &bodies[2]));
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
	ck_assert(memory_hold(&one, &bodies[0]));
	ck_assert(!keep(1, 500, MAX));
	ck_assert_uint_eq(atomic_load(&m.used), 600);
	memory_release(&one, &bodies[0]);
	ck_assert(keep(2, 500, MAX));
	ck_assert(!memory_hold(&one, &bodies[0]));
}
END_TEST

START_TEST(other_bytes_drive_bodies_out)
{
	ck_assert(keep(0, 600, MAX));
	memory_add(&one, 400);
	ck_assert(!memory_is_short(&one));
	memory_add(&one, 1);
	ck_assert(!memory_is_short(&one));
	ck_assert(!memory_hold(&one, &bodies[0]));
	memory_add(&one, 600);
	ck_assert(memory_is_short(&one));
	memory_sub(&one, 1001);
}
END_TEST

START_TEST(room)
{
	ck_assert(memory_room(&one, 0, 10));
	ck_assert(memory_room(&one, 9, 10));
	ck_assert(!memory_room(&one, 10, 10));
	memory_add(&one, MAX + 1);
	/* each connection may always move one piece at a time */
	ck_assert(memory_room(&one, 0, 10));
	ck_assert(!memory_room(&one, 1, 10));
	memory_sub(&one, MAX + 1);
}
END_TEST

START_TEST(a_smaller_limit_holds_at_once)
{
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 400, MAX));
	memory_limit(&m, 300, SHARE_OFF);
	ck_assert(!memory_hold(&one, &bodies[1]));
	ck_assert_uint_eq(atomic_load(&m.used), 300);
}
END_TEST

START_TEST(buffers_are_counted_while_they_are_watched)
{
	struct evbuffer *b = evbuffer_new();
	char drained[40];

	evbuffer_add(b, "before", 6);
	ck_assert(memory_watch(&one, b));
	ck_assert_uint_eq(atomic_load(&m.used), 6);
	evbuffer_add_printf(b, "%0100d", 7);
	evbuffer_prepend(b, "x", 1);
	ck_assert_uint_eq(atomic_load(&m.used), 107);
	ck_assert_int_eq(evbuffer_remove(b, drained, sizeof drained), 40);
	ck_assert_uint_eq(atomic_load(&m.used), 67);
	memory_unwatch(&one, b);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	evbuffer_drain(b, 10);
	ck_assert_uint_eq(atomic_load(&m.used), 0);
	memory_unwatch(&one, b);
	evbuffer_free(b);
}
END_TEST

static bool
keep_for(struct memory_holder *h, unsigned i, size_t n)
{
	static char bytes[MAX];
	struct iovec v = { .iov_base = bytes, .iov_len = n };

	return memory_keep(h, &bodies[i], &v, 1, MAX);
}

/* However large another's single body is. */
START_TEST(who_keeps_most_loses_first)
{
	ck_assert(keep_for(&other, 0, 400));
	ck_assert(keep(1, 250, MAX));
	ck_assert(keep(2, 240, MAX));
	ck_assert(keep(3, 200, MAX));
	ck_assert(!memory_hold(&one, &bodies[1]));
	ck_assert(memory_hold(&one, &bodies[2]));
	ck_assert(memory_hold(&other, &bodies[0]));
	ck_assert_uint_eq(atomic_load(&one.used), 440);
	ck_assert_uint_eq(atomic_load(&other.used), 400);
	memory_forget(&other, &bodies[0]);
	ck_assert_uint_eq(atomic_load(&other.used), 0);
}
END_TEST

/* Half of what the others leave; beyond it nobody else is the worse for it. */
START_TEST(one_has_its_share)
{
	memory_limit(&m, MAX, SHARE_HALF);
	ck_assert(keep(0, 300, MAX));
	ck_assert(keep(1, 200, MAX));
	ck_assert(!memory_is_short(&one));
	ck_assert(keep(2, 100, MAX));
	ck_assert(!memory_hold(&one, &bodies[0]));
	memory_add(&one, 300);
	ck_assert_uint_eq(atomic_load(&one.used), 400);
	memory_add(&one, 201);
	ck_assert(memory_is_short(&one));
	ck_assert(!memory_room(&one, 1, 10));
	ck_assert_uint_eq(atomic_load(&one.used), 501);

	ck_assert(!memory_is_short(&other));
	ck_assert(memory_room(&other, 1, 10));
	ck_assert_uint_eq(memory_piece(&other, 10000), 10000);
	memory_add(&other, 249);
	ck_assert(!memory_is_short(&other));
	memory_add(&other, 1);
	ck_assert(memory_is_short(&other));
	/* who is nobody's has no share, but the limit */
	memory_add(&m.nobody, 249);
	ck_assert(!memory_is_short(&m.nobody));
	memory_add(&m.nobody, 1);
	ck_assert(memory_is_short(&m.nobody));
	memory_sub(&m.nobody, 250);
	memory_sub(&other, 250);
	memory_sub(&one, 501);
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
			(void)memory_keep(&one, &b, &v, 1, 300);
		if (memory_hold(&one, &b)) {
			ck_assert_uint_eq(evbuffer_get_length(b.bytes),
			    b.size);
			memory_release(&one, &b);
		}
		memory_forget(&one, &b);
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
	tcase_add_test(tc, what_is_put_stays);
	tcase_add_test(tc, what_is_put_is_replaced);
	tcase_add_test(tc, the_largest_goes_first);
	tcase_add_test(tc, what_grows_too_large_goes_itself);
	tcase_add_test(tc, what_is_held_stays);
	tcase_add_test(tc, other_bytes_drive_bodies_out);
	tcase_add_test(tc, room);
	tcase_add_test(tc, a_smaller_limit_holds_at_once);
	tcase_add_test(tc, buffers_are_counted_while_they_are_watched);
	tcase_add_test(tc, who_keeps_most_loses_first);
	tcase_add_test(tc, one_has_its_share);
	tcase_add_test(tc, threads_shed_each_others_bodies);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
