/* SPDX-License-Identifier: ISC */
#include "policy/destination.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/http1_host.h"
#include "policy/destination_list.h"
#include "policy/destination_say.h"

/* Fills a list from entries with spaces between them, one a line of a file. */
static void
fill(struct destination_list *list, const char *text, unsigned line)
{
	const char *expected;
	size_t len;

	list->list = calloc(strlen(text) + 1, sizeof *list->list);
	ck_assert_ptr_nonnull(list->list);
	for (; *text != '\0'; text += strspn(text, " ")) {
		len = strcspn(text, " ");
		expected = destination_entry_parse(&list->list[list->n], text,
		    len);
		ck_assert_msg(expected == NULL, "%s: %s", text, expected);
		list->list[list->n++].at.line = line++;
		text += len;
	}
	ck_assert(destination_list_close(list));
}

static struct destinations
destinations(const char *deny, const char *allow, bool only)
{
	struct destinations all = { .only = only, .only_at = { 99, 1 } };

	fill(&all.deny, deny, 1);
	fill(&all.allow, allow, 51);
	return all;
}

static struct http1_host
host(const char *text)
{
	struct http1_host h;

	ck_assert_int_eq(http1_host_parse(&h, text, strlen(text)), HTTP1_OK);
	if (h.port == 0)
		h.port = 80;
	return h;
}

#define GOES	DESTINATION_GOES
#define DENIED	DESTINATION_DENIED
#define CLASS	DESTINATION_CLASS
#define ONLY	DESTINATION_ONLY

/*
 * What a file says, who goes where, and what decides: lines of deny are from
 * 1, of allow from 51, only is at 99.
 */
