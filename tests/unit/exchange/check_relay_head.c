/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "exchange/relay_codings.h"
#include "exchange/relay_head.h"
#include "http/http1_request.h"
#include "http/http1_response.h"

/* Heads as they are sent on: what is dropped, and what is made anew. */

static struct http1_head head;
static struct text	 text;

static void
check_text(const char *want)
{
	ck_assert(!text.failed);
	text_put(&text, "", 1);
	ck_assert_str_eq(text.p, want);
	text_free(&text);
}

static void
request(const char *s)
{
	ck_assert_int_eq(http1_request(&head, s, strlen(s)), HTTP1_OK);
}

static const struct {
	const char		*in;
	struct relay_request	 to;
	const char		*out;
} requests[] = {
	/* targets and Host */
	{ "GET http://A.test HTTP/1.1\r\nHost: b.test\r\n\r\n", { .port = 80 },
	    "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "GET http://a.test:8080?q HTTP/1.1\r\nHost: b.test\r\n\r\n",
	    { .port = 8080 },
	    "GET /?q HTTP/1.1\r\nHost: a.test:8080\r\n\r\n" },
	{ "OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
	    { .port = 80 }, "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	/* methods have their case: this one is some other */
	{ "Options http://a.test HTTP/1.1\r\nHost: a.test\r\n"
	    "Max-Forwards: 10\r\n\r\n", { .port = 80 },
	    "Options / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 10\r\n"
	    "\r\n" },
	{ "GET http://[::1]:81/x HTTP/1.1\r\nHost: b\r\n\r\n", { .port = 81 },
	    "GET /x HTTP/1.1\r\nHost: [::1]:81\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
	    { .port = 443, .tls = true },
	    "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
	    { .port = 443 },
	    "GET / HTTP/1.1\r\nHost: a.test:443\r\n\r\n" },
	/* fields: in their order and case, but not those of a connection */
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nx-ONE:  1 \r\n"
	    "Proxy-Authorization: Basic eA==\r\nConnection: X-Two\r\n"
	    "X-Two: 2\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\n"
	    "X-Three: 3\r\n\r\n", { .port = 80 },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nx-ONE: 1\r\nX-Three: 3"
	    "\r\n\r\n" },
	/* framing */
	{ "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Content-Length: 007\r\n\r\n", { .port = 80 },
	    "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 7\r\n\r\n" },
	{ "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Transfer-Encoding: CHUNKED\r\n\r\n", { .port = 80 },
	    "PUT / HTTP/1.1\r\nHost: a.test\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n" },
	/* codings that can be read, or none; a body that was changed */
	{ "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: br, gzip;q=0.5\r\nContent-Length: 7\r\n\r\n",
	    { .port = 80, .readable = true },
	    "PUT / HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: gzip;q=0.5\r\nContent-Length: 7\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\r\n",
	    { .port = 80, .readable = true },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\r\n" },
	{ "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: gzip\r\nContent-Length: 7\r\n\r\n",
	    { .port = 80, .readable = true, .plain = true, .more = 10 },
	    "PUT / HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: identity\r\nContent-Length: 17\r\n\r\n" },
	{ "PUT http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Content-Length: 7\r\n\r\n",
	    { .port = 80, .plain = true, .more = -1 },
	    "PUT / HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: identity\r\nContent-Length: 6\r\n\r\n" },
	/* Via, behind those that are there */
	{ "GET http://a.test/ HTTP/1.0\r\nHost: a.test\r\nVia: 1.1 x\r\n\r\n",
	    { .port = 80, .via = "me" },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 x\r\nVia: 1.0 me"
	    "\r\n\r\n" },
	/* TE and Upgrade are said anew */
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: TE\r\n"
	    "TE: gzip, trailers\r\n\r\n", { .port = 80 },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n"
	    "Connection: TE\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: TE\r\n"
	    "TE: trailers;q=1\r\n\r\n", { .port = 80 },
	    "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Connection: upgrade\r\nUpgrade: websocket, x\r\n\r\n",
	    { .port = 80, .offer = "websocket" },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n"
	    "Connection: upgrade\r\n\r\n" },
	/* Max-Forwards counts for TRACE and OPTIONS alone */
	{ "OPTIONS http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Max-Forwards: 10\r\nMax-Forwards: 012\r\n\r\n", { .port = 80 },
	    "OPTIONS / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 9\r\n\r\n" },
	{ "OPTIONS http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Max-Forwards: 10\r\nConnection: max-forwards\r\n\r\n",
	    { .port = 80 },
	    "OPTIONS / HTTP/1.1\r\nHost: a.test\r\n\r\n" },
	{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Max-Forwards: 10\r\n\r\n", { .port = 80 },
	    "GET / HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 10\r\n\r\n" },
};

