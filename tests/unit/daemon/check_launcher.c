/* SPDX-License-Identifier: ISC */
#include "daemon/launcher.h"

#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"

static pid_t own;

static void
at_exit_cb(void)
{
	if (getpid() != own)
		(void)!write(STDOUT_FILENO, "x", 1);
}

/*
 * What libraries and sanitizers do at the end of a process is for the daemon,
 * whose threads and memory the launcher has no use for.
 */
START_TEST(nothing_is_done_at_its_end)
{
	int pipes[2], fd, out = dup(STDOUT_FILENO);
	char byte;

	own = getpid();
	ck_assert_int_ne(out, -1);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(atexit(at_exit_cb), 0);
	/* of what is open here it keeps no more than that */
	ck_assert_int_eq(dup2(pipes[1], STDOUT_FILENO), STDOUT_FILENO);
	fd = launcher_begin();
	ck_assert_int_eq(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	close(out);
	close(pipes[1]);
	ck_assert_int_ne(fd, -1);
	close(fd);
	ck_assert_int_eq(read(pipes[0], &byte, 1), 0);
	ck_assert_int_gt(wait(NULL), 0);
	close(pipes[0]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("launcher");
	TCase *tc = tcase_create("launcher");

	tcase_add_test(tc, nothing_is_done_at_its_end);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
