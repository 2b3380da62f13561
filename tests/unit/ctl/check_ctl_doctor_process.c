/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "ctl/ctl_doctor_process.h"

/* What the kernel tells of processes that run. */

/* Names that, cut at their blanks and brackets, would be read as numbers. */
static const char *const names[] = {
	"plain", "a b", "x) S 1 2 3", "(", ")))", "",
};

static void
be(const char *name, int ready)
{
	(void)prctl(PR_SET_NAME, name);
	(void)setsid();
	if (write(ready, "", 1) == 1)
		for (;;)
			(void)pause();
	_exit(1);
}

START_TEST(of_a_child)
{
	struct ctl_doctor_process process;
	char text[32], byte;
	int ready[2];
	pid_t pid;
	bool is;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		be(names[_i], ready[1]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	snprintf(text, sizeof text, "%ld", (long)pid);
	is = ctl_doctor_process(text, &process);
	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(is);
	ck_assert_int_eq(process.parent, getpid());
	ck_assert_int_eq(process.session, pid);
	ck_assert(!ctl_doctor_process(text, &process));
	close(ready[0]);
}
END_TEST

START_TEST(of_nobody)
{
	struct ctl_doctor_process process;

	/* above what the kernel gives (pid_max) */
	ck_assert(!ctl_doctor_process("99999999", &process));
	/* a name in /proc that is no process */
	ck_assert(!ctl_doctor_process("sys", &process));
}
END_TEST

static Suite *
process_suite(void)
{
	Suite *suite = suite_create("ctl_doctor_process");
	TCase *tc = tcase_create("ctl_doctor_process");

	ROWS(tc, of_a_child, names);
	tcase_add_test(tc, of_nobody);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(process_suite());
}
