/* SPDX-License-Identifier: ISC */
#include "daemon/passing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check_run.h"

static int ends[2];

static void
begin(int type)
{
	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

static void
finish(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* Returns how many descriptors are open below a number. */
static int
nopen(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* They are copies of what was sent, in its order, and close on exec. */
START_TEST(copies_come_along)
{
	int pipes[2], got[4];
	size_t n = 4;
	char byte, text[8];

	begin(SOCK_STREAM);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(passing_send(ends[0], "word", 4, pipes, 2), 4);
	ck_assert_int_eq(passing_take(ends[1], text, sizeof text, got, &n), 4);
	ck_assert_int_eq(memcmp(text, "word", 4), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(write(got[1], "x", 1), 1);
	ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
	ck_assert_int_ne(fcntl(got[0], F_GETFD) & FD_CLOEXEC, 0);
	close(pipes[0]);
	close(pipes[1]);
	close(got[0]);
	close(got[1]);
	finish();
}
END_TEST

/* Whoever sends more than is wanted leaves nothing open here. */
START_TEST(too_many_are_closed)
{
	int fds[PASSING_MOST], got[2], before, i;
	size_t n = 2;
	char text[8];

	begin(SOCK_SEQPACKET);
	before = nopen();
	for (i = 0; i < PASSING_MOST; i++)
		fds[i] = ends[i % 2];
	ck_assert_int_eq(passing_send(ends[0], "w", 1, fds, PASSING_MOST), 1);
	ck_assert_int_eq(passing_take(ends[1], text, sizeof text, got, &n), 1);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(nopen(), before + 2);
	close(got[0]);
	close(got[1]);
	finish();
}
END_TEST

START_TEST(there_may_be_none)
{
	size_t n = 2;
	int got[2];
	char text[8];

	begin(SOCK_STREAM);
	ck_assert_int_eq(passing_take(ends[1], text, sizeof text, got, &n), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_eq(n, 0);
	n = 2;
	ck_assert_int_eq(passing_send(ends[0], "word", 4, NULL, 0), 4);
	ck_assert_int_eq(passing_take(ends[1], text, sizeof text, got, &n), 4);
	ck_assert_uint_eq(n, 0);
	close(ends[0]);
	ck_assert_int_eq(passing_take(ends[1], text, sizeof text, got, &n), 0);
	ck_assert_int_eq(passing_send(ends[1], "word", 4, NULL, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(ends[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("passing");
	TCase *tc = tcase_create("passing");

	tcase_add_test(tc, copies_come_along);
	tcase_add_test(tc, too_many_are_closed);
	tcase_add_test(tc, there_may_be_none);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
