/* SPDX-License-Identifier: ISC */
#include "fuzz_http1.h"

#include <strings.h>

#include "http/http1_chunked.h"

#define BODY_MAX	8192

struct decoded {
	enum http1_result	 result;
	enum http1_error	 error;
	size_t			 used;
	size_t			 len;
	char			 data[BODY_MAX];
	size_t			 trailers_len;
	char			 trailers[HTTP1_TRAILERS];
};

/* Whether the data of chunks is put together. */
static bool	 joins;

/* Decodes a piece; returns how much of it was used. */
static size_t
feed(struct http1_chunked *c, struct decoded *out, const char *p, size_t len)
{
	char *copy = exact_copy(p, len);
	struct http1_str data;
	size_t at = 0;
	size_t used;

	do {
		out->result = (joins ? http1_chunked_join(c, copy + at,
		    len - at, &used, &data) : http1_chunked(c, copy + at,
		    len - at, &used, &data));
		REQUIRE(used <= len - at);
		REQUIRE(used > 0 || out->result != HTTP1_MORE);
		check_inside(data, copy + at, used);
		REQUIRE(out->result == HTTP1_MORE || data.len == 0 || joins);
		REQUIRE(data.len <= sizeof out->data - out->len);
		if (data.len > 0)
			memcpy(out->data + out->len, data.p, data.len);
		out->len += data.len;
		at += used;
	} while (out->result == HTTP1_MORE && at < len);
	free(copy);
	return at;
}

/* One that the head's Connection names is not among them, the others are. */
static void
check_named(const struct http1_chunked *c, const struct http1_head *all)
{
	static struct http1_head head, left;
	struct http1_chunked named = *c;
	const struct http1_field *f, *of = &all->fields[all->nfields / 2];
	unsigned n = 0;

	head.nfields = 1;
	head.fields[0] = (struct http1_field){
		.name = { "Connection", 10 },
		.value = of->name,
		.id = HTTP1_CONNECTION,
		.hop = true,
	};
	http1_chunked_heed(&named, &head);
	REQUIRE(!named.no_trailers);
	REQUIRE(http1_trailers(&left, &named) == HTTP1_OK);
	for (f = all->fields; f < all->fields + all->nfields; f++) {
		/* such as "close", which names no field */
		if (named.names != NULL && f->name.len == of->name.len &&
		    strncasecmp(f->name.p, of->name.p, f->name.len) == 0)
			continue;
		REQUIRE(n < left.nfields);
		REQUIRE(left.fields[n].name.p == f->name.p);
		n++;
	}
	REQUIRE(n == left.nfields);
	free(named.names);
}

static void
check_trailers(const struct http1_chunked *c)
{
	static struct http1_head head;

	REQUIRE(http1_trailers(&head, c) == HTTP1_OK);
	for (unsigned i = 0; i < head.nfields; i++) {
		check_inside(head.fields[i].name, c->trailers,
		    c->trailers_len);
		check_inside(head.fields[i].value, c->trailers,
		    c->trailers_len);
		REQUIRE(!head.fields[i].hop);
		REQUIRE(head.fields[i].id != HTTP1_CONTENT_LENGTH);
		REQUIRE(head.fields[i].id != HTTP1_HOST_FIELD);
	}
	if (head.nfields > 0)
		check_named(c, &head);
}

static void
decode(struct decoded *out, const char *p, size_t len, size_t step)
{
	struct http1_chunked c;
	size_t n;

	memset(out, 0, offsetof(struct decoded, data));
	out->result = HTTP1_MORE;
	http1_chunked_init(&c, false);
	while (out->used < len && out->result == HTTP1_MORE) {
		n = len - out->used > step ? step : len - out->used;
		out->used += feed(&c, out, p + out->used, n);
	}
	out->error = c.error;
	out->trailers_len = c.trailers_len;
	REQUIRE(c.trailers_len <= HTTP1_TRAILERS);
	REQUIRE(c.ext <= HTTP1_CHUNK_EXT + HTTP1_CHUNK_BLANKS + 1);
	REQUIRE(c.blanks <= HTTP1_CHUNK_BLANKS + 1);
	if (c.trailers_len > 0)
		memcpy(out->trailers, c.trailers, c.trailers_len);
	if (out->result == HTTP1_DONE)
		check_trailers(&c);
	if (out->result == HTTP1_FAILED) {
		REQUIRE(c.error != HTTP1_OK);
		out->used = 0;
	}
	http1_chunked_free(&c);
}

static void
compare(const struct decoded *a, const struct decoded *b)
{
	REQUIRE(a->result == b->result);
	REQUIRE(a->error == b->error);
	REQUIRE(a->used == b->used);
	REQUIRE(a->len == b->len);
	REQUIRE(memcmp(a->data, b->data, a->len) == 0);
	REQUIRE(a->trailers_len == b->trailers_len);
	REQUIRE(memcmp(a->trailers, b->trailers, a->trailers_len) == 0);
}

/* What was decoded, coded again, decodes to the same. */
static void
check_again(const struct decoded *first)
{
	static struct decoded second;
	static char text[64 + BODY_MAX + HTTP1_TRAILERS];
	size_t n = 0;

	if (first->len > 0) {
		n = (size_t)snprintf(text, sizeof text, "%zx\r\n",
		    first->len);
		memcpy(text + n, first->data, first->len);
		n += first->len;
		memcpy(text + n, "\r\n", 2);
		n += 2;
	}
	memcpy(text + n, "0\r\n", 3);
	n += 3;
	memcpy(text + n, first->trailers, first->trailers_len);
	n += first->trailers_len;
	memcpy(text + n, "\r\n", 2);
	n += 2;
	decode(&second, text, n, n);
	second.used = first->used;
	compare(&second, first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct decoded whole;
	static struct decoded parts;
	const char *p = (const char *)data;

	if (size == 0 || size > BODY_MAX)
		return 0;
	decode(&whole, p, size, size);
	decode(&parts, p, size, 1);
	compare(&parts, &whole);
	decode(&parts, p, size, 2 + data[size - 1] % 61u);
	compare(&parts, &whole);
	joins = true;
	decode(&parts, p, size, size);
	compare(&parts, &whole);
	decode(&parts, p, size, 2 + data[size - 1] % 61u);
	compare(&parts, &whole);
	joins = false;
	if (whole.result == HTTP1_DONE)
		check_again(&whole);
	return 0;
}
