/* SPDX-License-Identifier: ISC */
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>

#include "check_run.h"
#include "check_tls_ca.h"
#include "tls/tls_ca_files.h"

/* The files of a CA that is made, whatever interrupts it, and what it says. */

static mode_t
mode(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(in_dir(name), &st), 0);
	return st.st_mode & 07777;
}

static unsigned
count_files(const char *name)
{
	DIR *d = opendir(in_dir(name));
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(d);
	return n;
}

START_TEST(modes)
{
	struct signer ca;
	mode_t old = umask(0);

	intercept("api.example");
	ca = make();
	umask(old);
	ck_assert_uint_eq(mode("ca"), 0700);
	ck_assert_uint_eq(mode("ca/ca.key"), 0600);
	ck_assert_uint_eq(mode("ca/ca.pem"), 0644);
	ck_assert_uint_eq(mode("ca/bundle.pem"), 0644);
	ck_assert_uint_eq(count_files("ca"), 3);
	signer_free(&ca);
}
END_TEST

START_TEST(directory_that_is_there)
{
	struct signer ca;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0755), 0);
	put_text("ca/other", "", 0644);
	ca = make();
	ck_assert_uint_eq(mode("ca"), 0755);
	ck_assert(exists("ca/other"));
	signer_free(&ca);
}
END_TEST

/* No part of it is overwritten, and no other part is left. */
START_TEST(files_that_are_there)
{
	static const char *const names[] = {
		"ca/ca.key", "ca/ca.pem", "ca/bundle.pem",
	};
	const char *there = names[_i];
	char *cause = NULL;
	struct stat st;
	int i;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	put_text(there, "mine", 0600);
	ck_assert(!make_in("ca", &cause));
	ck_cause(cause, there, ": is there already, and is not overwritten");
	ck_assert_int_eq(stat(in_dir(there), &st), 0);
	ck_assert_int_eq(st.st_size, 4);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(exists(names[i]), i == _i);
	ck_assert_uint_eq(count_files("ca"), 1);
	ck_assert_str_eq(said, "");
}
END_TEST

/* A link is there, too, wherever it leads. */
START_TEST(link_that_is_there)
{
	char *cause = NULL;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	ck_assert_int_eq(symlink("../elsewhere", in_dir("ca/ca.key")), 0);
	ck_assert(!make_in("ca", &cause));
	ck_cause(cause, "ca/ca.key", ": is there already, and is not "
	    "overwritten");
	ck_assert(!exists("elsewhere"));
}
END_TEST

START_TEST(no_directory)
{
	char *cause = NULL;

	intercept("api.example");
	ck_assert(!make_in("a/b", &cause));
	ck_cause(cause, "a/b", ": No such file or directory");
	put_text("file", "", 0600);
	ck_assert(!make_in("file", &cause));
	ck_cause(cause, "file/ca.key", ": Not a directory");
	ck_assert(exists("file"));
}
END_TEST

/*
 * A file that cannot be written whole is not left, nor what was made for it.
 * Check notes each assertion in a file of its own, which the limit would cut
 * short too: there is none while it holds.
 */
START_TEST(no_room)
{
	struct rlimit old, none;
	char *cause = NULL;
	bool ok;
	int lowered, raised;

	intercept("api.example");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 300;	/* enough for the key */
	lowered = setrlimit(RLIMIT_FSIZE, &none);
	ok = make_unchecked("ca", &cause);
	raised = setrlimit(RLIMIT_FSIZE, &old);
	ck_assert_int_eq(lowered, 0);
	ck_assert_int_eq(raised, 0);
	ck_assert(!ok);
	ck_cause(cause, "ca/ca.pem", ": cannot write: File too large");
	ck_assert(!exists("ca"));
}
END_TEST

/* What it says */

static void	 ck_said(const char *, ...)
		    __attribute__((format(printf, 1, 2)));

static void
ck_said(const char *format, ...)
{
	char *want;
	va_list ap;

	va_start(ap, format);
	ck_assert_int_ne(vasprintf(&want, format, ap), -1);
	va_end(ap);
	ck_assert_msg(strstr(said, want) != NULL, "%s in %s", want, said);
	free(want);
}

