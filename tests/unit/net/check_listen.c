/* SPDX-License-Identifier: ISC */
#include "net/listen.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "check_alloc.h"
#include "check_run.h"
#include "conf/conf.h"
#include "net/address.h"

static char	 dir[32];
static char	 path[sizeof dir + 8];
static unsigned	 fail_at;	/* open_at()'s allocation; 0: none */

static void
set_up(void)
{
	log_set_level(LOG_LEVEL_WARN);
	/* without a fork the name of the test before stands there */
	snprintf(dir, sizeof dir, "/tmp/check_listen.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/socket", dir);
}

static void
tear_down(void)
{
	(void)unlink(path);
	(void)rmdir(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct sockaddr_storage
address(const char *ip, uint16_t port)
{
	struct sockaddr_storage ss = { .ss_family = AF_INET };
	void *to = &((struct sockaddr_in *)&ss)->sin_addr;

	if (strchr(ip, ':') != NULL) {
		ss.ss_family = AF_INET6;
		to = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	}
	ck_assert_int_eq(inet_pton(ss.ss_family, ip, to), 1);
	address_set_port((struct sockaddr *)&ss, port);
	return ss;
}

/* Listens at one address, which stands in line 3 of its file. */
static struct listeners *
open_at(const struct sockaddr *sa, unsigned workers, char **cause)
{
	char text[ADDRESS_TEXT], file[] = "conf";
	struct conf_address a = {
		.len = address_length(sa),
		.at = { .line = 3, .column = 7 },
	};
	struct conf conf = { .path = file, .listen = { .list = &a, .n = 1 } };
	struct listen_order order = {
		.key = "listen",
		.told = "listening on",
		.addresses = &conf.listen,
		.workers = workers,
	};
	struct listeners *ls;

	memcpy(&a.addr, sa, a.len);
	address_print(sa, text, sizeof text);
	a.text = text;
	*cause = NULL;
	check_alloc = fail_at;
	ls = listen_open(&conf, &order, cause);
	check_alloc = 0;
	return ls;
}

static struct listeners *
open_unix(char **cause)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	return open_at((struct sockaddr *)&sun, 2, cause);
}

/* Leaves a socket's file behind that nobody listens at. */
static void
leave_stale(const char *at)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", at);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	close(fd);
}

START_TEST(unix_socket_comes_and_goes)
{
	struct listeners *ls;
	char *cause;

	if (_i == 1)
		leave_stale(path);
	ls = open_unix(&cause);
	ck_assert_ptr_nonnull(ls);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_ne(ls->list[0].fds[0], ls->list[0].fds[1]);
	listen_close(ls);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* Who has taken its place has a file of its own. */
START_TEST(anothers_file_stays)
{
	char other[sizeof path + 8];
	struct listeners *ls;
	char *cause;

	snprintf(other, sizeof other, "%s.other", path);
	ls = open_unix(&cause);
	ck_assert_ptr_nonnull(ls);
	/* made beside it, so that it cannot have the same number */
	leave_stale(other);
	ck_assert_int_eq(rename(other, path), 0);
	listen_close(ls);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* A socket with these permissions, of that group. */
static struct listeners *
open_guarded(uint32_t mode, const char *group, char **cause)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct conf_address a = { .len = sizeof sun, .text = path };
	struct conf_addresses addresses = { .list = &a, .n = 1 };
	char file[] = "conf";
	struct conf conf = { .path = file };
	struct listen_order order = {
		.key = "admin.socket",
		.told = "control plane at",
		.addresses = &addresses,
		.workers = 1,
		.guarded = true,
		.mode = mode,
		.group = group,
	};

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	memcpy(&a.addr, &sun, sizeof sun);
	*cause = NULL;
	return listen_open(&conf, &order, cause);
}

START_TEST(guarded_socket)
{
	mode_t before = umask(0027), now;
	char group[32], *cause;
	struct listeners *ls;
	struct stat st;

	snprintf(group, sizeof group, "%u", (unsigned)getgid());
	ls = open_guarded(0626, group, &cause);
	now = umask(before);
	ck_assert_msg(ls != NULL, "%s", cause);
	ck_assert_uint_eq(now, 0027);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0626);
	ck_assert_uint_eq(st.st_gid, getgid());
	listen_close(ls);
}
END_TEST

/* A group may be named, too. */
START_TEST(group_by_its_name)
{
	const struct group *mine = getgrgid(getgid());
	struct listeners *ls;
	struct stat st;
	char *cause;

	if (mine == NULL)
		return;		/* it has no name here */
	ls = open_guarded(0600, mine->gr_name, &cause);
	ck_assert_msg(ls != NULL, "%s", cause);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_gid, getgid());
	listen_close(ls);
}
END_TEST

