/* SPDX-License-Identifier: ISC */
#include "daemon/state_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_alloc.h"
#include "check_limit.h"
#include "check_run.h"

static char dir[64];
static char path[128];		/* the file, in that directory */
static struct state_file file;

/* A path beside it; the last one is lost. */
static const char *
beside(const char *suffix)
{
	static char buf[160];

	snprintf(buf, sizeof buf, "%s%s", path, suffix);
	return buf;
}

static void
begin(void)
{
	snprintf(dir, sizeof dir, "/tmp/check_state_file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/state", dir);
	check_alloc = 0;
}

static void
finish(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ck_assert_int_eq(unlinkat(dirfd(d), e->d_name, 0), 0);
	closedir(d);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
open_it(void)
{
	char *cause;

	ck_assert_msg(state_file_open(&file, path, false, &cause), "%s",
	    cause);
	ck_assert(!file.waits);
}

/* What is there, and nothing else. */
static void
expect(const char *text)
{
	char *got;
	size_t len;

	ck_assert_int_eq(state_file_read(&file, &got, &len), 0);
	ck_assert_pstr_eq(got, text);
	ck_assert_uint_eq(len, text == NULL ? 0 : strlen(text));
	free(got);
}

static void
write_anew(const char *text)
{
	ck_assert_int_eq(state_file_begin(&file), 0);
	ck_assert_int_eq(state_file_add(&file, text, strlen(text)), 0);
	ck_assert_int_eq(state_file_replace(&file), 0);
}

START_TEST(written_and_read)
{
	struct stat st;

	begin();
	open_it();
	expect(NULL);
	/* there is nothing to append to, before it was written whole */
	ck_assert_int_eq(state_file_append(&file, "a", 1, true), EBADF);
	write_anew("one\n");
	expect("one\n");
	ck_assert_int_eq(state_file_append(&file, "two\n", 4, true), 0);
	expect("one\ntwo\n");
	/* what is begun changes nothing, and what was dropped is gone */
	ck_assert_int_eq(state_file_begin(&file), 0);
	ck_assert_int_eq(state_file_add(&file, "three\n", 6), 0);
	ck_assert_int_eq(state_file_append(&file, "four\n", 5, true), 0);
	expect("one\ntwo\nfour\n");
	state_file_drop(&file);
	ck_assert_int_eq(access(beside(".new"), F_OK), -1);
	write_anew("five\n");
	ck_assert_int_eq(state_file_append(&file, "six\n", 4, true), 0);
	expect("five\nsix\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	state_file_close(&file);
	finish();
}
END_TEST

/* What is wrong is told, and of which file. */
static void
expect_wrong(const char *where, const char *wrong)
{
	struct state_file one;
	char *cause = NULL;

	ck_assert(!state_file_open(&one, where, false, &cause));
	ck_assert_ptr_nonnull(cause);
	ck_assert_msg(strstr(cause, wrong) != NULL, "%s: %s", where, cause);
	free(cause);
}

START_TEST(places_that_are_none)
{
	char longer[NAME_MAX + 128];

	begin();
	expect_wrong("there-is-no-such/state", "there-is-no-such/state: No "
	    "such file or directory");
	put(path, "a file");
	expect_wrong(beside("/state"), "Not a directory");
	snprintf(longer, sizeof longer, "%s/%0*d", dir, NAME_MAX, 0);
	expect_wrong(longer, ".lock: File name too long");
	/* by a link somebody else would choose what is made */
	ck_assert_int_eq(symlink("elsewhere", beside(".lock")), 0);
	expect_wrong(path, "state.lock: Too many levels");
	finish();
}
END_TEST

/* What a link leads to is replaced, and the link stays. */
START_TEST(by_links)
{
	struct stat st;
	char *p;

	begin();
	ck_assert_int_eq(symlink("one", path), 0);
	open_it();
	write_anew("a\n");
	state_file_close(&file);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 2);
	open_it();
	expect("a\n");
	state_file_close(&file);
	/* one that leads to itself leads nowhere */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(path, path), 0);
	errno = 0;
	p = state_file_resolve(path);
	ck_assert_ptr_null(p);
	ck_assert_int_eq(errno, ELOOP);
	expect_wrong(path, "Too many levels");
	finish();
}
END_TEST

