/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"
#include "http/http1_connection.h"
#include "http/http1_error.h"
#include "http/http1_head.h"
#include "http/http1_request.h"

#include "check_http1.h"

/* A request line and Host of which nobody complains. */
#define GET	"GET http://h/ HTTP/1.1\r\nHost: h\r\n"
#define GET10	"GET http://h/ HTTP/1.0\r\nHost: h\r\n"
#define POST	"POST http://h/ HTTP/1.1\r\nHost: h\r\n"
#define END	"\r\n"
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
	{ BYTES(POST "Expect:\r\n" END), 417, HTTP1_UNKNOWN_EXPECT },
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
	{ BYTES(TARGET("ws://h/")), 400, HTTP1_BAD_SCHEME },
	{ BYTES(TARGET("h")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("h:443")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("?x")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("*")), 400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("*x")), 400, HTTP1_BAD_TARGET },
	{ BYTES("OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
	{ BYTES("options * HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
	{ BYTES(TARGET("http://h/\xc3\xa4")), 400, HTTP1_BAD_TARGET },
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
	{ BYTES("CONNECT h:443 HTTP/1.1\r\n\r\n"), 400, HTTP1_NO_HOST },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 5\r\n\r\n"), 400, HTTP1_CONNECT_BODY },
	{ BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), 400, HTTP1_CONNECT_BODY },
	{ BYTES("connect h:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
	    400, HTTP1_BAD_TARGET },
};

static enum http1_error
parse(struct http1_head *head, const char *p, size_t len)
{
	struct scanned	 scanned;

	scanned = scan_all_ways(p, len, MAX_HEAD, MAX_LINE);
	ck_assert_int_ne(scanned.result, HTTP1_MORE);
	if (scanned.result == HTTP1_FAILED)
		return scanned.error;
	return http1_request(head, p, scanned.end);
}

static bool
is_zero(const void *p, size_t len)
{
	const char	*bytes = p;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

START_TEST(test_bad)
{
	static struct http1_head head;
	enum http1_error	 error;

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
	struct http1_str	 input = bad[_i].input;
	char			*copy = exact_copy(input.p, input.len);

	memset(&head, 'x', sizeof(head));
	ck_assert_int_ne(http1_request(&head, copy, input.len), HTTP1_OK);
	if (bad[_i].error != HTTP1_NOT_PROXY) {
		ck_assert_uint_eq(head.nfields, 0);
		ck_assert(is_zero(&head.form, offsetof(struct http1_head,
		    minor) - offsetof(struct http1_head, form)));
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
	static char		 text[1024];

	snprintf(text, sizeof(text),
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

	memset(&head, 'x', sizeof(head));
	ck_assert_int_eq(parse(&head, good[_i].input.p, good[_i].input.len),
	    HTTP1_OK);
	ck_assert_str_eq(describe(&head), good[_i].want);
}
END_TEST

/* At its port a proxy does not serve origin-form, but it understands it. */
START_TEST(test_origin_form)
{
	static const char	 text[] = "POST //a/b?c HTTP/1.1\r\n"
	    "Host: Example.com:81\r\nContent-Length: 3\r\n\r\n";
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, text, sizeof(text) - 1),
	    HTTP1_NOT_PROXY);
	ck_assert_str_eq(describe(&head), "POST origin http example.com:81"
	    " [//a/b?c] 1.1 length=3 keep");
	ck_assert_uint_eq(head.nfields, 2);
}
END_TEST

/* Each other error comes before that one. */
START_TEST(test_origin_form_last)
{
	static const char	 text[] = "GET / HTTP/1.1\r\nHost: h\r\n"
	    "Expect: x\r\n\r\n";
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, text, sizeof(text) - 1),
	    HTTP1_UNKNOWN_EXPECT);
	ck_assert(http1_str_is(head.method, "GET"));
	ck_assert(http1_str_is(head.target, "/"));
	ck_assert_uint_eq(head.minor, 1);
	ck_assert_uint_eq(head.nfields, 0);
	ck_assert(!head.keep_alive);
	ck_assert_uint_eq(strlen(head.host.name), 0);
}
END_TEST

/* The fields as name=value, hop-by-hop ones with a star. */
static const char *
list_fields(const struct http1_head *h)
{
	static char	 text[1024];
	size_t		 n = 0;

	for (unsigned i = 0; i < h->nfields && n < sizeof(text); i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s%.*s=%.*s", h->fields[i].hop ? "*" : "",
		    (int)h->fields[i].name.len, h->fields[i].name.p,
		    (int)h->fields[i].value.len, h->fields[i].value.p);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "|");
	}
	return text;
}

