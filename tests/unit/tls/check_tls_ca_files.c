/* SPDX-License-Identifier: ISC */
#include "tls/tls_ca_files.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "check_run.h"
#include "check_tls_ca.h"

/* Files that are made whole or not at all, wherever that is. */

#define NOBODY	65534

/* In place of the C library's: what a file system, or the system, lacks. */

static bool	 no_names;	/* it cannot name what has no name */
static bool	 no_exclusive;	/* ... nor rename only where there is none */
static char	 meanwhile[128];	/* somebody else makes that one; or "" */
static unsigned	 until;		/* ... when so many more are written */

int
access(const char *path, int mode)
{
	if (no_names && strncmp(path, "/proc/self/fd/", 14) == 0) {
		errno = ENOENT;
		return -1;
	}
	return faccessat(AT_FDCWD, path, mode, 0);
}

int
renameat2(int from, const char *old, int to, const char *new,
    unsigned int flags)
{
	(void)flags;
	if (no_exclusive) {
		errno = EINVAL;
		return -1;
	}
	/* that is what RENAME_NOREPLACE promises */
	return linkat(from, old, to, new, 0) == -1 ? -1 :
	    unlinkat(from, old, 0);
}

int
fsync(int fd)
{
	int other;

	(void)fd;
	if (meanwhile[0] == '\0' || --until > 0)
		return 0;
	other = open(meanwhile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	meanwhile[0] = '\0';
	return other == -1 ? -1 : close(other);
}

static void
files_setup(void)
{
	ca_setup();
	no_names = no_exclusive = false;
	meanwhile[0] = '\0';
	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
}

/* What a file system is like: row 0 knows all, 1 no files without names, 2 no
 * such renames either. */
static void
be_like(int row)
{
	no_names = row > 0;
	no_exclusive = row > 1;
}

static bool
make_two(char **cause)
{
	static const struct tls_ca_file files[] = {
		{ "a.key", 0600, "first", 5 }, { "b.pem", 0644, "second", 6 },
	};

	*cause = NULL;
	return tls_ca_files_make(in_dir("ca"), files, 2, cause);
}

static void
expect(const char *name, const char *text, mode_t mode)
{
	FILE *in = fopen(in_dir(name), "r");
	char buf[64] = "";
	struct stat st;

	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(fstat(fileno(in), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, mode);
	buf[fread(buf, 1, sizeof buf - 1, in)] = '\0';
	fclose(in);
	ck_assert_str_eq(buf, text);
}

static unsigned
count(void)
{
	DIR *d = opendir(in_dir("ca"));
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

/* Each is there, and nothing else. */
START_TEST(they_are_made)
{
	char *cause;
	bool ok;

	be_like(_i);
	ok = make_two(&cause);
	ck_assert_msg(ok, "%s", cause);
	expect("ca/a.key", "first", 0600);
	expect("ca/b.pem", "second", 0644);
	ck_assert_uint_eq(count(), 2);
}
END_TEST

/* What somebody else has made meanwhile stays, and no half of ours. */
START_TEST(one_is_made_meanwhile)
{
	char *cause;

	be_like(_i);
	snprintf(meanwhile, sizeof meanwhile, "%s", in_dir("ca/b.pem"));
	until = 2;	/* both of ours, and neither is in its place */
	ck_assert(!make_two(&cause));
	ck_cause(cause, "ca/b.pem", ": is there already, and is not "
	    "overwritten");
	expect("ca/b.pem", "", 0600);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* What cannot be written whole is not left, under no name. */
START_TEST(there_is_no_room)
{
	struct rlimit old, few;
	char *cause;
	bool ok;

	be_like(_i);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	few = old;
	few.rlim_cur = 5;	/* enough for the first */
	/* Check writes a file of its own at each assertion */
	(void)setrlimit(RLIMIT_FSIZE, &few);
	ok = make_two(&cause);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	ck_assert(!ok);
	ck_cause(cause, "ca/b.pem", ": cannot write: File too large");
	ck_assert_uint_eq(count(), 0);
}
END_TEST

START_TEST(the_path_is_too_long)
{
	static char longer[PATH_MAX + 1];
	const struct tls_ca_file file = { "a.key", 0600, "a", 1 };
	char *cause = NULL;

	memset(longer, '/', PATH_MAX);
	ck_assert(!tls_ca_files_make(longer, &file, 1, &cause));
	ck_assert_ptr_nonnull(strstr(cause, ": the path is too long"));
	free(cause);
}
END_TEST

/* A name that has no room for more has none for one beside it. */
START_TEST(the_name_is_too_long)
{
	char name[NAME_MAX + 1];
	const struct tls_ca_file file = { name, 0600, "a", 1 };
	char *cause = NULL;

	memset(name, 'a', NAME_MAX);
	name[NAME_MAX] = '\0';
	no_names = true;
	ck_assert(!tls_ca_files_make(in_dir("ca"), &file, 1, &cause));
	ck_assert_ptr_nonnull(strstr(cause, ": File name too long"));
	free(cause);
	ck_assert_uint_eq(count(), 0);
}
END_TEST

/* Replacing */

static bool
replace(const char *name, char **cause)
{
	*cause = NULL;
	return tls_ca_files_replace(in_dir(name), "new", 3, cause);
}

START_TEST(one_is_replaced)
{
	char *cause;
	bool ok;

	be_like(_i);
	put_text("ca/ca.pem", "old", 0640);
	put_text("ca/.ca.pem.new", "half", 0600);
	ck_assert_int_eq(symlink("ca.pem", in_dir("ca/link")), 0);
	ok = replace("ca/link", &cause);
	ck_assert_msg(ok, "%s", cause);
	expect("ca/ca.pem", "new", 0640);
	expect("ca/link", "new", 0640);
}
END_TEST

START_TEST(there_is_none_to_replace)
{
	char *cause;

	ck_assert(!replace("ca/none", &cause));
	ck_cause(cause, "ca/none", ": No such file or directory");
	ck_assert_uint_eq(count(), 0);
}
END_TEST

/* The old one stays, whole. */
START_TEST(none_has_room_beside_it)
{
	char path[sizeof dir + sizeof "/ca/" + NAME_MAX], *cause = NULL;
	struct stat st;
	int n = snprintf(path, sizeof path, "%s/ca/", dir);

	be_like(_i);
	memset(path + n, 'a', NAME_MAX);
	path[n + NAME_MAX] = '\0';
	put_text("ca/old", "old", 0600);
	ck_assert_int_eq(rename(in_dir("ca/old"), path), 0);
	ck_assert(!tls_ca_files_replace(path, "newer", 5, &cause));
	ck_assert_ptr_nonnull(strstr(cause, ": File name too long"));
	free(cause);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 3);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

/* By one who may give files away it stays its owner's. */
START_TEST(the_owner_stays)
{
	struct stat st;
	char *cause;
	bool ok;

	if (geteuid() != 0)
		return;		/* nobody else can have another's */
	put_text("ca/ca.pem", "old", 0600);
	ck_assert_int_eq(chown(in_dir("ca/ca.pem"), NOBODY, NOBODY), 0);
	ok = replace("ca/ca.pem", &cause);
	ck_assert_msg(ok, "%s", cause);
	ck_assert_int_eq(stat(in_dir("ca/ca.pem"), &st), 0);
	ck_assert_uint_eq(st.st_uid, NOBODY);
	ck_assert_uint_eq(st.st_gid, NOBODY);
}
END_TEST

/* ... and by one who may not it is not replaced. */
START_TEST(it_is_another_users)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	be_like(_i);
	put_text("ca/ca.pem", "old", 0644);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(in_dir("ca"), 0777), 0);
	if ((pid = fork()) == 0) {
		char *cause;
		bool ok = setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
		    !replace("ca/ca.pem", &cause) && strstr(cause,
		    ": belongs to user 0, and cannot be replaced by user "
		    "65534") != NULL;

		_exit(ok ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	expect("ca/ca.pem", "old", 0644);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_ca_files");
	TCase *tc = tcase_create("tls_ca_files");

	tcase_add_checked_fixture(tc, files_setup, ca_teardown);
	tcase_add_loop_test(tc, they_are_made, 0, 3);
	tcase_add_loop_test(tc, one_is_made_meanwhile, 0, 3);
	tcase_add_loop_test(tc, there_is_no_room, 0, 2);
	tcase_add_test(tc, the_path_is_too_long);
	tcase_add_test(tc, the_name_is_too_long);
	tcase_add_loop_test(tc, one_is_replaced, 0, 2);
	tcase_add_test(tc, there_is_none_to_replace);
	tcase_add_loop_test(tc, none_has_room_beside_it, 0, 2);
	tcase_add_test(tc, the_owner_stays);
	tcase_add_loop_test(tc, it_is_another_users, 0, 2);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
