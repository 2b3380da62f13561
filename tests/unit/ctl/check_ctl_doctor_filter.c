/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_filter.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "check_run.h"

/* What goes from a program to the daemon, and what does not; both are ours. */

#define NONCE	"0123456789abcdef"
#define ASK	"GET http://127.0.0.1:9/" NONCE " HTTP/1.1\r\n" \
		"Host: 127.0.0.1:9\r\n\r\n"
#define TUNNEL	"127.0.0.1:9"
#define REFUSED	"HTTP/1.1 403 Forbidden\r\n"

static struct ctl_doctor_filter filter;
static int	 daemon_at = -1;
static char	 port[8];

/* Listens as the daemon does, at a loopback address; -1: there is none. */
static int
listen_at(int family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *sa = family == AF_INET6 ? (struct sockaddr *)&six :
	    (struct sockaddr *)&four;
	socklen_t len = family == AF_INET6 ? sizeof six : sizeof four;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, sa, len) == -1 || listen(fd, 16) == -1 ||
	    getsockname(fd, sa, &len) == -1) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	snprintf(port, sizeof port, "%u", ntohs(family == AF_INET6 ?
	    six.sin6_port : four.sin_port));
	return fd;
}

static void
open_filter(const char *host)
{
	filter.host = host;
	filter.port = port;
	ck_assert(ctl_doctor_filter_open(&filter));
}

static void
setup(void)
{
	memset(&filter, 0, sizeof filter);
	filter.nonce = NONCE;
	filter.listener = -1;
	ck_assert_int_ne(daemon_at = listen_at(AF_INET), -1);
}

static void
teardown(void)
{
	ctl_doctor_filter_close(&filter);
	if (daemon_at != -1)
		close(daemon_at);
}

/* It does whatever it can at the moment. */
static void
turn(void)
{
	struct pollfd p[CTL_DOCTOR_FILTER_POLLED];

	for (;;) {
		ctl_doctor_filter_poll(&filter, p);
		if (poll(p, CTL_DOCTOR_FILTER_POLLED, 50) <= 0)
			return;
		ctl_doctor_filter_hear(&filter, p);
	}
}

static int
connect_program(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)filter.at),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
	turn();
}

/* What is there begins so; "": its end. */
static void
expect(int fd, const char *text)
{
	char got[8192] = "";
	ssize_t n = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);

	ck_assert_msg(n >= 0 && strncmp(got, text, strlen(text)) == 0 &&
	    (text[0] != '\0' || n == 0), "%zd: %s", n, got);
}

