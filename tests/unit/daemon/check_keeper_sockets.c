/* SPDX-License-Identifier: ISC */
#include "daemon/keeper_sockets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check_alloc.h"
#include "check_run.h"
#include "daemon/kept.h"

static int ends[2];
static struct kept_sockets kept, other;

static void
begin(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    ends), 0);
}

static void
finish(void)
{
	keeper_sockets_close(&kept);
	keeper_sockets_close(&other);
	close(ends[0]);
	close(ends[1]);
}

/* The nth of all is ours, or not. */
static bool
is_ours(size_t nth)
{
	return nth % 3 == 0;
}

/*
 * As these do, but the next allocation fails, and there is none.  Check itself
 * allocates: not meanwhile.
 */
static ssize_t
take(struct kept_sockets *k, char *text, size_t size)
{
	unsigned left;
	ssize_t n;

	check_alloc = 1;
	n = keeper_sockets_take(k, ends[1], text, size);
	left = check_alloc;
	check_alloc = 0;
	ck_assert_uint_eq(left, 1);
	return n;
}

static void
move(struct kept_sockets *to, struct kept_sockets *from)
{
	unsigned left;

	check_alloc = 1;
	keeper_sockets_move(to, from);
	left = check_alloc;
	check_alloc = 0;
	ck_assert_uint_eq(left, 1);
}

/* Has n of them come, the first of which is the nth of all. */
static void
give(struct kept_sockets *k, char how, size_t nth, size_t n)
{
	char text[1 + KEPT_MOST], got[sizeof text + 1];
	int fds[KEPT_MOST];
	size_t i;

	text[0] = how;
	for (i = 0; i < n; i++) {
		fds[i] = ends[0];
		text[1 + i] = is_ours(nth + i) ? KEPT_OURS : KEPT_THEIRS;
	}
	ck_assert_int_eq(passing_send(ends[0], text, 1 + n, fds, n),
	    (ssize_t)(1 + n));
	ck_assert_int_eq(take(k, got, sizeof got), (ssize_t)(1 + n));
}

/* All of the first n are open, and whose they were. */
static void
has(const struct kept_sockets *k, size_t n)
{
	size_t i;

	ck_assert_uint_eq(k->n, n);
	for (i = 0; i < n; i++) {
		ck_assert_int_ne(fcntl(k->list[i].fd, F_GETFD), -1);
		ck_assert_msg(k->list[i].ours == is_ours(i), "the one at %zu",
		    i);
	}
}

/* Returns how many descriptors are open below a number. */
static int
nopen(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

START_TEST(more_come_beside_the_first)
{
	begin();
	give(&kept, KEPT_FIRST, 0, KEPT_MOST);
	give(&kept, KEPT_MORE, KEPT_MOST, KEPT_MOST);
	give(&kept, KEPT_MORE, 2 * KEPT_MOST, 5);
	has(&kept, 2 * KEPT_MOST + 5);
	finish();
}
END_TEST

START_TEST(the_first_come_in_place_of_all)
{
	int before;

	begin();
	before = nopen();
	give(&kept, KEPT_FIRST, 1, KEPT_MOST);
	give(&kept, KEPT_MORE, 1, 5);
	give(&kept, KEPT_FIRST, 0, 7);
	has(&kept, 7);
	ck_assert_int_eq(nopen(), before + 7);
	finish();
}
END_TEST

/* What comes with a word for somebody else is none of them. */
START_TEST(others_are_closed)
{
	int before;

	begin();
	give(&kept, KEPT_FIRST, 0, 2);
	before = nopen();
	give(&kept, 'R', 2, 3);
	has(&kept, 2);
	ck_assert_int_eq(nopen(), before);
	finish();
}
END_TEST

START_TEST(there_are_so_many_places)
{
	int before;

	begin();
	give(&kept, KEPT_FIRST, 0, 2);
	before = nopen();
	kept.n = KEPT_SOCKETS - 1;
	give(&kept, KEPT_MORE, 2, 3);
	ck_assert_uint_eq(kept.n, KEPT_SOCKETS);
	ck_assert_int_eq(nopen(), before + 1);
	close(kept.list[KEPT_SOCKETS - 1].fd);
	kept.n = 2;
	finish();
}
END_TEST

START_TEST(they_are_moved_in_place_of_all)
{
	int before;

	begin();
	before = nopen();
	give(&kept, KEPT_FIRST, 1, 9);
	give(&other, KEPT_FIRST, 0, KEPT_MOST);
	give(&other, KEPT_MORE, KEPT_MOST, 5);
	move(&kept, &other);
	has(&kept, KEPT_MOST + 5);
	has(&other, 0);
	ck_assert_int_eq(nopen(), before + KEPT_MOST + 5);
	keeper_sockets_close(&kept);
	ck_assert_int_eq(nopen(), before);
	finish();
}
END_TEST

/* Returns a socket with a file. */
static int
bound(struct sockaddr_un *sun, const char *dir, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(sun->sun_path, sizeof sun->sun_path, "%s/%s", dir, name);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)sun, sizeof *sun), 0);
	return fd;
}

/* What another one has put in the place of one of ours is not. */
START_TEST(files_that_are_ours_are_removed)
{
	static const char text[] = { KEPT_FIRST, KEPT_THEIRS, KEPT_OURS,
		KEPT_OURS };
	char dir[] = "/tmp/check_keeper_sockets.XXXXXX", got[8];
	struct sockaddr_un ours, theirs, lost, another;
	int fds[4];
	unsigned i;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	begin();
	fds[0] = bound(&theirs, dir, "theirs");
	fds[1] = bound(&ours, dir, "ours");
	fds[2] = bound(&lost, dir, "lost");
	ck_assert_int_eq(passing_send(ends[0], text, sizeof text, fds, 3),
	    (ssize_t)sizeof text);
	ck_assert_int_eq(take(&other, got, sizeof got),
	    (ssize_t)sizeof text);
	move(&kept, &other);
	fds[3] = bound(&another, dir, "another");
	ck_assert_int_eq(rename(another.sun_path, lost.sun_path), 0);
	keeper_sockets_remove(&kept);
	ck_assert_int_eq(access(ours.sun_path, F_OK), -1);
	ck_assert_int_eq(unlink(theirs.sun_path), 0);
	ck_assert_int_eq(unlink(lost.sun_path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keeper_sockets");
	TCase *tc = tcase_create("keeper_sockets");

	tcase_add_test(tc, more_come_beside_the_first);
	tcase_add_test(tc, the_first_come_in_place_of_all);
	tcase_add_test(tc, others_are_closed);
	tcase_add_test(tc, there_are_so_many_places);
	tcase_add_test(tc, they_are_moved_in_place_of_all);
	tcase_add_test(tc, files_that_are_ours_are_removed);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
