/* SPDX-License-Identifier: ISC */
#include "net/peer_user.h"

#include <sys/un.h>

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_run.h"

/* Whose process is at the other end: this one's, which has both. */

static int	 listener, client, server;
static struct sockaddr_storage peer, own;

/*
 * Listens at family's loopback, or at all of both, and connects by another
 * family's.  Returns false where this machine has no such address.
 */
static bool
connect_by(int family, int by)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *at = family == AF_INET6 ? (struct sockaddr *)&six :
	    (struct sockaddr *)&four;
	socklen_t len = family == AF_INET6 ? sizeof six : sizeof four;
	int both = 0;

	listener = client = server = -1;
	if (family != by)
		six.sin6_addr = in6addr_any;
	if ((listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	if (family == AF_INET6)
		(void)setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &both,
		    sizeof both);
	if (bind(listener, at, len) == -1 || listen(listener, 1) == -1 ||
	    getsockname(listener, at, &len) == -1)
		return false;
	four.sin_port = family == AF_INET6 ? six.sin6_port : four.sin_port;
	client = socket(by, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client == -1 || connect(client, by == AF_INET6 ?
	    (struct sockaddr *)&six : (struct sockaddr *)&four, by == AF_INET6 ?
	    sizeof six : sizeof four) == -1)
		return false;
	len = sizeof peer;
	server = accept4(listener, (struct sockaddr *)&peer, &len,
	    SOCK_CLOEXEC);
	ck_assert_int_ne(server, -1);
	len = sizeof own;
	ck_assert_int_eq(getsockname(server, (struct sockaddr *)&own, &len),
	    0);
	return true;
}

static void
finish(void)
{
	if (client != -1)
		close(client);
	if (server != -1)
		close(server);
	if (listener != -1)
		close(listener);
}

static bool
ask(uid_t *user)
{
	*user = (uid_t)-1;
	return peer_user((struct sockaddr *)&peer, (struct sockaddr *)&own,
	    user);
}

static const struct { int family, by; } ways[] = {
	{ AF_INET, AF_INET }, { AF_INET6, AF_INET6 },
	/* an IPv6 socket, at whose other end is one of IPv4 */
	{ AF_INET6, AF_INET },
};

START_TEST(it_is_ours)
{
	uid_t user;

	if (!connect_by(ways[_i].family, ways[_i].by)) {
		finish();
		return;
	}
	ck_assert(ask(&user));
	ck_assert_uint_eq(user, geteuid());
	/* nobody has it open any more */
	close(client);
	client = -1;
	ck_assert(!ask(&user));
	finish();
}
END_TEST

/* Nobody is there; a port at which somebody listens is no connection. */
START_TEST(it_is_nobodys)
{
	struct sockaddr_in *far = (struct sockaddr_in *)&peer, there;
	uid_t user;

	ck_assert(connect_by(AF_INET, AF_INET));
	there = *far;
	far->sin_addr.s_addr = htonl(0xc0000201);	/* 192.0.2.1 */
	ck_assert(!ask(&user));
	*far = there;
	far->sin_port = ((struct sockaddr_in *)&own)->sin_port;
	ck_assert(!ask(&user));
	finish();
}
END_TEST

/* Addresses of which the kernel knows no connection. */
START_TEST(it_cannot_be)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	uid_t user;

	ck_assert(connect_by(AF_INET, AF_INET));
	ck_assert(!peer_user((struct sockaddr *)&sun, (struct sockaddr *)&own,
	    &user));
	ck_assert(!peer_user((struct sockaddr *)&six, (struct sockaddr *)&own,
	    &user));
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("peer_user");
	TCase *tc = tcase_create("peer_user");

	ROWS(tc, it_is_ours, ways);
	tcase_add_test(tc, it_is_nobodys);
	tcase_add_test(tc, it_cannot_be);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
