/* SPDX-License-Identifier: ISC */
#include "net/own.h"

#include <arpa/inet.h>
#include <check.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "check_run.h"
#include "net/address.h"
#include "net/listen.h"

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

/* Where one listens at port 1, and another address that reaches it. */
static const struct {
	const char	*listen;
	const char	*to;
	uint16_t	 port;
	bool		 self;
} reached[] = {
	{ "192.0.2.1", "192.0.2.1", 1, true },
	{ "192.0.2.1", "192.0.2.1", 2, false },
	{ "192.0.2.1", "192.0.2.2", 1, false },
	{ "192.0.2.1", "127.0.0.1", 1, false },
	{ "192.0.2.1", "::ffff:192.0.2.1", 1, true },
	{ "::ffff:192.0.2.1", "192.0.2.1", 1, true },
	{ "127.0.0.1", "0.0.0.0", 1, true },
	{ "127.0.0.1", "::ffff:0.0.0.0", 1, true },
	{ "127.0.0.1", "127.0.0.2", 1, false },
	{ "127.0.0.1", "::1", 1, false },
	{ "0.0.0.0", "127.0.0.2", 1, true },
	{ "0.0.0.0", "127.255.0.9", 1, true },
	{ "0.0.0.0", "::ffff:127.0.0.2", 1, true },
	{ "0.0.0.0", "127.0.0.2", 2, false },
	{ "0.0.0.0", "198.51.100.8", 1, false },
	{ "0.0.0.0", "::1", 1, false },
	{ "::1", "::", 1, true },
	{ "::", "::1", 1, true },
	{ "::", "2001:db8::8", 1, false },
	{ "::", "127.0.0.1", 1, false },
};

static bool
is_endpoint(struct listener *l, const struct sockaddr_storage *to)
{
	struct listeners ls = { .list = l, .n = 1 };
	struct listeners beside = { .also = &ls };
	struct own *own = own_new(&ls), *second = own_new(&beside);
	bool is = own_endpoint(own, (const struct sockaddr *)to);

	ck_assert_int_eq(own_endpoint(second, (const struct sockaddr *)to),
	    is);
	own_free(own);
	own_free(second);
	return is;
}

START_TEST(endpoint)
{
	struct listener l = { .addr = address(reached[_i].listen, 1) };
	struct sockaddr_storage to = address(reached[_i].to, reached[_i].port);

	ck_assert_int_eq(is_endpoint(&l, &to), reached[_i].self);
}
END_TEST

/* A socket that was handed over may take both families. */
START_TEST(one_for_both)
{
	struct listener l = { .addr = address("::", 1), .both = true };
	struct sockaddr_storage v4 = address("127.0.0.1", 1);
	struct sockaddr_storage v6 = address("::1", 1);
	struct sockaddr_storage other = address("198.51.100.8", 1);

	ck_assert(is_endpoint(&l, &v4));
	ck_assert(is_endpoint(&l, &v6));
	ck_assert(!is_endpoint(&l, &other));
}
END_TEST

START_TEST(no_network)
{
	struct listener l = { .addr = address("0.0.0.0", 1) };
	struct sockaddr_storage un = { .ss_family = AF_UNIX };

	ck_assert(!is_endpoint(&l, &un));
	l.addr.ss_family = AF_UNIX;
	un = address("127.0.0.1", 1);
	ck_assert(!is_endpoint(&l, &un));
}
END_TEST

static const struct {
	const char	*address;
	bool		 here;
} addresses[] = {
	{ "127.0.0.1", true },
	{ "127.9.8.7", true },
	{ "0.0.0.0", true },
	{ "::1", true },
	{ "::", true },
	{ "::ffff:127.0.0.1", true },
	{ "192.0.2.77", false },
	{ "::ffff:192.0.2.77", false },
	{ "2001:db8::77", false },
};

START_TEST(this_machine)
{
	struct sockaddr_storage ss = address(addresses[_i].address, 9);
	struct own *own = own_new(NULL);

	ck_assert_int_eq(own_address(own, (struct sockaddr *)&ss),
	    addresses[_i].here);
	own_free(own);
}
END_TEST

/* All that is on an interface, whatever that machine has. */
START_TEST(interfaces)
{
	struct own *own = own_new(NULL);
	struct ifaddrs *list, *i;
	unsigned n = 0;

	ck_assert_int_eq(getifaddrs(&list), 0);
	for (i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL ||
		    (i->ifa_addr->sa_family != AF_INET &&
		    i->ifa_addr->sa_family != AF_INET6))
			continue;
		ck_assert(own_address(own, i->ifa_addr));
		n++;
	}
	freeifaddrs(list);
	own_free(own);
	ck_assert_uint_gt(n, 0);
}
END_TEST

/* Who cannot be asked does not make strangers of this machine's. */
START_TEST(without_a_socket)
{
	struct listener l = { .addr = address("0.0.0.0", 1) };
	struct listeners ls = { .list = &l, .n = 1 };
	struct sockaddr_storage far = address("192.0.2.77", 1);
	struct sockaddr_storage near = address("127.0.0.1", 1);
	struct rlimit before, none;
	struct own *own;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	own = own_new(&ls);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(own_address(own, (struct sockaddr *)&near));
	ck_assert(!own_address(own, (struct sockaddr *)&far));
	ck_assert(own_endpoint(own, (struct sockaddr *)&far));
	own_free(own);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("own");
	TCase *tc = tcase_create("endpoint");

	ROWS(tc, endpoint, reached);
	tcase_add_test(tc, one_for_both);
	tcase_add_test(tc, no_network);
	suite_add_tcase(suite, tc);
	tc = tcase_create("address");
	ROWS(tc, this_machine, addresses);
	tcase_add_test(tc, interfaces);
	tcase_add_test(tc, without_a_socket);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