static const struct {
	const char	*deny;
	const char	*allow;
	bool		 only;
	const char	*host;
	const char	*address;	/* NULL: not known */
	char		 who;		/* Local, Stranger; "o", "s": own */
	enum destination_reason reason;
	unsigned	 line;
} rows[] = {
	/* by default */
	{ "", "", false, "a.test", "8.8.8.8", 'L', GOES, 0 },
	{ "", "", false, "a.test", "8.8.8.8", 'S', GOES, 0 },
	{ "", "", false, "a.test", NULL, 'S', GOES, 0 },
	{ "", "", false, "a.test", "127.0.0.1", 'L', GOES, 0 },
	{ "", "", false, "a.test", "127.0.0.1", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "::1", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "10.1.2.3", 'L', GOES, 0 },
	{ "", "", false, "a.test", "10.1.2.3", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "fd12::1", 'L', GOES, 0 },
	{ "", "", false, "a.test", "fd12::1", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "224.0.0.1", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "169.254.169.254", 'L', CLASS, 0 },
	{ "", "", false, "a.test", "169.254.169.254", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "169.254.1.1", 'L', CLASS, 0 },
	{ "", "", false, "a.test", "fe80::1", 'L', CLASS, 0 },
	{ "", "", false, "a.test", "127.0.0.1", 'o', CLASS, 0 },
	{ "", "", false, "a.test", "8.8.8.8", 's', CLASS, 0 },
	/* within addresses of IPv6 */
	{ "", "", false, "a.test", "64:ff9b::8.8.8.8", 'S', GOES, 0 },
	{ "", "", false, "a.test", "64:ff9b::127.0.0.1", 'S', CLASS, 0 },
	{ "", "", false, "a.test", "64:ff9b::169.254.169.254", 'L', CLASS, 0 },
	{ "", "", false, "a.test", "2002:a9fe:a9fe::1", 'L', CLASS, 0 },
	{ "", "", false, "a.test", "2002:808:808::1", 'S', GOES, 0 },
	{ "", "", false, "a.test", "::169.254.169.254", 'L', CLASS, 0 },
	{ "10.0.0.0/8", "", false, "a.test", "64:ff9b::10.0.0.1", 'L', DENIED,
	    1 },
	{ "", "10.2.0.0/16", false, "a.test", "64:ff9b::10.2.0.1", 'S', GOES,
	    51 },
	{ "", "10.2.0.0/16", true, "a.test", "64:ff9b::10.2.0.1", 'S', GOES,
	    51 },
	{ "", "10.2.0.0/16", true, "a.test", "64:ff9b::10.3.0.1", 'L', ONLY,
	    99 },
	/* where the file says itself what is denied anyway */
	{ "metadata link-local own", "", false, "a.test", "169.254.169.254",
	    'L', CLASS, 1 },
	{ "metadata link-local own", "", false, "a.test", "169.254.0.1", 'S',
	    CLASS, 2 },
	{ "metadata link-local own", "", false, "a.test", "127.0.0.1", 'o',
	    CLASS, 3 },
	{ "private", "", false, "a.test", "10.0.0.1", 'S', CLASS, 1 },
	{ "private", "", false, "a.test", "127.0.0.1", 'S', CLASS, 1 },
	/* what it denies besides */
	{ "private", "", false, "a.test", "10.0.0.1", 'L', DENIED, 1 },
	{ "private", "", false, "a.test", "127.0.0.1", 'L', DENIED, 1 },
	{ "loopback", "", false, "a.test", "10.0.0.1", 'L', GOES, 0 },
	{ "loopback", "", false, "a.test", "127.0.0.1", 'L', DENIED, 1 },
	{ "private 10.0.0.0/8", "", false, "a.test", "10.0.0.1", 'L', DENIED,
	    2 },
	{ "8.8.8.0/24", "", false, "a.test", "8.8.8.8", 'L', DENIED, 1 },
	{ "8.8.8.0/24", "", false, "a.test", "8.8.9.8", 'L', GOES, 0 },
	{ "8.8.8.0/24", "", false, "a.test", "169.254.1.1", 'L', CLASS, 0 },
	{ "8.8.8.8:53", "", false, "a.test:53", "8.8.8.8", 'L', DENIED, 1 },
	{ "8.8.8.8:53", "", false, "a.test:54", "8.8.8.8", 'L', GOES, 0 },
	{ "[2001:4860::1]:53", "", false, "a.test:53", "2001:4860::1", 'L',
	    DENIED, 1 },
	{ "*:25", "", false, "a.test:25", NULL, 'L', DENIED, 1 },
	{ "*:25", "", false, "a.test:26", NULL, 'L', GOES, 0 },
	{ "*:25", "", false, "8.8.8.8:25", NULL, 'L', DENIED, 1 },
	{ "a.test", "", false, "a.test", NULL, 'L', DENIED, 1 },
	{ "a.test", "", false, "a.test", "8.8.8.8", 'L', DENIED, 1 },
	{ "a.test", "", false, "b.test", NULL, 'L', GOES, 0 },
	{ "*.a.test", "", false, "x.y.a.test", NULL, 'L', DENIED, 1 },
	{ "*.a.test", "", false, "a.test", NULL, 'L', GOES, 0 },
	/* exceptions from that: the same kind, and not wider */
	{ "*", "*.a.test", false, "x.a.test", NULL, 'L', GOES, 0 },
	{ "*", "*.a.test", false, "x.a.test", "8.8.8.8", 'L', GOES, 51 },
	{ "*", "*.a.test", false, "x.b.test", NULL, 'L', DENIED, 1 },
	{ "*.a.test", "*.a.test", false, "x.a.test", NULL, 'L', GOES, 0 },
	{ "x.a.test", "*.a.test", false, "x.a.test", NULL, 'L', DENIED, 1 },
	{ "a.test", "a.test:8443", false, "a.test:8443", NULL, 'L', GOES, 0 },
	{ "a.test:8443", "a.test", false, "a.test:8443", NULL, 'L', DENIED,
	    1 },
	{ "8.0.0.0/8", "8.8.0.0/16", false, "a.test", "8.8.8.8", 'L', GOES,
	    51 },
	{ "8.8.0.0/16", "8.0.0.0/8", false, "a.test", "8.8.8.8", 'L', DENIED,
	    1 },
	{ "8.8.8.8", "8.8.8.8", false, "a.test", "8.8.8.8", 'L', GOES, 51 },
	{ "10.9.0.0/16", "private", false, "a.test", "10.9.1.1", 'L', DENIED,
	    1 },
	{ "private", "private", false, "a.test", "10.9.1.1", 'L', GOES, 51 },
	{ "private", "10.2.0.0/16", false, "a.test", "10.2.1.1", 'L', GOES,
	    51 },
	/* a host against addresses */
	{ "10.0.0.0/8", "a.test", false, "a.test", "10.1.1.1", 'L', GOES, 51 },
	{ "10.0.0.0/8", "a.test", false, "a.test", "10.1.1.1", 'S', GOES, 51 },
	{ "10.0.0.0/8", "*.test", false, "a.test", "10.1.1.1", 'L', DENIED,
	    1 },
	{ "a.test", "10.0.0.0/8", false, "a.test", NULL, 'L', DENIED, 1 },
	{ "a.test", "10.0.0.0/8", false, "a.test", "10.1.1.1", 'L', DENIED,
	    1 },
	/* exceptions from what is private */
	{ "", "10.2.0.0/16", false, "a.test", "10.2.9.9", 'S', GOES, 51 },
	{ "", "10.2.0.0/16", false, "a.test", "10.3.9.9", 'S', CLASS, 0 },
	{ "", "10.2.9.9:5432", false, "a.test:5432", "10.2.9.9", 'S', GOES,
	    51 },
	{ "", "10.2.9.9:5432", false, "a.test:80", "10.2.9.9", 'S', CLASS, 0 },
	{ "", "private", false, "a.test", "10.2.9.9", 'S', GOES, 51 },
	{ "", "private", false, "a.test", "127.0.0.1", 'S', CLASS, 0 },
	{ "", "*.test", false, "a.test", "10.2.9.9", 'S', GOES, 51 },
	{ "", "*.test", false, "a.other", "10.2.9.9", 'S', CLASS, 0 },
	{ "", "*", false, "a.test", "10.2.9.9", 'S', CLASS, 0 },
	{ "", "*:80", false, "a.test:80", "10.2.9.9", 'S', CLASS, 0 },
	{ "", "0.0.0.0/0", false, "a.test", "10.2.9.9", 'S', CLASS, 0 },
	{ "", "0.0.0.0/0", false, "a.test", "8.8.8.8", 'S', GOES, 51 },
	{ "", "::/0", false, "a.test", "fd12::1", 'S', CLASS, 0 },
	{ "", "fd12::/16", false, "a.test", "fd12::1", 'S', GOES, 51 },
	{ "", "fc00::/7", false, "a.test", "fd12::1", 'S', GOES, 51 },
	/* ... from the loopback */
	{ "", "a.test", false, "a.test", "127.0.0.1", 'S', CLASS, 0 },
	{ "", "loopback", false, "a.test", "127.0.0.1", 'S', GOES, 51 },
	{ "", "loopback", false, "a.test", "::1", 'S', GOES, 51 },
	{ "", "127.0.0.1:8080", false, "a.test:8080", "127.0.0.1", 'S', GOES,
	    51 },
	{ "", "127.0.0.1:8080", false, "a.test:80", "127.0.0.1", 'S', CLASS,
	    0 },
	{ "", "127.0.0.0/8", false, "a.test", "127.0.0.1", 'S', GOES, 51 },
	{ "", "126.0.0.0/7", false, "a.test", "127.0.0.1", 'S', CLASS, 0 },
	/* ... from metadata and what is link-local */
	{ "", "a.test", false, "a.test", "169.254.169.254", 'L', CLASS, 0 },
	{ "", "metadata", false, "a.test", "169.254.169.254", 'S', GOES, 51 },
	{ "", "metadata", false, "a.test", "100.100.100.200", 'S', GOES, 51 },
	{ "", "metadata", false, "a.test", "169.254.1.1", 'L', CLASS, 0 },
	{ "", "169.254.169.254", false, "a.test", "169.254.169.254", 'L', GOES,
	    51 },
	{ "", "169.254.0.0/16", false, "a.test", "169.254.169.254", 'L',
	    CLASS, 0 },
	{ "", "169.254.0.0/16", false, "a.test", "169.254.1.1", 'L', GOES,
	    51 },
	{ "", "link-local", false, "a.test", "169.254.169.254", 'L', CLASS,
	    0 },
	{ "", "link-local", false, "a.test", "fe80::1", 'S', GOES, 51 },
	{ "", "0.0.0.0/0", false, "a.test", "169.254.169.254", 'L', CLASS, 0 },
	{ "", "64:ff9b::/96", false, "a.test", "64:ff9b::169.254.169.254", 'L',
	    CLASS, 0 },
	/* ... from what is our own */
	{ "", "a.test", false, "a.test", "127.0.0.1", 'o', CLASS, 0 },
	{ "", "127.0.0.1", false, "a.test", "127.0.0.1", 'o', CLASS, 0 },
	{ "", "loopback", false, "a.test", "127.0.0.1", 'o', CLASS, 0 },
	{ "", "own", false, "a.test", "127.0.0.1", 'o', GOES, 51 },
	{ "", "own", false, "a.test", "127.0.0.1", 's', GOES, 51 },
	{ "own", "own", false, "a.test", "127.0.0.1", 'o', GOES, 51 },
	/* all there is */
	{ "", "", true, "a.test", NULL, 'L', ONLY, 99 },
	{ "", "", true, "a.test", "8.8.8.8", 'L', ONLY, 99 },
	{ "", "a.test", true, "a.test", NULL, 'L', GOES, 0 },
	{ "", "a.test", true, "a.test", "8.8.8.8", 'S', GOES, 51 },
	{ "", "a.test", true, "b.test", NULL, 'L', ONLY, 99 },
	{ "", "a.test", true, "a.test", "169.254.169.254", 'L', CLASS, 0 },
	{ "", "a.test", true, "a.test", "127.0.0.1", 'L', GOES, 51 },
	{ "", "a.test", true, "a.test", "127.0.0.1", 'S', CLASS, 0 },
	{ "", "a.test 8.8.8.8", true, "b.test", NULL, 'L', GOES, 0 },
	{ "", "a.test 8.8.8.8", true, "b.test", "8.8.8.8", 'L', GOES, 52 },
	{ "", "a.test 8.8.8.8", true, "b.test", "9.9.9.9", 'L', ONLY, 99 },
	{ "", "private", true, "b.test", "10.9.9.9", 'S', GOES, 51 },
	{ "", "*", true, "b.test", "8.8.8.8", 'S', GOES, 51 },
	{ "8.8.8.8", "*", true, "b.test", "8.8.8.8", 'S', DENIED, 1 },
};