static const struct {
	struct http1_str	 input;
	const char		*want;
} fields[] = {
	{ BYTES(GET "A:b\r\nC: d e \t\r\nF:\r\nG: \t \r\nH: a\tb\r\n" END),
	    "Host=h|A=b|C=d e|F=|G=|H=a\tb|" },
	{ BYTES(GET "A: \xc3\xa4\xff\x80\r\n" END),
	    "Host=h|A=\xc3\xa4\xff\x80|" },
	{ BYTES(GET "A:b:c\r\n!#$%&'*+-.^_`|~: x\r\n" END),
	    "Host=h|A=b:c|!#$%&'*+-.^_`|~=x|" },
	{ BYTES(GET "Keep-Alive: 5\r\nproxy-connection: x\r\nTE: trailers\r\n"
	    "Upgrade: x\r\nProxy-Authenticate: x\r\n"
	    "Proxy-Authorization: x\r\nTrailer: x\r\nVia: x\r\n"
	    "Authorization: x\r\nConnection:\r\n" END),
	    "Host=h|*Keep-Alive=5|*proxy-connection=x|*TE=trailers|"
	    "*Upgrade=x|*Proxy-Authenticate=x|*Proxy-Authorization=x|"
	    "Trailer=x|Via=x|Authorization=x|*Connection=|" },
	{ BYTES(POST "Transfer-Encoding: chunked\r\n" END),
	    "Host=h|*Transfer-Encoding=chunked|" },
	{ BYTES(GET "X-a: 1\r\nConnection: x-A , x-b,cookie\r\nX-B: 2\r\n"
	    "X-A: 3\r\nX-C: 4\r\nCookie: c\r\nX-AB: 5\r\n" END),
	    "Host=h|*X-a=1|*Connection=x-A , x-b,cookie|*X-B=2|*X-A=3|"
	    "X-C=4|*Cookie=c|X-AB=5|" },
	{ BYTES(POST "Connection: connection, proxy-connection, host,"
	    " content-length\r\nContent-Length: 1\r\n"
	    "Proxy-Connection: x\r\n" END),
	    "Host=h|*Connection=connection, proxy-connection, host,"
	    " content-length|Content-Length=1|*Proxy-Connection=x|" },
};

START_TEST(test_fields)
{
	static struct http1_head head;

	ck_assert_int_eq(parse(&head, fields[_i].input.p,
	    fields[_i].input.len), HTTP1_OK);
	ck_assert_str_eq(list_fields(&head), fields[_i].want);
}
END_TEST

static const struct {
	const char	*name;
	enum http1_name	 id;
} names[] = {
	{ "Connection", HTTP1_CONNECTION },
	{ "Content-Type", HTTP1_CONTENT_TYPE },
	{ "Date", HTTP1_DATE },
	{ "Host", HTTP1_HOST_FIELD },
	{ "Keep-Alive", HTTP1_KEEP_ALIVE },
	{ "Max-Forwards", HTTP1_MAX_FORWARDS },
	{ "Proxy-Authenticate", HTTP1_PROXY_AUTHENTICATE },
	{ "Proxy-Authorization", HTTP1_PROXY_AUTHORIZATION },
	{ "Proxy-Connection", HTTP1_PROXY_CONNECTION },
	{ "Proxy-Status", HTTP1_PROXY_STATUS },
	{ "Retry-After", HTTP1_RETRY_AFTER },
	{ "Server-Timing", HTTP1_SERVER_TIMING },
	{ "TE", HTTP1_TE },
	{ "Trailer", HTTP1_TRAILER },
	{ "Upgrade", HTTP1_UPGRADE },
	{ "Via", HTTP1_VIA },
	{ "Content-Typf", HTTP1_OTHER },
	{ "Content-Type2", HTTP1_OTHER },
	{ "X", HTTP1_OTHER },
	{ "Content_Length", HTTP1_OTHER },
	{ "A-name-longer-than-any-that-is-known", HTTP1_OTHER },
};

START_TEST(test_names)
{
	static struct http1_head head;
	const char		*name = names[_i].name;
	char			 text[256];
	int			 n;

	for (int upper = 0; upper < 2; upper++) {
		n = snprintf(text, sizeof(text),
		    "GET http://h/ HTTP/1.0\r\n%s: h\r\n\r\n", name);
		for (char *p = text + 24; upper && *p != ':'; p++) {
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		}
		ck_assert_int_eq(parse(&head, text, (size_t)n), HTTP1_OK);
		ck_assert_int_eq(head.fields[0].id, names[_i].id);
		if (names[_i].id == HTTP1_OTHER)
			continue;
		ck_assert_ptr_eq(http1_find(&head, names[_i].id),
		    &head.fields[0]);
		ck_assert_ptr_null(http1_find(&head, HTTP1_EXPECT));
	}
}
END_TEST

