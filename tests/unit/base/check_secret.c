/* SPDX-License-Identifier: ISC */
#include "base/secret.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"

/* Ends by abort() where it may leave a core dump, but has a secret. */
START_TEST(leaves_no_core)
{
	struct rlimit limit;
	char dir[] = "/tmp/sluice_secret.XXXXXX";
	int status;
	pid_t pid;

	if (under_valgrind())
		return;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		if (chdir(dir) == -1 || getrlimit(RLIMIT_CORE, &limit) == -1)
			_exit(1);
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_CORE, &limit) == -1 ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1)
			_exit(1);
		secret_guard();
		if (prctl(PR_GET_DUMPABLE) != 0)
			_exit(2);
		abort();
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && !WCOREDUMP(status),
	    "status %#x", (unsigned)status);
	/* nothing is in it */
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("secret");
	TCase *tc = tcase_create("secret");

	tcase_add_test(tc, leaves_no_core);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
