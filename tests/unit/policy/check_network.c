/* SPDX-License-Identifier: ISC */
#include "policy/network.h"

#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <check.h>
#include <string.h>

#include "check_run.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct network
network(const char *text)
{
	struct network n;
	const char *expected = network_parse(&n, text, strlen(text));

	ck_assert_msg(expected == NULL, "%s: expected %s", text, expected);
	return n;
}

static const struct {
	const char	*text;
	const char	*canonical;
} good[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.1/32", "192.0.2.1" },
	{ "192.0.2.0/24", "192.0.2.0/24" },
	{ "192.0.2.128/25", "192.0.2.128/25" },
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.254/31", "255.255.255.254/31" },
	{ "::1", "::1" },
	{ "0:0::0:1/128", "::1" },
	{ "::/0", "::/0" },
	{ "2001:DB8::/32", "2001:db8::/32" },
	{ "2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	{ "::ffff:0:0/96", "0.0.0.0/0" },
};

START_TEST(parse)
{
	struct network n = network(good[_i].text);
	char buf[NETWORK_TEXT];

	ck_assert_str_eq(network_text(buf, &n), good[_i].canonical);
}
END_TEST

#define ANY "an address or a network such as 192.0.2.0/24 or 2001:db8::/32"
#define SHORT "a length of 0 to 32 behind the /"
#define LONG "a length of 0 to 128 behind the /"
#define BITS "no bits that are set behind the network's length"

static const struct {
	const char	*text;
	const char	*expected;
	const char	*meant;		/* NULL: nobody knows */
} bad[] = {
	{ "", ANY, NULL },
	{ "/", ANY, NULL },
	{ "/24", ANY, NULL },
	{ "localhost", ANY, NULL },
	{ "192.0.2", ANY, NULL },
	{ "192.0.2.", ANY, NULL },
	{ "192.0.2.256", ANY, NULL },
	{ "192.0.2.1:80", ANY, NULL },
	{ " 192.0.2.1", ANY, NULL },
	{ "192.0.2.1 ", ANY, NULL },
	{ "0300.0.2.1", ANY, NULL },
	{ "[::1]", ANY, NULL },
	{ "::1%eth0", ANY, NULL },
	{ "1:2:3:4:5:6:7", ANY, NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111", ANY,
	    NULL },
	{ "192.0.2.0/", SHORT, NULL },
	{ "192.0.2.0/33", SHORT, NULL },
	{ "192.0.2.0/-1", SHORT, NULL },
	{ "192.0.2.0/+1", SHORT, NULL },
	{ "192.0.2.0/024", SHORT, NULL },
	{ "192.0.2.0/00", SHORT, NULL },
	{ "192.0.2.0/24 ", SHORT, NULL },
	{ "192.0.2.0/24/24", SHORT, NULL },
	{ "192.0.2.0/255.255.255.0", SHORT, NULL },
	{ "192.0.2.0/4294967320", SHORT, NULL },
	{ "::/129", LONG, NULL },
	{ "::/x", LONG, NULL },
	{ "192.0.2.1/24", BITS, "192.0.2.0/24" },
	{ "192.0.2.1/0", BITS, "0.0.0.0/0" },
	{ "192.0.2.1/31", BITS, "192.0.2.0/31" },
	{ "2001:db8::1/64", BITS, "2001:db8::/64" },
	{ "2001:db8::/28", BITS, "2001:db0::/28" },
	{ "::ffff:192.0.2.0/90", BITS, "::ffc0:0:0/90" },
};

START_TEST(error)
{
	struct network n;
	const char *expected;
	char buf[NETWORK_TEXT];

	expected = network_parse(&n, bad[_i].text, strlen(bad[_i].text));
	ck_assert_msg(expected != NULL, "%s was taken", bad[_i].text);
	ck_assert_str_eq(expected, bad[_i].expected);
	ck_assert_int_eq(n.family != 0, bad[_i].meant != NULL);
	if (bad[_i].meant != NULL)
		ck_assert_str_eq(network_text(buf, &n), bad[_i].meant);
}
END_TEST

/* A NUL ends nothing. */
START_TEST(nul)
{
	struct network n;

	ck_assert_ptr_nonnull(network_parse(&n, "::1\0", 4));
	ck_assert_ptr_nonnull(network_parse(&n, NULL, 0));
}
END_TEST

static const struct {
	const char	*network;
	const char	*address;
	bool		 has;
} lies[] = {
	{ "192.0.2.0/24", "192.0.2.0", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/24", "192.0.1.255", false },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "192.0.2.4/30", "192.0.2.7", true },
	{ "192.0.2.4/30", "192.0.2.8", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "0.0.0.0/0", "255.1.2.3", true },
	{ "0.0.0.0/0", "::1", false },
	{ "0.0.0.0/0", "::ffff:192.0.2.1", true },
	{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
	{ "192.0.2.0/24", "::192.0.2.9", false },
	{ "::/0", "192.0.2.1", false },
	{ "::/0", "::ffff:192.0.2.1", false },
	{ "::/0", "::", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true },
	{ "2001:db8:0:0:8000::/65", "2001:db8::7fff:0:0:1", false },
	{ "::1", "::1", true },
	{ "::1", "::", false },
};

static struct network
address(const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct network n;

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		ck_assert(network_of(&n, (struct sockaddr *)&in));
		return n;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	ck_assert(network_of(&n, (struct sockaddr *)&in6));
	return n;
}

START_TEST(has)
{
	struct network n = network(lies[_i].network);
	struct network a = address(lies[_i].address);

	ck_assert_msg(network_has(&n, &a) == lies[_i].has, "%s, %s",
	    lies[_i].network, lies[_i].address);
	if (n.bits != a.bits)
		ck_assert(!network_has(&a, &n));
}
END_TEST

START_TEST(any_of_them)
{
	struct network list[2] = { network("10.0.0.0/8"), network("::1") };
	struct network in[3] = { address("10.1.2.3"), address("::1"),
	    address("::ffff:10.9.9.9") };
	struct network out[2] = { address("11.0.0.0"), address("::2") };
	size_t i;

	for (i = 0; i < 3; i++) {
		ck_assert(networks_have(list, 2, &in[i]));
		ck_assert(!networks_have(list, 0, &in[i]));
		ck_assert(!networks_have(NULL, 0, &in[i]));
	}
	ck_assert(networks_have(list, 1, &in[0]));
	ck_assert(!networks_have(list, 1, &in[1]));
	for (i = 0; i < 2; i++)
		ck_assert(!networks_have(list, 2, &out[i]));
}
END_TEST

static const struct {
	const char	*address;
	const char	*inner;		/* NULL: it has none */
} wrapped[] = {
	{ "64:ff9b::192.0.2.1", "192.0.2.1" },
	{ "64:ff9b::7f00:1", "127.0.0.1" },
	{ "64:ff9b:0:0:0:1:7f00:1", NULL },
	{ "64:ff9b:1::a9fe:a9fe", "169.254.169.254" },
	{ "64:ff9b:1:fffe:0:1:a00:1", "10.0.0.1" },
	{ "64:ff9b:2::a00:1", NULL },
	{ "::ffff:0:127.0.0.1", "127.0.0.1" },
	{ "::127.0.0.1", "127.0.0.1" },
	{ "::2", "0.0.0.2" },
	{ "::", NULL },
	{ "::1", NULL },
	{ "2002:7f00:1::", "127.0.0.1" },
	{ "2002:a9fe:a9fe:1:2:3:4:5", "169.254.169.254" },
	{ "2003:7f00:1::", NULL },
	{ "2001:0:4136:e378:8000:63bf:80ff:fffe", "127.0.0.1" },
	{ "2001:1::80ff:fffe", NULL },
	{ "2001:db8::7f00:1", NULL },
	{ "fe80::7f00:1", NULL },
	{ "192.0.2.1", NULL },
	{ "::ffff:192.0.2.1", NULL },
};

START_TEST(inner)
{
	struct network a = address(wrapped[_i].address), in;
	char buf[NETWORK_TEXT];
	bool found = network_inner(&a, &in);

	ck_assert_msg(found == (wrapped[_i].inner != NULL), "%s",
	    wrapped[_i].address);
	if (found)
		ck_assert_str_eq(network_text(buf, &in), wrapped[_i].inner);
}
END_TEST

/* What is no single address holds none. */
START_TEST(inner_of_a_network)
{
	struct network n = network("2002:7f00::/24"), in;

	ck_assert(!network_inner(&n, &in));
}
END_TEST

START_TEST(neighbours)
{
	struct network v4 = address("192.0.2.77");
	struct network v6 = address("2001:db8:1:2:3::4");
	char buf[NETWORK_TEXT];

	network_cut(&v4, 24);
	ck_assert_str_eq(network_text(buf, &v4), "192.0.2.0/24");
	network_cut(&v4, 25);
	ck_assert_str_eq(network_text(buf, &v4), "192.0.2.0/24");
	network_cut(&v6, 64);
	ck_assert_str_eq(network_text(buf, &v6), "2001:db8:1:2::/64");
}
END_TEST

START_TEST(no_address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct network n;

	ck_assert(!network_of(&n, (struct sockaddr *)&un));
}
END_TEST

/* A zone tells where an address is, not whose it is. */
START_TEST(zone)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_scope_id = 3 };
	struct network n = network("fe80::/10"), other = network("fe80::1");
	struct network a;

	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::1", &in6.sin6_addr), 1);
	ck_assert(network_of(&a, (struct sockaddr *)&in6));
	ck_assert(network_has(&n, &a));
	ck_assert(network_has(&other, &a));
}
END_TEST

/* IPv4 first, then the longest. */
static const char *const	 order[] = {
	"10.0.0.1", "192.0.2.1", "10.0.0.0/30", "10.0.0.4/30", "0.0.0.0/0",
	"::", "::1", "2001:db8::/64", "2001:db8::/32", "2001:db9::/32", "::/0",
};

START_TEST(precedence)
{
	struct network a = network(order[_i]), b;
	int i;

	for (i = 0; i < COUNT(order); i++) {
		b = network(order[i]);
		ck_assert((network_compare(&a, &b) < 0) == (_i < i));
		ck_assert((network_compare(&a, &b) == 0) == (_i == i));
	}
}
END_TEST

static Suite *
network_suite(void)
{
	Suite *suite = suite_create("network");
	TCase *texts = tcase_create("texts");
	TCase *addresses = tcase_create("addresses");

	tcase_add_loop_test(texts, parse, 0, COUNT(good));
	tcase_add_loop_test(texts, error, 0, COUNT(bad));
	tcase_add_test(texts, nul);
	suite_add_tcase(suite, texts);

	tcase_add_loop_test(addresses, has, 0, COUNT(lies));
	tcase_add_test(addresses, any_of_them);
	tcase_add_loop_test(addresses, inner, 0, COUNT(wrapped));
	tcase_add_test(addresses, inner_of_a_network);
	tcase_add_test(addresses, neighbours);
	tcase_add_test(addresses, no_address);
	tcase_add_test(addresses, zone);
	tcase_add_loop_test(addresses, precedence, 0, COUNT(order));
	suite_add_tcase(suite, addresses);
	return suite;
}

int
main(void)
{
	return run_suite(network_suite());
}