/* In place of the C library's: somebody presses ^C before it is there. */
static int	 signal_at_fsync;

int
fsync(int fd)
{
	(void)fd;
	if (signal_at_fsync != 0)
		(void)raise(signal_at_fsync);
	return 0;
}

static void
make_interrupted(int sig)
{
	char *cause = NULL;
	static const struct tls_ca_file files[] = {
		{ "a.key", 0600, "a", 1 }, { "b.key", 0600, "b", 1 },
	};

	(void)signal(sig, SIG_DFL);
	signal_at_fsync = sig;
	_exit(tls_ca_files_make(in_dir("ca"), files, 2, &cause) ? 0 : 1);
}

/* All that is there, keys of one letter. */
static int
count_keys(void)
{
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(in_dir("ca"));

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") !=
		    0) {
			ck_assert_str_eq(e->d_name + 1, ".key");
			n++;
		}
	closedir(d);
	return n;
}

static void
run_interrupted(int sig)
{
	const struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	if ((pid = fork()) == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		make_interrupted(sig);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig);
}

START_TEST(interrupted)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	run_interrupted(sigs[_i]);
	ck_assert_int_eq(count_keys(), 2);
}
END_TEST

/* Nor is a key left by one that nobody can hold back, under any name. */
START_TEST(killed)
{
	int fd = open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd == -1)
		return;		/* this file system cannot do better */
	close(fd);
	run_interrupted(SIGKILL);
	ck_assert_int_eq(count_keys(), 0);
}
END_TEST

START_TEST(says)
{
	struct signer ca;
	char *real = realpath(dir, NULL);

	conf.path = strdup("/etc/sluice.yaml");
	intercept("api.example");
	ca = make();
	ck_said("# %s/ca/ca.pem may speak for 1 name and all below it, until ",
	    real);
	ck_said("\n# To other hosts it cannot be extended; one that can is "
	    "made with --within.\n");
	ck_said("\n# In /etc/sluice.yaml:\ntls: {ca_certificate: %s/ca/ca.pem, "
	    "ca_key: %s/ca/ca.key}\n", real, real);
	free(real);
	signer_free(&ca);
}
END_TEST

START_TEST(says_nothing_that_is_set)
{
	struct signer ca;

	conf.tls_ca_certificate = strdup(in_dir("ca/ca.pem"));
	conf.tls_ca_key = strdup(in_dir("ca/../ca/ca.key"));
	intercept("192.0.2.7");
	intercept("192.0.2.8");
	ca = make();
	ck_assert_ptr_null(strstr(said, "ca_certificate"));
	ck_said("may speak for 2 addresses, until ");
	signer_free(&ca);
}
END_TEST

START_TEST(quotes)
{
	char *cause = NULL, *real = realpath(dir, NULL);

	intercept("api.example");
	intercept("b.example");
	intercept("192.0.2.7");
	ck_assert(make_in("it's, so", &cause));
	ck_said("may speak for 2 names and all below them, and 1 address, "
	    "until ");
	ck_said("{ca_certificate: '%s/it''s, so/ca.pem', ca_key: "
	    "'%s/it''s, so/ca.key'}\n", real, real);
	remove_dir(in_dir("it's, so"));
	free(real);
}
END_TEST

static Suite *
tls_ca_made_suite(void)
{
	Suite *suite = suite_create("tls_ca_made");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, ca_setup, ca_teardown);
	tcase_add_test(files, modes);
	tcase_add_test(files, directory_that_is_there);
	tcase_add_loop_test(files, files_that_are_there, 0, 3);
	tcase_add_test(files, link_that_is_there);
	tcase_add_test(files, no_directory);
	tcase_add_test(files, no_room);
	tcase_add_loop_test(files, interrupted, 0, 4);
	tcase_add_test(files, killed);
	tcase_add_test(files, says);
	tcase_add_test(files, says_nothing_that_is_set);
	tcase_add_test(files, quotes);
	suite_add_tcase(suite, files);
	return suite;
}

int
main(void)
{
	return run_suite(tls_ca_made_suite());
}
