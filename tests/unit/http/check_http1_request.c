/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_error.h"

#include "check_http1_request.h"

/* Whole heads with that part. */
#define TARGET(t)	"GET " t " HTTP/1.1\r\nHost: h\r\n\r\n"
#define CONNECT(t)	"CONNECT " t " HTTP/1.1\r\nHost: h\r\n\r\n"
#define LENGTH(l)	POST "Content-Length: " l "\r\n\r\n"
#define CODING(c)	POST "Transfer-Encoding: " c "\r\n\r\n"
#define VERSION(v)	"GET http://h/ " v "\r\nHost: h\r\n\r\n"
#define HOST(h)		"GET http://h/ HTTP/1.1\r\nHost: " h "\r\n\r\n"

static const struct {
	struct http1_str	 input;
	int			 status;
	enum http1_error	 error;
} bad[] = {
	/* Content-Length and Transfer-Encoding */
	{ BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
	    END), 400, HTTP1_BAD_FRAMING },
	{ BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
	    END), 400, HTTP1_BAD_FRAMING },
	{ BYTES(CODING("gzip\r\nContent-Length: 5")), 400, HTTP1_BAD_FRAMING },
	{ BYTES(LENGTH("5\r\nContent-Length: 6")), 400, HTTP1_MANY_LENGTHS },
	{ BYTES(LENGTH("5\r\ncontent-length: 5")), 400, HTTP1_MANY_LENGTHS },
	{ BYTES(LENGTH("5, 6")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5, 5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("+5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("-5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("-0")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("0x5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5 5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5\t5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("1_0")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5;")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5,")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("5.0")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(POST "Content-Length:\r\n" END), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("\t ")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("9223372036854775808")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("18446744073709551621")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("00000000000000000005")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(LENGTH("\xa0" "5")), 400, HTTP1_BAD_LENGTH },
	{ BYTES(POST "Content-Length : 5\r\n" END), 400, HTTP1_SPACED_COLON },
	{ BYTES(POST "Content-Length\t: 5\r\n" END), 400, HTTP1_SPACED_COLON },
	/* Transfer-Encoding */
	{ BYTES(CODING("xchunked")), 501, HTTP1_UNKNOWN_CODING },
	{ BYTES(CODING("gzip")), 501, HTTP1_UNKNOWN_CODING },
	{ BYTES(CODING("gzip, chunked")), 501, HTTP1_UNKNOWN_CODING },
	{ BYTES(CODING("gzip;q=\"1\" , chunked")), 501, HTTP1_UNKNOWN_CODING },
	{ BYTES(CODING("identity")), 501, HTTP1_UNKNOWN_CODING },
	{ BYTES(CODING("chunked, gzip")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked, chunked")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked, identity")), 400, HTTP1_BAD_CODING },
	{ BYTES(POST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n" END), 400, HTTP1_MANY_CODINGS },
	{ BYTES(POST "Transfer-Encoding: gzip\r\n"
	    "Transfer-Encoding: chunked\r\n" END), 400, HTTP1_MANY_CODINGS },
	{ BYTES(CODING(",chunked")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked,")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("gzip,,chunked")), 400, HTTP1_BAD_CODING },
	{ BYTES(POST "Transfer-Encoding:\r\n" END), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked;a=b")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked x")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("gzip x")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("\"chunked\"")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("chunked\x0b")), 400, HTTP1_BAD_BYTE },
	{ BYTES(CODING("\x0c" "chunked")), 400, HTTP1_BAD_BYTE },
	{ BYTES(CODING("chunked\0")), 400, HTTP1_NUL },
	{ BYTES(CODING("chunked\xa0")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("\xa0" "chunked")), 400, HTTP1_BAD_CODING },
	{ BYTES(CODING("gzip;\xa0")), 400, HTTP1_BAD_CODING },
	{ BYTES(POST "Transfer-Encoding:\r\n chunked\r\n" END),
	    400, HTTP1_FOLDED },
	{ BYTES(POST "Transfer-Encoding : chunked\r\n" END),
	    400, HTTP1_SPACED_COLON },
	{ BYTES("POST http://h/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"
	    END), 400, HTTP1_OLD_CODING },
	{ BYTES("POST http://h/ HTTP/1.0\r\nTransfer-Encoding: gzip\r\n"
	    END), 400, HTTP1_OLD_CODING },
	/* bytes and lines */
	{ BYTES("GET http://h/\r HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BARE_CR },
	{ BYTES(GET "A: b\rc\r\n" END), 400, HTTP1_BARE_CR },
	{ BYTES(GET "A: b\r\r\n" END), 400, HTTP1_BARE_CR },
	{ BYTES(GET "A: b\n" END), 400, HTTP1_BARE_LF },
	{ BYTES("GET http://h/ HTTP/1.1\nHost: h\n\n"), 400, HTTP1_BARE_LF },
	{ BYTES(GET "\n"), 400, HTTP1_BARE_LF },
	{ BYTES(GET "\rX\n"), 400, HTTP1_BARE_CR },
	{ BYTES(GET "\0: b\r\n" END), 400, HTTP1_NUL },
	{ BYTES(GET "A\0: b\r\n" END), 400, HTTP1_NUL },
	{ BYTES(GET "A: b\0c\r\n" END), 400, HTTP1_NUL },
	{ BYTES(GET "A: b\x1f\r\n" END), 400, HTTP1_BAD_BYTE },
	{ BYTES(GET "A: b\x7f\r\n" END), 400, HTTP1_BAD_BYTE },
	{ BYTES(GET "A: 01234567\x7f" "01234567\r\n" END),
	    400, HTTP1_BAD_BYTE },
	{ BYTES(GET "A: \x1b[2J\r\n" END), 400, HTTP1_BAD_BYTE },
	{ BYTES("G\0T http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_NUL },
	{ BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
	    400, HTTP1_BAD_BYTE },
	{ BYTES("\r\nGET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_LINE },
	/* fields */
	{ BYTES(GET "A: b\r\n c\r\n" END), 400, HTTP1_FOLDED },
	{ BYTES(GET "A: b\r\n\tc\r\n" END), 400, HTTP1_FOLDED },
	{ BYTES("GET http://h/ HTTP/1.1\r\n Host: h\r\n" END),
	    400, HTTP1_FOLDED },
	{ BYTES("GET http://h/ HTTP/1.1\r\n \r\nHost: h\r\n" END),
	    400, HTTP1_FOLDED },
	{ BYTES(GET "A : b\r\n" END), 400, HTTP1_SPACED_COLON },
	{ BYTES(GET "A\t: b\r\n" END), 400, HTTP1_SPACED_COLON },
	{ BYTES(GET ": b\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "A\r\n" END), 400, HTTP1_NO_COLON },
	{ BYTES(GET "A b: c\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "A(b): c\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "\"A\": c\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "A/b: c\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "\xc3\xa4: c\r\n" END), 400, HTTP1_BAD_FIELD },
	{ BYTES(GET "A\xa0: c\r\n" END), 400, HTTP1_BAD_FIELD },
	/* request line */
	{ BYTES("GET http://h/\r\nHost: h\r\n\r\n"), 400, HTTP1_BAD_LINE },
	{ BYTES("GET\r\nHost: h\r\n\r\n"), 400, HTTP1_BAD_LINE },
	{ BYTES("GET \r\nHost: h\r\n\r\n"), 400, HTTP1_BAD_LINE },
	{ BYTES("GET  HTTP/1.1\r\nHost: h\r\n\r\n"), 400, HTTP1_BAD_LINE },
	{ BYTES("GET  http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_LINE },
	{ BYTES(VERSION(" HTTP/1.1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1.1 ")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1.1\t")), 400, HTTP1_BAD_VERSION },
	{ BYTES("GET\thttp://h/\tHTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_LINE },
	{ BYTES(" GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_METHOD },
	{ BYTES("G(T http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_METHOD },
	{ BYTES("G\tT http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_METHOD },
	{ BYTES("G\xc4T http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_METHOD },
	/* version */
	{ BYTES(VERSION("HTTP/9.9")), 505, HTTP1_UNKNOWN_VERSION },
	{ BYTES(VERSION("HTTP/2.0")), 505, HTTP1_UNKNOWN_VERSION },
	{ BYTES(VERSION("HTTP/0.9")), 505, HTTP1_UNKNOWN_VERSION },
	{ BYTES("PRI * HTTP/2.0\r\n\r\n"), 505, HTTP1_UNKNOWN_VERSION },
	{ BYTES(VERSION("http/1.1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/01.1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1.10")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1.257")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/-1.1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/+1.+1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1,1")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("HTTP/1.x")), 400, HTTP1_BAD_VERSION },
	{ BYTES(VERSION("")), 400, HTTP1_BAD_VERSION },
	/* Expect */
	{ BYTES(POST "Expect: 200-ok\r\n" END), 417, HTTP1_UNKNOWN_EXPECT },
	{ BYTES(POST "Expect: 100-continue, x\r\n" END),
	    417, HTTP1_UNKNOWN_EXPECT },
	{ BYTES(POST "Expect: 100-continue\r\nExpect: x\r\n" END),
	    417, HTTP1_UNKNOWN_EXPECT },
	{ BYTES(POST "Expect: 100-continue;a=b\r\n" END),
	    417, HTTP1_UNKNOWN_EXPECT },
	/* Host */
	{ BYTES("GET http://h/ HTTP/1.1\r\n\r\n"), 400, HTTP1_NO_HOST },
	{ BYTES("GET http://h/ HTTP/1.2\r\n\r\n"), 400, HTTP1_NO_HOST },
	{ BYTES(GET "Host: h\r\n" END), 400, HTTP1_MANY_HOSTS },
	{ BYTES(GET10 "Host: g\r\n" END), 400, HTTP1_MANY_HOSTS },
	{ BYTES(HOST("")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("h,g")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("h g")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("h:80x")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("u@h")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("h/x")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("http://h")), 400, HTTP1_BAD_HOST },
	{ BYTES(HOST("[::1")), 400, HTTP1_BAD_HOST },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost:\r\n\r\n"),
	    400, HTTP1_BAD_HOST },
	/* target */
	{ BYTES(TARGET("/")), 400, HTTP1_NOT_PROXY },
	{ BYTES(TARGET("//evil/x")), 400, HTTP1_NOT_PROXY },
	{ BYTES(TARGET("http://user@h/")), 400, HTTP1_USERINFO },
	{ BYTES(TARGET("http://user:pw@h/")), 400, HTTP1_USERINFO },
	{ BYTES(TARGET("http://@h/")), 400, HTTP1_USERINFO },
	{ BYTES(TARGET("http://h\\@evil/")), 400, HTTP1_USERINFO },
	{ BYTES(TARGET("http://h/#f")), 400, HTTP1_FRAGMENT },
	{ BYTES(TARGET("http://h#f")), 400, HTTP1_FRAGMENT },
	{ BYTES(TARGET("/#f")), 400, HTTP1_FRAGMENT },
	{ BYTES(TARGET("http:///x")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://?x")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://:80/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http:/h/")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http:h")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http:")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("://h/")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("ftp://h/")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("gopher://h/")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("urn:isbn:1")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("httpx://h/")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("wsx://h/")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("ws://")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("ws:h")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("wss:/h/")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("ws://user@h/")), 400, HTTP1_USERINFO },
	{ BYTES(TARGET("h")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("h:443")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("?x")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("*")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("*x")), 400, HTTP1_BAD_TARGET },
	{ BYTES("OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
	{ BYTES("options * HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http://h\xc3\xa4/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h\xc3\xa4")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http\xc3\xa4://h/")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("\xc3\xa4")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http://h/\xc3\xa4#f")), 400, HTTP1_FRAGMENT },
	{ BYTES(TARGET("http://h/\xc3\xa4 b")), 400, HTTP1_BAD_VERSION },
	{ BYTES(TARGET("http://h/\xc3\xa4\x7f")), 400, HTTP1_BAD_BYTE },
	{ BYTES(TARGET("http://h/a\tb")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http://h/a b")), 400, HTTP1_BAD_VERSION },
	{ BYTES(TARGET("http://h/a\x01" "b")), 400, HTTP1_BAD_BYTE },
	{ BYTES(TARGET("http://h/a\x7f")), 400, HTTP1_BAD_BYTE },
	{ BYTES(TARGET("http://h/a\0b")), 400, HTTP1_NUL },
	{ BYTES(TARGET("http://h:0/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h:65536/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h:-1/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h:80x/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h:80:80/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://[::1/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://[fe80::1%25eth0]/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://[fe80::1%eth0]/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://2130706433/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://0x7f.1/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://017700000001/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://[host]/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://[[::1]]/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://h%2f/")), 400, HTTP1_BAD_HOST },
	{ BYTES(TARGET("http://a,b/")), 400, HTTP1_BAD_HOST },
	/* CONNECT */
	{ BYTES(CONNECT("h:443/path")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("h:443?q")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("http://h:443")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("http://h:443/")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("u@h:443")), 400, HTTP1_USERINFO },
	{ BYTES(CONNECT("h")), 400, HTTP1_NO_PORT },
	{ BYTES(CONNECT("h:")), 400, HTTP1_NO_PORT },
	{ BYTES(CONNECT(":443")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("h:0")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("h:65536")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("[::1]")), 400, HTTP1_NO_PORT },
	{ BYTES(CONNECT("::1:443")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("*")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("/")), 400, HTTP1_BAD_HOST },
	{ BYTES(CONNECT("h:443#f")), 400, HTTP1_FRAGMENT },
	{ BYTES(CONNECT("h\xc3\xa4:443")), 400, HTTP1_BAD_HOST },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\n\r\n"), 400, HTTP1_NO_HOST },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 5\r\n\r\n"), 400, HTTP1_CONNECT_BODY },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), 400, HTTP1_CONNECT_BODY },
	{ BYTES("connect h:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
};

static bool
is_zero(const void *p, size_t len)
{
	const char *bytes = p;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

START_TEST(test_bad)
{
	static struct http1_head head;
	enum http1_error error;

	error = parse(&head, bad[_i].input.p, bad[_i].input.len);
	ck_assert_int_eq(error, bad[_i].error);
	ck_assert_int_eq(http1_error_status(error), bad[_i].status);
	ck_assert_uint_gt(strlen(http1_strerror(error)), 0);
}
END_TEST

/* Without the scanner before it, the parser is no less strict. */
START_TEST(test_bad_unscanned)
{
	static struct http1_head head;
	struct http1_str input = bad[_i].input;
	char *copy = exact_copy(input.p, input.len);

	memset(&head, 'x', sizeof head);
	ck_assert_int_ne(http1_request(&head, copy, input.len), HTTP1_OK);
	if (bad[_i].error != HTTP1_NOT_PROXY) {
		ck_assert_uint_eq(head.nfields, 0);
		ck_assert_int_eq(head.form, 0);
		ck_assert(head.path.p == NULL || (head.path.p >=
		    head.target.p && head.path.p + head.path.len ==
		    head.target.p + head.target.len));
		ck_assert(is_zero(&head.https, offsetof(struct http1_head,
		    minor) - offsetof(struct http1_head, https)));
		ck_assert(!head.keep_alive && !head.upgrade);
		ck_assert_int_eq(head.body, HTTP1_NO_BODY);
	}
	free(copy);
}
END_TEST

/* The head in one line, for comparing it at a glance. */
static const char *
describe(const struct http1_head *h)
{
	static const char *const forms[] = { "origin", "absolute",
	    "authority", "asterisk" };
	static const char *const bodies[] = { "none", "length", "chunked",
	    "close" };
	static char text[1024];

	snprintf(text, sizeof text,
	    "%.*s %s %s %s:%u [%.*s] 1.%u %s=%llu%s%s%s%s%s",
	    (int)h->method.len, h->method.p, forms[h->form],
	    h->https ? "https" : "http", h->host.name, h->host.port,
	    (int)h->path.len, h->path.p != NULL ? h->path.p : "", h->minor,
	    bodies[h->body], (unsigned long long)h->length,
	    h->keep_alive ? " keep" : "", h->upgrade ? " upgrade" : "",
	    h->expect_continue ? " expect" : "", h->safe ? " safe" : "",
	    h->idempotent ? " idem" : "");
	return text;
}

#define PLAIN_GET "GET absolute http h:0 [/] 1.1 none=0 keep safe idem"
#define PLAIN_POST(body) "POST absolute http h:0 [/] 1.1 " body " keep"

static const struct {
	struct http1_str	 input;
	const char		*want;
} good[] = {
	{ BYTES(GET END), PLAIN_GET },
	/* targets */
	{ BYTES(TARGET("http://Other.Example./a?b=c")),
	    "GET absolute http other.example:0 [/a?b=c] 1.1 none=0 keep"
	    " safe idem" },
	{ BYTES(TARGET("HTTP://h:8080")),
	    "GET absolute http h:8080 [] 1.1 none=0 keep safe idem" },
	{ BYTES(TARGET("hTTps://h:/")),
	    "GET absolute https h:0 [/] 1.1 none=0 keep safe idem" },
	/* what a WebSocket begins with, as some clients ask for it */
	{ BYTES("GET ws://h:80/x HTTP/1.1\r\nHost: h:80\r\n\r\n"),
	    "GET absolute http h:80 [/x] 1.1 none=0 keep safe idem" },
	{ BYTES(TARGET("WSS://h")),
	    "GET absolute https h:0 [] 1.1 none=0 keep safe idem" },
	{ BYTES(TARGET("http://h?query/x")),
	    "GET absolute http h:0 [?query/x] 1.1 none=0 keep safe idem" },
	{ BYTES(TARGET("http://[2001:DB8::0:1]:81/x")),
	    "GET absolute http 2001:db8::1:81 [/x] 1.1 none=0 keep safe"
	    " idem" },
	{ BYTES(TARGET("http://127.0.0.1/u@h:80//x")),
	    "GET absolute http 127.0.0.1:0 [/u@h:80//x] 1.1 none=0 keep"
	    " safe idem" },
	{ BYTES(TARGET("http://h/|^{}\"<>\\`[]%zz!$&'()*+,;=~")),
	    "GET absolute http h:0 [/|^{}\"<>\\`[]%zz!$&'()*+,;=~] 1.1"
	    " none=0 keep safe idem" },
	/* curl, git and PHP send UTF-8 as it is, Node's http Latin-1 */
	{ BYTES(TARGET("http://h/\xc3\xa4?\xc3\xa4=\xe4")),
	    "GET absolute http h:0 [/\xc3\xa4?\xc3\xa4=\xe4] 1.1"
	    " none=0 keep safe idem" },
	{ BYTES(TARGET("http://h?\xff\x80")),
	    "GET absolute http h:0 [?\xff\x80] 1.1 none=0 keep safe idem" },
	{ BYTES("OPTIONS * HTTP/1.1\r\nHost: h:81\r\n\r\n"),
	    "OPTIONS asterisk http h:81 [] 1.1 none=0 keep safe idem" },
	{ BYTES("OPTIONS http://h HTTP/1.1\r\nHost: x\r\n\r\n"),
	    "OPTIONS absolute http h:0 [] 1.1 none=0 keep safe idem" },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
	    "CONNECT authority http h:443 [] 1.1 none=0 keep" },
	{ BYTES("CONNECT [::1]:443 HTTP/1.0\r\n\r\n"),
	    "CONNECT authority http ::1:443 [] 1.0 none=0" },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n"
	    END), "CONNECT authority http h:443 [] 1.1 none=0 keep" },
	/* the target wins over Host */
	{ BYTES(HOST("other:99")), PLAIN_GET },
	{ BYTES(HOST("h:")), PLAIN_GET },
	/* methods: case is kept, and unknown ones pass */
	{ BYTES("get http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "get absolute http h:0 [/] 1.1 none=0 keep" },
	{ BYTES("M-SEARCH http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "M-SEARCH absolute http h:0 [/] 1.1 none=0 keep" },
	{ BYTES("!#$%&'*+-.^_`|~9 http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "!#$%&'*+-.^_`|~9 absolute http h:0 [/] 1.1 none=0 keep" },
	{ BYTES("HEAD http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "HEAD absolute http h:0 [/] 1.1 none=0 keep safe idem" },
	{ BYTES("TRACE http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "TRACE absolute http h:0 [/] 1.1 none=0 keep safe idem" },
	{ BYTES("PUT http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "PUT absolute http h:0 [/] 1.1 none=0 keep idem" },
	{ BYTES("DELETE http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "DELETE absolute http h:0 [/] 1.1 none=0 keep idem" },
	{ BYTES("PATCH http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
	    "PATCH absolute http h:0 [/] 1.1 none=0 keep" },
	/* versions */
	{ BYTES("GET http://h/ HTTP/1.2\r\nHost: h\r\n\r\n"), PLAIN_GET },
	{ BYTES("GET http://h/ HTTP/1.9\r\nHost: h\r\n\r\n"), PLAIN_GET },
	{ BYTES("GET http://h/ HTTP/1.0\r\n\r\n"),
	    "GET absolute http h:0 [/] 1.0 none=0 safe idem" },
	{ BYTES("OPTIONS * HTTP/1.0\r\n\r\n"),
	    "OPTIONS asterisk http :0 [] 1.0 none=0 safe idem" },
	/* bodies, whatever the method */
	{ BYTES(POST "Content-Length: 5\r\n" END), PLAIN_POST("length=5") },
	{ BYTES(POST "Content-Length: 0\r\n" END), PLAIN_POST("length=0") },
	{ BYTES(POST "content-LENGTH:\t010 \t\r\n" END),
	    PLAIN_POST("length=10") },
	{ BYTES(POST "Content-Length: 9223372036854775807\r\n" END),
	    PLAIN_POST("length=9223372036854775807") },
	{ BYTES(POST "Content-Length: 0000000000000000005\r\n" END),
	    PLAIN_POST("length=5") },
	{ BYTES(POST "Transfer-Encoding: chunked\r\n" END),
	    PLAIN_POST("chunked=0") },
	{ BYTES(POST "TRANSFER-encoding:Chunked \r\n" END),
	    PLAIN_POST("chunked=0") },
	{ BYTES(POST "Transfer_Encoding: chunked\r\n" END),
	    PLAIN_POST("none=0") },
	{ BYTES(GET "Content-Length: 5\r\n" END),
	    "GET absolute http h:0 [/] 1.1 length=5 keep safe idem" },
	{ BYTES("HEAD http://h/ HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 5\r\n\r\n"),
	    "HEAD absolute http h:0 [/] 1.1 length=5 keep safe idem" },
	{ BYTES("TRACE http://h/ HTTP/1.1\r\nHost: h\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"),
	    "TRACE absolute http h:0 [/] 1.1 chunked=0 keep safe idem" },
	{ BYTES("OPTIONS * HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 5\r\n\r\n"),
	    "OPTIONS asterisk http h:0 [] 1.1 length=5 keep safe idem" },
	/* Expect */
	{ BYTES(POST "Expect: 100-continue\r\n" END),
	    PLAIN_POST("none=0") " expect" },
	{ BYTES(POST "Expect: 100-Continue\r\nExpect: 100-continue\r\n" END),
	    PLAIN_POST("none=0") " expect" },
	{ BYTES(POST "Expect: 100-continue, 100-continue\r\n" END),
	    PLAIN_POST("none=0") " expect" },
	{ BYTES(POST "Expect:\r\n" END), PLAIN_POST("none=0") },
	{ BYTES(POST "Expect: ,\r\n" END), PLAIN_POST("none=0") },
	{ BYTES(POST "Expect: , 100-continue\r\n" END),
	    PLAIN_POST("none=0") " expect" },
	{ BYTES(GET10 "Expect: 100-continue\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 safe idem" },
	/* persistence */
	{ BYTES(GET "Connection: close\r\n" END),
	    "GET absolute http h:0 [/] 1.1 none=0 safe idem" },
	{ BYTES(GET "Connection: x, CLOSE\r\n" END),
	    "GET absolute http h:0 [/] 1.1 none=0 safe idem" },
	{ BYTES(GET "Connection: keep-alive\r\nConnection:close\r\n" END),
	    "GET absolute http h:0 [/] 1.1 none=0 safe idem" },
	{ BYTES(GET "Connection: closed\r\n" END), PLAIN_GET },
	{ BYTES(GET "Connection: ,,x y, \"close\",\r\n" END), PLAIN_GET },
	{ BYTES(GET10 "Connection: Keep-Alive\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 keep safe idem" },
	{ BYTES(GET10 "Connection: keep-alive, close\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 safe idem" },
	{ BYTES(GET10 "Proxy-Connection: Keep-Alive\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 keep safe idem" },
	{ BYTES(GET "Proxy-Connection: close\r\n" END),
	    "GET absolute http h:0 [/] 1.1 none=0 safe idem" },
	{ BYTES(GET "Proxy-Connection: close\r\nConnection: x\r\n" END),
	    PLAIN_GET },
	{ BYTES(GET10 "Proxy-Connection: keep-alive\r\n"
	    "Connection: x\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 safe idem" },
	/* Upgrade */
	{ BYTES(GET "Connection: Upgrade\r\nUpgrade: websocket\r\n" END),
	    "GET absolute http h:0 [/] 1.1 none=0 keep upgrade safe idem" },
	{ BYTES(GET "Upgrade: websocket\r\n" END), PLAIN_GET },
	{ BYTES(GET "Connection: upgrade\r\n" END), PLAIN_GET },
	{ BYTES(GET10 "Connection: upgrade\r\nUpgrade: websocket\r\n" END),
	    "GET absolute http h:0 [/] 1.0 none=0 safe idem" },
	/* what follows the head is not looked at */
	{ BYTES(GET END "\0\n\rGET"), PLAIN_GET },
};

START_TEST(test_good)
{
	static struct http1_head head;

	memset(&head, 'x', sizeof head);
	ck_assert_int_eq(parse(&head, good[_i].input.p, good[_i].input.len),
	    HTTP1_OK);
	ck_assert_str_eq(describe(&head), good[_i].want);
}
END_TEST

/* At its port a proxy does not serve origin-form, but it understands it. */
START_TEST(test_origin_form)
{
	static const char text[] = "POST //a/b?c HTTP/1.1\r\n"
	    "Host: Example.com:81\r\nContent-Length: 3\r\n\r\n";
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, text, sizeof text - 1),
	    HTTP1_NOT_PROXY);
	ck_assert_str_eq(describe(&head), "POST origin http example.com:81"
	    " [//a/b?c] 1.1 length=3 keep");
	ck_assert_uint_eq(head.nfields, 2);
}
END_TEST

/* Each other error comes before that one. */
START_TEST(test_origin_form_last)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n"
	    "Expect: x\r\n\r\n";
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, text, sizeof text - 1),
	    HTTP1_UNKNOWN_EXPECT);
	ck_assert(http1_str_is(head.method, "GET"));
	ck_assert(http1_str_is(head.target, "/"));
	ck_assert_uint_eq(head.minor, 1);
	ck_assert_uint_eq(head.nfields, 0);
	ck_assert(!head.keep_alive);
	ck_assert_uint_eq(strlen(head.host.name), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_request");
	TCase *tc = tcase_create("request");

	tcase_add_loop_test(tc, test_bad, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_bad_unscanned, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_good, 0, NROWS(good));
	tcase_add_test(tc, test_origin_form);
	tcase_add_test(tc, test_origin_form_last);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
