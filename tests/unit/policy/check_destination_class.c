/* SPDX-License-Identifier: ISC */
#include "policy/destination_class.h"

#include <check.h>
#include <string.h>

#include "check_run.h"

static struct network
network(const char *text)
{
	struct network n;
	const char *expected = network_parse(&n, text, strlen(text));

	ck_assert_msg(expected == NULL, "%s: expected %s", text, expected);
	return n;
}

#define METADATA	DESTINATION_METADATA
#define LINK		DESTINATION_LINK_LOCAL
#define LOOPBACK	DESTINATION_LOOPBACK
#define PRIVATE		DESTINATION_PRIVATE
#define PUBLIC		DESTINATION_PUBLIC

/* The first and the last of each network, and their neighbours. */
static const struct {
	const char		*address;
	enum destination_class	 class;
} rows[] = {
	{ "0.0.0.0", LOOPBACK },
	{ "0.0.0.1", PRIVATE },
	{ "0.255.255.255", PRIVATE },
	{ "1.0.0.0", PUBLIC },
	{ "9.255.255.255", PUBLIC },
	{ "10.0.0.0", PRIVATE },
	{ "10.255.255.255", PRIVATE },
	{ "11.0.0.0", PUBLIC },
	{ "100.63.255.255", PUBLIC },
	{ "100.64.0.0", PRIVATE },
	{ "100.100.100.199", PRIVATE },
	{ "100.100.100.200", METADATA },
	{ "100.127.255.255", PRIVATE },
	{ "100.128.0.0", PUBLIC },
	{ "126.255.255.255", PUBLIC },
	{ "127.0.0.0", LOOPBACK },
	{ "127.0.0.1", LOOPBACK },
	{ "127.255.255.255", LOOPBACK },
	{ "128.0.0.0", PUBLIC },
	{ "168.63.129.15", PUBLIC },
	{ "168.63.129.16", METADATA },
	{ "169.253.255.255", PUBLIC },
	{ "169.254.0.0", LINK },
	{ "169.254.0.23", METADATA },
	{ "169.254.42.42", METADATA },
	{ "169.254.169.253", LINK },
	{ "169.254.169.254", METADATA },
	{ "169.254.170.2", METADATA },
	{ "169.254.170.23", METADATA },
	{ "169.254.255.255", LINK },
	{ "169.255.0.0", PUBLIC },
	{ "172.15.255.255", PUBLIC },
	{ "172.16.0.0", PRIVATE },
	{ "172.31.255.255", PRIVATE },
	{ "172.32.0.0", PUBLIC },
	{ "192.0.0.0", PRIVATE },
	{ "192.0.0.192", METADATA },
	{ "192.0.0.255", PRIVATE },
	{ "192.0.1.0", PUBLIC },
	{ "192.0.2.1", PRIVATE },
	{ "192.88.99.1", PRIVATE },
	{ "192.167.255.255", PUBLIC },
	{ "192.168.0.0", PRIVATE },
	{ "192.168.255.255", PRIVATE },
	{ "192.169.0.0", PUBLIC },
	{ "198.17.255.255", PUBLIC },
	{ "198.18.0.0", PRIVATE },
	{ "198.19.255.255", PRIVATE },
	{ "198.20.0.0", PUBLIC },
	{ "198.51.100.1", PRIVATE },
	{ "203.0.113.1", PRIVATE },
	{ "223.255.255.255", PUBLIC },
	{ "224.0.0.1", PRIVATE },
	{ "239.255.255.255", PRIVATE },
	{ "240.0.0.0", PRIVATE },
	{ "255.255.255.255", PRIVATE },
	{ "8.8.8.8", PUBLIC },
	{ "::", LOOPBACK },
	{ "::1", LOOPBACK },
	{ "::2", PRIVATE },
	{ "::7f00:1", PRIVATE },
	{ "::ffff:127.0.0.1", LOOPBACK },
	{ "::ffff:8.8.8.8", PUBLIC },
	{ "::ffff:0:8.8.8.8", PRIVATE },
	{ "64:ff9b::8.8.8.8", PUBLIC },
	{ "64:ff9b::127.0.0.1", PUBLIC },	/* and that in it is not */
	{ "64:ff9b:1::8.8.8.8", PRIVATE },
	{ "100::1", PRIVATE },
	{ "1fff:ffff::1", PRIVATE },
	{ "2000::1", PUBLIC },
	{ "2001::1", PRIVATE },
	{ "2001:1ff:ffff::1", PRIVATE },
	{ "2001:200::1", PUBLIC },
	{ "2001:db7::1", PUBLIC },
	{ "2001:db8::1", PRIVATE },
	{ "2001:4860:4860::8888", PUBLIC },
	{ "2606:4700::1111", PUBLIC },
	{ "3ffe::1", PUBLIC },
	{ "3fff:fff::1", PRIVATE },
	{ "3fff:1000::1", PUBLIC },
	{ "4000::1", PRIVATE },
	{ "5f00::1", PRIVATE },
	{ "8000::1", PRIVATE },
	{ "fc00::1", PRIVATE },
	{ "fd00:ec2::254", METADATA },
	{ "fd00:ec2::23", METADATA },
	{ "fd00:ec3::254", PRIVATE },
	{ "fd20:ce::254", METADATA },
	{ "fd20:ce::253", PRIVATE },
	{ "fd00:100::100:200", METADATA },
	{ "fd00:c1::a9fe:a9fe", METADATA },
	{ "fd00:42::42", METADATA },
	{ "fd00:a9fe:a9fe::1", METADATA },
	{ "fdff::1", PRIVATE },
	{ "fe80::", LINK },
	{ "fe80::a9fe:a9fe", METADATA },
	{ "febf:ffff::1", LINK },
	{ "fec0::1", PRIVATE },
	{ "ff02::1", PRIVATE },
};

START_TEST(classes)
{
	struct network n = network(rows[_i].address);
	const struct network *within;

	ck_assert_msg(destination_class(&n, &within) == rows[_i].class, "%s",
	    rows[_i].address);
	if (rows[_i].class == PUBLIC)
		ck_assert_ptr_null(within);
	else
		ck_assert(network_has(within, &n));
}
END_TEST

static const struct {
	const char		*word;
	enum destination_class	 class;
} words[] = {
	{ "own", DESTINATION_OWN },
	{ "metadata", METADATA },
	{ "link-local", LINK },
	{ "loopback", LOOPBACK },
	{ "private", PRIVATE },
};

START_TEST(named)
{
	const char *word = words[_i].word;

	ck_assert_int_eq(destination_class_named(word, strlen(word)),
	    words[_i].class);
	ck_assert_int_eq(destination_class_named(word, strlen(word) - 1),
	    PUBLIC);
}
END_TEST

/* Among them a word for the class that has none, and another case. */
static const char	*no_words[] = { "", "public", "Own", "privat" };

START_TEST(named_none)
{
	ck_assert_int_eq(destination_class_named(no_words[_i],
	    strlen(no_words[_i])), PUBLIC);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("destination_class");
	TCase *tc = tcase_create("class");

	ROWS(tc, classes, rows);
	ROWS(tc, named, words);
	ROWS(tc, named_none, no_words);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
