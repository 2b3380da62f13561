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
static char	 other[40];	/* where that one is not to be had */
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
	snprintf(other, sizeof other, "/tmp/sluice-%lu",
	    (unsigned long)geteuid());
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
}

static void
tear_down(void)
{
	char own[80];

	if (was_root) {
		ck_assert_int_eq(seteuid(0), 0);
		(void)rmdir(other);
	}
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
		ck_assert_uint_eq(admin_places(3128, paths), 2);
		snprintf(want, sizeof want, "%s/admin-3128.sock", own);
		ck_assert_str_eq(paths[0], want);
		ck_assert_int_eq(stat(own, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0700);
	}
	snprintf(want, sizeof want, "%s/admin-3128.sock", other);
	ck_assert_str_eq(paths[1], want);
	ck_assert_uint_eq(admin_places(0, paths), 2);
	snprintf(want, sizeof want, "%s/admin.sock", own);
	ck_assert_str_eq(paths[0], want);
}
END_TEST

static void
only_the_other(void)
{
	char want[ADMIN_PLACE];
	struct stat st;

	snprintf(want, sizeof want, "%s/admin-3128.sock", other);
	ck_assert_uint_eq(admin_places(3128, paths), 1);
	ck_assert_str_eq(paths[0], want);
	ck_assert_int_eq(lstat(other, &st), 0);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_mode & 022, 0);
}

START_TEST(without_one_from_the_system)
{
	char far[2 * ADMIN_PLACE];

	only_the_other();
	setenv("XDG_RUNTIME_DIR", "here", 1);
	only_the_other();
	memset(far, 'x', sizeof far);
	far[0] = '/';
	far[sizeof far - 1] = '\0';
	setenv("XDG_RUNTIME_DIR", far, 1);
	only_the_other();
}
END_TEST

/* Anybody may make what is to be there; it is root who can do so here. */
START_TEST(that_somebody_else_has_made)
{
	struct stat st;

	if (!was_root)
		return;
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(mkdir(other, 0755), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_uint_eq(admin_places(3128, paths), 0);
	/* its own, but others may put something there */
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chown(other, NOBODY, (gid_t)-1), 0);
	ck_assert_int_eq(chmod(other, 0777), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_uint_eq(admin_places(3128, paths), 0);
	/* a link to what is its own */
	ck_assert_int_eq(rmdir(other), 0);
	ck_assert_int_eq(symlink(dir, other), 0);
	ck_assert_uint_eq(admin_places(3128, paths), 0);
	ck_assert_int_eq(lstat(other, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(unlink(other), 0);
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
	tcase_add_test(tc, without_one_from_the_system);
	tcase_add_test(tc, that_somebody_else_has_made);
	tcase_add_test(tc, of_a_service);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
