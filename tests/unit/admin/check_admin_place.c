/* SPDX-License-Identifier: ISC */
#include "admin/admin_place.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"

/* Where a user's own daemon puts its socket: /run/sluice is not his. */

#define NOBODY	4712	/* whom no test of --user has given one */

static char	 dir[64];
static char	 paths[ADMIN_PLACES][ADMIN_PLACE];
static bool	 was_root;

static void
set_up(void)
{
	snprintf(dir, sizeof dir, "/tmp/check_admin_place.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	was_root = geteuid() == 0;
	if (was_root) {
		ck_assert_int_eq(chown(dir, NOBODY, (gid_t)-1), 0);
		ck_assert_int_eq(seteuid(NOBODY), 0);
	}
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
}

static void
tear_down(void)
{
	char own[80];

	if (was_root)
		ck_assert_int_eq(seteuid(0), 0);
	snprintf(own, sizeof own, "%s/sluice", dir);
	(void)rmdir(own);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(of_a_user)
{
	char want[ADMIN_PLACE], own[80];
	struct stat st;
	int i;

	setenv("XDG_RUNTIME_DIR", dir, 1);
	snprintf(own, sizeof own, "%s/sluice", dir);
	/* the second time it is there */
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(admin_places(3128, paths), 1);
		snprintf(want, sizeof want, "%s/admin-3128.sock", own);
		ck_assert_str_eq(paths[0], want);
		ck_assert_int_eq(stat(own, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0700);
	}
	ck_assert_uint_eq(admin_places(0, paths), 1);
	snprintf(want, sizeof want, "%s/admin.sock", own);
	ck_assert_str_eq(paths[0], want);
}
END_TEST

START_TEST(nowhere)
{
	char far[2 * ADMIN_PLACE];

	ck_assert_uint_eq(admin_places(3128, paths), 0);
	setenv("XDG_RUNTIME_DIR", "here", 1);
	ck_assert_uint_eq(admin_places(3128, paths), 0);
	memset(far, 'x', sizeof far);
	far[0] = '/';
	far[sizeof far - 1] = '\0';
	setenv("XDG_RUNTIME_DIR", far, 1);
	ck_assert_uint_eq(admin_places(3128, paths), 0);
}
END_TEST

/* The first of them, where a service manager names several. */
START_TEST(of_a_service)
{
	setenv("RUNTIME_DIRECTORY", "/run/a:/run/b", 1);
	ck_assert_uint_eq(admin_places(3128, paths), 1);
	ck_assert_str_eq(paths[0], "/run/a/admin.sock");
	unsetenv("RUNTIME_DIRECTORY");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admin_place");
	TCase *tc = tcase_create("admin_place");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, of_a_user);
	tcase_add_test(tc, nowhere);
	tcase_add_test(tc, of_a_service);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