/* Each byte by itself: in a method, in a name, in a value, in a target. */
START_TEST(test_bytes)
{
	static const char	 special[] = "!#$%&'*+-.^_`|~";
	static struct http1_head head;
	char			 c = (char)_i;
	bool			 alnum, token, text_ok, target;
	char			 line[] = "A?A http://h HTTP/1.0\r\n\r\n";
	char			 name[] = "A http://h HTTP/1.0\r\nA?A:\r\n\r\n";
	char			 value[] = "A http://h HTTP/1.0\r\nA:?\r\n\r\n";
	char			 path[] = "A http://h/? HTTP/1.0\r\n\r\n";

	alnum = (_i >= '0' && _i <= '9') || (_i >= 'a' && _i <= 'z') ||
	    (_i >= 'A' && _i <= 'Z');
	token = alnum || (_i != 0 && strchr(special, _i) != NULL);
	text_ok = _i == '\t' || (_i >= ' ' && _i != 0x7f);
	target = _i > ' ' && _i < 0x7f && _i != '#';
	line[1] = name[22] = value[23] = path[11] = c;

	ck_assert_int_eq(http1_is_token(&c, 1), token);
	ck_assert_int_eq(http1_request(&head, line, sizeof(line) - 1) ==
	    HTTP1_OK, token);
	/* "A:A:" is a field, too. */
	ck_assert_int_eq(http1_request(&head, name, sizeof(name) - 1) ==
	    HTTP1_OK, token || c == ':');
	ck_assert_int_eq(http1_request(&head, value, sizeof(value) - 1) ==
	    HTTP1_OK, text_ok);
	ck_assert_int_eq(http1_request(&head, path, sizeof(path) - 1) ==
	    HTTP1_OK, target);
}
END_TEST

START_TEST(test_token)
{
	ck_assert(http1_is_token("a-b", 3));
	ck_assert(!http1_is_token("", 0));
	ck_assert(!http1_is_token("a b", 3));
	ck_assert(http1_str_is((struct http1_str){ "ClOse", 5 }, "cLoSE"));
	ck_assert(!http1_str_is((struct http1_str){ "close", 5 }, "closer"));
	ck_assert(!http1_str_is((struct http1_str){ "@", 1 }, "`"));
	ck_assert(http1_str_is((struct http1_str){ NULL, 0 }, ""));
}
END_TEST

START_TEST(test_many_fields)
{
	static struct http1_head head;
	static char		 text[4 * HTTP1_FIELDS + 64];
	size_t			 n = sizeof(GET) - 1;

	memcpy(text, GET, n);
	for (int i = 1; i < HTTP1_FIELDS + _i; i++, n += 4)
		memcpy(text + n, "A:\r\n", 4);
	memcpy(text + n, "\r\n", 2);
	ck_assert_int_eq(http1_request(&head, text, n + 2),
	    _i == 0 ? HTTP1_OK : HTTP1_MANY_FIELDS);
	ck_assert_uint_eq(head.nfields, _i == 0 ? HTTP1_FIELDS : 0);
	ck_assert_int_eq(http1_error_status(HTTP1_LONG_HEAD), 431);
	ck_assert_int_eq(http1_error_status(HTTP1_MANY_FIELDS), 431);
}
END_TEST

/* So many of one name that a small counter would have begun anew. */
START_TEST(test_many_of_a_name)
{
	static const struct {
		const char	*line;
		enum http1_error error;
	} rows[] = {
		{ "Content-Length: 5\r\n", HTTP1_MANY_LENGTHS },
		{ "Transfer-Encoding: chunked\r\n", HTTP1_MANY_CODINGS },
		{ "Host: h\r\n", HTTP1_MANY_HOSTS },
	};
	static struct http1_head head;
	static char		 text[65536];
	size_t			 n = sizeof(GET) - 1;
	size_t			 len = strlen(rows[_i].line);

	memcpy(text, GET, n);
	for (int i = 0; i < 256; i++, n += len)
		memcpy(text + n, rows[_i].line, len);
	memcpy(text + n, "\r\n", 2);
	ck_assert_int_eq(http1_request(&head, text, n + 2), rows[_i].error);
}
END_TEST