START_TEST(judge)
{
	struct destinations all = destinations(rows[_i].deny, rows[_i].allow,
	    rows[_i].only);
	struct http1_host h = host(rows[_i].host);
	char who = rows[_i].who, text[DESTINATION_TEXT];
	struct destination d = {
		.host = &h,
		.own = who == 'o' || who == 's',
		.stranger = who == 'S' || who == 's',
	};
	struct destination_verdict v;
	struct network n;

	if (rows[_i].address != NULL) {
		ck_assert_ptr_null(network_parse(&n, rows[_i].address,
		    strlen(rows[_i].address)));
		d.address = &n;
	}
	v = destination_judge(&all, &d);
	destination_say(text, &v);
	ck_assert_msg(v.reason == rows[_i].reason && v.at.line ==
	    rows[_i].line, "row %d: %d, line %u: %s", _i, v.reason, v.at.line,
	    text);
	destinations_free(&all);
}
END_TEST

static const struct {
	const char	*text;
	enum destination_entry_kind kind;
	const char	*expected;	/* NULL: it is one */
} entries[] = {
	{ "metadata", DESTINATION_WORD, NULL },
	{ "own", DESTINATION_WORD, NULL },
	{ "10.0.0.0/8", DESTINATION_NETWORK, NULL },
	{ "10.0.0.1", DESTINATION_NETWORK, NULL },
	{ "10.0.0.1:80", DESTINATION_NETWORK, NULL },
	{ "::1", DESTINATION_NETWORK, NULL },
	{ "[::1]", DESTINATION_NETWORK, NULL },
	{ "[::ffff:10.0.0.1]:80", DESTINATION_NETWORK, NULL },
	{ "localhost", DESTINATION_HOST, NULL },
	{ "*", DESTINATION_HOST, NULL },
	{ "*.example.com:443", DESTINATION_HOST, NULL },
	{ "10.0.0.1/8", DESTINATION_HOST, "no bits that are set behind the "
	    "network's length" },
	{ "10.0.0.0/33", DESTINATION_HOST, "a length of 0 to 32 behind the /" },
	{ "http://a.test/", DESTINATION_HOST, "an address or a network such "
	    "as 192.0.2.0/24 or 2001:db8::/32" },
	{ "10.0.0", DESTINATION_HOST, "a host name or address, with or "
	    "without a port" },
	{ "a*.test", DESTINATION_HOST, "a * as the whole first label only, as "
	    "in *.example.org" },
	{ "", DESTINATION_HOST, "a host name or address, with or without a "
	    "port" },
};

