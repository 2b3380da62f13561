/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"
#include "http/http1_connection.h"
#include "http/http1_error.h"
#include "http/http1_head.h"
#include "http/http1_keep_alive.h"
#include "http/http1_response.h"

#include "check_http1.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define OK10	"HTTP/1.0 200 OK\r\n"
#define END	"\r\n"

/* Whatever these are, the client gets 502 for them. */
static const struct {
	struct http1_str	 input;
	enum http1_error	 error;
} bad[] = {
	/* framing */
	{ BYTES(OK "Content-Length: 5\r\nContent-Length: 6\r\n" END),
	    HTTP1_MANY_LENGTHS },
	{ BYTES(OK "Content-Length: 5\r\nContent-Length: 5\r\n" END),
	    HTTP1_MANY_LENGTHS },
	{ BYTES(OK "Content-Length: 5, 5\r\n" END), HTTP1_BAD_LENGTH },
	{ BYTES(OK "Content-Length: -1\r\n" END), HTTP1_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 5x\r\n" END), HTTP1_BAD_LENGTH },
	{ BYTES(OK "Content-Length:\r\n" END), HTTP1_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 9223372036854775808\r\n" END),
	    HTTP1_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
	    HTTP1_BAD_FRAMING },
	{ BYTES(OK "Transfer-Encoding: gzip\r\n" END),
	    HTTP1_UNKNOWN_CODING },
	{ BYTES(OK "Transfer-Encoding: gzip, chunked\r\n" END),
	    HTTP1_UNKNOWN_CODING },
	{ BYTES(OK "Transfer-Encoding: identity\r\n" END),
	    HTTP1_UNKNOWN_CODING },
	{ BYTES(OK "Transfer-Encoding: chunked, gzip\r\n" END),
	    HTTP1_BAD_CODING },
	{ BYTES(OK "Transfer-Encoding: chunked,\r\n" END), HTTP1_BAD_CODING },
	{ BYTES(OK "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n" END), HTTP1_MANY_CODINGS },
	{ BYTES(OK10 "Transfer-Encoding: chunked\r\n" END),
	    HTTP1_OLD_CODING },
	/* bytes and fields */
	{ BYTES(OK "A: b\rc\r\n" END), HTTP1_BARE_CR },
	{ BYTES(OK "A: b\n" END), HTTP1_BARE_LF },
	{ BYTES(OK "A: b\0\r\n" END), HTTP1_NUL },
	{ BYTES("HTTP/1.1 200 O\rK\r\n" END), HTTP1_BARE_CR },
	{ BYTES("HTTP/1.1 200 O\0K\r\n" END), HTTP1_NUL },
	{ BYTES("HTTP/1.1 200 OK\n\n"), HTTP1_BARE_LF },
	{ BYTES(OK "A: b\r\n c\r\n" END), HTTP1_FOLDED },
	{ BYTES(OK " A: b\r\n" END), HTTP1_FOLDED },
	{ BYTES(OK " : b\r\n" END), HTTP1_FOLDED },
	{ BYTES(OK "A b : c\r\n" END), HTTP1_BAD_FIELD },
	{ BYTES(OK "A \r\n" END), HTTP1_NO_COLON },
	{ BYTES(OK "Content-Length : 5\r\nContent-Length: 5\r\n" END),
	    HTTP1_MANY_LENGTHS },
	{ BYTES(OK "Transfer-Encoding\t: chunked\r\nContent-Length: 5\r\n"
	    END), HTTP1_BAD_FRAMING },
	{ BYTES(OK "A\r\n" END), HTTP1_NO_COLON },
	{ BYTES(OK ": b\r\n" END), HTTP1_BAD_FIELD },
	/* status line */
	{ BYTES("<html>\r\n\r\n"), HTTP1_BAD_LINE },
	{ BYTES("<html> <body>\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES("ICY 200 OK\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES("http/1.1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES("HTTP/1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES("HTTP/1.10 200 OK\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES(" HTTP/1.1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION },
	{ BYTES("HTTP/2.0 200 OK\r\n\r\n"), HTTP1_UNKNOWN_VERSION },
	{ BYTES("HTTP/0.9 200 OK\r\n\r\n"), HTTP1_UNKNOWN_VERSION },
	{ BYTES("HTTP/1.1\r\n\r\n"), HTTP1_BAD_LINE },
	{ BYTES("HTTP/1.1 \r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1  200 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 99 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 099 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 000 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 1000 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 99999 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 2000\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 20\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 2x0 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 +20 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 -200 OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 200OK\r\n\r\n"), HTTP1_BAD_STATUS },
	{ BYTES("HTTP/1.1 200\tOK\r\n\r\n"), HTTP1_BAD_STATUS },
};

static enum http1_error
parse(struct http1_head *head, const char *p, size_t len, const char *method)
{
	struct scanned scanned;

	scanned = scan_all_ways(p, len, MAX_HEAD, MAX_LINE);
	ck_assert_int_ne(scanned.result, HTTP1_MORE);
	if (scanned.result == HTTP1_FAILED)
		return scanned.error;
	return http1_response(head, p, scanned.end,
	    (struct http1_str){ method, strlen(method) });
}

START_TEST(test_bad)
{
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, bad[_i].input.p, bad[_i].input.len,
	    "GET"), bad[_i].error);
}
END_TEST

START_TEST(test_bad_unscanned)
{
	static struct http1_head head;
	struct http1_str input = bad[_i].input;
	char *copy = exact_copy(input.p, input.len);

	memset(&head, 'x', sizeof head);
	ck_assert_int_ne(http1_response(&head, copy, input.len,
	    (struct http1_str){ "GET", 3 }), HTTP1_OK);
	ck_assert_uint_eq(head.nfields, 0);
	ck_assert_int_eq(head.status, 0);
	ck_assert_int_eq(head.body, HTTP1_NO_BODY);
	ck_assert(!head.keep_alive);
	free(copy);
}
END_TEST

static const char *
describe(const struct http1_head *h)
{
	static const char *const bodies[] = { "none", "length", "chunked",
	    "close" };
	static char text[1024];

	snprintf(text, sizeof text, "1.%u %d [%.*s] %s=%llu%s%s%s", h->minor,
	    h->status, (int)h->reason.len,
	    h->reason.p != NULL ? h->reason.p : "", bodies[h->body],
	    (unsigned long long)h->length, h->has_length ? " has" : "",
	    h->keep_alive ? " keep" : "", h->upgrade ? " upgrade" : "");
	return text;
}

static const struct {
	struct http1_str	 input;
	const char		*method;
	const char		*want;
} good[] = {
	/* bodies */
	{ BYTES(OK "Content-Length: 5\r\n" END), "GET",
	    "1.1 200 [OK] length=5 has keep" },
	{ BYTES(OK "Content-Length: 0\r\n" END), "GET",
	    "1.1 200 [OK] length=0 has keep" },
	{ BYTES(OK "Transfer-Encoding: CHUNKED\r\n" END), "GET",
	    "1.1 200 [OK] chunked=0 keep" },
	{ BYTES(OK END), "GET", "1.1 200 [OK] close=0" },
	{ BYTES(OK "Connection: keep-alive\r\n" END), "GET",
	    "1.1 200 [OK] close=0" },
	{ BYTES(OK10 "Connection: keep-alive\r\n" END), "GET",
	    "1.0 200 [OK] close=0" },
	{ BYTES(OK END), "head", "1.1 200 [OK] close=0" },
	/* and none */
	{ BYTES(OK END), "HEAD", "1.1 200 [OK] none=0 keep" },
	{ BYTES(OK "Content-Length: 5\r\n" END), "HEAD",
	    "1.1 200 [OK] none=5 has keep" },
	{ BYTES(OK "Transfer-Encoding: chunked\r\n" END), "HEAD",
	    "1.1 200 [OK] none=0 keep" },
	{ BYTES("HTTP/1.1 304 Not Modified\r\n\r\n"), "GET",
	    "1.1 304 [Not Modified] none=0 keep" },
	{ BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
	    "GET", "1.1 304 [Not Modified] none=5 has keep" },
	{ BYTES("HTTP/1.1 304 Not Modified\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), "GET",
	    "1.1 304 [Not Modified] none=0 keep" },
	{ BYTES("HTTP/1.1 204 No Content\r\n\r\n"), "GET",
	    "1.1 204 [No Content] none=0 keep" },
	{ BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
	    "GET", "1.1 204 [No Content] none=0 keep" },
	{ BYTES("HTTP/1.1 100 Continue\r\n\r\n"), "POST",
	    "1.1 100 [Continue] none=0 keep" },
	{ BYTES("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), "GET",
	    "1.1 103 [Early Hints] none=0 keep" },
	/* a body announced where there is none: not to be trusted further */
	{ BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
	    "GET", "1.1 204 [No Content] none=0" },
	{ BYTES("HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n"),
	    "GET", "1.1 204 [No Content] none=0" },
	{ BYTES("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n"
	    END), "GET", "1.1 204 [No Content] none=0" },
	{ BYTES("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"),
	    "POST", "1.1 100 [Continue] none=0" },
	{ BYTES(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
	    END), "HEAD", "1.1 200 [OK] none=0" },
	{ BYTES(OK "Content-Length: 5\r\nContent-Length: 5\r\n" END),
	    "HEAD", "1.1 200 [OK] none=0" },
	{ BYTES(OK "Transfer-Encoding: gzip, chunked\r\n" END), "HEAD",
	    "1.1 200 [OK] none=0" },
	{ BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 5, 5\r\n"
	    "\r\n"), "GET", "1.1 304 [Not Modified] none=0" },
	/* CONNECT */
	{ BYTES(OK END), "CONNECT", "1.1 200 [OK] none=0 keep" },
	{ BYTES(OK "Content-Length: 5\r\n" END), "CONNECT",
	    "1.1 200 [OK] none=0" },
	{ BYTES("HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\n"), "CONNECT",
	    "1.1 403 [No] length=5 has keep" },
	{ BYTES("HTTP/1.1 502 No\r\n\r\n"), "CONNECT",
	    "1.1 502 [No] close=0" },
	/* status lines */
	{ BYTES("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), "GET",
	    "1.1 200 [] length=0 has keep" },
	{ BYTES("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), "GET",
	    "1.1 200 [] length=0 has keep" },
	{ BYTES("HTTP/1.1 599 A\tb  \xe4 \r\nContent-Length: 0\r\n\r\n"),
	    "GET", "1.1 599 [A\tb  \xe4 ] length=0 has keep" },
	{ BYTES("HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"), "GET",
	    "1.1 600 [X] length=0 has keep" },
	{ BYTES("HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"), "GET",
	    "1.1 999 [X] length=0 has keep" },
	/* white space before a colon */
	{ BYTES(OK "Content-Length : 5\r\n" END), "GET",
	    "1.1 200 [OK] length=5 has keep" },
	{ BYTES(OK "Transfer-Encoding \t : chunked\r\nConnection : close\r\n"
	    END), "GET", "1.1 200 [OK] chunked=0" },
	{ BYTES("HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"), "GET",
	    "1.1 200 [OK] length=0 has keep" },
	/* persistence */
	{ BYTES(OK "Content-Length: 0\r\nConnection: close\r\n" END), "GET",
	    "1.1 200 [OK] length=0 has" },
	{ BYTES(OK "Content-Length: 0\r\nProxy-Connection: close\r\n" END),
	    "GET", "1.1 200 [OK] length=0 has keep" },
	{ BYTES(OK10 "Content-Length: 0\r\n" END), "GET",
	    "1.0 200 [OK] length=0 has" },
	{ BYTES(OK10 "Content-Length: 0\r\nConnection: keep-alive\r\n" END),
	    "GET", "1.0 200 [OK] length=0 has keep" },
	/* Upgrade */
	{ BYTES("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\n\r\n"), "GET",
	    "1.1 101 [Switching Protocols] none=0 keep upgrade" },
	{ BYTES("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    END), "GET", "1.1 101 [Switching Protocols] none=0 keep" },
	/* what looks like another response behind it is not looked at */
	{ BYTES(OK "Content-Length: 0\r\n" END "HTTP/1.1 200 OK\n\n"), "GET",
	    "1.1 200 [OK] length=0 has keep" },
};

START_TEST(test_good)
{
	static struct http1_head head;

	memset(&head, 'x', sizeof head);
	ck_assert_int_eq(parse(&head, good[_i].input.p, good[_i].input.len,
	    good[_i].method), HTTP1_OK);
	ck_assert_str_eq(describe(&head), good[_i].want);
}
END_TEST

START_TEST(test_hop)
{
	static const char text[] = OK "Connection: x-a, retry-after\r\n"
	    "X-A: 1\r\nRetry-After: 5\r\nKeep-Alive: 5\r\n"
	    "Proxy-Authenticate: Basic\r\nServer: x\r\n"
	    "Content-Length: 0\r\n" END;
	static const bool hop[] = { true, true, true, true, true,
	    false, false };
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, text, sizeof text - 1, "GET"),
	    HTTP1_OK);
	ck_assert_uint_eq(head.nfields, sizeof hop / sizeof hop[0]);
	for (unsigned i = 0; i < head.nfields; i++)
		ck_assert_int_eq(head.fields[i].hop, hop[i]);
	ck_assert_ptr_eq(http1_find(&head, HTTP1_RETRY_AFTER),
	    &head.fields[2]);
}
END_TEST

START_TEST(test_too_much)
{
	static struct http1_head head;
	static char text[4 * HTTP1_FIELDS + 64];
	size_t n = sizeof(OK) - 1;

	memcpy(text, OK, n);
	for (int i = 0; i < HTTP1_FIELDS + 1; i++, n += 4)
		memcpy(text + n, "A:\r\n", 4);
	memcpy(text + n, "\r\n", 2);
	ck_assert_int_eq(http1_response(&head, text, n + 2,
	    (struct http1_str){ "GET", 3 }), HTTP1_MANY_FIELDS);

	n = sizeof(OK) - 1;
	memcpy(text + n, "Connection: ", 12);
	n += 12;
	for (int i = 0; i < HTTP1_CONNECTION_OPTIONS + 1; i++, n += 2)
		memcpy(text + n, "a,", 2);
	memcpy(text + n, "\r\n\r\n", 4);
	ck_assert_int_eq(http1_response(&head, text, n + 4,
	    (struct http1_str){ "GET", 3 }), HTTP1_BAD_CONNECTION);
}
END_TEST

static const struct {
	struct http1_str	 input;
	const char		*why;
} reasons[] = {
	{ BYTES("HTTP/1.1 99 X\r\n\r\n"), "status 99" },
	{ BYTES("HTTP/1.1 99999 X\r\n\r\n"), "status 99999" },
	{ BYTES("HTTP/1.1 0200\r\n\r\n"), "status 0200" },
	{ BYTES("HTTP/1.1 2\"0 X\r\n\r\n"), "malformed status code" },
	{ BYTES("HTTP/1.1  X\r\n\r\n"), "malformed status code" },
	{ BYTES("HTTP/1.1 12345678901234567 X\r\n\r\n"),
	    "malformed status code" },
	{ BYTES(OK "A\r\n" END), "field line without a colon" },
	{ BYTES(OK "A: b\r\n c\r\n" END), "folded field line" },
	{ BYTES(OK "A: b\n" END), "bare LF" },
	{ BYTES(OK "A: b\rc\r\n" END), "bare CR" },
	{ BYTES(OK "A: b\0\r\n" END), "NUL byte" },
	{ BYTES(OK "A: b\x01\r\n" END), "control byte" },
};

START_TEST(test_reasons)
{
	static struct http1_head head;
	struct http1_str input = reasons[_i].input;
	char buf[HTTP1_WHY];
	enum http1_error error;

	error = http1_response(&head, input.p, input.len,
	    (struct http1_str){ "GET", 3 });
	ck_assert_str_eq(http1_explain(error, &head, 200, buf),
	    reasons[_i].why);
	ck_assert_str_eq(http1_explain(HTTP1_MANY_FIELDS, &head, 200, buf),
	    "more than 200 fields (limits.fields)");
}
END_TEST

#define NONE	UINT64_MAX

static const struct {
	struct http1_str	 fields;
	uint64_t		 timeout;
	uint64_t		 max;
} keep_alives[] = {
	{ BYTES(""), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=5\r\n"), 5, NONE },
	{ BYTES("Keep-Alive: timeout=5, max=100\r\n"), 5, 100 },
	{ BYTES("Keep-Alive: max=100,timeout=5\r\n"), 5, 100 },
	{ BYTES("KEEP-ALIVE: TimeOut=5\r\n"), 5, NONE },
	{ BYTES("Keep-Alive: timeout=0\r\n"), 0, NONE },
	{ BYTES("Keep-Alive: max=0\r\n"), NONE, 0 },
	{ BYTES("Keep-Alive: timeout=\"5\"\r\n"), 5, NONE },
	{ BYTES("Keep-Alive: timeout = 5 ; max = 7\r\n"), 5, 7 },
	{ BYTES("Keep-Alive: timeout=5 max=7\r\n"), 5, 7 },
	{ BYTES("Keep-Alive: a, b=c, timeout=05,\r\n"), 5, NONE },
	/* of two the smaller */
	{ BYTES("Keep-Alive: timeout=5, timeout=3, timeout=9\r\n"), 3, NONE },
	{ BYTES("Keep-Alive: timeout=5\r\nA: b\r\nKeep-Alive: timeout=4\r\n"),
	    4, NONE },
	{ BYTES("Keep-Alive: timeout=x, timeout=5\r\n"), 5, NONE },
	/* what makes no sense */
	{ BYTES("Keep-Alive:\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: 5\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=\"\"\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=\"\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=-1\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=5s\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout=1.5\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: timeout==5\r\n"), NONE, NONE },
	{ BYTES("Keep-Alive: =5\r\n"), NONE, NONE },
	{ BYTES("X-Keep-Alive: timeout=5\r\n"), NONE, NONE },
};

START_TEST(test_keep_alive)
{
	static struct http1_head head;
	struct http1_keep_alive k;
	char text[256];
	int n;

	n = snprintf(text, sizeof text, OK "Content-Length: 0\r\n%s" END,
	    keep_alives[_i].fields.p);
	ck_assert_int_eq(parse(&head, text, (size_t)n, "GET"), HTTP1_OK);
	http1_keep_alive(&head, &k);
	ck_assert_uint_eq(k.timeout, keep_alives[_i].timeout);
	ck_assert_uint_eq(k.max, keep_alives[_i].max);
}
END_TEST

START_TEST(test_keep_alive_huge)
{
	static const char text[] = OK "Content-Length: 0\r\n"
	    "Keep-Alive: timeout=99999999999999999999999999999\r\n" END;
	static struct http1_head head;
	struct http1_keep_alive k;

	ck_assert_int_eq(parse(&head, text, sizeof text - 1, "GET"),
	    HTTP1_OK);
	http1_keep_alive(&head, &k);
	ck_assert_uint_gt(k.timeout, 1000000000);
	/* in nanoseconds it is still a number */
	ck_assert_uint_lt(k.timeout, UINT64_MAX / 1000000000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_response");
	TCase *tc = tcase_create("response");

	tcase_add_loop_test(tc, test_bad, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_bad_unscanned, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_good, 0, NROWS(good));
	tcase_add_loop_test(tc, test_reasons, 0, NROWS(reasons));
	tcase_add_loop_test(tc, test_keep_alive, 0, NROWS(keep_alives));
	tcase_add_test(tc, test_keep_alive_huge);
	tcase_add_test(tc, test_hop);
	tcase_add_test(tc, test_too_much);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