/* Counted over all fields, empty elements left out. */
START_TEST(test_many_options)
{
	static struct http1_head head;
	char			 text[8 * HTTP1_CONNECTION_OPTIONS + 128];
	size_t			 n = sizeof(GET) - 1;

	memcpy(text, GET "Connection: x\r\nConnection: ", n + 27);
	n += 27;
	for (int i = 1; i < HTTP1_CONNECTION_OPTIONS + _i; i++, n += 3)
		memcpy(text + n, "a,,", 3);
	memcpy(text + n, "\r\n\r\n", 4);
	ck_assert_int_eq(http1_request(&head, text, n + 4),
	    _i == 0 ? HTTP1_OK : HTTP1_BAD_CONNECTION);
}
END_TEST

/* A head cut off anywhere is no head, to scanner and parser. */
START_TEST(test_cut_off)
{
	static const char	 text[] = GET "A: b\r\n" END;
	static struct http1_head head;
	struct http1_scan	 scan;
	struct scanned		 got;
	char			*copy;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		memset(&scan, 0, sizeof(scan));
		ck_assert(!scan_some(&scan, text, n, MAX_HEAD, MAX_LINE,
		    &got));
		copy = exact_copy(text, n);
		ck_assert_int_ne(http1_request(&head, copy, n), HTTP1_OK);
		free(copy);
	}
	/* Nor may there be anything behind its end. */
	ck_assert_int_ne(http1_request(&head, text, sizeof(text)), HTTP1_OK);
}
END_TEST

START_TEST(test_scan_limits)
{
	static const char	 text[] = "0123456789\r\nA: b\r\n\r\n";
	size_t			 len = sizeof(text) - 1;
	struct scanned		 got;

	got = scan_all_ways(text, len, len, 10);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	ck_assert_uint_eq(got.end, len);
	got = scan_all_ways(text, len, len - 1, 10);
	ck_assert_int_eq(got.error, HTTP1_LONG_HEAD);
	got = scan_all_ways(text, len, len, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_TARGET);
	ck_assert_int_eq(http1_error_status(got.error), 414);
	got = scan_all_ways(text, len, 5, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_HEAD);
	got = scan_all_ways(text, len, SIZE_MAX, SIZE_MAX);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	/* Whatever comes, this line has become too long. */
	got = scan_all_ways(text, 11, len, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_TARGET);
	got = scan_all_ways("\r\n", 2, len, 9);
	ck_assert_int_eq(got.error, HTTP1_BAD_LINE);
	/* Only the first line is held to line_max. */
	got = scan_all_ways("A\r\nB: 0123456789\r\n\r\n", 21, 64, 1);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	/* A head that ends in time does not care what follows it. */
	got = scan_all_ways("A\r\n\r\nrest", 9, 5, 1);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	ck_assert_uint_eq(got.end, 5);
}
END_TEST

START_TEST(test_skip_empty)
{
	ck_assert_uint_eq(http1_skip_empty("", 0), 0);
	ck_assert_uint_eq(http1_skip_empty("\r", 1), 0);
	ck_assert_uint_eq(http1_skip_empty("\r\n", 2), 2);
	ck_assert_uint_eq(http1_skip_empty("\r\n\r", 3), 2);
	ck_assert_uint_eq(http1_skip_empty("\r\n\r\nGET", 7), 4);
	ck_assert_uint_eq(http1_skip_empty("\n\r\n", 3), 0);
	ck_assert_uint_eq(http1_skip_empty("GET\r\n", 5), 0);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("http1_request");
	TCase	*tc = tcase_create("request");

	tcase_add_loop_test(tc, test_bad, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_bad_unscanned, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_good, 0, NROWS(good));
	tcase_add_test(tc, test_origin_form);
	tcase_add_test(tc, test_origin_form_last);
	tcase_add_loop_test(tc, test_fields, 0, NROWS(fields));
	tcase_add_loop_test(tc, test_names, 0, NROWS(names));
	tcase_add_loop_test(tc, test_bytes, 0, 256);
	tcase_add_test(tc, test_token);
	tcase_add_loop_test(tc, test_many_fields, 0, 2);
	tcase_add_loop_test(tc, test_many_of_a_name, 0, 3);
	tcase_add_loop_test(tc, test_many_options, 0, 2);
	tcase_add_test(tc, test_cut_off);
	tcase_add_test(tc, test_scan_limits);
	tcase_add_test(tc, test_skip_empty);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