START_TEST(parse)
{
	struct destination_list list = { 0 };
	struct destination_entry e;
	const char *expected = destination_entry_parse(&e, entries[_i].text,
	    strlen(entries[_i].text));

	if (entries[_i].expected != NULL) {
		ck_assert_ptr_nonnull(expected);
		ck_assert_str_eq(expected, entries[_i].expected);
		return;
	}
	ck_assert_msg(expected == NULL, "%s: %s", entries[_i].text, expected);
	ck_assert_int_eq(e.kind, entries[_i].kind);
	ck_assert_str_eq(e.text, entries[_i].text);
	free(e.text);
	destination_list_free(&list);
}
END_TEST

START_TEST(ports)
{
	struct destination_range tls[] = { { 443, 443 } };
	struct destination_range http[] = { { 80, 80 }, { 1024, 65535 } };
	struct destinations all = {
		.ports = {
			[DESTINATION_TLS] = { tls, 1, { 7, 1 } },
			[DESTINATION_HTTP] = { http, 2, { 8, 1 } },
		},
	};
	static const struct {
		uint16_t		 port;
		enum destination_inside	 inside;
		bool			 goes;
	} table[] = {
		{ 443, DESTINATION_TLS, true },
		{ 442, DESTINATION_TLS, false },
		{ 444, DESTINATION_TLS, false },
		{ 443, DESTINATION_HTTP, false },
		{ 80, DESTINATION_HTTP, true },
		{ 1023, DESTINATION_HTTP, false },
		{ 1024, DESTINATION_HTTP, true },
		{ 65535, DESTINATION_HTTP, true },
		{ 25, DESTINATION_OTHER, false },
		{ 443, DESTINATION_OTHER, false },
	};
	struct http1_host h = host("a.test");
	struct destination d = { .host = &h, .stranger = true };
	struct destination_verdict v;
	char text[DESTINATION_TEXT];
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		h.port = table[i].port;
		d.stranger = true;
		v = destination_judge_port(&all, &d, table[i].inside);
		ck_assert_int_eq(v.reason, table[i].goes ? GOES :
		    DESTINATION_PORT);
		d.stranger = false;
		v = destination_judge_port(&all, &d, table[i].inside);
		ck_assert_int_eq(v.reason, GOES);
	}
	h.port = 25;
	d.stranger = true;
	v = destination_judge_port(&all, &d, DESTINATION_TLS);
	ck_assert_str_eq(destination_say(text, &v), "port 25 is not for TLS "
	    "of clients that are not on this machine "
	    "(destinations.ports.tls, line 7)");
	v = destination_judge_port(&all, &d, DESTINATION_OTHER);
	ck_assert_str_eq(destination_say(text, &v), "port 25 is not for other "
	    "protocols of clients that are not on this machine "
	    "(destinations.ports.other)");
}
END_TEST

