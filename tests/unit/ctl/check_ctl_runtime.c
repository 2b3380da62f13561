/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_runtime.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"

/* Where a user's files stand while the machine runs, and whose it must be. */

static char	 top[] = "/tmp/check_ctl_runtime.XXXXXX";
static char	 other[64];		/* /tmp/sluice-UID */
static char	 found[PATH_MAX];
static const struct ctl plain = { .json = false };

/* In place of the C library's: a user who is not root, and has that id. */
static uid_t	 user;

uid_t
geteuid(void)
{
	return user;
}

/* ... and whose what this process makes is. */
int
lstat(const char *path, struct stat *st)
{
	int result = fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);

	if (result == 0 && st->st_uid == getuid())
		st->st_uid = user;
	return result;
}

static void
setup(void)
{
	snprintf(top, sizeof top, "/tmp/check_ctl_runtime.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	/* nobody else runs as that one */
	user = 2000000000 + (uid_t)getpid();
	snprintf(other, sizeof other, "/tmp/sluice-%lu", (unsigned long)user);
}

static void
teardown(void)
{
	char sluice[64];

	snprintf(sluice, sizeof sluice, "%s/sluice", top);
	(void)unlink(sluice);
	(void)rmdir(sluice);
	(void)unlink(other);
	(void)rmdir(other);
	ck_assert_int_eq(rmdir(top), 0);
}

static void
expect(const char *runtime, const char *dir)
{
	struct stat st;

	if (runtime != NULL)
		ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", runtime, 1), 0);
	else
		ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
	ck_assert_int_eq(ctl_runtime(&plain, found), CTL_DONE);
	ck_assert_str_eq(found, dir);
	ck_assert_int_eq(stat(found, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
}

START_TEST(the_users_own)
{
	char sluice[64];

	snprintf(sluice, sizeof sluice, "%s/sluice", top);
	expect(top, sluice);
	/* it is there by now */
	expect(top, sluice);
}
END_TEST

/* Where there is none, or none that can be relied on. */
START_TEST(one_of_its_own)
{
	char sluice[64];

	expect(NULL, other);
	expect("relative", other);
	expect("/no-such-directory", other);
	/* others may write there */
	snprintf(sluice, sizeof sluice, "%s/sluice", top);
	ck_assert_int_eq(mkdir(sluice, 0700), 0);
	ck_assert_int_eq(chmod(sluice, 0777), 0);
	expect(top, other);
}
END_TEST

/* What it says where there is none at all. */
static void
expect_none(const char *why)
{
	char said[512] = "", want[128];
	int ends[2], err;

	(void)unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert((err = dup(STDERR_FILENO)) != -1);
	ck_assert_int_ne(dup2(ends[1], STDERR_FILENO), -1);
	ck_assert_int_eq(ctl_runtime(&plain, found), CTL_FAILED);
	ck_assert_int_ne(dup2(err, STDERR_FILENO), -1);
	ck_assert_int_gt(read(ends[0], said, sizeof said - 1), 0);
	close(ends[0]);
	close(ends[1]);
	close(err);
	snprintf(want, sizeof want, "%s: %s", other, why);
	ck_assert_msg(strstr(said, want) != NULL, "%s", said);
}

START_TEST(somebody_else_has_it)
{
	const char *why = "expected a directory of one's own that others "
	    "cannot write to";

	/* wherever a link leads, it is not the user's directory */
	ck_assert_int_eq(symlink(top, other), 0);
	expect_none(why);
	ck_assert_int_eq(unlink(other), 0);
	ck_assert_int_eq(mkdir(other, 0700), 0);
	ck_assert_int_eq(chmod(other, 0770), 0);
	expect_none(why);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_runtime");
	TCase *tc = tcase_create("ctl_runtime");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_users_own);
	tcase_add_test(tc, one_of_its_own);
	tcase_add_test(tc, somebody_else_has_it);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
