/* SPDX-License-Identifier: ISC */
#include "net/own.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

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
	{ "127.0.0.1", "0.0.0.0", 1, true },
	{ "127.0.0.1", "::ffff:0.0.0.0", 1, true },
	{ "127.0.0.1", "127.0.0.2", 1, false },
	{ "127.0.0.1", "::1", 1, false },
	{ "0.0.0.0", "127.0.0.2", 1, true },
	{ "0.0.0.0", "198.51.100.7", 1, true },		/* our own */
	{ "0.0.0.0", "198.51.100.8", 1, false },
	{ "0.0.0.0", "::1", 1, false },
	{ "::1", "::", 1, true },
	{ "::", "2001:db8::7", 1, true },		/* our own */
	{ "::", "2001:db8::8", 1, false },
	{ "::", "198.51.100.7", 1, false },
};

START_TEST(is_self)
{
	struct sockaddr_storage own[] = {
		address("198.51.100.7", 0),
		address("2001:db8::7", 0),
	};
	struct listener l = { .addr = address(reached[_i].listen, 1) };
	struct listeners ls = { .list = &l, .n = 1, .own = own, .nown = 2 };
	struct listeners beside = { .also = &ls };
	struct sockaddr_storage to = address(reached[_i].to, reached[_i].port);

	ck_assert_int_eq(own_endpoint(&ls, (struct sockaddr *)&to),
	    reached[_i].self);
	ck_assert_int_eq(own_endpoint(&beside, (struct sockaddr *)&to),
	    reached[_i].self);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("own");
	TCase *tc = tcase_create("endpoint");

	ROWS(tc, is_self, reached);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