static const struct {
	const char	*deny;
	const char	*allow;
	bool		 only;
	const char	*host;
	const char	*address;
	char		 who;
	const char	*says;
} said[] = {
	{ "", "", false, "a.test", "8.8.8.8", 'L', "nothing denies it" },
	{ "", "", false, "a.test", "169.254.169.254", 'L', "169.254.169.254 "
	    "is metadata, which is denied to all (destinations.deny)" },
	{ "metadata", "", false, "a.test", "64:ff9b::a9fe:a9fe", 'L',
	    "169.254.169.254 is metadata, which is denied to all "
	    "(destinations.deny, line 1)" },
	{ "", "", false, "a.test", "10.1.1.1", 'S', "10.1.1.1 is private, "
	    "which is denied to clients that are not on this machine "
	    "(destinations.deny)" },
	{ "", "", false, "a.test", "::1", 'o', "::1 is this proxy itself, "
	    "which is denied to all (destinations.deny)" },
	{ "*.test", "", false, "a.test", NULL, 'L', "denied by *.test "
	    "(destinations.deny, line 1)" },
	{ "8.0.0.0/8", "", false, "a.test", "8.8.8.8", 'L', "8.8.8.8: denied "
	    "by 8.0.0.0/8 (destinations.deny, line 1)" },
	{ "", "8.8.8.8", false, "a.test", "8.8.8.8", 'L', "8.8.8.8: allowed "
	    "by 8.8.8.8 (destinations.allow, line 51)" },
	{ "", "", true, "a.test", NULL, 'L', "nothing allows it "
	    "(destinations.only, line 99)" },
};

