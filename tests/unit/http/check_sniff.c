/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "check_run.h"
#include "http/sniff.h"

/* What the first bytes inside a tunnel are; whole, and byte by byte. */

static enum sniff_verdict
verdict_on(const char *p, size_t len)
{
	struct sniff whole = { 0 }, pieces = { 0 };
	enum sniff_verdict v = sniff(&whole, p, len);
	size_t i;

	for (i = 0; i < len; i++)
		sniff(&pieces, p + i, 1);
	ck_assert_int_eq(pieces.verdict, v);
	ck_assert_int_eq(pieces.likely, whole.likely);
	/* Nothing that follows changes it. */
	if (v >= SNIFF_TLS)
		ck_assert_int_eq(sniff(&pieces, "\nGET / HTTP/1.1\r\n", 17),
		    v);
	return v;
}

#define VERDICT(text)	verdict_on(text, sizeof(text) - 1)

START_TEST(requests)
{
	ck_assert_int_eq(VERDICT("GET / HTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("M-SEARCH * HTTP/1.1"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET http://a.test/ HTTP/1.0"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	    SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET /http/h HTHTTP/ HTTP/1.1"), SNIFF_HTTP);
}
END_TEST

START_TEST(requests_for_the_careless)
{
	ck_assert_int_eq(VERDICT("\r\n\r\nGET / HTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("\n GET / HTTP/1.1\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("get / http/1.1\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET\t/\tHTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET\r/\rHTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET\x1d/\x85HTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("!#$ / HTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("1 / HTTP/1.1\r\n"), SNIFF_HTTP);
	ck_assert_int_eq(VERDICT("GET /a b\x01\xff  HTTP/9"), SNIFF_HTTP);
}
END_TEST

START_TEST(perhaps_requests)
{
	struct sniff s = { 0 };
	size_t i;
	static const char likely[] = "PROPFIND /\xc3\xa4 HTTP";
	static const char *const unlikely[] = { "g", "0", "Get", "-A", "GET\t",
	    "get /", "GET /\x01", "GET /\x7f" };

	for (i = 0; i + 1 < sizeof likely; i++) {
		ck_assert_int_eq(sniff(&s, likely + i, 1), SNIFF_MAYBE_HTTP);
		ck_assert(s.likely);
	}
	for (i = 0; i < sizeof unlikely / sizeof unlikely[0]; i++) {
		memset(&s, 0, sizeof s);
		ck_assert_int_eq(sniff(&s, unlikely[i], strlen(unlikely[i])),
		    SNIFF_MAYBE_HTTP);
		ck_assert(!s.likely);
	}
}
END_TEST

START_TEST(tls)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00";
	size_t i;

	for (i = 1; i < SNIFF_TLS_BYTES; i++)
		ck_assert_int_eq(verdict_on(hello, i), SNIFF_MAYBE_TLS);
	ck_assert_int_eq(verdict_on(hello, SNIFF_TLS_BYTES), SNIFF_TLS);
	ck_assert_int_eq(VERDICT("\x16\x03\x03\x00\x01\x01"), SNIFF_TLS);
}
END_TEST

START_TEST(no_tls)
{
	ck_assert_int_eq(VERDICT("\x16GET / HTTP/1.1\r\n"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\x16\x03\x05"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\x16\x02"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\x16\x03\x01\x41"), SNIFF_OTHER);
	/* A ServerHello; an alert; and no record that comes second. */
	ck_assert_int_eq(VERDICT("\x16\x03\x03\x00\x10\x02"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\x15\x03\x03\x00\x02\x02"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\r\n\x16\x03\x01"), SNIFF_OTHER);
}
END_TEST

START_TEST(others)
{
	ck_assert_int_eq(VERDICT(""), SNIFF_NOTHING);
	ck_assert_int_eq(VERDICT("\r\n \t"), SNIFF_NOTHING);
	ck_assert_int_eq(VERDICT("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
	    SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("EHLO client.test\r\n"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("PING\r\n"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("*1\r\n$4\r\nPING\r\n"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("OPTIONS rtsp://a RTSP/1.0\r\n"),
	    SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("<?xml version='1.0'?>"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("\0\0\0\x08\x04\xd2\x16\x2f"), SNIFF_OTHER);
	/* HTTP/0.9: one request, and the connection's end. */
	ck_assert_int_eq(VERDICT("GET /\r\n"), SNIFF_OTHER);
	ck_assert_int_eq(VERDICT("GET /xHTTP/1.1\r\n"), SNIFF_OTHER);
}
END_TEST

/* Origins differ in what they find too long, so nothing is. */
START_TEST(long_ones)
{
	const unsigned many = repetitions(1 << 20);
	struct sniff s = { 0 };
	unsigned i;

	for (i = 0; i < SNIFF_METHOD; i++)
		ck_assert_int_eq(sniff(&s, "A", 1), SNIFF_MAYBE_HTTP);
	ck_assert(s.likely);
	ck_assert_int_eq(sniff(&s, "A", 1), SNIFF_MAYBE_HTTP);
	ck_assert(!s.likely);
	ck_assert_int_eq(sniff(&s, " / HTTP/1.1", 11), SNIFF_HTTP);

	memset(&s, 0, sizeof s);
	sniff(&s, "GET /", 5);
	for (i = 0; i < many; i++)
		ck_assert_int_eq(sniff(&s, "a", 1), SNIFF_MAYBE_HTTP);
	ck_assert(s.likely);
	ck_assert_int_eq(sniff(&s, " HTTP/1.1", 9), SNIFF_HTTP);

	memset(&s, 0, sizeof s);
	for (i = 0; i < many / 8; i++)
		ck_assert_int_eq(sniff(&s, "\r\n", 2), SNIFF_NOTHING);
	ck_assert_int_eq(sniff(&s, "GET / HTTP/1.1", 14), SNIFF_HTTP);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sniff");
	TCase *c = tcase_create("sniff");

	tcase_add_test(c, requests);
	tcase_add_test(c, requests_for_the_careless);
	tcase_add_test(c, perhaps_requests);
	tcase_add_test(c, tls);
	tcase_add_test(c, no_tls);
	tcase_add_test(c, others);
	tcase_add_test(c, long_ones);
	suite_add_tcase(s, c);
	return run_suite(s);
}