/* The daemon's end of what was passed on. */
static int
accepted(void)
{
	int fd = accept4(daemon_at, NULL, NULL, SOCK_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	return fd;
}

static void
expect_nobody(void)
{
	struct pollfd p = { daemon_at, POLLIN, 0 };

	ck_assert_int_eq(poll(&p, 1, 0), 0);
}

/* One request, alone on its connection, and its answer. */
START_TEST(what_is_tried_passes)
{
	char got[512] = "";
	int program, at;

	open_filter("127.0.0.1");
	program = connect_program();
	say(program, "GET http://127.0.0.1:9/" NONCE " HT");
	expect_nobody();
	say(program, "TP/1.1\r\nX: y\r\n\r\n");
	at = accepted();
	ck_assert_int_gt(recv(at, got, sizeof got - 1, MSG_DONTWAIT), 0);
	ck_assert_str_eq(got, "GET http://127.0.0.1:9/" NONCE " HTTP/1.1\r\n"
	    "X: y\r\nConnection: close\r\n\r\n");
	/* what else it asks on it goes nowhere */
	say(program, "GET http://elsewhere/ HTTP/1.1\r\n\r\n");
	ck_assert_int_eq(recv(at, got, sizeof got, MSG_DONTWAIT), -1);
	say(at, "HTTP/1.1 204 x\r\n\r\n");
	expect(program, "HTTP/1.1 204 x\r\n\r\n");
	close(at);
	turn();
	expect(program, "");
	close(program);
}
END_TEST

static const char *const others[] = {
	"GET http://elsewhere/ HTTP/1.1\r\n\r\n",
	/* the mark in a field is no target */
	"GET http://elsewhere/ HTTP/1.1\r\nX: " NONCE "\r\n\r\n",
	"CONNECT elsewhere:443 HTTP/1.1\r\n\r\n",
	"CONNECT " TUNNEL "0 HTTP/1.1\r\n\r\n",
	"hello\r\n\r\n",
};

START_TEST(all_else_is_refused)
{
	int program;

	filter.tunnel = TUNNEL;
	open_filter("127.0.0.1");
	program = connect_program();
	say(program, others[_i]);
	expect(program, REFUSED);
	expect_nobody();
	close(program);
}
END_TEST

/* ... and what does not say what it is before it is too long. */
START_TEST(a_head_without_end_is_refused)
{
	char piece[CTL_DOCTOR_FILTER_HEAD];
	int program;

	memset(piece, 'x', sizeof piece - 1);
	piece[sizeof piece - 1] = '\0';
	open_filter("127.0.0.1");
	program = connect_program();
	say(program, piece);
	expect(program, REFUSED);
	close(program);
	/* one that goes before is forgotten */
	program = connect_program();
	say(program, "GET ");
	close(program);
	turn();
	ck_assert_int_eq(filter.conns[0].client, -1);
}
END_TEST

/* Of a tunnel both directions pass, and each end. */
START_TEST(a_tunnel_passes)
{
	int program, at;

	filter.tunnel = TUNNEL;
	open_filter("127.0.0.1");
	program = connect_program();
	say(program, "CONNECT " TUNNEL " HTTP/1.1\r\n\r\nhello");
	at = accepted();
	expect(at, "CONNECT " TUNNEL " HTTP/1.1\r\n\r\nhello");
	say(at, "HTTP/1.1 200 x\r\n\r\n");
	expect(program, "HTTP/1.1 200 x\r\n\r\n");
	say(program, "more");
	expect(at, "more");
	close(program);
	turn();
	expect(at, "");
	close(at);
}
END_TEST

/* The daemon may listen at an IPv6 address, which a URL has in brackets. */
START_TEST(a_daemon_at_ipv6)
{
	int program, at;

	close(daemon_at);
	if ((daemon_at = listen_at(AF_INET6)) == -1)
		return;		/* this machine has no such loopback */
	open_filter(_i == 0 ? "[::1]" : "::1");
	program = connect_program();
	say(program, ASK);
	at = accepted();
	expect(at, "GET http://127.0.0.1:9/" NONCE);
	close(at);
	close(program);
}
END_TEST

/* Where nobody listens, or that is no address, nothing is tried. */
START_TEST(a_daemon_that_is_gone)
{
	int program;

	close(daemon_at);
	daemon_at = -1;
	open_filter(_i == 0 ? "127.0.0.1" : _i == 1 ? "localhost" :
	    "1234567890123456789012345678901234567890123456789");
	program = connect_program();
	say(program, ASK);
	expect(program, REFUSED);
	close(program);
}
END_TEST

/* There is room for so many, and a place is free again. */
START_TEST(too_many_come)
{
	int programs[CTL_DOCTOR_FILTER_CONNS], one, at;
	unsigned i;

	open_filter("127.0.0.1");
	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++) {
		programs[i] = connect_program();
		turn();
	}
	one = connect_program();
	turn();
	expect(one, "");
	close(one);
	close(programs[3]);
	turn();
	programs[3] = connect_program();
	say(programs[3], ASK);
	at = accepted();
	expect(at, "GET ");
	close(at);
	for (i = 0; i < CTL_DOCTOR_FILTER_CONNS; i++)
		close(programs[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ctl_doctor_filter");
	TCase *tc = tcase_create("ctl_doctor_filter");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_tried_passes);
	ROWS(tc, all_else_is_refused, others);
	tcase_add_test(tc, a_head_without_end_is_refused);
	tcase_add_test(tc, a_tunnel_passes);
	tcase_add_loop_test(tc, a_daemon_at_ipv6, 0, 2);
	tcase_add_loop_test(tc, a_daemon_that_is_gone, 0, 3);
	tcase_add_test(tc, too_many_come);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
