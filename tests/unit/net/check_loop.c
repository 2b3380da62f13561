/* SPDX-License-Identifier: ISC */
#include "net/loop.h"

#include <check.h>
#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "check_alloc.h"
#include "check_run.h"

/* Loops that cannot be made leave nothing behind. */

static struct memory	 memory;

static void
rung_cb(void *arg)
{
	(void)arg;
}

/* The descriptor that the next one would be. */
static int
next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	ck_assert_int_ne(fd, -1);
	close(fd);
	return fd;
}

START_TEST(no_descriptors)
{
	struct rlimit before, few;
	struct loop *loop = NULL;
	int first, n;

	memory_init(&memory, 1 << 30, SHARE_OFF);
	/* what libevent and the clock keep is there */
	loop_free(loop_new(0, &memory, rung_cb, NULL));
	first = next_fd();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	/* its own, and those of libevent, which ends the process for them */
	for (n = 0; loop == NULL; n++) {
		few.rlim_cur = (rlim_t)(first + n);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
		errno = 0;
		loop = loop_new(0, &memory, rung_cb, NULL);
		ck_assert(loop != NULL || errno == EMFILE);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (loop == NULL)
			ck_assert_int_eq(next_fd(), first);
	}
	ck_assert_int_gt(n, 5);
	loop_free(loop);
	memory_destroy(&memory);
}
END_TEST

START_TEST(no_memory)
{
	struct loop *loop = NULL;
	unsigned n;
	int first;

	memory_init(&memory, 1 << 30, SHARE_OFF);
	loop_free(loop_new(0, &memory, rung_cb, NULL));
	first = next_fd();
	for (n = 1; loop == NULL; n++) {
		check_alloc = n;
		loop = loop_new(0, &memory, rung_cb, NULL);
		check_alloc = 0;
		if (loop == NULL)
			ck_assert_int_eq(next_fd(), first);
	}
	ck_assert_uint_gt(n, 1);
	loop_free(loop);
	memory_destroy(&memory);
}
END_TEST

#define MS	1000000ULL
#define DAY	(86400000 * MS)

/* Each period of a limit has passed since the clock's beginning. */
START_TEST(the_clock)
{
	struct timespec ts;
	uint64_t since_boot, now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	since_boot = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	now = loop_now();
	ck_assert_uint_ge(now, since_boot + 400 * DAY);
	ck_assert_uint_lt(now, since_boot + 401 * DAY);
}
END_TEST

static uint64_t	 fired_at;

static void
fire(struct wake *k, struct loop *l, uint64_t now)
{
	(void)k;
	fired_at = now;
	loop_stop(l, true);
}

/* By the same clock; what is past, or before its beginning, is due at once. */
START_TEST(a_wake)
{
	const uint64_t times[] = { loop_now() + 20 * MS, loop_now(), 400, 0 };
	struct wake k = { .fire = fire };
	struct loop *loop;
	unsigned i;

	memory_init(&memory, 1 << 30, SHARE_OFF);
	loop = loop_new(0, &memory, rung_cb, NULL);
	ck_assert_ptr_nonnull(loop);
	for (i = 0; i < sizeof times / sizeof *times; i++) {
		fired_at = 0;
		loop_wake_at(loop, &k, times[i]);
		loop_run(loop);
		ck_assert(!k.armed);
		ck_assert_uint_gt(fired_at, 0);
		ck_assert_uint_ge(fired_at, times[i]);
	}
	loop_free(loop);
	memory_destroy(&memory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_test(tc, no_descriptors);
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, the_clock);
	tcase_add_test(tc, a_wake);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
