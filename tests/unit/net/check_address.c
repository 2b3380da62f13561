/* SPDX-License-Identifier: ISC */
#include "net/address.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "check_run.h"
#include "http/http1_host.h"

/*
 * Hosts as a request names them, and what is made of them: those that only mean
 * another one (any address, IPv4-mapped ones) were resolved before.
 */
static const struct {
	const char	*host;
	const char	*printed;	/* NULL: a name, and no literal */
} hosts[] = {
	{ "127.0.0.1", "127.0.0.1:8080" },
	{ "0.0.0.0", "127.0.0.1:8080" },
	{ "255.255.255.255", "255.255.255.255:8080" },
	{ "[::1]", "[::1]:8080" },
	{ "[2001:DB8:0:0::7]", "[2001:db8::7]:8080" },
	{ "[::ffff:192.0.2.1]", "192.0.2.1:8080" },
	{ "localhost", NULL },
	{ "127.0.0.1.example", NULL },
};

static bool
literal(const char *host, uint16_t port, struct sockaddr_storage *ss)
{
	struct http1_host h;

	ck_assert_int_eq(http1_host_parse(&h, host, strlen(host)), HTTP1_OK);
	return address_literal(&h, port, ss);
}

START_TEST(literals)
{
	struct sockaddr_storage ss;
	char buf[ADDRESS_TEXT];

	ck_assert_int_eq(literal(hosts[_i].host, 8080, &ss),
	    hosts[_i].printed != NULL);
	if (hosts[_i].printed != NULL)
		ck_assert_str_eq(address_print((struct sockaddr *)&ss, buf,
		    sizeof buf), hosts[_i].printed);
}
END_TEST

START_TEST(packed)
{
	struct sockaddr_storage ss, back;
	struct address a, again;

	if (!literal(hosts[_i].host, 8080, &ss))
		return;
	address_pack((struct sockaddr *)&ss, &a);
	ck_assert_int_eq(a.family, ss.ss_family);
	address_unpack(&a, 443, &back);
	ck_assert_int_eq(back.ss_family, a.family);
	/* the port is at the same place in both families */
	ck_assert_uint_eq(ntohs(((struct sockaddr_in *)&back)->sin_port), 443);
	address_pack((struct sockaddr *)&back, &again);
	ck_assert_mem_eq(&a, &again, sizeof a);
}
END_TEST

START_TEST(mapped_is_ipv4)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	struct sockaddr_storage ss;
	struct address a, b;

	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1",
	    &mapped.sin6_addr), 1);
	address_pack((struct sockaddr *)&mapped, &a);
	ck_assert(literal("192.0.2.1", 2, &ss));
	address_pack((struct sockaddr *)&ss, &b);
	ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

static struct address
client_of(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct address a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	address_client((struct sockaddr *)&in6, &a);
	return a;
}

/* Of IPv6 a /64; whoever comes by IPv4 has one address. */
START_TEST(a_client_has_a_subnet)
{
	struct address a = client_of("2001:db8:1:2::1");
	struct address b = client_of("2001:db8:1:2:ffff::9");
	struct address c = client_of("2001:db8:1:3::1");

	ck_assert_mem_eq(&a, &b, sizeof a);
	ck_assert_mem_ne(&a, &c, sizeof a);
	a = client_of("::ffff:192.0.2.1");
	b = client_of("::ffff:192.0.2.2");
	ck_assert_mem_ne(&a, &b, sizeof a);
}
END_TEST

START_TEST(none)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/x" };
	struct address a, zero;

	memset(&zero, 0, sizeof zero);
	memset(&a, 1, sizeof a);
	address_pack(NULL, &a);
	ck_assert_mem_eq(&a, &zero, sizeof a);
	memset(&a, 1, sizeof a);
	address_pack((struct sockaddr *)&sun, &a);
	ck_assert_mem_eq(&a, &zero, sizeof a);
}
END_TEST

START_TEST(unix_socket)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char buf[ADDRESS_TEXT], path[sizeof sun.sun_path];

	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	memcpy(sun.sun_path, path, sizeof path);
	address_set_port((struct sockaddr *)&sun, 80);
	/* as long as it may be, it is printed whole */
	ck_assert_str_eq(address_print((struct sockaddr *)&sun, buf,
	    sizeof buf) + strlen("unix:"), path);
	ck_assert_uint_eq(strlen(address_print((struct sockaddr *)&sun, buf,
	    8)), 7);
	ck_assert_uint_eq(address_length((struct sockaddr *)&sun), sizeof sun);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");

	ROWS(tc, literals, hosts);
	ROWS(tc, packed, hosts);
	tcase_add_test(tc, mapped_is_ipv4);
	tcase_add_test(tc, a_client_has_a_subnet);
	tcase_add_test(tc, none);
	tcase_add_test(tc, unix_socket);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
