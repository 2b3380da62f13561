/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"
#include "conf/conf_load.h"

#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check_run.h"

/* conf_load(): files, and what is none.  Each test has its own directory. */

static char	 dir[256];
static char	 path[300];

static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/sluice-check.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.yaml", dir);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(path);
	rmdir(dir);
}

static void
put(const char *text, size_t len)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(text, 1, len, out), len);
	ck_assert_int_eq(fclose(out), 0);
}

/* Loading fails, with PATH and then this. */
static void
fails(const char *want)
{
	struct conf *conf;
	char *cause = NULL;

	conf = conf_load(path, &cause);
	ck_assert_ptr_null(conf);
	ck_assert_ptr_nonnull(cause);
	ck_assert_ptr_null(strchr(cause, '\n'));
	ck_assert_uint_eq(strncmp(cause, path, strlen(path)), 0);
	ck_assert_msg(strncmp(cause + strlen(path), want, strlen(want)) == 0,
	    "%s, expected %s", cause, want);
	free(cause);
}

START_TEST(good)
{
	struct conf *conf;
	char *cause = NULL;

	put("workers: 3", 10);
	conf = conf_load(path, &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_ptr_null(cause);
	ck_assert_str_eq(conf->path, path);
	ck_assert_uint_eq(conf->workers, 3);
	conf_unref(conf);
}
END_TEST

START_TEST(wrong)
{
	put("workers: 1\nworker: 2\n", 21);
	fails(":2:1: worker: an unknown key");
}
END_TEST

START_TEST(empty)
{
	put("", 0);
	fails(":1:1: the file is empty");
}
END_TEST

START_TEST(missing)
{
	char *cause = NULL;

	fails(": No such file or directory; ");
	ck_assert_ptr_null(conf_load(path, &cause));
	ck_assert_ptr_nonnull(strstr(cause, "-c FILE"));
	free(cause);
}
END_TEST

START_TEST(not_a_directory)
{
	put("", 0);
	strncat(path, "/b", sizeof path - strlen(path) - 1);
	fails(": Not a directory");
	*strrchr(path, '/') = '\0';
}
END_TEST

START_TEST(directory)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	fails(": a directory, expected a file");
}
END_TEST

static void *
write_pieces(void *arg)
{
	int fd = open(path, O_WRONLY);

	(void)arg;
	ck_assert_int_ge(write(fd, "work", 4), 4);
	poll(NULL, 0, 20);
	ck_assert_int_ge(write(fd, "ers: 7\n", 7), 7);
	close(fd);
	return NULL;
}

/* What comes through a FIFO is waited for, and read to its end. */
START_TEST(fifo)
{
	struct conf *conf;
	pthread_t writer;
	char *cause;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(pthread_create(&writer, NULL, write_pieces, NULL), 0);
	conf = conf_load(path, &cause);
	pthread_join(writer, NULL);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_uint_eq(conf->workers, 7);
	conf_unref(conf);
}
END_TEST

/* But not by a reload, which is not to wait for anybody. */
START_TEST(fifo_again)
{
	char *cause;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(conf_load_again(path, &cause));
	ck_assert_ptr_nonnull(strstr(cause, ": a pipe, FIFO or terminal, which "
	    "cannot be read again, expected a file"));
	free(cause);
}
END_TEST

START_TEST(device)
{
	snprintf(path, sizeof path, "/dev/zero");
	fails(": too large, expected at most 64 MiB");
	snprintf(path, sizeof path, "/dev/null");
	fails(":1:1: the file is empty");
	snprintf(path, sizeof path, "%s/a.yaml", dir);
}
END_TEST

START_TEST(unreadable)
{
	put("workers: 1\n", 11);
	ck_assert_int_eq(chmod(path, 0), 0);
	if (access(path, R_OK) == 0)
		return;		/* root may read all */
	fails(": Permission denied");
}
END_TEST

START_TEST(loop)
{
	ck_assert_int_eq(symlink("a.yaml", path), 0);
	fails(": Too many levels of symbolic links");
}
END_TEST

START_TEST(too_large)
{
	put("", 0);
	ck_assert_int_eq(truncate(path, 64 * 1024 * 1024 + 1), 0);
	fails(": too large, expected at most 64 MiB");
}
END_TEST

/* A file of zeros, as a crash may leave it. */
START_TEST(zeros)
{
	put("", 0);
	ck_assert_int_eq(truncate(path, 4096), 0);
	fails(":1:1: not text");
}
END_TEST

/* A line end in the name does not make two lines of the error. */
START_TEST(name)
{
	char *cause = NULL;

	ck_assert_ptr_null(conf_load("/nowhere/a\nb", &cause));
	ck_assert_ptr_nonnull(cause);
	ck_assert_ptr_null(strchr(cause, '\n'));
	free(cause);
}
END_TEST

static Suite *
conf_load_suite(void)
{
	Suite *suite = suite_create("conf_load");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, good);
	tcase_add_test(files, wrong);
	tcase_add_test(files, empty);
	tcase_add_test(files, missing);
	tcase_add_test(files, not_a_directory);
	tcase_add_test(files, directory);
	tcase_add_test(files, fifo);
	tcase_add_test(files, fifo_again);
	tcase_add_test(files, device);
	tcase_add_test(files, unreadable);
	tcase_add_test(files, loop);
	tcase_add_test(files, too_large);
	tcase_add_test(files, zeros);
	tcase_add_test(files, name);
	suite_add_tcase(suite, files);
	return suite;
}

int
main(void)
{
	return run_suite(conf_load_suite());
}