START_TEST(say)
{
	struct destinations all = destinations(said[_i].deny, said[_i].allow,
	    said[_i].only);
	struct http1_host h = host(said[_i].host);
	struct destination d = {
		.host = &h,
		.own = said[_i].who == 'o',
		.stranger = said[_i].who == 'S',
	};
	struct destination_verdict v;
	char text[DESTINATION_TEXT];
	struct network n;

	if (said[_i].address != NULL) {
		ck_assert_ptr_null(network_parse(&n, said[_i].address,
		    strlen(said[_i].address)));
		d.address = &n;
	}
	v = destination_judge(&all, &d);
	ck_assert_str_eq(destination_say(text, &v), said[_i].says);
	destinations_free(&all);
}
END_TEST

/* Whether a reload has to close who is where he may not be any more. */
static const struct {
	const char	*deny;
	const char	*allow;
	bool		 only;
	uint16_t	 tls;		/* the end of a range; 0: none */
	bool		 same;
} reloads[] = {
	{ "a.test 10.0.0.0/8", "b.test", false, 443, true },
	{ "a.test 10.0.0.0/8", "b.test", true, 443, false },
	{ "a.test 10.0.0.0/8", "b.test", false, 444, false },
	{ "a.test 10.0.0.0/8", "b.test", false, 0, false },
	{ "a.test 10.0.0.0/9", "b.test", false, 443, false },
	{ "10.0.0.0/8 a.test", "b.test", false, 443, false },
	{ "a.test", "b.test", false, 443, false },
	{ "a.test 10.0.0.0/8", "c.test", false, 443, false },
	{ "a.test 10.0.0.0/8", "", false, 443, false },
};

START_TEST(same)
{
	struct destinations a = destinations("a.test 10.0.0.0/8", "b.test",
	    false);
	struct destinations b = destinations(reloads[_i].deny,
	    reloads[_i].allow, reloads[_i].only);
	struct destination_range one = { 443, 443 };
	struct destination_range other = { 443, reloads[_i].tls };

	a.ports[DESTINATION_TLS].list = &one;
	a.ports[DESTINATION_TLS].n = 1;
	b.ports[DESTINATION_TLS].list = &other;
	b.ports[DESTINATION_TLS].n = reloads[_i].tls != 0;
	ck_assert_int_eq(destinations_same(&a, &b), reloads[_i].same);
	ck_assert_int_eq(destinations_same(&b, &a), reloads[_i].same);
	ck_assert(destinations_same(&b, &b));
	a.ports[DESTINATION_TLS] = b.ports[DESTINATION_TLS] =
	    (struct destination_ports){ NULL, 0, { 0, 0 } };
	destinations_free(&a);
	destinations_free(&b);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("destination");
	TCase *tc = tcase_create("judge");

	ROWS(tc, judge, rows);
	tcase_add_test(tc, ports);
	ROWS(tc, same, reloads);
	suite_add_tcase(suite, tc);
	tc = tcase_create("words");
	ROWS(tc, parse, entries);
	ROWS(tc, say, said);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
