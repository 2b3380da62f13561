/* SPDX-License-Identifier: ISC */
#include "fuzz_http1.h"

#include "http/http1_response.h"

/* The first byte chooses the request's method, the rest is the response. */
static const struct http1_str methods[] = {
	{ "GET", 3 }, { "HEAD", 4 }, { "CONNECT", 7 }, { "POST", 4 },
};

static bool
is_bodyless(const struct http1_head *h, unsigned method)
{
	return h->status < 200 || h->status == 204 || h->status == 304 ||
	    method == 1 || (method == 2 && h->status < 300);
}

static void
check_good(const struct http1_head *h, const char *p, size_t len,
    unsigned method)
{
	static struct http1_head again;
	static struct anew anew;
	char line[32];

	check_fields(h, p, len);
	check_inside(h->reason, p, len);
	REQUIRE(h->status >= 100 && h->status <= 999);
	REQUIRE(is_bodyless(h, method) == (h->body == HTTP1_NO_BODY));
	if (h->body == HTTP1_UNTIL_CLOSE)
		REQUIRE(!h->keep_alive && !h->has_length);

	anew.len = 0;
	snprintf(line, sizeof line, "HTTP/1.%u %d ", h->minor, h->status);
	anew_puts(&anew, line);
	anew_add(&anew, h->reason.p, h->reason.len);
	anew_puts(&anew, "\r\n");
	anew_fields(&anew, h);
	REQUIRE(http1_response(&again, anew.p, anew.len, methods[method]) ==
	    HTTP1_OK);
	check_same(h, &again);
	REQUIRE(h->status == again.status);
	REQUIRE(h->reason.len == again.reason.len);
}

static void
parse_unscanned(const uint8_t *data, size_t size, unsigned method)
{
	static struct http1_head head;
	char *copy = exact_copy(data, size);

	if (http1_response(&head, copy, size, methods[method]) != HTTP1_OK) {
		REQUIRE(head.nfields == 0 && head.status == 0);
		REQUIRE(head.body == HTTP1_NO_BODY && !head.keep_alive);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http1_head head;
	enum http1_result result;
	enum http1_error error;
	unsigned method;
	char *p;
	size_t end;

	if (size == 0 || size > 4096)
		return 0;
	method = data[0] % 4u;
	data++;
	size--;
	parse_unscanned(data, size, method);
	p = exact_copy(data, size);
	result = scan_whole(p, size, &end, &error);
	if (size > 0) {
		scan_steps(p, size, 1, result, end, error);
		scan_steps(p, size, 1 + data[size - 1] % 61u, result, end,
		    error);
	}
	if (result == HTTP1_DONE &&
	    http1_response(&head, p, end, methods[method]) == HTTP1_OK)
		check_good(&head, p, end, method);
	free(p);
	return 0;
}
