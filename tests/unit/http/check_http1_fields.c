/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/http1_class.h"
#include "http/http1_connection.h"
#include "http/http1_error.h"
#include "http/http1_head.h"

#include "check_http1_request.h"

/* Fields of heads: their names, values and bytes, and how many there may be. */

/* The fields as name=value, hop-by-hop ones with a star. */
static const char *
list_fields(const struct http1_head *h)
{
	static char text[1024];
	size_t n = 0;

	for (unsigned i = 0; i < h->nfields && n < sizeof text; i++) {
		n += (size_t)snprintf(text + n, sizeof text - n,
		    "%s%.*s=%.*s", h->fields[i].hop ? "*" : "",
		    (int)h->fields[i].name.len, h->fields[i].name.p,
		    (int)h->fields[i].value.len, h->fields[i].value.p);
		n += (size_t)snprintf(text + n, sizeof text - n, "|");
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
	{ "Authorization", HTTP1_AUTHORIZATION },
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
	const char *name = names[_i].name;
	char text[256];
	int n;

	for (int upper = 0; upper < 2; upper++) {
		n = snprintf(text, sizeof text,
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

static const struct {
	const char	*fields;
	bool		 binds;
} authentications[] = {
	{ "Authorization: NTLM TlRM", true },
	{ "authorization: negotiate YII=", true },
	{ "Authorization: NTLM\tTlRM", true },
	{ "Authorization: Basic YTpi\r\nAuthorization: NTLM x", true },
	{ "Authorization: Basic YTpi", false },
	{ "Authorization: NTLMX y", false },
	{ "Authorization: Bearer ntlm", false },
	{ "Authorization:", false },
	{ "WWW-Authenticate: NTLM", false },
	{ "X-Authorization: NTLM x", false },
};

START_TEST(test_binds)
{
	static struct http1_head head;
	char text[256];
	int n = snprintf(text, sizeof text, "GET http://h/ HTTP/1.1\r\n"
	    "Host: h\r\n%s\r\n\r\n", authentications[_i].fields);

	ck_assert_int_eq(http1_request(&head, text, (size_t)n), HTTP1_OK);
	ck_assert_int_eq(head.binds, authentications[_i].binds);
}
END_TEST

/* Each byte by itself: in a method, in a name, in a value, in a target. */
START_TEST(test_bytes)
{
	static const char special[] = "!#$%&'*+-.^_`|~";
	static struct http1_head head;
	char c = (char)_i;
	bool alnum, token, text_ok, target;
	char line[] = "A?A http://h HTTP/1.0\r\n\r\n";
	char name[] = "A http://h HTTP/1.0\r\nA?A:\r\n\r\n";
	char value[] = "A http://h HTTP/1.0\r\nA:?\r\n\r\n";
	char path[] = "A http://h/? HTTP/1.0\r\n\r\n";

	alnum = (_i >= '0' && _i <= '9') || (_i >= 'a' && _i <= 'z') ||
	    (_i >= 'A' && _i <= 'Z');
	token = alnum || (_i != 0 && strchr(special, _i) != NULL);
	text_ok = _i == '\t' || (_i >= ' ' && _i != 0x7f);
	target = _i > ' ' && _i != 0x7f && _i != '#';
	line[1] = name[22] = value[23] = path[11] = c;

	ck_assert_int_eq(http1_is_token(&c, 1), token);
	ck_assert_int_eq(http1_request(&head, line, sizeof line - 1) ==
	    HTTP1_OK, token);
	/* "A:A:" is a field, too. */
	ck_assert_int_eq(http1_request(&head, name, sizeof name - 1) ==
	    HTTP1_OK, token || c == ':');
	ck_assert_int_eq(http1_request(&head, value, sizeof value - 1) ==
	    HTTP1_OK, text_ok);
	ck_assert_int_eq(http1_request(&head, path, sizeof path - 1) ==
	    HTTP1_OK, target);
}
END_TEST

/* Each byte at each place, with one behind it that ends the value as well. */
START_TEST(test_plain)
{
	char text[24];
	bool plain = _i == '\t' || (_i >= 0x20 && _i != 0x7f);

	for (size_t at = 0; at < sizeof text; at++) {
		memset(text, at % 2 == 0 ? 'a' : '\xff', sizeof text);
		if (at + 3 < sizeof text)
			text[at + 3] = '\x7f';
		text[at] = (char)_i;
		ck_assert_ptr_eq(http1_plain(text, text + sizeof text),
		    text + (!plain ? at : at + 3 < sizeof text ? at + 3 :
		    sizeof text));
		ck_assert_ptr_eq(http1_plain(text, text + at), text + at);
	}
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
	static char text[4 * HTTP1_FIELDS + 64];
	size_t n = sizeof(GET) - 1;

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
	static char text[65536];
	size_t n = sizeof(GET) - 1;
	size_t len = strlen(rows[_i].line);

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
	char text[8 * HTTP1_CONNECTION_OPTIONS + 128];
	size_t n = sizeof(GET) - 1;

	memcpy(text, GET "Connection: x\r\nConnection: ", n + 27);
	n += 27;
	for (int i = 1; i < HTTP1_CONNECTION_OPTIONS + _i; i++, n += 3)
		memcpy(text + n, "a,,", 3);
	memcpy(text + n, "\r\n\r\n", 4);
	ck_assert_int_eq(http1_request(&head, text, n + 4),
	    _i == 0 ? HTTP1_OK : HTTP1_BAD_CONNECTION);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_fields");
	TCase *tc = tcase_create("fields");

	tcase_add_loop_test(tc, test_fields, 0, NROWS(fields));
	tcase_add_loop_test(tc, test_names, 0, NROWS(names));
	tcase_add_loop_test(tc, test_binds, 0, NROWS(authentications));
	tcase_add_loop_test(tc, test_bytes, 0, 256);
	tcase_add_loop_test(tc, test_plain, 0, 256);
	tcase_add_test(tc, test_token);
	tcase_add_loop_test(tc, test_many_fields, 0, 2);
	tcase_add_loop_test(tc, test_many_of_a_name, 0, 3);
	tcase_add_loop_test(tc, test_many_options, 0, 2);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
