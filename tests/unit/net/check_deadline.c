/* SPDX-License-Identifier: ISC */
#include "net/loop.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "check_run.h"

#define MS	1000000ULL

static struct memory	 memory;
static struct loop	*loop;
static struct deadline	 a, b;
static unsigned		 fired;
static bool		 woken;
static unsigned		 failing;	/* calls of event_add() */

/* The linker has the sources that are tested call this. */
int	 __real_event_add(struct event *, const struct timeval *);
int	 __wrap_event_add(struct event *, const struct timeval *);

int
__wrap_event_add(struct event *ev, const struct timeval *tv)
{
	if (failing > 0) {
		failing--;
		return -1;
	}
	return __real_event_add(ev, tv);
}

static void
rung_cb(void *arg)
{
	(void)arg;
}

static void
fired_cb(void *arg)
{
	ck_assert_ptr_eq(arg, &fired);
	fired++;
}

static void
setup(void)
{
	memory_init(&memory, 1 << 20, SHARE_OFF);
	fired = failing = 0;
	woken = false;
	loop = loop_new(0, &memory, rung_cb, NULL);
	ck_assert_ptr_nonnull(loop);
	deadline_init(&a, loop, fired_cb, &fired);
	deadline_init(&b, loop, fired_cb, &fired);
}

static void
teardown(void)
{
	failing = 0;
	deadline_free(&a);
	deadline_free(&b);
	loop_free(loop);
	memory_destroy(&memory);
}

/* Until so many have fired; how often the loop has turned. */
static unsigned
turn_until(unsigned n)
{
	unsigned turns = 0;

	while (fired < n) {
		event_base_loop(loop->base, EVLOOP_ONCE);
		turns++;
	}
	ck_assert_uint_eq(fired, n);
	return turns;
}

START_TEST(fires_when_it_is_due)
{
	uint64_t at = loop_now() + 20 * MS;

	deadline_set(&a, at);
	turn_until(1);
	ck_assert_uint_ge(loop_now(), at);
	ck_assert_uint_eq(a.at, 0);
}
END_TEST

static void
woken_cb(struct wake *k, struct loop *l, uint64_t now)
{
	(void)k;
	(void)now;
	if (l == NULL)
		return;
	ck_assert_uint_eq(fired, 0);
	woken = true;
}

/* After a stop of the process what has come meanwhile is looked at first. */
START_TEST(late_one_is_put_off_once)
{
	struct wake k = { .fire = woken_cb };

	deadline_set(&a, loop_now() - 100 * MS);
	loop_wake_at(loop, &k, loop_now() + 50 * MS);
	turn_until(1);
	ck_assert(woken);
	ck_assert_uint_eq(a.at, 0);
}
END_TEST

static void
moving_cb(struct wake *k, struct loop *l, uint64_t now)
{
	woken_cb(k, l, now);
	if (l != NULL)
		deadline_set(&a, now + 200 * MS);
}

START_TEST(late_one_is_moved_meanwhile)
{
	struct wake k = { .fire = moving_cb };
	uint64_t at = loop_now() + 50 * MS;

	deadline_set(&a, loop_now() - 1000 * MS);
	loop_wake_at(loop, &k, at);
	turn_until(1);
	ck_assert(woken);
	ck_assert_uint_ge(loop_now(), at + 200 * MS);
}
END_TEST

/* Also where libevent cannot take it; the loop does not spin meanwhile. */
START_TEST(fires_without_memory)
{
	uint64_t at = loop_now() + 250 * MS;

	failing = 1000;
	deadline_set(&a, at);
	deadline_set(&b, at + 1);
	ck_assert_uint_lt(turn_until(2), 20);
	ck_assert_uint_ge(loop_now(), at);
	ck_assert_uint_gt(failing, 980);
}
END_TEST

START_TEST(is_taken_later)
{
	uint64_t at = loop_now() + 150 * MS;

	failing = 1;
	deadline_set(&a, at);
	ck_assert_uint_eq(a.set, 0);
	turn_until(1);
	ck_assert_uint_ge(loop_now(), at);
}
END_TEST

/* What is set, moved, taken back or freed meanwhile leaves nothing behind. */
START_TEST(is_changed_meanwhile)
{
	failing = 3;
	deadline_set(&a, loop_now() + 1);
	deadline_set(&a, loop_now() + 2);
	deadline_set(&b, loop_now() + 1);
	deadline_free(&b);
	deadline_set(&a, 0);
	deadline_set(&a, loop_now() + 5 * MS);
	turn_until(1);
	ck_assert(LIST_EMPTY(&loop->unset));
	deadline_set(&b, loop_now() + 200 * MS);
	turn_until(2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deadline");
	TCase *tc = tcase_create("deadline");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fires_when_it_is_due);
	tcase_add_test(tc, late_one_is_put_off_once);
	tcase_add_test(tc, late_one_is_moved_meanwhile);
	tcase_add_test(tc, fires_without_memory);
	tcase_add_test(tc, is_taken_later);
	tcase_add_test(tc, is_changed_meanwhile);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
