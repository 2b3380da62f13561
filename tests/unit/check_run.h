/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_RUN_H
#define SLUICE_CHECK_RUN_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * For what is asserted many times: Check's own assertions write to a file each
 * time, which takes far longer than most that is asserted.
 */
#define ck_assert_often(x) \
	do { if (!(x)) ck_abort_msg("not so: %s", #x); } while (0)

/* A test of each row of a table. */
#define ROWS(tc, test, table) tcase_add_loop_test(tc, test, 0, \
		    (int)(sizeof(table) / sizeof((table)[0])))

/* Of what is done many times, one of so many is wanted (CHECK_SHARE). */
static inline unsigned
wanted_share(void)
{
	const char *text = getenv("CHECK_SHARE");
	unsigned share = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 1;

	return share > 1 ? share : 1;
}

/*
 * How often to do what is random; under valgrind each time takes fifty times
 * as long.
 */
static inline unsigned
repetitions(unsigned all)
{
	return (all - 1) / wanted_share() + 1;
}

/* Valgrind makes system calls, and core dumps, of its own. */
static inline bool
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

/* Runs a suite with a TAP line for each test; main()'s return value. */
static inline int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
