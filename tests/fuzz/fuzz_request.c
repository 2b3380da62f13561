/* SPDX-License-Identifier: ISC */
#include "fuzz_http1.h"

#include "http/http1_error.h"
#include "http/http1_host.h"
#include "http/http1_request.h"

/* A host in canonical form is its own canonical form. */
static void
check_host(const struct http1_host *host)
{
	struct http1_host again;
	char text[HTTP1_HOST + 16];
	int n;

	REQUIRE(strlen(host->name) <= HTTP1_HOST);
	n = snprintf(text, sizeof text, host->kind == HTTP1_IPV6 ?
	    "[%s]:%u" : "%s:%u", host->name, host->port);
	if (host->port == 0)
		n -= 1;
	REQUIRE(http1_host_parse(&again, text, (size_t)n) == HTTP1_OK);
	REQUIRE(strcmp(again.name, host->name) == 0);
	REQUIRE(again.kind == host->kind);
	REQUIRE(again.port == host->port);
}

/* Only a path and a query may have bytes that are not ASCII. */
static void
check_target(const struct http1_head *h)
{
	size_t i, ascii = h->path.p != NULL ?
	    (size_t)(h->path.p - h->target.p) : h->target.len;

	REQUIRE(h->target.len > 0 && h->target.len <= FUZZ_LINE);
	for (i = 0; i < h->target.len; i++) {
		unsigned char c = (unsigned char)h->target.p[i];

		REQUIRE(c > ' ' && c != '#' && c != 0x7f);
		REQUIRE(i >= ascii || c < 0x80);
	}
}

static void
check_good(const struct http1_head *h, const char *p, size_t len,
    enum http1_error error)
{
	static struct http1_head again;
	static struct anew anew;

	check_fields(h, p, len);
	check_inside(h->method, p, len);
	check_inside(h->target, p, len);
	check_inside(h->path, p, len);
	REQUIRE(http1_is_token(h->method.p, h->method.len));
	check_target(h);
	REQUIRE(h->body != HTTP1_UNTIL_CLOSE);
	REQUIRE((h->form == HTTP1_ORIGIN_FORM) == (error == HTTP1_NOT_PROXY));
	if (h->form == HTTP1_ABSOLUTE_FORM || h->minor == 1)
		check_host(&h->host);
	if (h->form == HTTP1_AUTHORITY_FORM)
		REQUIRE(h->host.port != 0 && h->body == HTTP1_NO_BODY);
	REQUIRE(!h->safe || h->idempotent);
	if (h->minor == 0)
		REQUIRE(!h->upgrade && !h->expect_continue);

	anew.len = 0;
	anew_add(&anew, h->method.p, h->method.len);
	anew_puts(&anew, " ");
	anew_add(&anew, h->target.p, h->target.len);
	anew_puts(&anew, h->minor == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
	anew_fields(&anew, h);
	REQUIRE(http1_request(&again, anew.p, anew.len) == error);
	check_same(h, &again);
	REQUIRE(strcmp(h->host.name, again.host.name) == 0);
	REQUIRE(h->host.port == again.host.port);
	REQUIRE(h->form == again.form);
	REQUIRE(h->https == again.https);
	REQUIRE(h->path.len == again.path.len);
	REQUIRE(h->expect_continue == again.expect_continue);
}

static void
check_refused(const struct http1_head *h, enum http1_error error)
{
	int status = http1_error_status(error);

	REQUIRE(status == 400 || status == 414 || status == 417 ||
	    status == 431 || status == 501 || status == 505);
	REQUIRE(http1_strerror(error)[0] != '\0');
	REQUIRE(h->nfields == 0 && h->body == HTTP1_NO_BODY);
	REQUIRE(!h->keep_alive && h->host.name[0] == '\0');
}

/* The parser must stand what no scanner let through. */
static void
parse_unscanned(const uint8_t *data, size_t size)
{
	static struct http1_head head;
	enum http1_error error;
	char *copy = exact_copy(data, size);

	error = http1_request(&head, copy, size);
	if (error != HTTP1_OK && error != HTTP1_NOT_PROXY)
		check_refused(&head, error);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http1_head head;
	enum http1_result result;
	enum http1_error error;
	char *p;
	size_t skip;
	size_t end;

	if (size > 4096)
		return 0;
	parse_unscanned(data, size);
	skip = http1_skip_empty((const char *)data, size);
	data += skip;
	size -= skip;
	p = exact_copy(data, size);
	result = scan_whole(p, size, &end, &error);
	if (size > 0) {
		scan_steps(p, size, 1, result, end, error);
		scan_steps(p, size, 1 + data[size - 1] % 61u, result, end,
		    error);
	}
	if (result == HTTP1_DONE) {
		error = http1_request(&head, p, end);
		if (error == HTTP1_OK || error == HTTP1_NOT_PROXY)
			check_good(&head, p, end, error);
		else
			check_refused(&head, error);
	}
	free(p);
	return 0;
}