START_TEST(one_process_has_it)
{
	struct state_file heir, third;
	char *cause = NULL;
	int lock;

	begin();
	open_it();
	expect_wrong(path, "another sluice has it");
	/* who is to have it next waits until it is passed on */
	ck_assert(state_file_open(&heir, path, true, &cause));
	ck_assert(heir.waits);
	ck_assert(!state_file_adopt(&heir, -1));
	lock = open(beside(".other"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(lock, -1);
	ck_assert(!state_file_adopt(&heir, lock));
	ck_assert_int_eq(fcntl(lock, F_GETFD), -1);
	ck_assert((lock = dup(file.lock)) != -1);
	ck_assert(state_file_adopt(&heir, lock));
	ck_assert(!heir.waits);
	/* the lock is one, whoever closes it first */
	state_file_close(&file);
	expect_wrong(path, "another sluice has it");
	/* who is gone has passed nothing on */
	ck_assert(state_file_open(&third, path, true, &cause));
	ck_assert(third.waits);
	state_file_close(&heir);
	ck_assert(state_file_adopt(&third, -1));
	expect_wrong(path, "another sluice has it");
	state_file_close(&third);
	open_it();
	/* nobody waits: what is passed is not needed, and not kept */
	ck_assert((lock = dup(file.lock)) != -1);
	ck_assert(state_file_adopt(&file, lock));
	ck_assert_int_eq(fcntl(lock, F_GETFD), -1);
	state_file_close(&file);
	finish();
}
END_TEST

/* Reading what is no file does not wait for anything. */
START_TEST(what_cannot_be_read)
{
	char *text;
	size_t len;

	begin();
	open_it();
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(state_file_read(&file, &text, &len), EINVAL);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(state_file_read(&file, &text, &len), EINVAL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("state", path), 0);
	ck_assert_int_eq(state_file_read(&file, &text, &len), ELOOP);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(unlink(path), 0);
	put(path, "text");
	check_alloc = 1;
	ck_assert_int_eq(state_file_read(&file, &text, &len), ENOMEM);
	ck_assert_ptr_null(text);
	expect("text");
	state_file_close(&file);
	finish();
}
END_TEST

/* Nothing that is kept aside is lost by the next that is. */
START_TEST(names_for_what_is_kept)
{
	char *to, name[160];
	int i;

	begin();
	open_it();
	ck_assert_int_eq(state_file_aside(&file, &to), ENOENT);
	ck_assert_ptr_null(to);
	put(path, "first");
	ck_assert_int_eq(state_file_aside(&file, &to), 0);
	ck_assert_str_eq(to, beside(".1"));
	free(to);
	expect(NULL);
	put(path, "second");
	ck_assert_int_eq(state_file_aside(&file, &to), 0);
	ck_assert_str_eq(to, beside(".2"));
	free(to);
	for (i = 3; i <= 1000; i++) {
		snprintf(name, sizeof name, "%s.%d", path, i);
		ck_assert_int_eq(symlink("kept", name), 0);
	}
	put(path, "third");
	ck_assert_int_eq(state_file_aside(&file, &to), EEXIST);
	ck_assert_ptr_null(to);
	expect("third");
	state_file_close(&file);
	finish();
}
END_TEST

/* Of a line that does not fit nothing is there, and the next one counts. */
START_TEST(there_is_no_room_for_a_line)
{
	int longer, shorter;

	begin();
	open_it();
	write_anew("one\n");
	limit_files(8);
	longer = state_file_append(&file, "a line\n", 7, true);
	shorter = state_file_append(&file, "two\n", 4, true);
	limit_files(0);
	ck_assert_int_eq(longer, EFBIG);
	ck_assert_int_eq(shorter, 0);
	expect("one\ntwo\n");
	state_file_close(&file);
	finish();
}
END_TEST

/* ... and if what is half there cannot be cut off, it is written anew. */
START_TEST(half_a_line_stays)
{
	begin();
	open_it();
	write_anew("one\n");
	close(file.fd);
	ck_assert((file.fd = open("/dev/full", O_WRONLY | O_CLOEXEC)) != -1);
	ck_assert_int_eq(state_file_append(&file, "two\n", 4, true), ENOSPC);
	ck_assert_int_eq(state_file_append(&file, "three\n", 6, true), EBADF);
	write_anew("four\n");
	ck_assert_int_eq(state_file_append(&file, "five\n", 5, true), 0);
	expect("four\nfive\n");
	state_file_close(&file);
	finish();
}
END_TEST

/* What is only written does not wait for a disk; here there is none. */
START_TEST(safe_or_only_written)
{
	begin();
	open_it();
	write_anew("one\n");
	ck_assert_int_eq(state_file_append(&file, "two\n", 4, false), 0);
	expect("one\ntwo\n");
	close(file.fd);
	ck_assert((file.fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1);
	ck_assert_int_eq(state_file_append(&file, "three\n", 6, false), 0);
	ck_assert_int_eq(state_file_append(&file, "four\n", 5, true), EINVAL);
	state_file_close(&file);
	finish();
}
END_TEST

/* What cannot be written whole leaves the old one, and nothing beside it. */
START_TEST(there_is_no_room_for_another)
{
	int first, second;

	begin();
	open_it();
	write_anew("one\n");
	ck_assert_int_eq(state_file_begin(&file), 0);
	limit_files(8);
	first = state_file_add(&file, "a line\n", 7);
	second = state_file_add(&file, "a line\n", 7);
	limit_files(0);
	ck_assert_int_eq(first, 0);
	ck_assert_int_eq(second, EFBIG);
	ck_assert_int_eq(access(beside(".new"), F_OK), -1);
	expect("one\n");
	ck_assert_int_eq(state_file_append(&file, "two\n", 4, true), 0);
	expect("one\ntwo\n");
	state_file_close(&file);
	finish();
}
END_TEST

START_TEST(it_cannot_be_replaced)
{
	begin();
	open_it();
	/* one that was stopped has left half of one */
	put(beside(".new"), "half");
	write_anew("one\n");
	expect("one\n");
	/* a directory stands where it is to be written, or is to go */
	ck_assert_int_eq(mkdir(beside(".new"), 0700), 0);
	ck_assert_int_ne(state_file_begin(&file), 0);
	ck_assert_int_eq(rmdir(beside(".new")), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(state_file_begin(&file), 0);
	ck_assert_int_eq(state_file_add(&file, "two\n", 4), 0);
	ck_assert_int_eq(state_file_replace(&file), EISDIR);
	ck_assert_int_eq(access(beside(".new"), F_OK), -1);
	ck_assert_int_eq(rmdir(path), 0);
	write_anew("three\n");
	expect("three\n");
	state_file_close(&file);
	finish();
}
END_TEST

/* It goes with the directory; whoever finds none beside the file takes it. */
START_TEST(the_lock_is_gone)
{
	struct state_file other;
	char *cause;

	begin();
	open_it();
	write_anew("one\n");
	ck_assert_int_eq(unlink(beside(".lock")), 0);
	write_anew("two\n");
	ck_assert(!state_file_open(&other, path, false, &cause));
	free(cause);
	ck_assert_int_eq(unlink(beside(".lock")), 0);
	ck_assert(state_file_open(&other, path, false, &cause));
	ck_assert_int_eq(state_file_begin(&file), EBUSY);
	expect("two\n");
	state_file_close(&other);
	write_anew("three\n");
	expect("three\n");
	state_file_close(&file);
	finish();
}
END_TEST

/* Where it was moved away, alone or with all beside it, another stands there. */
START_TEST(the_lock_is_elsewhere)
{
	struct state_file other;
	char *cause, away[80];

	begin();
	open_it();
	write_anew("one\n");
	snprintf(away, sizeof away, "%s.away", dir);
	ck_assert_int_eq(rename(dir, away), 0);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	write_anew("two\n");
	expect("two\n");
	ck_assert(!state_file_open(&other, path, false, &cause));
	free(cause);
	finish();
	ck_assert_int_eq(rename(away, dir), 0);
	/* what stands there again is another one, too */
	write_anew("three\n");
	ck_assert(!state_file_open(&other, path, false, &cause));
	free(cause);
	ck_assert_int_eq(rename(beside(".lock"), away), 0);
	ck_assert(state_file_open(&other, path, false, &cause));
	ck_assert_int_eq(state_file_begin(&file), EBUSY);
	expect("three\n");
	state_file_close(&other);
	state_file_close(&file);
	ck_assert_int_eq(unlink(away), 0);
	finish();
}
END_TEST

/* Without memory it is not opened, and nothing stays locked. */
START_TEST(there_is_no_memory)
{
	char *cause;
	unsigned n;

	begin();
	for (n = 1; n < 3; n++) {
		check_alloc = n;
		ck_assert(!state_file_open(&file, path, false, &cause));
		check_alloc = 0;
		free(cause);
	}
	open_it();
	state_file_close(&file);
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("state_file");
	TCase *tc = tcase_create("state_file");

	tcase_add_test(tc, written_and_read);
	tcase_add_test(tc, places_that_are_none);
	tcase_add_test(tc, by_links);
	tcase_add_test(tc, one_process_has_it);
	tcase_add_test(tc, what_cannot_be_read);
	tcase_add_test(tc, names_for_what_is_kept);
	tcase_add_test(tc, there_is_no_room_for_a_line);
	tcase_add_test(tc, half_a_line_stays);
	tcase_add_test(tc, safe_or_only_written);
	tcase_add_test(tc, there_is_no_room_for_another);
	tcase_add_test(tc, it_cannot_be_replaced);
	tcase_add_test(tc, the_lock_is_gone);
	tcase_add_test(tc, the_lock_is_elsewhere);
	tcase_add_test(tc, there_is_no_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