START_TEST(request_head)
{
	request(requests[_i].in);
	relay_request(&text, &head, &requests[_i].to);
	check_text(requests[_i].out);
}
END_TEST

/* What a client takes, of codings, and what it is asked for in its name. */
static const struct {
	const char	*accepts;
	const char	*asked;		/* NULL: as it came */
	bool		 plain;		/* it takes identity */
} codings[] = {
	{ "gzip, br", "gzip", true },
	{ "br;q=1.0, x-gzip;q=0.5 ,DEFLATE, zstd", "x-gzip;q=0.5, DEFLATE",
	    true },
	{ "identity;q=0.5, gzip", "identity;q=0.5, gzip", true },
	{ "zstd;q=1, gzip ; q=0.5", "gzip ; q=0.5", true },
	/* nothing that can be read is named: what is always taken is left */
	{ "", "identity", true },
	{ "br", "identity", true },
	{ "*", "identity", true },
	{ "gzipped, x-br", "identity", true },
	/* what is refused is not asked for */
	{ "gzip;q=0, br", "identity", true },
	{ "gzip;Q=0.000, deflate", "deflate", true },
	{ "gzip ;\tq=0 , identity;q=0.1", "identity;q=0.1", true },
	{ "identity;q=0, gzip, br", "gzip, identity;q=0", false },
	{ "gzip;q=0.001, *;q=0", "gzip;q=0.001, identity;q=0", false },
	{ "identity, *;q=0", "identity", true },
	{ "*;q=0, identity;q=0.5", "identity;q=0.5", true },
	/* nothing that can be read is taken */
	{ "br, identity;q=0", NULL, false },
	{ "br, *;q=0", NULL, false },
	{ "br, gzip;q=0, identity;q=0.", NULL, false },
	{ "identity;q=0, *", NULL, false },
	{ "*;q=0", NULL, false },
	/* that is no weight */
	{ "gzip;q=", "gzip;q=", true },
	{ "gzip;q=00", "gzip;q=00", true },
	{ "gzip;x=0", "gzip;x=0", true },
	{ "gzip;", "gzip;", true },
	/* several fields are one list */
	{ "br\r\nAccept-Encoding: gzip", "gzip", true },
	{ "br\r\nAccept-Encoding: *;q=0", NULL, false },
};

START_TEST(readable_codings)
{
	static const char start[] = "GET http://a.test/ HTTP/1.1\r\n"
	    "Host: a.test\r\nAccept-Encoding: ";
	static const char out[] = "GET / HTTP/1.1\r\nHost: a.test\r\n"
	    "Accept-Encoding: ";
	struct relay_request to = { .port = 80, .readable = true };
	const char *asked = codings[_i].asked;
	char in[256], want[256];

	snprintf(in, sizeof in, "%s%s\r\n\r\n", start, codings[_i].accepts);
	snprintf(want, sizeof want, "%s%s\r\n\r\n", out, asked != NULL ?
	    asked : codings[_i].accepts);
	request(in);
	ck_assert_int_eq(relay_codings_plain(&head), codings[_i].plain);
	relay_request(&text, &head, &to);
	check_text(want);
}
END_TEST

START_TEST(trace_hides_credentials)
{
	struct relay_request to = { .port = 80 };

	request("TRACE http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
	    "Authorization: x\r\nCookie: y\r\nX: z\r\n\r\n");
	relay_trace(&text, &head, &to);
	check_text("TRACE / HTTP/1.1\r\nHost: a.test\r\nX: z\r\n\r\n");
}
END_TEST