/* How many descriptors are open. */
static unsigned
count_open(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static const struct {
	const char	*ip;		/* NULL: a Unix socket */
	unsigned	 workers;
} opened[] = {
	{ "127.0.0.1", 1 }, { "127.0.0.1", 3 }, { NULL, 2 },
};

static struct listeners *
open_row(int row, char **cause)
{
	struct sockaddr_storage any;

	if (opened[row].ip == NULL)
		return open_unix(cause);
	any = address(opened[row].ip, 0);
	return open_at((struct sockaddr *)&any, opened[row].workers, cause);
}

/* Where descriptors do not suffice there is none of it, and no file. */
START_TEST(few_descriptors)
{
	unsigned before = count_open(), more = 0;
	struct rlimit old, few;
	struct listeners *ls = NULL;
	char *cause = NULL;
	int fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_int_ne(fd = open("/dev/null", O_RDONLY), -1);
	close(fd);
	for (few = old; ls == NULL; more++) {
		/* what is free below stays so */
		few.rlim_cur = (rlim_t)fd + more;
		(void)setrlimit(RLIMIT_NOFILE, &few);
		ls = open_row(_i, &cause);
		(void)setrlimit(RLIMIT_NOFILE, &old);
		if (ls != NULL)
			break;
		ck_assert_ptr_nonnull(strstr(cause, "Too many open files"));
		free(cause);
		ck_assert_uint_eq(count_open(), before);
		ck_assert_int_eq(access(path, F_OK), -1);
		ck_assert_uint_lt(more, 16);
	}
	ck_assert_uint_ge(more, opened[_i].workers);
	listen_close(ls);
	ck_assert_uint_eq(count_open(), before);
}
END_TEST

/* ... and nor where memory does not. */
START_TEST(little_memory)
{
	unsigned before = count_open(), n;
	struct listeners *ls = NULL;
	char *cause;

	for (n = 1; ls == NULL; n++) {
		ck_assert_uint_lt(n, 40);
		fail_at = n;
		ls = open_row(_i, &cause);
		fail_at = 0;
		if (ls != NULL)
			break;
		free(cause);
		ck_assert_uint_eq(count_open(), before);
		ck_assert_int_eq(access(path, F_OK), -1);
	}
	ck_assert_uint_gt(n, 4);
	listen_close(ls);
}
END_TEST

START_TEST(group_that_is_none)
{
	char *cause;

	ck_assert_ptr_null(open_guarded(0600, "no such group", &cause));
	ck_assert_ptr_nonnull(strstr(cause, "conf: admin.socket: cannot "
	    "listen on "));
	ck_assert_ptr_nonnull(strstr(cause, ": there is no such group"));
	free(cause);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(live_socket_is_left_alone)
{
	struct listeners *ls;
	char *cause;

	ls = open_unix(&cause);
	ck_assert_ptr_nonnull(ls);
	ck_assert_ptr_null(open_unix(&cause));
	ck_assert_ptr_nonnull(strstr(cause, "Address already in use"));
	free(cause);
	ck_assert_int_eq(access(path, F_OK), 0);
	listen_close(ls);
}
END_TEST

START_TEST(directory_is_left_alone)
{
	char *cause;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(open_unix(&cause));
	ck_assert_ptr_nonnull(strstr(cause, "conf:3:7: listen: "));
	ck_assert_ptr_nonnull(strstr(cause, "that is a directory"));
	free(cause);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(second_daemon_is_refused)
{
	struct sockaddr_storage any = address("127.0.0.1", 0);
	struct listeners *ls;
	char *cause;

	ls = open_at((struct sockaddr *)&any, 3, &cause);
	ck_assert_ptr_nonnull(ls);
	/* our own workers share it, a second daemon does not */
	ck_assert_ptr_null(open_at((struct sockaddr *)&ls->list[0].addr, 3,
	    &cause));
	ck_assert_ptr_nonnull(strstr(cause, "Address already in use"));
	free(cause);
	listen_close(ls);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listen");
	TCase *tc = tcase_create("listen");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, unix_socket_comes_and_goes, 0, 2);
	tcase_add_test(tc, guarded_socket);
	tcase_add_test(tc, group_by_its_name);
	ROWS(tc, few_descriptors, opened);
	ROWS(tc, little_memory, opened);
	tcase_add_test(tc, group_that_is_none);
	tcase_add_test(tc, anothers_file_stays);
	tcase_add_test(tc, live_socket_is_left_alone);
	tcase_add_test(tc, directory_is_left_alone);
	tcase_add_test(tc, second_daemon_is_refused);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
