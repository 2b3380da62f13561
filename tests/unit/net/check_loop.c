/* SPDX-License-Identifier: ISC */
#include "net/loop.h"

#include <check.h>
#include <errno.h>
#include <sys/resource.h>
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
	int first, n;

	memory_init(&memory, 1 << 30, SHARE_OFF);
	/* what libevent and the clock keep is there */
	loop_free(loop_new(0, &memory, rung_cb, NULL));
	first = next_fd();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	/* its own; where libevent's are missing, that ends the process */
	for (n = 0; n < 2; n++) {
		few.rlim_cur = (rlim_t)(first + n);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
		errno = 0;
		ck_assert_ptr_null(loop_new(0, &memory, rung_cb, NULL));
		ck_assert_int_eq(errno, EMFILE);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		ck_assert_int_eq(next_fd(), first);
	}
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

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");

	tcase_add_test(tc, no_descriptors);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