static const struct {
	const char		*in;
	struct relay_response	 how;
	const char		*out;
} responses[] = {
	{ "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nDate: d\r\n\r\n",
	    { .framing = RELAY_LENGTH },
	    "HTTP/1.1 200 Fine\r\nDate: d\r\nContent-Length: 2\r\n\r\n" },
	{ "HTTP/1.0 200 OK\r\nKeep-Alive: 5\r\nConnection: x\r\nX: 1\r\n\r\n",
	    { .framing = RELAY_CHUNKED, .via = "me" },
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	    "Via: 1.0 me\r\n\r\n" },
	{ "HTTP/1.1 200 OK\r\n\r\n",
	    { .framing = RELAY_UNTIL_CLOSE, .close = true },
	    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" },
	{ "HTTP/1.1 204 OK\r\n\r\n",
	    { .framing = RELAY_NO_BODY, .keep_alive = true },
	    "HTTP/1.1 204 OK\r\nConnection: keep-alive\r\n\r\n" },
	/* a date is told where none is, of final ones */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDATE: d\r\n\r\n",
	    { .framing = RELAY_LENGTH, .date = "now" },
	    "HTTP/1.1 200 OK\r\nDATE: d\r\nContent-Length: 2\r\n\r\n" },
	{ "HTTP/1.0 404 No\r\nContent-Length: 2\r\nX: 1\r\n\r\n",
	    { .framing = RELAY_LENGTH, .date = "now" },
	    "HTTP/1.1 404 No\r\nX: 1\r\nDate: now\r\n"
	    "Content-Length: 2\r\n\r\n" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: d\r\n"
	    "Connection: date\r\n\r\n",
	    { .framing = RELAY_LENGTH, .date = "now" },
	    "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\n" },
	{ "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
	    { .framing = RELAY_NO_BODY, .date = "now" },
	    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" },
	/* a length is told although no body follows */
	{ "HTTP/1.1 304 OK\r\nContent-Length: 5\r\n\r\n",
	    { .framing = RELAY_NO_BODY },
	    "HTTP/1.1 304 OK\r\nContent-Length: 5\r\n\r\n" },
	/* interim ones tell of us, but not what became of the request */
	{ "HTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 x\r\n\r\n",
	    { .framing = RELAY_NO_BODY, .via = "me", .wait = 1000000 },
	    "HTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 x\r\n"
	    "Via: 1.1 me\r\n\r\n" },
	{ "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\n",
	    { .upgrade = true, .via = "me" },
	    "HTTP/1.1 101 Go\r\nUpgrade: w\r\nConnection: upgrade\r\n"
	    "Via: 1.1 me\r\n\r\n" },
	/* what became of it here */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	    { .framing = RELAY_LENGTH, .wait = 1500000 },
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	    "Server-Timing: queue;dur=1.500\r\n\r\n" },
	{ "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n",
	    { .framing = RELAY_LENGTH, .tell_status = true },
	    "HTTP/1.1 429 No\r\nContent-Length: 0\r\n"
	    "Proxy-Status: sluice; received-status=429\r\n\r\n" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	    { .framing = RELAY_LENGTH, .resent = 2 },
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	    "Proxy-Status: sluice; details=\"sent again 2 times after a "
	    "throttled answer\"\r\n"
	    "Server-Timing: queue;dur=0.000, retry;desc=\"2\"\r\n\r\n" },
};

START_TEST(response_head)
{
	const char *in = responses[_i].in;
	struct http1_str method = { "GET", 3 };

	ck_assert_int_eq(http1_response(&head, in, strlen(in), method),
	    HTTP1_OK);
	relay_response(&text, &head, &responses[_i].how);
	check_text(responses[_i].out);
}
END_TEST

START_TEST(last_chunk)
{
	relay_last_chunk(&text, NULL);
	check_text("0\r\n\r\n");
	request("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nB: c\r\n\r\n");
	relay_last_chunk(&text, &head);
	check_text("0\r\nHost: a.test\r\nB: c\r\n\r\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("relay_head");
	TCase *tc = tcase_create("relay_head");

	ROWS(tc, request_head, requests);
	ROWS(tc, readable_codings, codings);
	ROWS(tc, response_head, responses);
	tcase_add_test(tc, trace_hides_credentials);
	tcase_add_test(tc, last_chunk);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
